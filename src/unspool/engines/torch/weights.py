"""The neutral names of parameters and the module's own, in one table; arrays in and out of it."""

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from unspool.engines.base import Array, Arrays, check_weights
from unspool.engines.parameters import parameter_shapes
from unspool.engines.torch.decoder import Decoder
from unspool.specs.network import NetworkSpec


def module_name(name: str) -> str:
    """`decoder.cell.weight_ih_l1` is `layers.1.weight_ih_l0` in the module, whose blocks have no `_l0`."""
    name = name.removeprefix("decoder.")
    name = re.sub(r"^cell\.(\w+_[ih]h)_l(\d+)$", r"layers.\2.\1_l0", name)
    return re.sub(r"^cell\.(\w+)_l(\d+)$", r"layers.\2.\1", name).removeprefix("cell.")


def named_tensors(decoder: Decoder) -> dict[str, Tensor]:
    """The module's parameters by their neutral names, in the order of `parameter_shapes`."""
    tensors = dict(decoder.named_parameters())
    spec = NetworkSpec(decoder=decoder.spec)
    return {name: tensors[module_name(name)] for name in parameter_shapes(spec)}


def load_weights(decoder: Decoder, weights: Mapping[str, Array]) -> None:
    """Copy arrays into the module.

    Raises:
        ModelFolderError: they do not fit.
    """
    check_weights(parameter_shapes(NetworkSpec(decoder=decoder.spec)), weights)
    with torch.no_grad():
        for name, tensor in named_tensors(decoder).items():
            tensor.copy_(torch.from_numpy(weights[name].copy()))


def read_weights(decoder: Decoder) -> Arrays:
    """Copies of the module's weights."""
    return {name: tensor.detach().numpy().copy() for name, tensor in named_tensors(decoder).items()}

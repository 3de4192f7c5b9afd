"""Map the names of parameters to those of the module, and copy arrays into the module and out of it."""

from collections.abc import Mapping

import torch
from torch import Tensor

from unspool.arrays import Array, Arrays
from unspool.engines.checking import check_weights
from unspool.engines.parameters import module_name, parameter_shapes, parameters
from unspool.engines.torch.parts import Parts
from unspool.engines.torch.platform import as_array


def named_tensors(parts: Parts) -> dict[str, Tensor]:
    """Return the module's parameters by the names and in the order of `parameters`."""
    tensors = dict(parts.named_parameters())
    return {name: tensors[module_name(name)] for name in parameters(parts.spec)}


def load_weights(parts: Parts, weights: Mapping[str, Array]) -> None:
    """Copy arrays into the module.

    Raises:
        ModelFolderError: the arrays do not fit the spec.
    """
    check_weights(parameter_shapes(parts.spec), weights)
    with torch.no_grad():
        for name, tensor in named_tensors(parts).items():
            tensor.copy_(torch.from_numpy(weights[name].copy()))


def read_weights(parts: Parts) -> Arrays:
    """Return a copy of the module's weights."""
    return {name: as_array(tensor).copy() for name, tensor in named_tensors(parts).items()}

"""Networks that are made of standard layers alone, as PyTorch and Keras have them, and their arrays for such layers.

These are language models and classifiers of texts or numbers, of the cells `rnn`, `lstm` and `gru`. The names are those
of a `state_dict` whose modules are called `embedding`, `rnn`, `lstm` or `gru`, `hidden`, `score` and `output`.
"""

import re
from collections.abc import Mapping

from unspool.arrays import Array, Arrays
from unspool.engines.checking import check_weights
from unspool.engines.parameters import GATES, parameter_shapes
from unspool.errors import UsageError
from unspool.specs.network import DecoderSpec, HeadSpec, NetworkSpec, TextEncoderSpec, VectorEncoderSpec

RULE = "standard layers make a language model, or a classifier of texts or numbers, of the cells rnn, lstm and gru."


def sequence_part(spec: NetworkSpec) -> DecoderSpec | TextEncoderSpec | VectorEncoderSpec:
    """Return the part of a network that reads its input.

    Raises:
        UsageError: standard layers cannot be its parts.
    """
    part = spec.decoder if spec.encoder is None else spec.encoder
    if isinstance(part, DecoderSpec | TextEncoderSpec) and part.cell not in GATES:
        raise UsageError(f"{RULE} Received: the cell {part.cell}.", "train with --cell lstm or gru.")
    if spec.encoder is not None and spec.decoder is not None:
        received = f"an encoder of the kind {spec.encoder.kind} before a decoder"
    elif part is None or not isinstance(part, DecoderSpec | TextEncoderSpec | VectorEncoderSpec):
        received = f"an encoder of the kind {part.kind}" if part else f"a network of the kind {spec.kind}"
    else:
        return part
    raise UsageError(f"{RULE} Received: {received}.", "run it with Unspool: unspool.load(...).")


def head_of(spec: NetworkSpec) -> HeadSpec:
    """Return the head of a network that has one."""
    if spec.head is None:
        raise ValueError("this network has no head")
    return spec.head


def state_dict(spec: NetworkSpec, weights: Mapping[str, Array]) -> Arrays:
    """Return the arrays of a network by the names of standard modules; tied weights become two copies.

    Args:
        spec: describes the network.
        weights: are its arrays, by the names of `parameter_shapes`.

    Raises:
        UsageError: standard layers cannot be its parts.
        ModelFolderError: the arrays do not fit the spec.
    """
    part = sequence_part(spec)
    check_weights(parameter_shapes(spec), weights)
    cell = getattr(part, "cell", "")
    found = {_module_name(name, cell): array for name, array in weights.items()}
    if spec.decoder is not None and spec.decoder.tie_weights:
        found["output.weight"] = found["embedding.weight"].copy()
    return found


def _module_name(name: str, cell: str) -> str:
    """Translate a name: `decoder.cell.weight_ih_l0` is `lstm.weight_ih_l0`, `encoder.linear.bias` is `hidden.bias`."""
    name = re.sub(r"^(encoder|decoder|head)\.", "", name)
    return re.sub(r"^linear\.", "hidden.", re.sub(r"^cell\.", f"{cell}.", name))

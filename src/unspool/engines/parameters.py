"""Every parameter's facts, as a pure function of the spec: its shape, how it starts, how it is trained.

The names, the gate order and the two biases are PyTorch's: LSTM i f g o, GRU r z n with the reset gate applied after
the product. Other engines convert from these. A `mingru` layer is a block of its own, with the gates z c g, and a gated
linear unit u v (`engines/torch/mingru.py` defines it). Names of the second direction end in `_reverse`. A convolution's
weight is a matrix, [D, K K C]: for each output the window row by row, and at each place of it the channels.

Shapes: V tokens, E embedding, H hidden units, G gates (1, 4 or 3), L layers, W encoder units,
C channels in, D channels out, K the size of a convolution's window.
"""

import re
from math import prod
from typing import Literal, NamedTuple

from unspool.specs.network import (
    DecoderSpec,
    EncoderSpec,
    FeatureEncoderSpec,
    HeadSpec,
    ImageEncoderSpec,
    LabelEncoderSpec,
    NetworkSpec,
    TextEncoderSpec,
    VectorEncoderSpec,
)
from unspool.specs.shapes import CellName

GATES: dict[CellName, int] = {"rnn": 1, "lstm": 4, "gru": 3}
NORMALISED_MINIMUM = 1e-6  # added to the mean square before its root is taken
MASKED = -1e9  # the score of a position after the end of a row: finite, so that nothing becomes NaN

Shape = tuple[int, ...]
Initialiser = Literal["zeros", "ones", "uniform", "normal", "lstm_bias", "mingru_bias"]


class Parameter(NamedTuple):
    """Holds the facts about one parameter.

    Attributes:
        shape: is that of the array.
        initialiser: names how the array starts; `engines/initial.py` says what each means.
        fan_in: sets the bound of a uniform start, 1 / sqrt(fan_in): the inputs of one output or, as in PyTorch, the
            hidden units of a recurrent layer.
        matrix: says whether it is a matrix of a recurrent or convolutional layer, which Muon trains and weight decay
            shrinks.
        depth: counts the layers between it and the output: 0 for the output itself, 1 for the last layer.
        scale: multiplies the start.
        gates: counts the matrices of gates that stand in it, one below another.
    """

    shape: Shape
    initialiser: Initialiser
    fan_in: int
    matrix: bool = False
    depth: int = 0
    scale: float = 1.0
    gates: int = 1


Parameters = dict[str, Parameter]


def parameters(spec: NetworkSpec) -> Parameters:
    """Map the name of every array in `model.safetensors` to its facts, in the order of the file."""
    encoder, decoder, head = spec.encoder, spec.decoder, spec.head
    found: Parameters = {}
    if encoder is not None:
        found |= _prefixed("encoder", _encoder(encoder, decoder.num_layers if decoder and not head else 0))
    if encoder is not None and decoder is not None:
        found |= _prefixed("bridge", _bridge(encoder, decoder))
    if decoder is not None:
        found |= _prefixed("decoder", _decoder(decoder, encoder))
    if encoder is not None and head is not None:
        found |= _prefixed("head", _head(encoder, head))
    return found


def parameter_shapes(spec: NetworkSpec) -> dict[str, Shape]:
    """Map the name of every array in `model.safetensors` to its shape, in the order of the file."""
    return {name: parameter.shape for name, parameter in parameters(spec).items()}


def module_name(name: str) -> str:
    """Name the attribute of a framework's module that holds a parameter.

    `decoder.cell.weight_ih_l1` is `decoder.cell.layers.1.weight_ih_l0`; blocks have no `_l0`.
    """
    name = re.sub(r"\.cell\.(\w+_[ih]h)_l(\d+)_reverse$", r".cell.reverse.\2.\1_l0", name)
    name = re.sub(r"\.cell\.(\w+_[ih]h)_l(\d+)$", r".cell.layers.\2.\1_l0", name)
    return re.sub(r"^(\w+(?:\.cell)?)\.(\w+)_l(\d+)$", r"\1.layers.\3.\2", name)


def parameter_count(spec: NetworkSpec) -> int:
    """Count the parameters of a network, those in all its arrays."""
    return sum(prod(shape) for shape in parameter_shapes(spec).values())


def stepped_weights(spec: DecoderSpec) -> int:
    """Count the weights of a decoder that take part in a step: of its embedding a token takes but one row."""
    return parameter_count(NetworkSpec(decoder=spec)) - spec.vocabulary_size * spec.embedding_size


def state_names(spec: DecoderSpec) -> tuple[str, ...]:
    """Name the arrays in the cell state of one layer."""
    return ("hidden", "cell") if spec.cell == "lstm" else ("hidden",)


def state_shapes(spec: NetworkSpec, rows: int) -> dict[str, Shape]:
    """Map the name of every array of a decoder's state to its shape, [L, rows, H]; without a decoder there is none."""
    decoder = spec.decoder
    if decoder is None:
        return {}
    shape = (decoder.num_layers, rows, decoder.hidden_size)
    return dict.fromkeys(state_names(decoder), shape)


def input_width(spec: DecoderSpec) -> int:
    """Return the size of the first layer's input: 1, a constant input of 1, if the decoder reads no tokens."""
    return 1 if spec.decoder_input == "none" else spec.embedding_size or spec.vocabulary_size


def weight(*shape: int, depth: int = 0) -> Parameter:
    """Make the facts of a linear layer's weight [outputs, inputs]."""
    return Parameter(shape, "uniform", prod(shape[1:]), depth=depth)


def bias(size: int, depth: int = 0) -> Parameter:
    """Make the facts of a bias."""
    return Parameter((size,), "zeros", size, depth=depth)


def embedding(count: int, size: int, depth: int = 0) -> Parameter:
    """Make the facts of an embedding [count, size]."""
    return Parameter((count, size), "normal", count, depth=depth)


def _prefixed(part: str, found: Parameters) -> Parameters:
    return {f"{part}.{name}": parameter for name, parameter in found.items()}


def _encoder(spec: EncoderSpec, above: int) -> Parameters:
    """Make the facts of an encoder with some layers above it."""
    if isinstance(spec, LabelEncoderSpec):
        return {"embedding.weight": embedding(spec.labels, spec.hidden_size, above + 1)}
    if isinstance(spec, VectorEncoderSpec):
        size = spec.hidden_size
        return {"linear.weight": weight(size, spec.numbers, depth=above + 1), "linear.bias": bias(size, above + 1)}
    if isinstance(spec, FeatureEncoderSpec):
        size = spec.hidden_size
        return {
            "linear.weight": weight(size, spec.features, depth=above + 1),
            "position.weight": embedding(spec.positions, size, above + 1),
        }
    if isinstance(spec, ImageEncoderSpec):
        return _convolutions(spec, above)
    found: Parameters = {}
    if spec.embedding_size:
        depth = above + spec.num_layers + 1
        found["embedding.weight"] = embedding(spec.vocabulary_size, spec.embedding_size, depth)
    directions = ("", "_reverse") if spec.bidirectional else ("",)
    return found | _recurrent(spec, spec.embedding_size or spec.vocabulary_size, above, directions)


def _convolutions(spec: ImageEncoderSpec, above: int) -> Parameters:
    """Make the facts of a convolutional network with some layers above it.

    The last convolution of each residual block starts at zero, so that every block starts as the identity (Zhang et
    al., 2019, Fixup): this takes the place of normalisation. The others start as for rectified units (He et al., 2015).
    Muon does not train the first convolution, which reads pixels, as it does not train embeddings (Jordan, 2024).
    """
    widths, found = (spec.channels, *spec.stages), Parameters()
    depth = above + 1 + len(spec.stages) * (1 + 2 * spec.blocks)  # of the first convolution
    for stage, size in enumerate(spec.stages):
        found |= _prefixed(f"stages.{stage}.enter", _convolution(widths[stage], size, depth, matrix=stage > 0))
        for block in range(spec.blocks):
            name = f"stages.{stage}.blocks.{block}"
            found |= _prefixed(f"{name}.first", _convolution(size, size, depth - 2 * block - 1))
            found |= _prefixed(f"{name}.second", _convolution(size, size, depth - 2 * block - 2, start="zeros"))
        depth -= 1 + 2 * spec.blocks
    found["linear.weight"] = weight(spec.hidden_size, widths[-1], depth=above + 1)
    return found | {"position.weight": embedding(spec.positions, spec.hidden_size, above + 1)}


def _convolution(width: int, size: int, depth: int, matrix: bool = True, start: Initialiser = "uniform") -> Parameters:
    """Make the facts of a convolution with a window of 3 x 3, for rectified units."""
    inputs = 9 * width
    return {
        "weight": Parameter((size, inputs), start, inputs, matrix, depth, 6**0.5),
        "bias": bias(size, depth),
    }


def _bridge(encoder: EncoderSpec, decoder: DecoderSpec) -> Parameters:
    rows, found = len(state_names(decoder)) * decoder.hidden_size, Parameters()
    for layer in range(decoder.num_layers):
        found[f"weight_l{layer}"] = weight(rows, encoder.width, depth=decoder.num_layers - layer)
        found[f"bias_l{layer}"] = bias(rows, decoder.num_layers - layer)
    return found


def _decoder(spec: DecoderSpec, encoder: EncoderSpec | None) -> Parameters:
    found: Parameters = {}
    if spec.embedding_size and spec.decoder_input == "previous":
        found["embedding.weight"] = embedding(spec.vocabulary_size, spec.embedding_size, spec.num_layers + 1)
    found |= _recurrent(spec, input_width(spec))
    if spec.attention != "none" and encoder is not None:
        found |= _prefixed("attention", _attention(spec, encoder.width))
    if not spec.tie_weights:
        found["output.weight"] = weight(spec.vocabulary_size, spec.hidden_size)
    return found | {"output.bias": bias(spec.vocabulary_size)}


def _attention(spec: DecoderSpec, width: int) -> Parameters:
    size = spec.hidden_size
    found = {"keys.weight": weight(size, width)}
    if spec.attention == "additive":
        found |= {"query.weight": weight(size, size), "query.bias": bias(size), "score.weight": weight(1, size)}
    return found | {"combine.weight": weight(size, size + width)}


def _head(encoder: EncoderSpec, spec: HeadSpec) -> Parameters:
    found = {"score.weight": weight(1, encoder.width)} if spec.pooling == "attention" else {}
    return found | {"output.weight": weight(spec.labels, encoder.width), "output.bias": bias(spec.labels)}


def _recurrent(
    spec: DecoderSpec | TextEncoderSpec, width: int, above: int = 0, directions: tuple[str, ...] = ("",)
) -> Parameters:
    """Make the facts of recurrent layers that read `width` inputs, with some layers above them."""
    found = _blocks(spec, width, above) if spec.cell == "mingru" else _layers(spec, width, above, directions)
    return _prefixed("cell", found)


def _layers(spec: DecoderSpec | TextEncoderSpec, width: int, above: int, directions: tuple[str, ...]) -> Parameters:
    """Make the facts of layers whose gates depend on the last state too."""
    size, gates, found = spec.hidden_size, GATES[spec.cell], Parameters()
    rows = gates * size
    start: Initialiser = "lstm_bias" if spec.cell == "lstm" else "zeros"
    for layer in range(spec.num_layers):
        depth = above + spec.num_layers - layer
        for direction in directions:
            end = f"l{layer}{direction}"
            found[f"weight_ih_{end}"] = Parameter((rows, width), "uniform", size, True, depth, gates=gates)
            found[f"weight_hh_{end}"] = Parameter((rows, size), "uniform", size, True, depth, gates=gates)
            found[f"bias_ih_{end}"] = Parameter((rows,), start, size, depth=depth)
            found[f"bias_hh_{end}"] = Parameter((rows,), "zeros", size, depth=depth)
        width = size * len(directions)
    return found


def _blocks(spec: DecoderSpec | TextEncoderSpec, width: int, above: int) -> Parameters:
    """Make the facts of minGRU blocks on a residual stream.

    The input of the stream is projected to its width, and its output is normalised. The matrices that add to it start
    smaller, by 1 / sqrt(2 L) (Radford et al., 2019, section 2.3).
    """
    size, count, found = spec.hidden_size, spec.num_layers, Parameters()

    def matrix(rows: int, columns: int, depth: int, scale: float = 1.0) -> Parameter:
        return Parameter((rows, columns), "uniform", size, True, depth, scale, rows // size)

    small = (2 * count) ** -0.5
    if width != size:
        found["weight_enter"] = matrix(size, width, above + count)
    for layer in range(count):
        depth = above + count - layer
        found[f"norm_l{layer}"] = Parameter((size,), "ones", size, depth=depth)
        found[f"weight_in_l{layer}"] = matrix(3 * size, size, depth)
        found[f"bias_in_l{layer}"] = Parameter((3 * size,), "mingru_bias", size, depth=depth)
        found[f"weight_out_l{layer}"] = matrix(size, size, depth, small)
        found[f"mlp_norm_l{layer}"] = Parameter((size,), "ones", size, depth=depth)
        found[f"weight_up_l{layer}"] = matrix(2 * size, size, depth)
        found[f"weight_down_l{layer}"] = matrix(size, size, depth, small)
    return found | {"norm_leave": Parameter((size,), "ones", size, depth=above + 1)}

"""Every parameter's name and shape, as a pure function of the spec.

The names, the gate order and the two biases are PyTorch's: LSTM i f g o, GRU r z n with the reset gate
applied after the product. Other engines convert from these. A `mingru` layer is a block of its own, with the
gates z c g, and a gated linear unit u v (`engines/torch/mingru.py` says how they go together).

Shapes: V tokens, E embedding, H hidden, G gates (1, 4 or 3), L layers. The second direction's names end in `_reverse`.
"""

import re

from unspool.specs.network import (
    CellName,
    DecoderSpec,
    EncoderSpec,
    HeadSpec,
    LabelEncoderSpec,
    NetworkSpec,
    TextEncoderSpec,
    VectorEncoderSpec,
)

GATES: dict[CellName, int] = {"rnn": 1, "lstm": 4, "gru": 3}
NORMALISED_MINIMUM = 1e-6  # added to the mean square before its root is taken
MASKED = -1e9  # the score of a place behind a row's end: finite, so that nothing becomes a NaN

Shape = tuple[int, ...]


def parameter_shapes(spec: NetworkSpec) -> dict[str, Shape]:
    """Name to shape of every array in `model.safetensors`, in order."""
    parts: dict[str, dict[str, Shape]] = {}
    if spec.encoder is not None:
        parts["encoder"] = _encoder(spec.encoder)
    if spec.encoder is not None and spec.decoder is not None:
        parts["bridge"] = _bridge(spec.encoder, spec.decoder)
    if spec.decoder is not None:
        parts["decoder"] = _decoder(spec.decoder, spec.encoder)
    if spec.encoder is not None and spec.head is not None:
        parts["head"] = _head(spec.encoder, spec.head)
    return {f"{part}.{name}": shape for part, shapes in parts.items() for name, shape in shapes.items()}


def state_names(spec: DecoderSpec) -> tuple[str, ...]:
    """What one layer remembers."""
    return ("hidden", "cell") if spec.cell == "lstm" else ("hidden",)


def input_width(spec: DecoderSpec) -> int:
    """Numbers that the first layer reads; one, always 1, where nothing is fed."""
    return 1 if spec.decoder_input == "none" else spec.embedding_size or spec.vocabulary_size


def _encoder(spec: EncoderSpec) -> dict[str, Shape]:
    if isinstance(spec, LabelEncoderSpec):
        return {"embedding.weight": (spec.labels, spec.hidden_size)}
    if isinstance(spec, VectorEncoderSpec):
        return {"linear.weight": (spec.hidden_size, spec.numbers), "linear.bias": (spec.hidden_size,)}
    shapes: dict[str, Shape] = {}
    if spec.embedding_size:
        shapes["embedding.weight"] = (spec.vocabulary_size, spec.embedding_size)
    return shapes | _recurrent(
        spec, spec.embedding_size or spec.vocabulary_size, ("", "_reverse")[: 1 + spec.bidirectional]
    )


def _bridge(encoder: EncoderSpec, decoder: DecoderSpec) -> dict[str, Shape]:
    rows = len(state_names(decoder)) * decoder.hidden_size
    shapes: dict[str, Shape] = {}
    for layer in range(decoder.num_layers):
        shapes[f"weight_l{layer}"] = (rows, encoder.width)
        shapes[f"bias_l{layer}"] = (rows,)
    return shapes


def _decoder(spec: DecoderSpec, encoder: EncoderSpec | None) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {}
    if spec.embedding_size and spec.decoder_input == "previous":
        shapes["embedding.weight"] = (spec.vocabulary_size, spec.embedding_size)
    shapes |= _recurrent(spec, input_width(spec))
    if spec.attention != "none" and encoder is not None:
        shapes |= {f"attention.{name}": shape for name, shape in _attention(spec, encoder.width).items()}
    if not spec.tie_weights:
        shapes["output.weight"] = (spec.vocabulary_size, spec.hidden_size)
    shapes["output.bias"] = (spec.vocabulary_size,)
    return shapes


def _attention(spec: DecoderSpec, width: int) -> dict[str, Shape]:
    size = spec.hidden_size
    shapes: dict[str, Shape] = {"keys.weight": (size, width)}
    if spec.attention == "additive":
        shapes |= {"query.weight": (size, size), "query.bias": (size,), "score.weight": (1, size)}
    return shapes | {"combine.weight": (size, size + width)}


def _head(encoder: EncoderSpec, spec: HeadSpec) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {"score.weight": (1, encoder.width)} if spec.pooling == "attention" else {}
    return shapes | {"output.weight": (spec.labels, encoder.width), "output.bias": (spec.labels,)}


def _recurrent(
    spec: DecoderSpec | TextEncoderSpec, width: int, directions: tuple[str, ...] = ("",)
) -> dict[str, Shape]:
    if spec.cell == "mingru":
        return _blocks(spec.num_layers, spec.hidden_size, width)
    return _layers(spec.num_layers, spec.hidden_size, width, GATES[spec.cell], directions)


def _layers(count: int, size: int, width: int, gates: int, directions: tuple[str, ...]) -> dict[str, Shape]:
    """Layers whose gates see the last state too."""
    shapes: dict[str, Shape] = {}
    rows = gates * size
    for layer in range(count):
        for direction in directions:
            shapes[f"cell.weight_ih_l{layer}{direction}"] = (rows, width)
            shapes[f"cell.weight_hh_l{layer}{direction}"] = (rows, size)
            shapes[f"cell.bias_ih_l{layer}{direction}"] = (rows,)
            shapes[f"cell.bias_hh_l{layer}{direction}"] = (rows,)
        width = size * len(directions)
    return shapes


def _blocks(count: int, size: int, width: int) -> dict[str, Shape]:
    """MinGRU blocks on a residual stream: what enters is projected to its width, what leaves is normalised."""
    shapes: dict[str, Shape] = {"cell.weight_enter": (size, width)} if width != size else {}
    for layer in range(count):
        shapes[f"cell.norm_l{layer}"] = (size,)
        shapes[f"cell.weight_in_l{layer}"] = (3 * size, size)
        shapes[f"cell.bias_in_l{layer}"] = (3 * size,)
        shapes[f"cell.weight_out_l{layer}"] = (size, size)
        shapes[f"cell.mlp_norm_l{layer}"] = (size,)
        shapes[f"cell.weight_up_l{layer}"] = (2 * size, size)
        shapes[f"cell.weight_down_l{layer}"] = (size, size)
    shapes["cell.norm_leave"] = (size,)
    return shapes


def depth(spec: NetworkSpec, name: str) -> int:
    """How far below the head a parameter of a classifier lies: 0 the head, 1 the last layer, the embedding lowest."""
    if name.startswith("head."):
        return 0
    layers = getattr(spec.encoder, "num_layers", 1)
    if ".embedding." in name:
        return int(layers) + 1
    found = re.search(r"_l(\d+)", name)
    if found is None:  # what enters minGRU's blocks belongs to the first, what leaves them to the last
        return 1 if name.endswith("norm_leave") else int(layers)
    return int(layers) - int(found.group(1))


def parameter_count(spec: NetworkSpec) -> int:
    """How many numbers a network has."""
    total = 0
    for shape in parameter_shapes(spec).values():
        count = 1
        for size in shape:
            count *= size
        total += count
    return total


def state_shapes(spec: NetworkSpec, rows: int) -> dict[str, Shape]:
    """Name to shape of a decoder's state written as arrays: each [L, rows, H]."""
    decoder = spec.decoder
    if decoder is None:
        return {}
    shape = (decoder.num_layers, rows, decoder.hidden_size)
    return dict.fromkeys(state_names(decoder), shape)

"""Every parameter's name and shape, as a pure function of the spec.

The names, the gate order and the two biases are PyTorch's: LSTM i f g o, GRU r z n with the reset gate
applied after the product. Other engines convert from these.

Shapes: V tokens, E embedding, H hidden, G gates (1, 4 or 3), L layers.
"""

from unspool.specs.network import CellName, DecoderSpec, NetworkSpec

GATES: dict[CellName, int] = {"rnn": 1, "lstm": 4, "gru": 3}

Shape = tuple[int, ...]


def parameter_shapes(spec: NetworkSpec) -> dict[str, Shape]:
    """Name to shape of every array in `model.safetensors`, in order."""
    return {f"decoder.{name}": shape for name, shape in _decoder(spec.decoder).items()}


def _decoder(spec: DecoderSpec) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {}
    if spec.embedding_size:
        shapes["embedding.weight"] = (spec.vocabulary_size, spec.embedding_size)
    rows = GATES[spec.cell] * spec.hidden_size
    width = spec.embedding_size or spec.vocabulary_size  # one-hot vectors are as wide as the vocabulary
    for layer in range(spec.num_layers):
        shapes[f"cell.weight_ih_l{layer}"] = (rows, width)
        shapes[f"cell.weight_hh_l{layer}"] = (rows, spec.hidden_size)
        shapes[f"cell.bias_ih_l{layer}"] = (rows,)
        shapes[f"cell.bias_hh_l{layer}"] = (rows,)
        width = spec.hidden_size
    if not spec.tie_weights:
        shapes["output.weight"] = (spec.vocabulary_size, spec.hidden_size)
    shapes["output.bias"] = (spec.vocabulary_size,)
    return shapes


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
    """Name to shape of a state written as arrays: each [L, rows, H]."""
    decoder = spec.decoder
    shape = (decoder.num_layers, rows, decoder.hidden_size)
    return {"hidden": shape, "cell": shape} if decoder.cell == "lstm" else {"hidden": shape}

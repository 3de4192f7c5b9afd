"""Every parameter's name and shape, as a pure function of the spec.

The names, the gate order and the two biases are PyTorch's: LSTM i f g o, GRU r z n with the reset gate
applied after the product. Other engines convert from these. A `mingru` layer is a block of its own, with the
gates z c g, and a gated linear unit u v (`engines/torch/mingru.py` says how they go together).

Shapes: V tokens, E embedding, H hidden, G gates (1, 4 or 3), L layers.
"""

from unspool.specs.network import CellName, DecoderSpec, NetworkSpec

GATES: dict[CellName, int] = {"rnn": 1, "lstm": 4, "gru": 3}
NORMALISED_MINIMUM = 1e-6  # added to the mean square before its root is taken

Shape = tuple[int, ...]


def parameter_shapes(spec: NetworkSpec) -> dict[str, Shape]:
    """Name to shape of every array in `model.safetensors`, in order."""
    return {f"decoder.{name}": shape for name, shape in _decoder(spec.decoder).items()}


def _decoder(spec: DecoderSpec) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {}
    if spec.embedding_size:
        shapes["embedding.weight"] = (spec.vocabulary_size, spec.embedding_size)
    width = spec.embedding_size or spec.vocabulary_size  # one-hot vectors are as wide as the vocabulary
    shapes |= _blocks(spec, width) if spec.cell == "mingru" else _layers(spec, width, GATES[spec.cell])
    if not spec.tie_weights:
        shapes["output.weight"] = (spec.vocabulary_size, spec.hidden_size)
    shapes["output.bias"] = (spec.vocabulary_size,)
    return shapes


def _layers(spec: DecoderSpec, width: int, gates: int) -> dict[str, Shape]:
    """Layers whose gates see the last state too."""
    shapes: dict[str, Shape] = {}
    rows = gates * spec.hidden_size
    for layer in range(spec.num_layers):
        shapes[f"cell.weight_ih_l{layer}"] = (rows, width)
        shapes[f"cell.weight_hh_l{layer}"] = (rows, spec.hidden_size)
        shapes[f"cell.bias_ih_l{layer}"] = (rows,)
        shapes[f"cell.bias_hh_l{layer}"] = (rows,)
        width = spec.hidden_size
    return shapes


def _blocks(spec: DecoderSpec, width: int) -> dict[str, Shape]:
    """MinGRU blocks on a residual stream: what enters is projected to its width, what leaves is normalised."""
    size = spec.hidden_size
    shapes: dict[str, Shape] = {"cell.weight_enter": (size, width)} if width != size else {}
    for layer in range(spec.num_layers):
        shapes[f"cell.norm_l{layer}"] = (size,)
        shapes[f"cell.weight_in_l{layer}"] = (3 * size, size)
        shapes[f"cell.bias_in_l{layer}"] = (3 * size,)
        shapes[f"cell.weight_out_l{layer}"] = (size, size)
        shapes[f"cell.mlp_norm_l{layer}"] = (size,)
        shapes[f"cell.weight_up_l{layer}"] = (2 * size, size)
        shapes[f"cell.weight_down_l{layer}"] = (size, size)
    shapes["cell.norm_leave"] = (size,)
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

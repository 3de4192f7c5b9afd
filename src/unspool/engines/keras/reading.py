"""Read a language model of standard Keras layers, whoever trained it.

Embedding, or one-hot vectors -> SimpleRNN, LSTM or GRU, one or several -> Dense, with a softmax or without

The last recurrent layer may return the last state alone, as in Keras's character-level example: the same weights
predict the next token at every step. Whether a model is such a chain is seen by its layers, and by its predictions.

Shapes: B rows, T time steps, K tokens of the model.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from unspool.arrays import Array, IntArray, softmax
from unspool.engines.chain import NO_TOKEN, Chain
from unspool.engines.keras.gates import torch_arrays
from unspool.engines.keras.importing import import_keras
from unspool.engines.numpy.network import NumpyDecoder
from unspool.errors import UsageError
from unspool.specs.network import NetworkSpec
from unspool.specs.shapes import CellName

keras = import_keras()
layers = keras.layers
CELLS: dict[type[Any], CellName] = {layers.SimpleRNN: "rnn", layers.LSTM: "lstm", layers.GRU: "gru"}
WITHOUT_WEIGHTS = (
    layers.InputLayer,
    layers.CategoryEncoding,
    layers.Lambda,
    layers.Reshape,
    layers.Dropout,
    layers.SpatialDropout1D,
    layers.GaussianNoise,
    layers.Activation,
    layers.Softmax,
)
REQUIRED = {"activation": "tanh", "recurrent_activation": "sigmoid", "reset_after": True, "go_backwards": False}
RULE = "a Keras model must be an Embedding or one-hot vectors, SimpleRNN, LSTM or GRU layers, and one Dense."
ROWS, STEPS = 2, 8  # of the tokens by which predictions are compared
LEAST = 1e-6  # probabilities below are not compared
TOLERANCE, SHORT_TOLERANCE = 1e-3, 0.3  # of log-probabilities, in nats; the second is for half precision


def open_model(source: Any) -> Any:
    """Return a model, or the one that is in a file.

    Raises:
        UsageError: it is no Keras model, or cannot be read, or has no weights yet.
    """
    if isinstance(source, str | Path):
        try:
            source = keras.models.load_model(source, compile=False)
        except Exception as problem:  # for a folder or broken bytes it raises what its parts do, of any kind
            reason = " ".join(str(problem).split())
            raise UsageError(
                f"a Keras model must be one that Keras can load. Received: {source}: {reason:.200}",
                "load it yourself, and give the model in place of the path.",
            ) from None
    if not isinstance(source, keras.Model):
        raise UsageError(f"from_keras takes a keras.Model or its path. Received: {source!r:.60}.", "give one of these.")
    if not source.weights:
        raise UsageError("a Keras model must have weights. Received: one that was not built.", "call it on data once.")
    sequential = isinstance(source, keras.Sequential)
    if not sequential and (len(getattr(source, "inputs", None) or ()) != 1 or len(source.outputs) != 1):
        raise _refused("a model that is not sequential, or functional with one input and one output")
    return source


def read_chain(model: Any) -> Chain:
    """Read the layers of a model.

    Raises:
        UsageError: a layer, or a setting of one, is none that can be converted.
    """
    embedding: Array | None = None
    recurrent: list[Any] = []
    dense: Any = None
    for layer in _layers_of(model):
        if isinstance(layer, WITHOUT_WEIGHTS):
            continue
        if type(layer) in CELLS and dense is None:
            _check_recurrent(layer, recurrent)
            recurrent.append(layer)
        elif isinstance(layer, layers.Embedding) and embedding is None and not recurrent:
            embedding = _arrays(layer)[0]
        elif isinstance(layer, layers.Dense) and recurrent and dense is None:
            dense = layer
        else:
            raise _refused(f"the layer {layer.name}, a {type(layer).__name__}, there")
    if not recurrent or dense is None:
        raise _refused(f"a model without a {'Dense at its end' if recurrent else 'recurrent layer'}")
    if dense.get_config()["activation"] not in ("linear", "softmax"):
        raise _refused(f"the layer {dense.name} with the activation {dense.get_config()['activation']}")
    cell = CELLS[type(recurrent[0])]
    if embedding is not None and np.array_equal(embedding, np.eye(len(embedding))):  # one-hot vectors, as exported
        embedding = None
    weight, *biases = _arrays(dense)
    bias = biases[0] if biases else np.zeros(weight.shape[1], np.float32)
    return Chain(cell, embedding, [torch_arrays(cell, _arrays(layer)) for layer in recurrent], weight.T, bias)


def check_predictions(model: Any, spec: NetworkSpec, weights: Mapping[str, Array], tokens: IntArray) -> None:
    """Compare the predictions of a model with those of the network that it was converted to, on random tokens.

    Args:
        model: is that of Keras.
        spec: describes the network.
        weights: are those of the network.
        tokens: is for each token of the network that of the model, [V]; -1 where the model does not know it.

    Raises:
        UsageError: they differ.
    """
    known = np.flatnonzero(tokens != NO_TOKEN)
    shape: Any = getattr(model, "input_shape", (None, None))  # one that a Lambda begins has none
    rows, steps = (size or usual for size, usual in zip(shape, (ROWS, STEPS), strict=False))
    chosen = np.random.default_rng(0).choice(known, (rows, steps))  # (B, T)
    inputs = tokens[chosen] if len(shape) == 2 else np.eye(shape[-1], dtype=np.float32)[tokens[chosen]]
    with _from_zeros(model):
        scores = np.asarray(model(inputs, training=False), np.float64)[..., tokens[known]]  # (B, T, V), or (B, V)
    network = NumpyDecoder(spec, weights)
    logits, _ = network.unroll(chosen, network.initial_state(rows))
    expected = softmax((logits if scores.ndim == 3 else logits[:, -1])[..., known].astype(np.float64))
    found = scores / scores.sum(axis=-1, keepdims=True) if _is_normalised(scores) else softmax(scores)
    one, other = (np.log(np.maximum(probabilities, LEAST)) for probabilities in (found, expected))
    difference = float(np.abs(one - other).max())
    tolerance = TOLERANCE if model.layers[-1].compute_dtype == "float32" else SHORT_TOLERANCE
    if not difference <= tolerance:
        raise _refused(
            f"layers that predict otherwise one after another, by {difference:.2g} nats, as where one is used twice, "
            "a Lambda computes something, or index 0 is masked and stands for a character"
        )


@contextmanager
def _from_zeros(model: Any) -> Iterator[None]:
    """Set the states that a model keeps to zeros, and back afterwards."""
    states = [one for layer in _layers_of(model) if getattr(layer, "stateful", False) for one in layer.states]
    kept = [state.numpy() for state in states]
    try:
        for state in states:
            state.assign(np.zeros(state.shape, np.float32))
        yield
    finally:
        for state, value in zip(states, kept, strict=True):
            state.assign(value)


def _is_normalised(scores: Array) -> bool:
    """Return whether scores are probabilities, of which some may be missing."""
    return bool((scores >= 0).all() and (scores.sum(axis=-1) <= 1 + LEAST * scores.shape[-1]).all())


def _layers_of(model: Any) -> Iterator[Any]:
    """Yield the layers of a model and of the models in it, in order; a layer at each step stands for itself."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers_of(layer)
        else:
            yield layer.layer if isinstance(layer, layers.TimeDistributed) else layer


def _check_recurrent(layer: Any, before: list[Any]) -> None:
    config = layer.get_config()
    for name, value in REQUIRED.items():
        if config.get(name, value) != value:
            raise _refused(f"the layer {layer.name} with {name}={config[name]!r}, where {value!r} is needed")
    if before and type(before[0]) is not type(layer):
        raise _refused(f"the layer {layer.name}, a {type(layer).__name__}, after a {type(before[0]).__name__}")


def _arrays(layer: Any) -> list[Array]:
    return [np.asarray(array, np.float32) for array in layer.get_weights()]


def _refused(received: str) -> UsageError:
    return UsageError(f"{RULE} Received: {received}.", "train a model of these layers, or use Keras to run this one.")

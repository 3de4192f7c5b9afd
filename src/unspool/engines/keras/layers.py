"""Hold weights, and run stacked recurrent layers, for encoders and decoders.

Shapes: B rows, T time steps, E input features, H hidden units, G gates, V tokens.
"""

import numpy as np
import tensorflow as tf

from unspool.arrays import Array
from unspool.engines.dropout import draw_mask, sample_inputs
from unspool.engines.keras.compiled import run
from unspool.engines.keras.mingru import MinGruBlock, normalised
from unspool.engines.keras.platform import sizes
from unspool.engines.keras.products import linear
from unspool.engines.keras.recurrent import read_window
from unspool.engines.keras.steps import CellState
from unspool.engines.keras.variables import weight
from unspool.engines.parameters import GATES
from unspool.specs.network import DecoderSpec, TextEncoderSpec
from unspool.specs.shapes import CellName

CellStates = tuple[CellState, ...]  # one a layer


class Linear(tf.Module):
    """A linear layer, with the matrix [outputs, inputs] as in PyTorch.

    Args:
        inputs: is the number of inputs.
        outputs: is the number of outputs.
        bias: adds a bias.
    """

    def __init__(self, inputs: int, outputs: int, bias: bool = True) -> None:
        super().__init__()
        self.weight = weight(outputs, inputs)
        self.bias = weight(outputs) if bias else None

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """Map [..., inputs] to [..., outputs], in the precision of products."""
        return linear(values, self.weight.read_value(), None if self.bias is None else self.bias.read_value())


class Embedding(tf.Module):
    """A vector for each id.

    Args:
        count: is the number of ids.
        size: is the size of a vector.
    """

    def __init__(self, count: int, size: int) -> None:
        super().__init__()
        self.weight = weight(count, size)

    def __call__(self, ids: tf.Tensor) -> tf.Tensor:
        """Map ids [B, T] to vectors [B, T, size]."""
        return _rows_of(self.weight.read_value(), ids)


@tf.custom_gradient
def _rows_of(matrix: tf.Tensor, ids: tf.Tensor) -> tuple[tf.Tensor, object]:
    """Take rows of a matrix; the gradient is a matrix too, in place of the rows that TensorFlow would list."""

    def back(d_rows: tf.Tensor) -> tuple[tf.Tensor, None]:
        flat = tf.reshape(tf.cast(d_rows, tf.float32), [-1, matrix.shape[1]])  # (N, size)
        return tf.math.unsorted_segment_sum(flat, tf.reshape(ids, [-1]), matrix.shape[0]), None  # (count, size)

    return tf.gather(matrix, ids), back


class RecurrentLayer(tf.Module):
    """The weights of one layer and direction, by PyTorch's names and in its order of gates.

    Args:
        cell: is the name of the cell.
        width: is the size of the input, E.
        size: is the number of hidden units, H.
    """

    def __init__(self, cell: CellName, width: int, size: int) -> None:
        super().__init__()
        rows = GATES[cell] * size
        self.cell, self.size = cell, size
        self.weight_ih_l0, self.weight_hh_l0 = weight(rows, width), weight(rows, size)
        self.bias_ih_l0, self.bias_hh_l0 = weight(rows), weight(rows)


class Dropout:
    """Draws variational dropout: one mask a row for all time steps of a window (Gal and Ghahramani, 2016).

    Args:
        hidden: is the rate between layers and on the output, 0 to 1.
        input: is the rate on the embedded input.
        generator: draws the masks.
        recurrent: is the rate of DropConnect in the recurrent matrices.
    """

    def __init__(self, hidden: float, input: float, generator: np.random.Generator, recurrent: float = 0.0) -> None:
        self.hidden, self.input, self.recurrent, self.generator = hidden, input, recurrent, generator

    def __call__(self, values: tf.Tensor, rate: float) -> tf.Tensor:
        """Apply dropout at a rate to [B, T, features]."""
        if not rate:
            return values
        return masked(values, self.mask(sizes(values)[0], values.shape[2], rate))

    def drop_connect(self, layer: RecurrentLayer) -> tf.Tensor:
        """Apply DropConnect to the recurrent matrix [G H, H], the same for all rows and steps (Merity et al., 2018)."""
        matrix = layer.weight_hh_l0.read_value()
        if not self.recurrent:
            return matrix
        return masked(matrix, self.mask(matrix.shape[0], layer.size, self.recurrent))

    def mask(self, rows: int | tf.Tensor, features: int, rate: float) -> tf.Tensor:
        """Draw a mask of zeros at a rate, and otherwise 1 / (1 - rate): [B, features]."""

        def drawn(count: Array) -> tuple[Array]:
            return (draw_mask(self.generator, int(count), features, rate),)

        return run(drawn, [rows], [tf.TensorSpec([None, features], tf.float32)])[0]

    def sample(self, inputs: tf.Tensor, logits: tf.Tensor, forcing: tf.Tensor) -> tf.Tensor:
        """Replace inputs [B, T] after the first by tokens that logits [B, T - 1, V] predict; see `sample_inputs`."""

        def sampled(true: Array, predicted: Array, fraction: Array) -> tuple[Array]:
            return (sample_inputs(self.generator, true, predicted, float(fraction)),)

        given = (inputs, tf.stop_gradient(tf.cast(logits, tf.float32)), forcing)
        return run(sampled, given, [tf.TensorSpec([None, None], tf.int64)])[0]


@tf.custom_gradient
def masked(values: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, object]:
    """Multiply [B, T, features] or [B, features] by a mask [B, features], which has no gradient."""
    mask = tf.cast(mask, values.dtype)
    factor = mask if len(values.shape) == 2 else tf.expand_dims(mask, 1)  # (B, 1, features)
    return values * factor, lambda d_values: (d_values * factor, None)


class Layers(tf.Module):
    """Holds layers of any cell, and runs each over a whole window.

    Args:
        spec: describes the encoder or decoder that they belong to.
        width: is the size of the first layer's input, E.
        bidirectional: lets each layer read in both directions.
    """

    def __init__(self, spec: DecoderSpec | TextEncoderSpec, width: int, bidirectional: bool = False) -> None:
        super().__init__()
        size = self._size = spec.hidden_size
        self._cell = spec.cell
        if spec.cell == "mingru":
            if width != size:
                self.weight_enter = weight(size, width)
            self.layers = [MinGruBlock(size) for _ in range(spec.num_layers)]
            self.norm_leave = weight(size)
            return
        widths = [width] + [size * (1 + bidirectional)] * (spec.num_layers - 1)
        self.layers = [RecurrentLayer(spec.cell, one, size) for one in widths]
        if bidirectional:
            self.reverse = [RecurrentLayer(spec.cell, one, size) for one in widths]

    def __call__(
        self, values: tf.Tensor, cell_states: CellStates, dropout: Dropout | None = None
    ) -> tuple[tf.Tensor, CellStates]:
        """Run over T steps: [B, T, E] to [B, T, H], and the cell states after the last."""
        if self._cell == "mingru":
            return self._blocks(values, cell_states, dropout)
        after = []
        for layer, cell_state in zip(self.layers, cell_states, strict=True):
            values, cell_state = _read(layer, values, cell_state, dropout)  # (B, T, H)
            after.append(cell_state)
            if dropout:
                values = dropout(values, dropout.hidden)
        return values, tuple(after)

    def both_ways(self, values: tf.Tensor, backwards: tf.Tensor, dropout: Dropout | None = None) -> tf.Tensor:
        """Run in both directions: [B, T, E] to [B, T, 2 H].

        Args:
            values: are the inputs, [B, T, E].
            backwards: are the positions in the order of the backward direction, [B, T].
            dropout: is none for inference.
        """
        for layer, reverse, cell_state in zip(self.layers, self.reverse, self.zeros(sizes(values)[0]), strict=True):
            reversed_ = _reordered(values, backwards)
            found, _ = _read(layer, values, cell_state, dropout)  # (B, T, H)
            reversed_, _ = _read(reverse, reversed_, cell_state, dropout)  # (B, T, H)
            values = tf.concat([found, _reordered(reversed_, backwards)], axis=2)  # (B, T, 2 H)
            if dropout:
                values = dropout(values, dropout.hidden)
        return values

    def zeros(self, rows: int | tf.Tensor) -> CellStates:
        """Return the initial cell states, zeros."""
        zeros = tf.zeros([1, rows, self._size])
        cell_state = (zeros, zeros) if self._cell == "lstm" else (zeros,)
        return (cell_state,) * len(self.layers)

    def _blocks(
        self, values: tf.Tensor, cell_states: CellStates, dropout: Dropout | None
    ) -> tuple[tf.Tensor, CellStates]:
        if values.shape[2] != self._size:
            values = linear(values, self.weight_enter.read_value())  # (B, T, H)
        after, masks = [], None
        for layer, (cell_state,) in zip(self.layers, cell_states, strict=True):
            if dropout and dropout.hidden:
                rows = sizes(values)[0]
                masks = (dropout.mask(rows, self._size, dropout.hidden), dropout.mask(rows, self._size, dropout.hidden))
            values, last = layer(values, cell_state[0], masks)  # (B, T, H), (B, H)
            after.append((last[None],))
        values = normalised(values, self.norm_leave.read_value())
        return dropout(values, dropout.hidden) if dropout else values, tuple(after)


@tf.custom_gradient
def _reordered(values: tf.Tensor, order: tf.Tensor) -> tuple[tf.Tensor, object]:
    """Put the positions of [B, T, features] into an order [B, T] that restores the first one when applied again.

    TensorFlow's gradient, for any order, is two dozen operators.
    """

    def back(d_values: tf.Tensor) -> tuple[tf.Tensor, None]:
        return tf.gather(d_values, order, batch_dims=1), None

    return tf.gather(values, order, batch_dims=1), back


def _read(
    layer: RecurrentLayer, values: tf.Tensor, cell_state: CellState, dropout: Dropout | None
) -> tuple[tf.Tensor, CellState]:
    """Run one layer and direction, with DropConnect if there is dropout."""
    matrix = dropout.drop_connect(layer) if dropout else layer.weight_hh_l0.read_value()
    weights = (layer.weight_ih_l0.read_value(), matrix, layer.bias_ih_l0.read_value(), layer.bias_hh_l0.read_value())
    return read_window(layer.cell, values, cell_state, weights)


def embedded(tokens: tf.Tensor, embedding: Embedding | None, vocabulary_size: int) -> tf.Tensor:
    """Embed token ids [B, T] as vectors [B, T, E] or, without an embedding, as one-hot vectors [B, T, V]."""
    return tf.one_hot(tokens, vocabulary_size) if embedding is None else embedding(tokens)

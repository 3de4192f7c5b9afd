"""The minGRU block, a recurrent layer whose gates depend on the input alone, so that all of them are one product.

`engines/torch/mingru.py` has a diagram. `plain_block` defines it in TensorFlow; `fused_block` does the same with
compiled kernels and explicit gradients.

Shapes: B rows, T time steps, N = B T positions, H hidden units.
"""

from contextlib import suppress
from types import SimpleNamespace
from typing import Any, NamedTuple

import tensorflow as tf

from unspool.engines.keras.compiled import PRECISIONS, empty, launch
from unspool.engines.keras.products import linear, precision
from unspool.engines.keras.variables import weight
from unspool.engines.parameters import NORMALISED_MINIMUM

with suppress(ImportError):  # without Numba
    from unspool.engines.kernels.mingru import POSITIONS, mingru_kernels

Masks = tuple[tf.Tensor, tf.Tensor]  # multiply the two branches, for dropout, each [B, H]


class BlockWeights(NamedTuple):
    """The weights of a block: the scales of two normalisations [H], four matrices and a bias."""

    norm: tf.Tensor
    mlp_norm: tf.Tensor
    weight_in: tf.Tensor  # z, c, g: [3 H, H]
    bias_in: tf.Tensor
    weight_out: tf.Tensor
    weight_up: tf.Tensor  # u, v: [2 H, H]
    weight_down: tf.Tensor


class MinGruBlock(tf.Module):
    """One layer.

    Args:
        size: is the number of hidden units, H.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.norm, self.mlp_norm = weight(size), weight(size)
        self.weight_in, self.bias_in = weight(3 * size, size), weight(3 * size)
        self.weight_out = weight(size, size)
        self.weight_up, self.weight_down = weight(2 * size, size), weight(size, size)

    def __call__(self, x: tf.Tensor, first: tf.Tensor, masks: Masks | None = None) -> tuple[tf.Tensor, tf.Tensor]:
        """Read T steps.

        Args:
            x: is the residual stream, [B, T, H].
            first: is the state before the first step, [B, H].
            masks: multiply the two branches, for dropout, each [B, H].

        Returns:
            [B, T, H], and the state after the last step.
        """
        weights = BlockWeights(*(getattr(self, name).read_value() for name in BlockWeights._fields))
        x = tf.cast(x, tf.float32)
        if precision() in PRECISIONS and x.shape[0]:
            output, last = fused(masks)(x, first, *weights)
            return output, last
        return plain_block(x, first, masks, weights)


def plain_block(
    x: tf.Tensor, first: tf.Tensor, masks: Masks | None, weights: BlockWeights
) -> tuple[tf.Tensor, tf.Tensor]:
    """Compute the block with operators that TensorFlow differentiates: x [B, T, H] and first [B, H] to the same."""

    def masked(change: tf.Tensor, number: int) -> tf.Tensor:
        return tf.cast(change, tf.float32) * (1.0 if masks is None else masks[number][:, None])

    projected = linear(normalised(x, weights.norm), weights.weight_in, weights.bias_in)  # (B, T, 3 H)
    z, c, g = tf.split(tf.cast(projected, tf.float32), 3, axis=2)  # each (B, T, H)
    states = scanned(tf.sigmoid(z), c, first)  # (B, T, H)
    x = x + masked(linear(states * tf.nn.silu(g), weights.weight_out), 0)
    u, v = tf.split(linear(normalised(x, weights.mlp_norm), weights.weight_up), 2, axis=2)  # each (B, T, H)
    return x + masked(linear(tf.nn.silu(u) * v, weights.weight_down), 1), states[:, -1]


def scanned(update: tf.Tensor, candidate: tf.Tensor, first: tf.Tensor) -> tf.Tensor:
    """Compute h = h + update (candidate - h) for all time steps, [B, T, H], step by step."""
    state, states = first, []
    for now, value in zip(tf.unstack(update, axis=1), tf.unstack(candidate, axis=1), strict=True):  # each (B, H)
        state = state + now * (value - state)
        states.append(state)
    return tf.stack(states, axis=1)  # (B, T, H)


def normalised(x: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    """Normalise by the root mean square over the last axis."""
    return x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), axis=-1, keepdims=True) + NORMALISED_MINIMUM) * scale


def fused(masks: Masks | None) -> Any:
    """Return the function that computes `plain_block` with kernels, given the masks, which have no gradient."""

    @tf.custom_gradient
    def fused_block(x: tf.Tensor, first: tf.Tensor, *weights: tf.Tensor) -> tuple[Any, Any]:
        block = FusedBlock(x, first, masks, BlockWeights(*weights))
        return (block.output, block.last), block.back

    return fused_block


class FusedBlock:
    """Computes the same as `plain_block`, with compiled kernels between the products.

    Args:
        x: is the residual stream, [B, T, H] float32.
        first: is the state before the first step, [B, H].
        masks: multiply the two branches, for dropout, each [B, H].
        weights: are those of the block.
    """

    def __init__(self, x: tf.Tensor, first: tf.Tensor, masks: Masks | None, weights: BlockWeights) -> None:
        self._precision = precision()
        self._kernels = mingru_kernels(PRECISIONS[self._precision])
        self._rows, self._steps, self._size = x.shape
        self._count = self._rows * self._steps
        self._chunks = -(-self._count // POSITIONS)
        self._first, self._masks, self._weights = first, masks, weights
        names = ("weight_in", "weight_out", "weight_up", "weight_down")
        self._cast = SimpleNamespace(**{name: tf.cast(getattr(weights, name), self._precision) for name in names})
        self._x = tf.reshape(x, [self._count, self._size])  # (N, H)
        self._forward()

    def _forward(self) -> None:
        """Compute `output` [B, T, H] and `last` [B, H]."""
        size, kernels, weights = self._size, self._kernels, self._weights
        _, self._normal, self._inverse = self._normalise(self._x, 0, 0, weights.norm)
        projected = tf.matmul(self._normal, self._cast.weight_in, transpose_b=True)
        self._projected = tf.nn.bias_add(projected, tf.cast(weights.bias_in, self._precision))  # (N, 3 H)
        self._states, self._gated = self._empty(tf.float32), self._empty()
        given = (self._projected, self._first, self._states, self._gated)
        launch(kernels.scan, self._rows, self._steps, size, *given)
        change = tf.matmul(self._gated, self._cast.weight_out, transpose_b=True)
        mask = self._masks[0] if self._masks else 0
        found = self._normalise(self._x, change, mask, weights.mlp_norm)
        self._middle, self._mlp_normal, self._mlp_inverse = found
        self._pairs = tf.matmul(self._mlp_normal, self._cast.weight_up, transpose_b=True)  # (N, 2 H)
        self._product = self._empty()
        launch(kernels.gated_linear, self._chunks, self._count, size, self._pairs, self._product)
        change = tf.cast(tf.matmul(self._product, self._cast.weight_down, transpose_b=True), tf.float32)  # (N, H)
        self.output = self._stream(self._middle) + self._branch(self._stream(change))
        self.last = self._stream(self._states)[:, -1]  # (B, H)

    def back(self, d_output: tf.Tensor, d_last: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """Compute the gradients of x, of the first state and of the weights."""
        size, kernels, cast, weights = self._size, self._kernels, self._cast, self._weights
        flat = [self._count, size]
        d_change = tf.cast(tf.reshape(self._branch(d_output), flat), self._precision)  # (N, H)
        d_pairs = empty((self._count, 2 * size), self._precision)
        given = (self._pairs, tf.matmul(d_change, cast.weight_down), d_pairs)
        launch(kernels.gated_linear_back, self._chunks, self._count, size, *given)
        d_weight_down, d_weight_up = self._weight(d_change, self._product), self._weight(d_pairs, self._mlp_normal)
        d_change, mask = self._empty(), self._masks[0] if self._masks else 0
        d_normal, d_total = tf.matmul(d_pairs, cast.weight_up), tf.reshape(d_output, flat)
        inner = (self._middle, self._mlp_inverse, weights.mlp_norm, mask)
        d_middle, d_mlp_norm = self._normalise_back(*inner, d_normal, d_total, d_change)
        d_weight_out = self._weight(d_change, self._gated)
        d_projected, d_first = empty((self._count, 3 * size), self._precision), d_last + 0.0
        scanned = (self._projected, self._first, self._states, tf.matmul(d_change, cast.weight_out), d_projected)
        launch(kernels.scan_back, self._rows, self._steps, size, *scanned, d_first)
        d_weight_in = self._weight(d_projected, self._normal)
        d_bias_in = tf.reduce_sum(tf.cast(d_projected, tf.float32), axis=0)
        d_normal = tf.matmul(d_projected, cast.weight_in)
        d_x, d_norm = self._normalise_back(self._x, self._inverse, weights.norm, 0, d_normal, d_middle, 0)
        matrices = (d_weight_in, d_bias_in, d_weight_out, d_weight_up, d_weight_down)
        return self._stream(d_x), d_first, d_norm, d_mlp_norm, *matrices

    def _normalise(
        self, x: tf.Tensor, change: tf.Tensor | int, mask: tf.Tensor | int, scale: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        """Add and normalise: the sum [N, H], what products read of it [N, H], and the factors [N]."""
        total, normal, inverse = self._empty(tf.float32), self._empty(), empty((self._count,))
        sizes = (self._count, self._size, self._steps)
        launch(self._kernels.normalise, self._chunks, *sizes, x, change, mask, scale, total, normal, inverse)
        return total, normal, inverse

    def _normalise_back(
        self, total: tf.Tensor, inverse: tf.Tensor, scale: tf.Tensor, mask: tf.Tensor | int, *gradients: tf.Tensor | int
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Compute the gradients of x [N, H] and scale [H] from those of what is read, and of the sum.

        The third gradient, of the change, is written.
        """
        d_normal, d_total, d_change = gradients
        d_x, d_scale = self._empty(tf.float32), empty((self._chunks, self._size))
        sizes = (self._count, self._size, self._steps)
        given = (total, inverse, scale, mask, d_normal, d_total, d_x, d_change, d_scale)
        launch(self._kernels.normalise_back, self._chunks, *sizes, *given)
        return d_x, tf.reduce_sum(d_scale, axis=0)

    def _empty(self, kind: tf.DType | None = None) -> tf.Tensor:
        return empty((self._count, self._size), kind or self._precision)

    def _stream(self, values: tf.Tensor) -> tf.Tensor:
        return tf.reshape(values, [self._rows, self._steps, self._size])  # (B, T, H)

    def _branch(self, values: tf.Tensor) -> tf.Tensor:
        """Apply the mask of the second branch to [B, T, H]."""
        return values if self._masks is None else values * self._masks[1][:, None]

    @staticmethod
    def _weight(d_outputs: tf.Tensor, inputs: tf.Tensor) -> tf.Tensor:
        """Compute the gradient of a matrix from that of its outputs, float32."""
        return tf.cast(tf.matmul(d_outputs, inputs, transpose_a=True), tf.float32)

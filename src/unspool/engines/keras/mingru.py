"""The minGRU block, a recurrent layer whose gates depend on the input alone, so that all of them are one product.

`engines/torch/mingru.py` has a diagram. `plain_block` defines it in TensorFlow; `fused_block` does the same with
compiled kernels and explicit gradients.

Shapes: B rows, T time steps, N = B T positions, H hidden units.
"""

from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple

import tensorflow as tf

from unspool.arrays import Array
from unspool.engines.keras.compiled import PRECISIONS, copied, empty, launch, run
from unspool.engines.keras.platform import sizes
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
        if precision() in PRECISIONS and x.shape[0] != 0:
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

    def step(state: tf.Tensor, given: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        now, value = given  # each (B, H)
        return state + now * (value - state)

    sequences = tuple(tf.transpose(one, [1, 0, 2]) for one in (update, candidate))  # each (T, B, H)
    return tf.transpose(tf.scan(step, sequences, initializer=first), [1, 0, 2])  # (B, T, H)


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
        self._precision, self._shape = precision(), sizes(x)
        self._size = x.shape[2]
        self._first, self._masks, self._weights = first, masks, weights
        self._mask = masks[:1] if masks else ()
        names = ("weight_in", "weight_out", "weight_up", "weight_down")
        self._cast = SimpleNamespace(**{name: tf.cast(getattr(weights, name), self._precision) for name in names})
        self._x = tf.reshape(x, [-1, self._size])  # (N, H)
        self._forward()

    def _forward(self) -> None:
        """Compute `output` [B, T, H] and `last` [B, H]."""
        weights, kind = self._weights, self._precision
        _, self._normal, self._inverse = self._normalise(self._x, weights.norm)
        projected = tf.matmul(self._normal, self._cast.weight_in, transpose_b=True)
        self._projected = tf.nn.bias_add(projected, tf.cast(weights.bias_in, kind))  # (N, 3 H)
        given = (self._projected, self._first)
        self._states, self._gated = run(_scan, given, [self._positions(), self._positions(kind)])
        change = tf.matmul(self._gated, self._cast.weight_out, transpose_b=True)
        found = self._normalise(self._x, weights.mlp_norm, change, *self._mask)
        self._middle, self._mlp_normal, self._mlp_inverse = found
        self._pairs = tf.matmul(self._mlp_normal, self._cast.weight_up, transpose_b=True)  # (N, 2 H)
        (self._product,) = run(_gated_linear, [self._pairs], [self._positions(kind)])
        change = tf.cast(tf.matmul(self._product, self._cast.weight_down, transpose_b=True), tf.float32)  # (N, H)
        self.output = self._stream(self._middle) + self._branch(self._stream(change))
        self.last = self._stream(self._states)[:, -1]  # (B, H)

    def back(self, d_output: tf.Tensor, d_last: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """Compute the gradients of x, of the first state and of the weights."""
        cast, weights, kind = self._cast, self._weights, self._precision
        d_change = tf.cast(self._flat(self._branch(d_output)), kind)  # (N, H)
        gated = (self._pairs, tf.matmul(d_change, cast.weight_down))
        (d_pairs,) = run(_gated_linear_back, gated, [self._positions(kind, 2)])
        d_weight_down, d_weight_up = self._weight(d_change, self._product), self._weight(d_pairs, self._mlp_normal)
        inner = (self._middle, self._mlp_inverse, weights.mlp_norm)
        d_normal, d_total = tf.matmul(d_pairs, cast.weight_up), self._flat(d_output)
        d_middle, d_mlp_norm, d_change = self._normalise_back(*inner, d_normal, d_total, *self._mask)
        d_weight_out = self._weight(d_change, self._gated)
        scanned = (self._projected, self._first, self._states, tf.matmul(d_change, cast.weight_out), d_last)
        d_projected, d_first = run(_scan_back, scanned, [self._positions(kind, 3), self._positions()])
        d_weight_in = self._weight(d_projected, self._normal)
        d_bias_in = tf.reduce_sum(tf.cast(d_projected, tf.float32), axis=0)
        outer = (self._x, self._inverse, weights.norm)
        d_x, d_norm, _ = self._normalise_back(*outer, tf.matmul(d_projected, cast.weight_in), d_middle)
        matrices = (d_weight_in, d_bias_in, d_weight_out, d_weight_up, d_weight_down)
        return self._stream(d_x), d_first, d_norm, d_mlp_norm, *matrices

    def _normalise(self, *given: tf.Tensor) -> list[tf.Tensor]:
        outputs = [self._positions(), self._positions(self._precision), tf.TensorSpec([None], tf.float32)]
        return run(partial(_normalise, self._precision.as_numpy_dtype), given, outputs)

    def _normalise_back(self, *given: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        outputs = [self._positions(), tf.TensorSpec([None, self._size], tf.float32), self._positions(self._precision)]
        d_x, d_scales, d_change = run(_normalise_back, given, outputs)
        return d_x, tf.reduce_sum(d_scales, axis=0), d_change

    def _positions(self, kind: tf.DType = tf.float32, parts: int = 1) -> tf.TensorSpec:
        return tf.TensorSpec([None, parts * self._size], kind)

    def _stream(self, values: tf.Tensor) -> tf.Tensor:
        return tf.reshape(values, self._shape)  # (B, T, H)

    def _flat(self, values: tf.Tensor) -> tf.Tensor:
        return tf.reshape(values, [-1, self._size])  # (N, H)

    def _branch(self, values: tf.Tensor) -> tf.Tensor:
        """Apply the mask of the second branch to [B, T, H]."""
        return values if self._masks is None else values * self._masks[1][:, None]

    @staticmethod
    def _weight(d_outputs: tf.Tensor, inputs: tf.Tensor) -> tf.Tensor:
        """Compute the gradient of a matrix from that of its outputs, float32."""
        return tf.cast(tf.matmul(d_outputs, inputs, transpose_a=True), tf.float32)


def _normalise(
    kind: Any, x: Array, scale: Array, change: Array | int = 0, mask: Array | int = 0
) -> tuple[Array, Array, Array]:
    """Add and normalise: the sum [N, H], what products read of it [N, H], and the factors [N]."""
    count, size = x.shape
    total, normal, inverse = empty(x.shape), empty(x.shape, kind), empty((count,))
    kernel, given = _kernels(normal).normalise, (x, change, mask, scale)
    launch(kernel, _chunks(count), count, size, _steps(count, mask), *given, total, normal, inverse)
    return total, normal, inverse


def _normalise_back(
    total: Array, inverse: Array, scale: Array, d_normal: Array, d_total: Array, mask: Array | int = 0
) -> tuple[Array, Array, Array]:
    """Return the gradients of x [N, H], of the scale for each chunk [chunks, H], and of the change [N, H].

    They come from those of what is read, and of the sum.
    """
    count, size = total.shape
    d_x, d_scales, d_change = empty(total.shape), empty((_chunks(count), size)), empty(total.shape, d_normal.dtype)
    kernel, given = _kernels(d_normal).normalise_back, (total, inverse, scale, mask, d_normal, d_total)
    launch(kernel, _chunks(count), count, size, _steps(count, mask), *given, d_x, d_change, d_scales)
    return d_x, d_scales, d_change


def _scan(projected: Array, first: Array) -> tuple[Array, Array]:
    """Return the states and the gated states, [N, H]."""
    (rows, size), count = first.shape, len(projected)
    states, gated = empty((count, size)), empty((count, size), projected.dtype)
    launch(_kernels(projected).scan, rows, count // max(rows, 1), size, projected, first, states, gated)
    return states, gated


def _scan_back(projected: Array, first: Array, states: Array, d_gated: Array, d_last: Array) -> tuple[Array, Array]:
    """Return the gradients of what is projected [N, 3 H], and of the first state [B, H]."""
    (rows, size), count = first.shape, len(projected)
    d_projected, d_first = empty(projected.shape, projected.dtype), copied(d_last)
    given = (projected, first, states, d_gated, d_projected, d_first)
    launch(_kernels(projected).scan_back, rows, count // max(rows, 1), size, *given)
    return d_projected, d_first


def _gated_linear(pairs: Array) -> tuple[Array]:
    """Return the products of u and v, [N, H]."""
    count, size = len(pairs), pairs.shape[1] // 2
    product = empty((count, size), pairs.dtype)
    launch(_kernels(pairs).gated_linear, _chunks(count), count, size, pairs, product)
    return (product,)


def _gated_linear_back(pairs: Array, d_product: Array) -> tuple[Array]:
    """Return the gradients of u and v, [N, 2 H]."""
    count, size = d_product.shape
    d_pairs = empty(pairs.shape, pairs.dtype)
    launch(_kernels(pairs).gated_linear_back, _chunks(count), count, size, pairs, d_product, d_pairs)
    return (d_pairs,)


def _kernels(stored: Array) -> Any:
    return mingru_kernels(stored.dtype.name)


def _chunks(count: int) -> int:
    return -(-count // POSITIONS)


def _steps(count: int, mask: Array | int) -> int:
    """Return the number of steps that have the same row of a mask."""
    return 1 if isinstance(mask, int) else count // len(mask)

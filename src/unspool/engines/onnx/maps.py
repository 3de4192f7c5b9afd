"""The outputs of an image network as features at positions, a map reduced to a grid.

Shapes: B pictures, h x w positions of a map, S positions, F features, g positions along a side of the grid.
"""

from collections.abc import Mapping
from math import isqrt
from typing import TypeGuard

import numpy as np

from unspool.arrays import Array
from unspool.errors import DataError, UsageError, nearest


def as_map(output: Array, channels_first: bool) -> Array:
    """Return an output for one picture as a map of positions.

    Args:
        output: is [B, F, h, w], [B, h, w, F], [B, S, F] or [B, F], of which the first picture is taken. S tokens of a
            transformer are a square map, if S is a square; one more is the class token, which is left out.
        channels_first: says that the input is [B, C, H, W], and the output likely is, too.

    Returns:
        the map, [h, w, F].
    """
    one: Array = output[0]
    if one.ndim < 3:
        tokens = one.reshape(-1, one.shape[-1])  # (S, F), S is 1 for a vector
        if len(tokens) > 2 and isqrt(len(tokens) - 1) ** 2 == len(tokens) - 1:
            tokens = tokens[1:]
        side = isqrt(len(tokens))
        return np.reshape(tokens, (side, side, -1) if side**2 == len(tokens) else (len(tokens), 1, -1))  # (h, w, F)
    first, middle, last = one.shape
    if (first == middle) != (middle == last):  # a map is as high as it is wide
        channels_first = middle == last
    return np.moveaxis(one, 0, -1) if channels_first else one  # (h, w, F)


def choose_output(outputs: Mapping[str, object], wanted: str, channels_first: bool, name: str) -> str:
    """Choose the output to learn from: the one that is wanted, or the first with several positions, or the first.

    Args:
        outputs: are what the network made of one picture, by name.
        wanted: names an output; empty leaves the choice open.
        channels_first: is that of `as_map`.
        name: is what an error calls the network.

    Raises:
        UsageError: there is no output of this name.
        DataError: the output, or every one, is no array of features.
    """
    if wanted and wanted not in outputs:
        raise UsageError(
            f"extractor_output must be an output of {name}. Received: {wanted!r:.80}.", nearest(wanted, outputs)
        )
    usable = {key: as_map(value, channels_first) for key, value in outputs.items() if is_features(value)}
    if wanted and wanted not in usable:
        usable = {}
    if not usable:
        shown = ", ".join(
            f"{key} {list(getattr(outputs[key], 'shape', ()))}" for key in ([wanted] if wanted else outputs)
        )
        raise DataError(
            f"{name} must return features: floating-point numbers [B, F], [B, S, F], [B, F, h, w] or [B, h, w, F]. "
            f"Received: {shown:.200}.",
            "choose another output with --extractor-output, or another network.",
        )
    return wanted or next((key for key, one in usable.items() if one.shape[0] * one.shape[1] > 1), next(iter(usable)))


def reduced(values: Array, grid: int) -> Array:
    """Reduce a map that is larger than a grid by averaging: cell i covers rows floor(i h / g) to ceil((i + 1) h / g).

    Args:
        values: are those of the map, [h, w, F]; a row or column of positions alone stays as it is.
        grid: is g.

    Returns:
        the features at each position, row by row, [S, F] float32.
    """
    values = values.astype(np.float32)
    if min(values.shape[:2]) > 1:
        height, width, _ = values.shape
        if height > grid:
            values = np.tensordot(_bins(height, grid), values, (1, 0))  # (g, w, F)
        if width > grid:
            values = np.tensordot(_bins(width, grid), values, (1, 1)).transpose(1, 0, 2)  # (h, g, F)
    return values.reshape(-1, values.shape[2])  # (S, F)


def _bins(length: int, grid: int) -> Array:
    """Return the weight of each of `length` positions in each of g averages: [g, length]."""
    cells = np.arange(grid)[:, None]  # (g, 1)
    places = np.arange(length)
    inside = (places >= cells * length // grid) & (places < -(-(cells + 1) * length // grid))  # (g, length)
    return np.asarray(inside / inside.sum(1, keepdims=True), np.float32)


def is_features(value: object) -> TypeGuard[Array]:
    """Return whether an output of a network can be features."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and 2 <= value.ndim <= 4 and value.size > 0

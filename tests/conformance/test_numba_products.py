"""Products with packed matrices equal NumPy's, whatever is stored and however it is multiplied."""

from typing import Any

import numba
import numpy as np
import pytest
from numba import types

from unspool.engines.kernels.panels import add_product, add_products, multiply, pack, padded
from unspool.engines.kernels.team import make_teams
from unspool.engines.kernels.tiles import HAS_FOURS, HAS_PAIRS, LANES, PANEL, TILE_ROWS
from unspool.engines.rounding import from_bfloat16, rounded, to_bfloat16

LAYERS = 2
SHAPES = [(1, 1), (7, 5), (17, 3), (40, 9), (64, 64), (65, 130), (200, 37)]  # columns, depth
PRECISIONS = ["float32", "bfloat16", "int8"]


def numbers(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).normal(0, 0.5, shape).astype(np.float32)


@numba.njit
def one(panels: Any, number: int, vector: Any, out: Any, team: Any) -> None:
    add_product(panels, number, vector, out, team)


@numba.njit
def many(panels: Any, number: int, vectors: Any, out: Any) -> None:
    add_products(panels, number, vectors, out)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("shape", SHAPES)
def test_of_one_vector_and_of_several(shape: tuple[int, int], precision: str) -> None:
    columns, depth = shape
    matrices, vectors = numbers(LAYERS, columns, depth), numbers(5, depth)
    matrix = rounded(matrices[1], precision)
    expected = 1 + vectors @ matrix.T
    panels = pack(matrices, precision)
    levels = 32767 if precision == "int8" and HAS_FOURS else None
    (team,) = make_teams(1, int(padded(columns, PANEL)))
    for vector, row in zip(vectors, expected, strict=True):
        out = np.ones(columns, np.float32)
        one(panels, 1, vector, out, team)
        assert (np.abs(out - row) <= rounding_of(vector, matrix, levels)).all()

    several = np.ones((5, columns), np.float32)
    many(panels, 1, vectors, several)
    levels = {"float32": None, "bfloat16": 128 if HAS_PAIRS else None, "int8": 127 if HAS_FOURS else None}[precision]
    for vector, row, out in zip(vectors, expected, several, strict=True):
        assert (np.abs(out - row) <= rounding_of(vector, matrix, levels)).all()


def rounding_of(vector: Any, matrix: Any, levels: int | None) -> Any:
    """How far off a product [N] can be when each number of the vector is rounded to a level."""
    half_a_step = np.abs(vector).max() / levels / 2 if levels else 0
    return half_a_step * np.abs(matrix).sum(axis=1) + 1e-5 * len(vector)


def test_levels_of_int8_that_are_stored_as_bfloat16() -> None:
    matrices, vectors = numbers(1, 65, 130), numbers(5, 130)
    matrix, out = rounded(matrices[0], "int8"), np.zeros((5, 65), np.float32)
    many(pack(matrices, "int8", types.uint16), 0, vectors, out)
    for vector, row in zip(vectors, out, strict=True):
        assert (np.abs(row - matrix @ vector) <= rounding_of(vector, matrix, 128 if HAS_PAIRS else None)).all()


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("pairs", [False, True])
def test_rows_of_each_kind_with_panels_of_each_kind(precision: str, pairs: bool) -> None:
    if pairs and (precision != "bfloat16" or not HAS_PAIRS):
        pytest.skip("pairs are of bfloat16, where the processor multiplies them")
    columns, depth = 130, 36
    matrices, rows = numbers(1, columns, depth), numbers(TILE_ROWS, depth)
    panels = pack(matrices, precision)
    sums = np.empty((TILE_ROWS, PANEL), np.float32)
    expected = (from_bfloat16(to_bfloat16(rows)) if pairs else rows) @ rounded(matrices[0], precision).T
    for first in range(0, columns, PANEL):
        width = min(PANEL, columns - first)
        own = to_bfloat16(rows) if pairs else rows
        multiply(own, panels.numbers[0, first * depth :], int(padded(width, LANES)) // LANES, sums, 0)
        place = slice(first, first + width)
        found = sums[:, :width] * panels.scale[0, place]
        np.testing.assert_allclose(found, expected[:, place], atol=1e-4)

"""Products with packed matrices equal NumPy's, whatever is stored and however it is multiplied."""

from typing import Any

import numba
import numpy as np
import pytest
from numba import types

from unspool.engines.numba.panels import add_product, add_products, multiply, pack, padded
from unspool.engines.numba.team import make_teams
from unspool.engines.numba.tiles import HAS_PAIRS, PANEL, TILE_ROWS
from unspool.engines.rounding import from_bfloat16, rounded, to_bfloat16

LAYERS = 2
SHAPES = [(1, 1), (7, 5), (64, 64), (65, 130), (200, 37)]  # columns, depth
PRECISIONS = ["float32", "bfloat16", "int8"]


def numbers(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).normal(0, 0.5, shape).astype(np.float32)


@numba.njit
def one(panels: Any, number: int, vector: Any, out: Any, team: Any) -> None:
    add_product(panels, number, vector, out, team)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("shape", SHAPES)
def test_of_one_vector_and_of_several(shape: tuple[int, int], precision: str) -> None:
    columns, depth = shape
    matrices, vectors = numbers(LAYERS, columns, depth), numbers(5, depth)
    expected = 1 + vectors @ rounded(matrices[1], precision).T
    panels = pack(matrices, precision)
    (team,) = make_teams(1, int(padded(columns, PANEL)))
    for vector, row in zip(vectors, expected, strict=True):
        out = np.ones(columns, np.float32)
        one(panels, 1, vector, out, team)
        # of int8 the vector has 14 bits, and a sum has half a step of each
        np.testing.assert_allclose(out, row, atol=2e-3 if precision == "int8" else 1e-5 * depth)

    levels = pack(matrices, precision, types.uint16) if precision == "int8" else panels
    several = np.ones((5, columns), np.float32)
    add_products(levels, 1, vectors, several)
    np.testing.assert_allclose(several, expected, atol=1e-5 * depth if precision == "float32" else 0.05)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("pairs", [False, True])
def test_rows_of_each_kind_with_panels_of_each_kind(precision: str, pairs: bool) -> None:
    if pairs and (precision != "bfloat16" or not HAS_PAIRS):
        pytest.skip("pairs are of bfloat16, where the processor multiplies them")
    columns, depth = 130, 36
    matrices, rows = numbers(1, columns, depth), numbers(TILE_ROWS, depth)
    panels = pack(matrices, precision)
    sums = np.empty((TILE_ROWS, int(padded(columns, PANEL))), np.float32)
    multiply(to_bfloat16(rows) if pairs else rows, panels.numbers[0], sums)
    expected = (from_bfloat16(to_bfloat16(rows)) if pairs else rows) @ rounded(matrices[0], precision).T
    np.testing.assert_allclose((sums * panels.scale[0])[:, :columns], expected, atol=1e-4)

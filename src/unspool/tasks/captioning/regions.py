"""The parts of a picture that attention weights fall on, in words: "top left 31%".

Shapes: S positions of a picture, row by row from the upper left.
"""

from collections import defaultdict
from collections.abc import Sequence
from math import isqrt, log
from typing import NamedTuple

STRETCH = 1.5  # the most by which a grid may be wider or narrower than its picture
ROWS = ("top", "", "bottom")
COLUMNS = ("left", "", "right")


class Grid(NamedTuple):
    """The positions of a picture as rows and columns."""

    rows: int
    columns: int


def grid_of(positions: int, height: int, width: int) -> Grid | None:
    """Find the grid that S positions form over a picture; none where no grid has about its shape.

    Most image networks read a picture as a square, so as many rows as columns are preferred.

    Args:
        positions: is S.
        height: is that of the picture.
        width: is that of the picture.
    """

    def stretch(grid: Grid) -> float:
        return abs(log(grid.rows * width / (grid.columns * height)))

    side = isqrt(positions)
    if side * side == positions and stretch(Grid(side, side)) <= log(2):
        return Grid(side, side)
    grids = [Grid(rows, positions // rows) for rows in range(1, positions + 1) if positions % rows == 0]
    nearest = min(grids, key=stretch)
    return nearest if stretch(nearest) <= log(STRETCH) else None


def region_weights(weights: Sequence[float], grid: Grid | None) -> list[tuple[str, float]]:
    """Add up attention weights by thirds of the height and of the width, the largest sum first.

    Args:
        weights: are those of S positions.
        grid: says where they are; none names the positions by their numbers.
    """
    sums: defaultdict[str, float] = defaultdict(float)
    for index, weight in enumerate(weights):
        sums[f"position {index + 1}" if grid is None else _region(index, grid)] += weight
    return sorted(sums.items(), key=lambda one: -one[1])


def _region(index: int, grid: Grid) -> str:
    row, column = divmod(index, grid.columns)
    names = ROWS[(2 * row + 1) * 3 // (2 * grid.rows)], COLUMNS[(2 * column + 1) * 3 // (2 * grid.columns)]
    return " ".join(filter(None, names)) or "centre"

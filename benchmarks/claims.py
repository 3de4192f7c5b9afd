"""What a benchmark must reach, beside what it measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

Row = dict[str, Any]
Figure = Callable[[list[Row]], float | None]


@dataclass(frozen=True)
class Claim:
    """A figure with a bound.

    Attributes:
        name: what is measured.
        bound: what it must reach.
        figure: takes it from the rows; none if they do not have it.
        lowest_wins: it must be at most the bound, rather than at least.
    """

    name: str
    bound: float
    figure: Figure
    lowest_wins: bool = False

    def judged(self, rows: list[Row]) -> Row | None:
        """The claim as a row of a table; none if the rows do not have the figure."""
        found = self.figure(rows)
        if found is None:
            return None
        reached = found <= self.bound if self.lowest_wins else found >= self.bound
        must = f"at {'most' if self.lowest_wins else 'least'} {self.bound:g}"
        return {"claim": self.name, "must reach": must, "measured": found, "reached": "yes" if reached else "no"}


def judged(claims: Sequence[Claim], rows: list[Row]) -> list[Row]:
    """Every claim that the rows have the figure of."""
    return [row for claim in claims if (row := claim.judged(rows)) is not None]


def middle(name: str, **where: Any) -> Figure:
    """The median of a column over the rows in which other columns have these values."""
    return lambda rows: median(found) if (found := _column(rows, name, where)) else None


def highest(name: str, **where: Any) -> Figure:
    """The highest of a column over the rows in which other columns have these values."""
    return lambda rows: max(_column(rows, name, where), default=None)


def lowest(name: str, **where: Any) -> Figure:
    """The lowest of a column over the rows in which other columns have these values."""
    return lambda rows: min(_column(rows, name, where), default=None)


def quotient(one: Figure, other: Figure) -> Figure:
    """One figure divided by another."""
    return lambda rows: None if (top := one(rows)) is None or (bottom := other(rows)) is None else top / bottom


def difference(one: Figure, other: Figure) -> Figure:
    """One figure less another."""
    return lambda rows: None if (first := one(rows)) is None or (second := other(rows)) is None else first - second


def magnitude(figure: Figure) -> Figure:
    """A figure without its sign."""
    return lambda rows: None if (found := figure(rows)) is None else abs(found)


def _column(rows: list[Row], name: str, where: Row) -> list[float]:
    """The figures of a column."""
    wanted = (row for row in rows if all(row.get(key) == value for key, value in where.items()))
    return [row[name] for row in wanted if isinstance(row.get(name), int | float)]

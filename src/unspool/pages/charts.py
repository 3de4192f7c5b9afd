"""Curves over time, drawn as SVG.

The lines of a chart are SVG that is stretched to the width of the page; its letters and marks are HTML at the same
places, so that they keep their size on a phone.
"""

from collections.abc import Callable, Sequence
from html import escape
from math import ceil, floor, log10
from typing import NamedTuple

WIDTH, HEIGHT = 1000, 400  # of the drawing, before it is stretched
TICKS = 4  # about so many on an axis
APART = 0.07  # of the height, the least distance of two names
LATE = 0.1  # of a curve: what comes before may be cut off at the top


class Line(NamedTuple):
    """A line of a chart.

    Attributes:
        name: is written at its end.
        kind: is the class that it is drawn with: `training`, `fresh` or `carried`.
        points: are its pairs of x and y, in order of x.
    """

    name: str
    kind: str
    points: Sequence[tuple[float, float]]


class Mark(NamedTuple):
    """A point of a chart that says more when it is pointed at or focused.

    Attributes:
        x: is where it is.
        y: is where it is.
        tip: is what it says.
        kind: is empty, `best` or `square`.
    """

    x: float
    y: float
    tip: str
    kind: str = ""


class Chart(NamedTuple):
    """What a chart shows.

    Attributes:
        lines: are drawn from back to front.
        marks: are on them.
        x_unit: names what the horizontal axis counts.
        y_unit: names what the vertical axis counts.
        description: says in a sentence what is seen, for people who do not see it.
    """

    lines: Sequence[Line]
    marks: Sequence[Mark]
    x_unit: str
    y_unit: str
    description: str


def draw_chart(chart: Chart) -> str:
    """Draw a chart. The vertical axis begins and ends where the lines do, but for what comes first and is far above."""
    width = max((x for line in chart.lines for x, _ in line.points), default=1.0) or 1.0
    late = [y for line in chart.lines for x, y in line.points if x >= LATE * width or line.kind != "training"]
    low, high = min(late, default=0.0), max(late, default=1.0)
    margin = 0.06 * (high - low) or 0.5
    low, high = low - margin, high + margin

    def at(value: float) -> float:
        return (high - value) / (high - low)

    rows, columns = ticks(low, high), ticks(0.0, width)
    grid = "".join(f"M0 {HEIGHT * at(value):.1f}H{WIDTH}" for value in rows)
    drawn = [line for line in chart.lines if line.points]
    paths = "".join(f'<path class="{line.kind}" d="{_path(line.points, width, at)}"/>' for line in drawn)
    letters = [f'<span class="unit">{escape(chart.y_unit)}</span>']
    letters += [f'<span class="y" style="top:{at(value):.2%}">{_number(value, rows)}</span>' for value in rows]
    for value in columns:
        unit = f" {escape(chart.x_unit)}" if value == columns[-1] else ""
        letters.append(f'<span class="x" style="left:{value / width:.2%}">{_number(value, columns)}{unit}</span>')
    for line, place in zip(drawn, _apart([at(line.points[-1][1]) for line in drawn]), strict=True):
        letters.append(f'<span class="name {line.kind}" style="top:{place:.2%}">{escape(line.name)}</span>')
    marks = "".join(
        f'<span class="{f"mark {mark.kind}".strip()}" role="img" aria-label="{escape(mark.tip)}" '
        f'data-tip="{escape(mark.tip)}" style="left:{mark.x / width:.2%};top:{min(max(at(mark.y), 0), 1):.2%}"></span>'
        for mark in chart.marks
    )
    return (
        f'<div class="plot"><svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(chart.description)}"><path d="{grid}"/>{paths}</svg>'
        f'<div aria-hidden="true">{"".join(letters)}</div>'
        f'<div role="group" aria-label="Points of the curves" data-cells="">{marks}</div></div>'
    )


def ticks(low: float, high: float) -> list[float]:
    """Return about 4 round numbers within a range, at equal distances."""
    rough = (high - low) / TICKS
    power = 10 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    return [index * step for index in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def _number(value: float, among: Sequence[float]) -> str:
    step = among[1] - among[0] if len(among) > 1 else max(abs(value), 1e-3)
    digits = max(0, -floor(log10(step) + 1e-9))
    digits += round(step * 10**digits) != round(step * 10**digits, 6)
    return f"{value:,.{digits}f}"


def _path(points: Sequence[tuple[float, float]], width: float, at: Callable[[float], float]) -> str:
    places = (f"{WIDTH * x / width:.1f} {HEIGHT * at(y):.1f}" for x, y in points)
    return "M" + "L".join(places)


def _apart(places: Sequence[float]) -> list[float]:
    """Move places apart that are nearer to each other than two lines of letters, keeping their order."""
    found, last = dict[int, float](), -1.0
    for index in sorted(range(len(places)), key=places.__getitem__):
        last = found[index] = max(min(places[index], 1.0), last + APART)
    over = max(0.0, last - 1.0)
    return [found[index] - over for index in range(len(places))]

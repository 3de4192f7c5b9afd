"""Curves as a picture: SVG that needs nothing else, in the colour of the text around it."""

import math
from collections.abc import Mapping, Sequence
from html import escape

from unspool.display.html import BLUE, ORANGE

Points = Sequence[tuple[float, float]]
COLOURS = (BLUE, ORANGE)
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 26, 34  # pixels around the curves
MAX_POINTS = 400  # of a curve; of more, evenly chosen ones
ALONE = (
    "<style>svg { color: #1b1f24; } @media (prefers-color-scheme: dark) { svg { color: #e6e8eb; } } "
    "text { font-family: system-ui, sans-serif; }</style>"
)


def curve_picture(
    series: Mapping[str, Points], across: str, up: str, size: tuple[int, int] = (560, 220), alone: bool = False
) -> str:
    """Return curves as SVG; nothing where no curve has two points.

    Args:
        series: are the points of each curve, by its name.
        across: says what is measured across, such as `seconds`.
        up: says what is measured upwards.
        size: is the width and the height, in pixels.
        alone: says that it is a file of its own, which brings its colours.
    """
    kept = {name: _thinned(points) for name, points in series.items()}
    kept = {name: points for name, points in kept.items() if len(points) > 1}
    if not kept:
        return ""
    (width, height), every = size, [point for points in kept.values() for point in points]
    xs, ys = _ticks(0.0, max(x for x, _ in every)), _ticks(min(y for _, y in every), max(y for _, y in every))

    def place(x: float, y: float) -> tuple[float, float]:
        right = LEFT + (x - xs[0]) / (xs[-1] - xs[0]) * (width - LEFT - RIGHT)
        return right, height - BOTTOM - (y - ys[0]) / (ys[-1] - ys[0]) * (height - TOP - BOTTOM)

    lines = [_across(place(xs[0], y), place(xs[-1], y), f"{y:g}") for y in ys]
    lines += [_text(place(x, ys[0])[0], height - BOTTOM + 14, f"{x:g}", "middle") for x in xs]
    lines.append(_text(width - RIGHT, height - 4, escape(across), "end"))
    lines.append(_text(4, 14, escape(up), "start"))
    key = []
    for (name, points), colour in zip(kept.items(), COLOURS * len(kept), strict=False):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        key.append(f'<tspan fill="{colour}">■</tspan> {escape(name)} {points[-1][1]:.3f}')
    lines.append(_text(width - RIGHT, 14, "&#160;&#160; ".join(key), "end"))
    said = "; ".join(f"{name} from {points[0][1]:.3f} to {points[-1][1]:.3f}" for name, points in kept.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(f"{up} against {across}: {said}")}">{ALONE if alone else ""}'
        + "".join(lines)
        + "</svg>"
    )


def _thinned(points: Points) -> list[tuple[float, float]]:
    finite = [point for point in points if all(map(math.isfinite, point))]
    step = max(1, len(finite) // MAX_POINTS)
    return finite[::step] if step == 1 else [*finite[:-1:step], finite[-1]]


def _ticks(least: float, most: float) -> list[float]:
    """Return three to seven round numbers, the first at most the least, the last at least the most."""
    span = (most - least) or abs(most) or 1.0
    unit = 10 ** math.floor(math.log10(span / 4))
    step = next(unit * one for one in (1, 2, 2.5, 5, 10) if span / (unit * one) <= 5)
    first = math.floor(least / step + 1e-9)
    last = max(first + 1, math.ceil(most / step - 1e-9))
    return [round(step * one, 10) for one in range(first, last + 1)]


def _across(start: tuple[float, float], end: tuple[float, float], label: str) -> str:
    return (
        f'<line x1="{start[0]:.1f}" x2="{end[0]:.1f}" y1="{start[1]:.1f}" y2="{end[1]:.1f}" stroke="currentColor" '
        f'stroke-opacity=".18"/>{_text(start[0] - 6, start[1] + 4, label, "end")}'
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    """Return letters at a place; the text is SVG."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="11" fill="currentColor" fill-opacity=".8" '
        f'text-anchor="{anchor}">{text}</text>'
    )

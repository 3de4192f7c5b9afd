"""Draw docs/how-to/completion.svg from what `python -m benchmarks keystrokes` wrote: precision against coverage.

python -m docs.completion_curve benchmarks/results/keystrokes.json
"""

import json
import sys
from pathlib import Path
from typing import Any

from unspool.specs.completion import MIN_SAVING

TARGET = Path(__file__).parent / "how-to" / "completion.svg"
WIDTH, HEIGHT, MARGIN = 640, 400, 56
COLOURS = ("#2f6feb", "#bf5b04")


def picture(rows: list[dict[str, Any]]) -> str:
    """The curve of each text as SVG."""
    points = [row for row in rows if row.get("who") == "curve" and row["coverage"]]
    texts = list(dict.fromkeys(row["text"] for row in points))
    drawn = [_curve([row for row in points if row["text"] == text], *pair) for text, pair in _styled(texts)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12">\n<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n'
        f"{_axes()}\n" + "\n".join(drawn) + "\n</svg>\n"
    )


def _styled(texts: list[str]) -> list[tuple[str, tuple[str, int]]]:
    return [(text, (COLOURS[number % len(COLOURS)], number)) for number, text in enumerate(texts)]


def _place(coverage: float, precision: float) -> tuple[float, float]:
    return MARGIN + coverage * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - precision * (HEIGHT - 2 * MARGIN)


def _axes() -> str:
    found = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = _place(share, share)
        found.append(f'<path d="M{x:.1f} {MARGIN} V{HEIGHT - MARGIN}" stroke="#d8dee4"/>')
        found.append(f'<path d="M{MARGIN} {y:.1f} H{WIDTH - MARGIN}" stroke="#d8dee4"/>')
        found.append(f'<text x="{x:.1f}" y="{HEIGHT - MARGIN + 18}" text-anchor="middle">{share:.0%}</text>')
        found.append(f'<text x="{MARGIN - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    found.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 14}" text-anchor="middle">keys with a suggestion shown</text>')
    found.append(f'<text x="{MARGIN - 40}" y="{MARGIN - 16}">suggestions that are accepted</text>')
    return "\n".join(found)


def _curve(points: list[dict[str, Any]], colour: str, number: int) -> str:
    places = [_place(point["coverage"], point["precision"]) for point in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    found = [f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>']
    for point, (x, y) in zip(points, places, strict=True):
        chosen = point["min_saving"] == MIN_SAVING
        found.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{5 if chosen else 3}" fill="{colour}"/>')
        label = f"{point['min_saving']:g} keys: {point['saved']:.0%} saved" if chosen else f"{point['min_saving']:g}"
        found.append(f'<text x="{x + 7:.1f}" y="{y - 6:.1f}" fill="{colour}">{label}</text>')
    x, y = WIDTH - MARGIN, MARGIN + 16 * number + 12
    found.append(f'<text x="{x}" y="{y}" text-anchor="end" fill="{colour}">{points[0]["text"]}</text>')
    return "\n".join(found)


if __name__ == "__main__":
    TARGET.write_text(picture(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["rows"]), encoding="utf-8")
    print(f"written to {TARGET}")

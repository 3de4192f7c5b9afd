"""Draw docs/first-run.svg from a real run on the embedded corpus: what it writes as it learns, and its curve.

python -m docs.first_run [MINUTES [THREADS]]
"""

import sys
import textwrap
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import unspool
from unspool.training.standing import clock

TARGET = Path(__file__).parent / "first-run.svg"
PROMPT, TEMPERATURE, CHARACTERS = "The ", 0.6, 330
WIDTH, MARGIN, LINE = 840, 24, 20  # pixels
COLUMNS = 98  # of the transcript
SHOWN = 4  # samples while it learns
CHART = 190  # pixels of height
LEFT, RIGHT = 64, 120  # pixels beside the chart
POINTS = 160  # of the curve of training
LABELLED = 0.5  # bits below the curves, where a label stands
STYLE = """
svg { --ink: #1b1f24; --paper: #ffffff; --quiet: #57606a; --line: #d8dee4; --thin: #57606a; --strong: #0072b2; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e6e8eb; --paper: #14171a; --quiet: #9aa4ae; --line: #2d333b; --thin: #9aa4ae; --strong: #56b4e9; }
}
rect { fill: var(--paper); stroke: var(--line); }
text { fill: var(--ink); font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre; }
.quiet { fill: var(--quiet); }
.axis { font-family: ui-sans-serif, system-ui, sans-serif; font-size: 12px; fill: var(--quiet); }
.fresh { fill: var(--strong); }
path { fill: none; stroke: var(--line); }
.training-line { stroke: var(--thin); stroke-width: 1; }
.fresh-line { stroke: var(--strong); stroke-width: 2.5; }
"""


@dataclass
class Recorder(unspool.Callback):
    """Keeps what the picture shows.

    Attributes:
        training: are the seconds and the bits per character of each update.
        fresh: are those of each validation.
        samples: are the texts that were generated after the validations.
    """

    training: list[tuple[float, float]] = field(default_factory=list)
    fresh: list[tuple[float, float]] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)

    def on_step(self, event: Any) -> None:
        """Keep the loss."""
        self.training.append((event.seconds, event.bits_per_character))

    def on_validation(self, event: Any) -> None:
        """Keep the loss on what was held out."""
        self.fresh.append((event.seconds, event.fresh_bits_per_character))

    def on_sample(self, step: int, text: str) -> None:
        """Keep the text."""
        self.samples.append(" ".join(text.split()))


def picture(run: Recorder, written: str) -> str:
    """The picture of a run as SVG.

    Args:
        run: is what was recorded.
        written: is what the model wrote in the end.
    """
    lines = _transcript(run, written)
    top = MARGIN + LINE * len(lines) + 2 * LINE
    height = top + CHART + 3 * LINE
    title = "Unspool learns for a minute: what it writes becomes English, and the loss falls."
    shown = [_text(MARGIN, MARGIN + LINE * number + 8, line, kind) for number, (line, kind) in enumerate(lines)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n"
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>\n'
        + "\n".join([*shown, *_chart(run, top)])
        + "\n</svg>\n"
    )


def _transcript(run: Recorder, written: str) -> list[tuple[str, str]]:
    """The lines of text, each with its kind."""
    count = min(SHOWN, len(run.samples))
    chosen = dict.fromkeys(round(number * (len(run.samples) - 1) / max(1, count - 1)) for number in range(count))
    lines = [("$ unspool demo", "quiet")]
    for index in chosen:
        seconds, bits = run.fresh[index]
        start = f"{clock(seconds):>5}  {bits:.2f} bits  "
        lines.append((start + run.samples[index][: COLUMNS - len(start)], ""))
    lines.append((f'$ unspool generate runs/demo "{PROMPT}" --temperature {TEMPERATURE}', "quiet"))
    return lines + [(line, "") for line in textwrap.wrap(" ".join((PROMPT + written).split()), COLUMNS)[:4]]


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'


def _chart(run: Recorder, top: float) -> list[str]:
    """The curves of both losses against the seconds."""
    end = max(seconds for seconds, _ in run.training)
    high, low = min(5.0, max(bits for _, bits in run.training)), min(bits for _, bits in run.training + run.fresh)
    floor = int(low - LABELLED)

    def place(point: tuple[float, float]) -> tuple[float, float]:
        seconds, bits = point
        x = LEFT + seconds / end * (WIDTH - LEFT - RIGHT)
        return x, top + CHART - (min(bits, high) - floor) / (high - floor) * CHART

    found = [_text(MARGIN, top - 16, "bits per character", "axis")]
    for bits in range(floor, int(high) + 1):
        _, y = place((0, bits))
        found += [f'<path d="M{LEFT} {y:.1f} H{WIDTH - RIGHT}"/>', _text(LEFT - 8, y + 4, str(bits), "axis", "end")]
    for part in range(5):
        x, y = place((end * part / 4, floor))
        found.append(_text(x, y + LINE, f"{end * part / 4:.0f} s", "axis", "middle"))
    thinned = [point for point in run.training[:: max(1, len(run.training) // POINTS)] if point[1] <= high]
    for name, points in (("training", thinned), ("fresh", run.fresh)):
        line = " L".join(f"{x:.1f} {y:.1f}" for x, y in map(place, points))
        found.append(f'<path class="{name}-line" d="M{line}"/>')
    ends = {"training": run.training[-1], "fresh": run.fresh[-1]}
    above = max(ends, key=lambda name: ends[name][1])
    words = {"training": "what it reads", "fresh": "what it never saw"}
    for name, point in ends.items():
        x, y = place(point)
        shift = -6 if name == above else 14
        found.append(_text(x + 6, y + shift, f"{point[1]:.2f}", f"axis {name}"))
        found.append(_text(x - 6, y - 14 if name == above else y + 22, words[name], f"axis {name}", "end"))
    return found


def main(minutes: float = 1.0, threads: int = 0) -> None:
    """Train, generate and draw.

    Args:
        minutes: is the budget.
        threads: is the number of threads; 0 uses all.
    """
    run = Recorder()
    model = unspool.train(minutes=minutes, callback=run, threads=threads)
    written = model.generate(PROMPT, max_new_tokens=CHARACTERS, temperature=TEMPERATURE, seed=1)
    TARGET.write_text(picture(run, written), encoding="utf-8")
    print(f"written to {TARGET}")


if __name__ == "__main__":
    main(float((sys.argv[1:2] or ["1"])[0]), int((sys.argv[2:3] or ["0"])[0]))

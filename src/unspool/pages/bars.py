"""Bars of probabilities: of the symbol that comes next, as it was learnt and at several temperatures."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from unspool.pages.page import optional, wide


class Bar(NamedTuple):
    """A symbol with its probabilities: the first is as it was learnt, the others at several temperatures."""

    name: str
    probabilities: Sequence[float]


def draw_bars(caption: str, heads: tuple[str, str], bars: Sequence[Bar]) -> str:
    """Draw bars of probabilities: for each symbol as it was learnt, and below at the temperature that is chosen.

    Args:
        caption: says what they are of.
        heads: name the column of symbols and that of bars.
        bars: are those of the symbols, and of all others as the last.
    """
    most = max((max(bar.probabilities) for bar in bars), default=1.0) or 1.0
    rows = []
    for bar in bars:
        learnt, *others = bar.probabilities
        cells = f'<span class="value">{_track(learnt, most)}</span>'
        cells += "".join(
            optional(index, "span", _track(share, most), "value after") for index, share in enumerate(others)
        )
        rows.append(f'<tr><th scope="row">{escape(bar.name)}</th><td>{cells}</td></tr>')
    names = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    body = "\n".join(rows)
    return wide(
        f"<caption>{escape(caption)}</caption>\n<thead><tr>{names}</tr></thead>\n<tbody>\n{body}\n</tbody>", "bars"
    )


def _track(share: float, most: float) -> str:
    return f'<span class="track"><i style="--w:{share / most:.3f}"></i></span>{share:.1%}'

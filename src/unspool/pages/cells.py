"""Texts and tokens as cells: shaded, and with more to say when they are pointed at or focused."""

import re
from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from unspool.text.escapes import escaped

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")  # all but the tab and the line end


class Cell(NamedTuple):
    """A piece of a text.

    Attributes:
        text: is shown.
        tip: is said when it is pointed at or focused; empty says nothing.
        strength: is how strongly it is shaded, 0 to 1.
        hue: is `cool` or `warm`; `given` is quiet ink.
        won: shades it where the other shade is chosen.
    """

    text: str
    tip: str = ""
    strength: float = 0.0
    hue: str = "cool"
    won: bool = False


def shade(strength: float) -> str:
    """Return the style by which the class `cool` or `warm` shades an element, with a strength of 0 to 1."""
    return f"--a:{min(max(strength, 0.0), 1.0):.2f}"


def text_cells(label: str, cells: Iterable[Cell], lead: str = "") -> str:
    """Return a text of cells, among which the arrow keys move.

    Args:
        label: says what the text is, for people who have it read out.
        cells: are its pieces, in order.
        lead: comes before them in quiet ink.
    """
    before = f'<span class="given">{escape(lead)}</span>' if lead else ""
    inside = "".join(map(_cell, cells))
    return f'<div class="text box" role="group" aria-label="{escape(label)}" data-cells="">{before}{inside}</div>'


def generated(prompt: str, text: str) -> str:
    """Return a text that a model generated, after its prompt in quiet ink; line ends and a blank at the end are seen.

    Args:
        prompt: was read before it.
        text: is what it generated.
    """
    before = f'<span class="given">{escape(prompt)}</span>' if prompt else ""
    kept = text.rstrip(" ")
    blanks = f'<span class="blank">{"·" * (len(text) - len(kept))}</span>' if kept != text else ""
    return f'<p class="text box">{before}{_with_line_ends(kept)}{blanks}</p>'


def key(*entries: tuple[str, float, str]) -> str:
    """Return the key of the shades: what each means, its strength and its hue."""
    spans = "".join(
        f'<span class="{hue}" style="{shade(strength)}">{escape(text)}</span>' for text, strength, hue in entries
    )
    return f'<p class="key">{spans}</p>'


def shown_token(token: str) -> str:
    """Show a token without the space before its word; a space alone, a line end or a tab is visible."""
    return escaped(token.strip(" ")) or "␣"


def symbol(token: str) -> str:
    """Show a token with all that it consists of: a space, a line end and a tab are visible."""
    return escaped(token.replace("\n", "⏎")).replace(" ", "␣")


def _cell(cell: Cell) -> str:
    tip = f' data-tip="{escape(cell.tip)}"' if cell.tip else ""
    shaded = cell.strength >= 0.005
    kinds = " ".join(filter(None, (cell.hue if shaded or cell.hue == "given" else "", "won" if cell.won else "")))
    kind = f' class="{kinds}"' if kinds else ""
    style = f' style="{shade(cell.strength)}"' if shaded else ""
    return f"<span{kind}{style}{tip}>{_with_line_ends(cell.text)}</span>"


def _with_line_ends(text: str) -> str:
    shown = _CONTROLS.sub(lambda found: escaped(found[0]), text)
    return escape(shown).replace("\n", '<span class="blank">⏎</span>\n')

"""What is shown of a language model besides its likelihoods: how much it copies, as text and as a page."""

from collections.abc import Iterator
from html import escape
from itertools import groupby

from unspool.arrays import IntArray
from unspool.evaluate.bits import Figures
from unspool.evaluate.copying import SPANS, Copied, CopyingFigures
from unspool.tasks.page import page, shade, table
from unspool.text.escapes import escaped

MAX_SHOWN = 300  # characters of the longest span
STYLE = "td { padding: .25rem .75rem; text-align: right; } .sample { white-space: pre-wrap; max-width: 90ch; }\n"
NOTE = "Spans that stand verbatim in the training text; the held-out text was measured in the same way."


def language_text(figures: Figures) -> str:
    """Show what was measured in addition; empty where that is nothing."""
    return "" if figures.copying is None else _copying_text(figures.copying)


def language_page(figures: Figures) -> str | None:
    """Draw the same as a page; none where nothing was measured in addition."""
    return None if figures.copying is None else page("Copying", STYLE, _copying_section(figures.copying))


def _copying_text(figures: CopyingFigures) -> str:
    rows = [("", "generated", "held out"), *_rows(figures)]
    lines = [f"{name:34}{generated:>10}{held_out:>10}" for name, generated, held_out in rows]
    return "\n".join(["", _summary(figures), "", *lines, "", *_longest(figures), ""])


def _copying_section(figures: CopyingFigures) -> str:
    longest = "".join(f"<p>{escape(line)}</p>\n" for line in _longest(figures))
    legend = ", ".join(f'<span style="{shade(_opacity(span))}">at least {span}</span>' for span in SPANS)
    samples = "\n".join(f'<p class="sample">{_marked(text, lengths)}</p>' for text, lengths in figures.samples)
    return (
        f"<p>{escape(_summary(figures))}</p>\n"
        + table(NOTE, ("", "generated", "held out"), _rows(figures))
        + f"\n<h2>The longest spans</h2>\n{longest}<h2>What was generated</h2>\n"
        f"<p>Characters in copied spans of {legend} characters.</p>\n{samples}\n"
    )


def _summary(figures: CopyingFigures) -> str:
    return (
        f"Copies of the training text ({figures.training_characters:,} characters) in {figures.generated.characters:,} "
        f"generated characters and {figures.held_out.characters:,} held-out ones:"
    )


def _rows(figures: CopyingFigures) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each figure, and what it is of the generated and of the held-out text."""
    both = (figures.generated, figures.held_out)
    for noun, shares in (
        ("characters", [one.shares for one in both]),
        ("words", [one.word_shares for one in both]),
    ):
        for span in shares[0]:
            cells = [f"{one[span]:.2%}" if span in one else "" for one in shares]
            yield f"in spans of {span} {noun} or more", cells[0], cells[1]
    yield "longest span, characters", f"{both[0].longest.characters:,}", f"{both[1].longest.characters:,}"


def _longest(figures: CopyingFigures) -> Iterator[str]:
    for name, one in (("generated", figures.generated), ("held out", figures.held_out)):
        if one.longest.characters:
            yield f"longest, {name}: {_quoted(one)}"


def _quoted(found: Copied) -> str:
    text = escaped(found.longest.text[:MAX_SHOWN]) + ("…" if found.longest.characters > MAX_SHOWN else "")
    return f'"{text}" ({found.longest.where})' if found.longest.where else f'"{text}"'


def _opacity(length: int) -> float:
    """Return how strongly a character is shaded, by the length of the longest copy that it is in."""
    return 0.6 * sum(length >= span for span in SPANS) / len(SPANS)


def _marked(text: str, lengths: IntArray) -> str:
    """Return a text as HTML, its copied spans shaded."""
    found, start = [], 0
    for opacity, run in groupby(_opacity(int(length)) for length in lengths):
        end = start + len(list(run))
        part = escape(text[start:end])
        found.append(f'<span style="{shade(opacity)}">{part}</span>' if opacity else part)
        start = end
    return "".join(found)

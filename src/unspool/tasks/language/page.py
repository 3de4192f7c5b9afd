"""What is shown of a language model: its figures, and how much it copies, as text and as a page."""

from collections.abc import Iterator
from itertools import groupby

from unspool.arrays import IntArray
from unspool.evaluate.bits import Figures
from unspool.evaluate.copying import SPANS, Copied, CopyingFigures
from unspool.pages.cells import Cell, key, text_cells
from unspool.pages.page import lead, page, paragraph, section, table
from unspool.tasks.reporting.meanings import MEANINGS
from unspool.text.escapes import escaped

MAX_SHOWN = 300  # characters of the longest span
NOTE = "Spans that stand verbatim in the training text; the held-out text was measured in the same way."


def language_text(figures: Figures) -> str:
    """Show what was measured in addition; empty where that is nothing."""
    return "" if figures.copying is None else _copying_text(figures.copying)


def language_page(figures: Figures) -> str:
    """Draw the figures as a page, and what was measured in addition."""
    alone = {name: part.bits_per_character for name, part in figures.parts.items()}
    compared = "".join(f"; the {name} alone would need {bits:.3f}" for name, bits in alone.items())
    values = figures.to_dict()
    rows = [(meaning, f"{values[name]:.4f}") for name, meaning in MEANINGS.items() if name in values]
    sections = [
        section("How well does it predict it?", table("Measured on this text", ("figure", "value"), rows)),
        "" if figures.copying is None else section("How much does it copy?", _copying_part(figures.copying)),
    ]
    told = lead(f"{figures.bits_per_character:.3f}", "bits per character", f" of this text{compared}.")
    return page("How well does it know the text?", "\n".join([told, *sections]), "Evaluation")


def _copying_text(figures: CopyingFigures) -> str:
    rows = [("", "generated", "held out"), *_rows(figures)]
    lines = [f"{name:34}{generated:>10}{held_out:>10}" for name, generated, held_out in rows]
    return "\n".join(["", _summary(figures), "", *lines, "", *_longest(figures), ""])


def _copying_part(figures: CopyingFigures) -> str:
    longest = "\n".join(map(paragraph, _longest(figures)))
    legend = key(*((f"at least {span}", _strength(span), "cool") for span in SPANS))
    samples = "\n".join(
        text_cells(f"Sample {number}, by what is copied", _marked(text, lengths))
        for number, (text, lengths) in enumerate(figures.samples, 1)
    )
    return "\n".join(
        [
            paragraph(_summary(figures)),
            table(NOTE, ("", "generated", "held out"), _rows(figures)),
            f"<h3>The longest spans</h3>\n{longest}",
            f"<h3>What was generated</h3>\n{paragraph('Characters in copied spans of so many characters:')}",
            legend,
            samples,
        ]
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


def _strength(length: int) -> float:
    """Return how strongly a character is shaded, by the length of the longest copy that it is in."""
    return sum(length >= span for span in SPANS) / len(SPANS)


def _marked(text: str, lengths: IntArray) -> Iterator[Cell]:
    """Yield the spans of a text, shaded by what is copied."""
    start = 0
    for length, run in groupby(int(length) for length in lengths):
        end = start + len(list(run))
        yield Cell(text[start:end], f"copied, {length} characters" if _strength(length) else "", _strength(length))
        start = end

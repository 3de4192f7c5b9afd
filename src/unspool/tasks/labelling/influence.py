"""Which parts of an example led to its label, in a terminal and as a page: those for the label and those against it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from html import escape
from typing import Any

from unspool.arrays import FloatArray
from unspool.evaluate.influence import Influence, influence, words_of
from unspool.pages.cells import Cell, key, text_cells
from unspool.pages.page import page
from unspool.text.escapes import escaped

STRONG = 0.2  # fraction of the largest influence from which a part is marked in plain text
INFLUENCE_KEY = (
    "<p>A part is left out, and what the log-probability of the label loses by that is its influence, in nats.</p>\n"
    + key(("for the label", 1.0, "cool"), ("against it", 1.0, "warm"))
)


def text_influence(
    probabilities: Callable[[Sequence[str]], FloatArray], labels: Sequence[str], text: str, tokenizer: str
) -> Influence:
    """Measure what each word of a text contributes to its likeliest label; with a `char` tokenizer, each character.

    Args:
        probabilities: computes the probabilities of N texts, [N, C].
        labels: are the names of the C labels.
        text: is the text to classify.
        tokenizer: is the kind of the model's tokenizer.
    """
    parts = list(text) if tokenizer == "char" else words_of(text)
    variants = ["".join(parts), *("".join([*parts[:i], *parts[i + 1 :]]) for i in range(len(parts)))]
    return influence(probabilities(variants), labels, parts)


def inspect_influence(
    examples: Mapping[str, Sequence[Any]], found: Sequence[Influence]
) -> tuple[list[dict[str, Any]], str, str]:
    """Show what led to the classification of each example: for programs, in a terminal, as a page.

    Args:
        examples: are those that were classified, by the name that programs know them by.
        found: holds what led to the label of each.
    """
    ((name, given),) = examples.items()
    rows = [{name: example, **_row(one)} for example, one in zip(given, found, strict=True)]
    return rows, "".join(map(influence_text, found)), influence_page(found)


def influence_text(found: Influence) -> str:
    """Show an example, its strong parts in brackets, [for] the label or -[against] it; the strongest with figures."""
    strongest = max(map(abs, found.nats), default=0.0)
    marked = "".join(
        _bracketed(part, nats) if strongest and abs(nats) >= STRONG * strongest else part
        for part, nats in zip(found.parts, found.nats, strict=True)
    )
    ranked = sorted(zip(found.parts, found.nats, strict=True), key=lambda one: -abs(one[1]))[:5]
    strong = ", ".join(f"{escaped(part.strip()) or repr(part)} {nats:+.2f}" for part, nats in ranked)
    return f"{escaped(found.label)} ({_probabilities(found)}): {' '.join(marked.split())}\n  nats: {strong}\n"


def influence_page(found: Sequence[Influence]) -> str:
    """Draw each example with its parts shaded, those for the label and those against it."""
    parts = [influence_part(one, f"Example {number}", level=2) for number, one in enumerate(found, 1)]
    return page("What moved it?", "\n".join([INFLUENCE_KEY, *parts]), "Influence")


def influence_part(found: Influence, name: str, told: str = "", level: int = 3) -> str:
    """Draw an example with its parts shaded.

    Args:
        found: says what led to its label.
        name: is what it is called.
        told: says what else is known of it.
        level: is that of the heading.
    """
    strongest = max(map(abs, found.nats), default=0.0) or 1.0
    cells = [
        Cell(part, f"{part.strip()}: {nats:+.3f} nats", abs(nats) / strongest, "cool" if nats >= 0 else "warm")
        for part, nats in zip(found.parts, found.nats, strict=True)
    ]
    heading = f"{found.label}, {_probabilities(found)}{told}"
    return f"<h{level}>{escape(heading)}</h{level}>\n{text_cells(f'{name}, by influence', cells)}"


def _row(found: Influence) -> dict[str, Any]:
    """Return the fields by name; without components where there are none."""
    return {name: value for name, value in asdict(found).items() if name != "components" or value}


def _probabilities(found: Influence) -> str:
    """Say how probable the label is, to a mixture also by each component."""
    apart = [f"{name} {probability:.1%}" for name, probability in found.components.items()]
    return f"{found.probability:.1%}{': ' if apart else ''}{', '.join(apart)}"


def _bracketed(part: str, nats: float) -> str:
    space = part[: len(part) - len(part.lstrip())]
    return f"{space}{'-' if nats < 0 else ''}[{part.lstrip()}]"

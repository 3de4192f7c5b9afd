"""What a notebook shows of the library's objects: pieces of HTML, right in light and in dark themes.

`display/reprs.py` names `html_of`; nothing here is imported before a notebook asks.
"""

import math
import re
from collections.abc import Mapping
from functools import singledispatch
from html import escape
from typing import Any

from unspool.decode.captioning import Caption
from unspool.decode.translation import Translation
from unspool.display.curve import curve_picture
from unspool.display.html import bars, fragment, row_table, value_table
from unspool.display.reprs import Rows, as_rows
from unspool.errors import UnspoolError
from unspool.evaluate.bits import Figures
from unspool.evaluate.influence import Influence
from unspool.evaluate.labels import ClassificationFigures
from unspool.models.about import Described, RunHistory
from unspool.models.labelling import Classification
from unspool.models.score import Score
from unspool.pages.cells import Cell, text_cells
from unspool.pages.grids import attention_grid
from unspool.tasks.labelling.confusion import confusion_part, label_part
from unspool.tasks.labelling.influence import influence_part
from unspool.text.escapes import escaped

UNEXPECTED = 6.0  # nats of a token from which its colour is the strongest
SHOWN_TOKENS = 2000
MAX_BARS = 10
MOVED = "<p class='quiet'>What moved it: blue is for the label, orange against it; pointing at one tells how much.</p>"
CLOSING_LEFT_OUT = ("event", "step", "done", "untrained")  # of the last event of a run, which the table does not show


@singledispatch
def html_of(value: Any) -> str:
    """Show an object: by default a table of its values.

    Args:
        value: has `to_dict`, or a form of its own here.
    """
    return fragment(value_table(type(value).__name__, value.to_dict()))


@html_of.register
def _(value: Described) -> str:
    try:
        card, history = getattr(value, "card", ""), value.history
    except UnspoolError:
        return fragment(f"<p>{escape(repr(value))}</p>")
    end = history.of("end")[-1:]
    figures = {name: one for event in end for name, one in event.items() if name not in CLOSING_LEFT_OUT}
    _, _, after = card.partition("\n# ")
    about = re.split(r"\n## \w+\n", after.partition("\n")[2])
    return fragment(
        f"<h3>{escape(value.path.name)} <span class='quiet'>{type(value).__name__}</span></h3>",
        *(f"<p>{_plain(part)}</p>" for part in about[:2]),
        curve_picture(history.curves(), "seconds", "nats per token"),
        value_table("Measured on what was held out", figures) if figures else "",
    )


def _plain(markdown: str) -> str:
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(markdown.strip()))


@html_of.register(RunHistory)
def _(value: RunHistory) -> str:
    rows = row_table("Validations", [_without(row, "event") for row in value.of("validation")])
    end = [value_table("At the end", _without(row, "event")) for row in value.of("end")[-1:]]
    return fragment(curve_picture(value.curves(), "seconds", "nats per token"), rows, *end)


def _without(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


@html_of.register(Rows)
def _(value: Rows[Any]) -> str:
    items = [one[0] if isinstance(one, list) and len(one) == 1 else one for one in value]
    forms = [html_of(one) for one in items if isinstance(one, Translation | Classification | Caption)]
    if forms and len(forms) == len(items):
        return "\n".join(forms)
    noun = "row" if not value or isinstance(value[0], dict) else type(value[0]).__name__.lower()
    return fragment(
        row_table(
            f"{len(value):,} {noun}{'s' * (len(value) != 1)}", as_rows(value) or [{"value": repr(one)} for one in value]
        )
    )


@html_of.register
def _(value: Score) -> str:
    named = {
        "bits per character": value.bits_per_character,
        "bits per byte": value.bits_per_byte,
        "nats per token": value.nats_per_token,
        "perplexity": value.perplexity,
    }
    figures = ", ".join(f"{name} {number:.4g}" for name, number in named.items())
    pairs = list(zip(value.tokens, value.log_probabilities, strict=True))
    more = f"<p class='quiet'>… {len(pairs):,} tokens in all</p>" if len(pairs) > SHOWN_TOKENS else ""
    key = "<p class='quiet'>The darker a token, the less the model expected it; pointing at it tells how much.</p>"
    cells = text_cells("The text, by surprise", (_surprise(*pair) for pair in pairs[:SHOWN_TOKENS]))
    return fragment(f"<p>{figures}</p>", key, cells, more)


def _surprise(token: str, log_probability: float) -> Cell:
    told = f"{math.exp(log_probability):.2%}, {-log_probability:.2f} nats"
    return Cell(token, told, min(1.0, -log_probability / UNEXPECTED), "warm")


@html_of.register
def _(value: Translation) -> str:
    said = f"<p><strong>{escape(value.text)}</strong> <span class='quiet'>score {value.score:.3f}</span></p>"
    if value.attention is None:
        return fragment(said)
    caption = "For each token of the translation a row: how much of its attention, in per cent, each source token had"
    return fragment(said, attention_grid(caption, value.source_tokens, value.tokens, value.attention))


@html_of.register
def _(value: Caption) -> str:
    return fragment(f"<p><strong>{escape(value.text)}</strong> <span class='quiet'>score {value.score:.3f}</span></p>")


@html_of.register
def _(value: Classification) -> str:
    ranked = sorted(value.probabilities.items(), key=lambda one: -one[1])
    moved = influence_part(value.influence, "The example", level=4) if value.influence else ""
    said = MOVED if moved else ""
    more = f"<p class='quiet'>… {len(ranked):,} labels in all</p>" if len(ranked) > MAX_BARS else ""
    shown = bars("Probabilities", [(escaped(label), one) for label, one in ranked[:MAX_BARS]])
    return fragment(f"<h3>{escape(escaped(value.label))}</h3>", shown, more, moved, said)


@html_of.register
def _(value: Influence) -> str:
    return fragment(influence_part(value, "The example"), MOVED)


@html_of.register
def _(value: ClassificationFigures) -> str:
    named = {name: one for name, one in value.to_dict().items() if name != "labels"}
    return fragment(value_table("Figures", named), confusion_part(value, "examples"), label_part(value, "examples"))


@html_of.register
def _(value: Figures) -> str:
    parts = [{"of": name, **part.to_dict()} for name, part in {**value.parts, "the model": value}.items()]
    apart = row_table("The network and the counts that it is mixed with", parts) if value.parts else ""
    return fragment(value_table("Figures", value.to_dict()), apart)

"""The whole report of a run: what the model does, how it was trained, and at the end what it was made with."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from unspool.engines.parameters import parameter_count
from unspool.pages.page import contents, page, paragraph
from unspool.specs.network import NetworkSpec
from unspool.specs.recipe import Recipe
from unspool.tasks.reporting.curves import curves_section, ending, samples_section
from unspool.tasks.reporting.settings import figures_section, settings_section

REPORT = "report.html"


class OwnReport(NamedTuple):
    """What a report shows of its task alone.

    Attributes:
        question: is the one that the page answers; `{name}` stands for the name of the model.
        lead: is the answer, as HTML; empty where it has none.
        sections: show the model at work.
        change: is the question that samples over time answer.
        same: says what was the same each time that a sample was taken.
    """

    question: str = "What is in {name}?"
    lead: str = ""
    sections: Sequence[str] = ()
    change: str = "How did its answers change?"
    same: str = "The same held-out example each time."


class Facts(NamedTuple):
    """What is known of a run.

    Attributes:
        name: is that of the model's folder.
        kind: is what the model is, such as `language model`.
        network: describes its network.
        recipe: holds every setting; none where it was not kept.
        events: are those of its history.
        caution: says what else must be known; empty where there is nothing.
    """

    name: str
    kind: str
    network: NetworkSpec
    recipe: Recipe | None
    events: Sequence[Mapping[str, Any]]
    caution: str = ""


def report_page(facts: Facts, own: OwnReport) -> str:
    """Return the report of a run as a page of HTML.

    Args:
        facts: are those of the run.
        own: is what its task alone shows.
    """
    end = ending(facts.events)
    sections = [
        *own.sections,
        samples_section(facts.events, own.change, own.same),
        curves_section(facts.events),
        figures_section(end),
        "" if facts.recipe is None else settings_section(facts.recipe, facts.events, _size(facts, end)),
    ]
    kept = [one for one in sections if one]
    body = "\n".join(filter(None, [own.lead, paragraph(facts.caution), contents(kept), *kept]))
    return page(own.question.format(name=facts.name), body, f"Report of a {facts.kind}")


def _size(facts: Facts, end: Mapping[str, Any]) -> str:
    if "ngrams" in end:
        return f"{end['ngrams']:,} n-grams."
    return f"{parameter_count(facts.network):,} parameters."

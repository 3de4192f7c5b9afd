"""Which parts of a text moved a decision, as a page: blue speaks for the label, red against it."""

from collections.abc import Sequence
from html import escape

from unspool.cli.page import page, shade
from unspool.decode.influence import Decision

FOR, AGAINST = "20, 80, 160", "190, 40, 30"


def influence_page(decisions: Sequence[Decision]) -> str:
    """One paragraph for each text; the darker, the more a part moved the decision."""
    return page("What moved the decisions", "\n".join(map(_section, decisions)))


def _section(decision: Decision) -> str:
    most = max((abs(part.nats) for part in decision.parts), default=0.0) or 1.0
    marked = "".join(
        f'<span style="{shade(0.7 * abs(part.nats) / most, FOR if part.nats > 0 else AGAINST)}" '
        f'title="{part.nats:+.3f}">{escape(part.text)}</span>'
        for part in decision.parts
    )
    return (
        f'<h2>{escape(decision.label)} ({decision.probability:.1%})</h2>\n<p style="white-space: pre-wrap">{marked}</p>'
    )

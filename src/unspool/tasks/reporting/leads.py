"""The answers at the top of reports: one number, and what to compare it with."""

from collections.abc import Mapping, Sequence
from typing import Any

from unspool.pages.page import lead
from unspool.tasks.reporting.curves import beginning, ending, held_out_bits

KNOWS = "How well does {name} know its text?"
CHANGES = "How did its writing change?"
SAME_TEXT = "Each time without a prompt, with the same seed, at temperature 0.8."
SINGLE = {"char": "characters", "byte": "bytes", "word": "words"}  # by the kind of the tokenizer


def text_lead(events: Sequence[Mapping[str, Any]], kind: str) -> str:
    """Return how well a model predicts text that it never saw; nothing where that was not measured.

    Args:
        events: are those of its history.
        kind: is that of its tokenizer.
    """
    end, begin = ending(events), beginning(events)
    bits = end.get("bits_per_character")
    if bits is None:
        return ""
    single = SINGLE.get(kind, "tokens")
    others = [
        (f"single {single} alone would cost", held_out_bits(events, begin.get("baseline"))),
        ("the network alone needs", held_out_bits(events, end.get("network_nats_per_token"))),
        ("the counts alone", held_out_bits(events, end.get("counts_nats_per_token"))),
    ]
    compared = "".join(f"; {what} {value:.2f}" for what, value in others if value is not None)
    return lead(f"{bits:.2f}", "bits per character on text that it never saw", f"{compared}.")

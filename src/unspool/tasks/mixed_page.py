"""A text as a model with counts reads it: how likely each token is, and where the counts predicted better."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from unspool.tasks.page import page
from unspool.text.escapes import escaped

FIGURES = ("bits_per_byte", "bits_per_character", "nats_per_token", "perplexity", "fresh_nats_per_token")
SHOWN_GAIN = 4.0  # nats: where one predicts so much better than the other, its colour is the strongest
COUNTS, NETWORK = "213, 94, 0", "0, 114, 178"  # orange and blue, which people with any colour vision tell apart
STYLE = """.text { font-family: ui-monospace, monospace; white-space: pre-wrap; max-width: none; }
.text span { border-radius: .15rem; }
.key span { padding: 0 .4rem; }
"""
INTRODUCTION = (
    '<p class="key"><span style="{counts}">Orange</span> tokens are those that the counts predicted better than the '
    'network, <span style="{network}">blue</span> ones those that the network predicted better. The darker, the '
    "larger the difference. A token tells its log-probabilities when it is pointed at.</p>"
)
Tokens = tuple[str, Sequence[str], Sequence[float], Mapping[str, Sequence[float]]]  # text, tokens, mixture, parts


def inspect_mixed(found: Sequence[Tokens]) -> tuple[list[dict[str, Any]], str, str]:
    """Show the log-probabilities of the tokens of texts, by the mixture and by both parts.

    Args:
        found: are the texts, each with its tokens, their log-probabilities in nats, and those by the `network` and by
            the `counts`.

    Returns:
        rows for programs, one for each token; a table for a terminal; a page of HTML.
    """
    rows = [
        {"text": text, "token": token, "mixture": mixed, "network": network, "counts": counts}
        for text, tokens, both, parts in found
        for token, mixed, network, counts in zip(tokens, both, parts["network"], parts["counts"], strict=True)
    ]
    lines = [f"{'mixture':>9} {'network':>9} {'counts':>9}  token"]
    lines += [f"{row['mixture']:9.4f} {row['network']:9.4f} {row['counts']:9.4f}  {row['token']!r}" for row in rows]
    counts, network = _colour(SHOWN_GAIN), _colour(-SHOWN_GAIN)
    body = [INTRODUCTION.format(counts=counts, network=network), *(_section(one) for one in found)]
    return rows, "\n".join(lines) + "\n", page("Where the counts predicted better", STYLE, "\n".join(body))


def parts_text(figures: Mapping[str, Any]) -> str:
    """Show the figures of the network and of the counts beside those of their mixture; empty where nothing is mixed.

    Args:
        figures: are those of an evaluation by name, as for JSON; `parts` has those of the two that are mixed.
    """
    if not figures.get("parts"):
        return ""
    names = [name for name in FIGURES if name in figures]
    width = max(map(len, names))
    lines = [f"{'':10}" + "".join(f"  {name.replace('_', ' '):>{width}}" for name in names)]
    for part, found in {**figures["parts"], "mixture": figures}.items():
        lines.append(f"{part:10}" + "".join(f"  {found[name]:{width}.4f}" for name in names))
    return "".join(f"{line}\n" for line in ["", *lines])


def _section(one: Tokens) -> str:
    _, tokens, both, parts = one
    spans = [
        f'<span style="{_colour(counts - network)}" title="mixture {mixed:.2f}, network {network:.2f}, counts '
        f'{counts:.2f}">{escape(_shown(token))}</span>'
        for token, mixed, network, counts in zip(tokens, both, parts["network"], parts["counts"], strict=True)
    ]
    better = sum(counts > network for network, counts in zip(parts["network"], parts["counts"], strict=True))
    said = f"<p>The counts predicted {better:,} of {len(tokens):,} tokens better.</p>"
    return f'{said}\n<p class="text">{"".join(spans)}</p>'


def _shown(token: str) -> str:
    return token if token in ("\n", "\t") else escaped(token)


def _colour(gain: float) -> str:
    """Return the style of a token that the counts predicted better by so many nats; negative ones are the network's."""
    opacity = min(1.0, abs(gain) / SHOWN_GAIN) * 0.8
    return f"background: rgba({COUNTS if gain > 0 else NETWORK}, {opacity:.2f})"

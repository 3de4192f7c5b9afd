"""A text as a model with counts reads it: how likely each token is, and where the counts predicted better."""

from collections.abc import Mapping, Sequence
from typing import Any

from unspool.pages.cells import Cell, key, text_cells
from unspool.pages.page import page

FIGURES = ("bits_per_byte", "bits_per_character", "nats_per_token", "perplexity", "fresh_nats_per_token")
SHOWN_GAIN = 4.0  # nats: where one predicts so much better than the other, its colour is the strongest
INTRODUCTION = (
    "<p>Shaded are the tokens that one of the two predicted better; the stronger, the larger the difference. A token "
    "tells its log-probabilities when it is pointed at or focused.</p>\n"
    + key(("better by the counts", 1.0, "warm"), ("better by the network", 1.0, "cool"))
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
    body = [INTRODUCTION, *(_part(number, one) for number, one in enumerate(found, 1))]
    return rows, "\n".join(lines) + "\n", page("Where did the counts predict better?", "\n".join(body), "Mixture")


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


def _part(number: int, one: Tokens) -> str:
    _, tokens, both, parts = one
    cells = [
        Cell(
            token,
            f"mixture {mixed:.2f}, network {network:.2f}, counts {counts:.2f}",
            abs(counts - network) / SHOWN_GAIN,
            "warm" if counts > network else "cool",
        )
        for token, mixed, network, counts in zip(tokens, both, parts["network"], parts["counts"], strict=True)
    ]
    better = sum(counts > network for network, counts in zip(parts["network"], parts["counts"], strict=True))
    said = f"<p>The counts predicted {better:,} of {len(tokens):,} tokens better.</p>"
    return f"{said}\n{text_cells(f'Text {number}, by which of the two predicted better', cells)}"

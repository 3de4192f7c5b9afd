"""What surprises a model in text that it never saw: each token shaded by its bits, with what was expected instead."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from unspool.evaluate.surprisal import Surprisal
from unspool.pages.cells import Cell, key, symbol, text_cells
from unspool.pages.page import choice, optional, paragraph
from unspool.text.tokenizer import END, SPECIAL_TOKENS

FULL = {"char": 8, "byte": 8}  # bits from which the shade is strongest, by the kind of the tokenizer
FULL_WORD = 14  # of another


class Passage(NamedTuple):
    """A text that was held out.

    Attributes:
        found: is what surprised the model in it.
        condition: is what it depends on; empty of a text that depends on nothing.
    """

    found: Surprisal
    condition: str = ""


def surprisal_part(passages: Sequence[Passage], kind: str) -> str:
    """Return texts whose tokens are shaded by what they cost.

    Args:
        passages: are the texts.
        kind: is that of the tokenizer.
    """
    full = FULL.get(kind, FULL_WORD)
    entries = [("0 bits", 0.0, "warm"), (f"{full // 2} bits", 0.5, "warm"), (f"{full} bits or more", 1.0, "warm")]
    told = (
        "Text that it never saw. The stronger the shade, the more bits a symbol costs: 1 bit is a coin that falls as "
        "expected half the time. A symbol that is pointed at or focused tells what was expected instead."
    )
    better = [won for one in passages for won in one.found.counts_better or ()]
    cells = [cell for one in passages for cell in _cells(one, full)]
    texts = text_cells("Text that was held out, by surprise", cells)
    if not better:
        return "\n".join([paragraph(told), key(*entries), texts])
    won = f"The counts predicted {sum(better) / len(better):.0%} of the symbols better than the network."
    blue = optional(1, "div", key(("predicted better by the counts", 0.55, "cool")))
    keys = optional(0, "div", key(*entries)) + blue
    shades = ("surprise", "where the counts were better")
    return f"{paragraph(told)}\n{paragraph(won)}\n{choice('shade', 'Shaded', shades, 0, keys + texts)}"


def _cells(passage: Passage, full: int) -> Iterator[Cell]:
    found = passage.found
    if passage.condition:
        yield Cell(f"{passage.condition}: ", hue="given")
    better = found.counts_better or (False,) * len(found.tokens)
    for token, bits, likeliest, won in zip(found.tokens, found.bits, found.alternatives, better, strict=True):
        instead = ", ".join(f"{symbol(name)} {share:.0%}" for name, share in likeliest)
        who = "" if found.counts_better is None else f"\nbetter by the {'counts' if won else 'network'}"
        tip = f"{symbol(token)}: {bits:.1f} bits, {2**-bits:.1%}\nexpected: {instead}{who}"
        shown = "" if token == SPECIAL_TOKENS[END] else token
        yield Cell(shown or "\n", tip, bits / full, "warm", won)

"""How many keys completion saves: a text is typed once more, with what was suggested at each of its positions.

Typing a character costs one key, and so does accepting a suggestion, however long it is. A suggestion is accepted where
the text goes on exactly so, the character after the word included. If several fit, the longest is accepted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from unspool.text.words import Until, end_of, in_word

LONGEST = 1000  # characters that the oracle looks ahead
THRESHOLDS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)  # keystrokes, of the curve


class Offer(NamedTuple):
    """A suggestion at one position of a text.

    Attributes:
        written: is what accepting it writes.
        saving: is how many keystrokes it is expected to save.
    """

    written: str
    saving: float


Offers = Sequence[Sequence[Offer]]  # of each position of a text, the best first


@dataclass(frozen=True)
class Typing:
    """What typing a text took.

    Attributes:
        characters: counts those of the text.
        keys: counts the keys that were pressed.
        shown: counts the keys before which a suggestion was shown.
        accepted: counts the suggestions that were accepted.
    """

    characters: int = 0
    keys: int = 0
    shown: int = 0
    accepted: int = 0

    @property
    def saved(self) -> float:
        """The fraction of the keys that was saved."""
        return 1 - self.keys / self.characters if self.characters else 0.0

    def __add__(self, other: "Typing") -> "Typing":
        """Return what typing one text after the other takes."""
        return Typing(
            self.characters + other.characters,
            self.keys + other.keys,
            self.shown + other.shown,
            self.accepted + other.accepted,
        )


def type_text(text: str, offers: Offers, count: int = 1, min_saving: float = 0.0) -> Typing:
    """Type a text, and accept suggestions.

    Args:
        text: is what is to be typed.
        offers: are the suggestions at each of its positions.
        count: is how many of them are shown at most.
        min_saving: hides those that are expected to save less.
    """
    position = keys = shown = accepted = 0
    while position < len(text):
        visible = [one for one in offers[position][:count] if one.saving >= min_saving]
        fitting = [len(one.written) for one in visible if text.startswith(one.written, position)]
        shown, keys = shown + bool(visible), keys + 1
        length = max([1, *fitting])  # an empty suggestion writes nothing
        accepted += length > 1
        position += length
    return Typing(len(text), keys, shown, accepted)


def typed(texts: Sequence[str], offers: Sequence[Offers], count: int = 1, min_saving: float = 0.0) -> Typing:
    """Type several texts. See `type_text`."""
    pairs = zip(texts, offers, strict=True)
    return sum((type_text(text, own, count, min_saving) for text, own in pairs), Typing())


def perfect_offers(text: str, until: Until) -> Offers:
    """Return the suggestions of an oracle, which always knows the rest of the word or the line, and what follows it.

    Where the line has no end, because the text ends first, it suggests the word.
    """
    found = []
    for position in range(len(text)):
        begun, rest = position > 0 and in_word(text[position - 1]), text[position : position + LONGEST]
        end = end_of(rest, until, begun)
        end = end if end >= 0 else end_of(rest, "word", begun)
        written = text[position : position + end + 1] if end > 0 else ""
        found.append([Offer(written, float(len(written) - 1))] if written else [])
    return found


def word_starts(text: str) -> list[tuple[int, str]]:
    """Return the positions at which the words of a text begin, each with its word; one that is cut off has none."""
    found, position = [], 0
    while (end := word_end_after(text, position)) >= 0:
        start = next(i for i in range(position, end) if in_word(text[i]))
        found.append((start, text[start:end]))
        position = end
    return found


def word_end_after(text: str, position: int) -> int:
    """Return where the first word ends that begins at a position or after it, or -1."""
    end = end_of(text[position:], "word", False)
    return position + end if end >= 0 else -1


def curve(texts: Sequence[str], offers: Sequence[Offers]) -> list[dict[str, float]]:
    """Return what each threshold on the expected saving gives, of one suggestion.

    Returns:
        for each threshold the coverage, which is the fraction of keys before which a suggestion is shown; the
        precision, which is the fraction of these that are accepted; and the fraction of the keys that is saved.
    """
    found = []
    for threshold in THRESHOLDS:
        typing = typed(texts, offers, 1, threshold)
        found.append(
            {
                "min_saving": threshold,
                "coverage": typing.shown / max(typing.keys, 1),
                "precision": typing.accepted / max(typing.shown, 1),
                "saved": typing.saved,
            }
        )
    return found


def recall(found: Iterable[tuple[str, Sequence[str]]], count: int) -> float:
    """Return the fraction of words that are among the first suggestions at their start.

    Args:
        found: are the words, each with the suggestions.
        count: is the number of suggestions that are looked at.
    """
    hits = [word in suggested[:count] for word, suggested in found]
    return sum(hits) / max(len(hits), 1)


def keystrokes_text(figures: dict[str, Any]) -> str:
    """Show the figures of `measure_keystrokes` in a terminal."""
    rows = [name for name in figures if isinstance(figures[name], dict)]
    lines = [f"keys saved on {figures['characters']:,} characters:"]
    lines += [
        f"{'':14}{'words, 1':>10}{'words, 3':>10}{'lines, 1':>10}{'lines, 3':>10}{'recall 1':>10}{'recall 3':>10}"
    ]
    names = ("words_1", "words_3", "lines_1", "lines_3", "recall_1", "recall_3")
    for row in rows:
        cells = [f"{100 * figures[row][name]:>8.1f} %" if name in figures[row] else f"{'':10}" for name in names]
        lines.append(f"{row.replace('_', ' '):14}{''.join(cells)}".rstrip())
    if "without_cache" in figures:
        lines.append("model: words of the text that is typed may come again; without cache, and alone, they do not.")
    if "learning" in figures:
        lines.append("learning: counts learn each line that was typed, as `unspool complete --learn` lets them.")
    lines.append("a suggestion is shown where it is expected to save      shown   accepted  keys saved")
    for point in figures["curve"]:
        values = (point["coverage"], point["precision"], point["saved"])
        lines.append(
            f"{point['min_saving']:>10.2f} keys{'':35}" + "".join(f"{100 * value:>9.1f} %" for value in values)
        )
    return "\n".join(lines) + "\n"

"""How much of a text is copied: its characters in spans that stand verbatim in the training text.

A model that generates long spans of what it learnt has memorised them. But any text repeats something: so the figure
stands beside that of a text which the model never saw, measured in the same way.

Shapes: C characters of a text, W words.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from unspool.arrays import IntArray
from unspool.data.suffixes import SuffixIndex
from unspool.display.reprs import Displayed

SPANS = (10, 20, 30, 50)  # characters
WORD_SPANS = (4, 6, 8, 12)
WORD = re.compile(r"\S+")


@dataclass(frozen=True, repr=False)
class LongestCopy(Displayed):
    """The longest span of some texts that stands in the training text.

    Attributes:
        characters: is its length; 0 where nothing is copied.
        text: is the span.
        where: says where it is from, as far as that is known: a file and line, or a place in the training text.
    """

    characters: int
    text: str
    where: str = ""


@dataclass(frozen=True, repr=False)
class Copied(Displayed):
    """How much of some texts is copied.

    Attributes:
        characters: counts theirs.
        shares: are by k the shares of the characters in spans of at least k characters.
        word_shares: are by k the shares of the words in spans of at least k words; none of a text without words.
        longest: is the longest span.
    """

    characters: int
    shares: dict[int, float]
    word_shares: dict[int, float]
    longest: LongestCopy


@dataclass(frozen=True, repr=False)
class CopyingFigures(Displayed):
    """What `unspool evaluate --copying` reports.

    Attributes:
        generated: is how much of the generated text is copied.
        held_out: is the same of a text that the model has not learnt.
        training_characters: counts those of the training text.
        samples: are the generated texts, each with the lengths of the longest copies that its characters are in.
    """

    generated: Copied
    held_out: Copied
    training_characters: int
    samples: tuple[tuple[str, IntArray], ...] = field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures by name, for JSON."""
        values = {name: asdict(getattr(self, name)) for name in ("generated", "held_out")}
        return {**values, "training_characters": self.training_characters}


class Copies:
    """The longest copies in a text, found in one segment of the training text after the other.

    Args:
        text: is the text.

    Attributes:
        text: is the same.
        lengths: are by character those of the longest copy that begins there, [C].
        places: are by character the position of one such copy in the training text, in bytes, [C].
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._bytes = text.encode(errors="replace")
        units = np.frombuffer(self._bytes, np.uint8)
        self._ends = np.flatnonzero(np.append((units & 0xC0) != 0x80, True))[1:]  # (C), of each character, in bytes
        self.lengths = np.zeros(len(text), np.int64)
        self.places = np.zeros(len(text), np.int64)

    def look_in(self, index: SuffixIndex, start: int) -> None:
        """Look for copies in a segment of the training text that starts at a position, in bytes."""
        begin = 0
        for character, end in enumerate(self._ends):
            length, place = index.longest(self._bytes, begin)
            whole = int(np.searchsorted(self._ends, begin + length, "right")) - character
            if whole > self.lengths[character]:
                self.lengths[character], self.places[character] = whole, start + place
            begin = int(end)

    def longest_of_each(self) -> IntArray:
        """Return for each character the length of the longest copy that it is in: [C]."""
        found = np.zeros(len(self.text), np.int64)
        for character in np.argsort(self.lengths, kind="stable"):
            length = self.lengths[character]
            found[character : character + length] = length
        return found

    def longest_words(self) -> IntArray:
        """Return for each word the number of words of the longest copy that it is in, [W].

        A copy of words goes on behind the last of them, so that this is no part of a longer one. The first of them may
        be the end of a longer one.
        """
        words = [word.span() for word in WORD.finditer(self.text)]
        ends = np.array([end for _, end in words], np.int64)
        counts = [
            int(np.searchsorted(ends, start + self.lengths[start], "left")) - number
            for number, (start, _) in enumerate(words)
        ]
        found = np.zeros(len(words), np.int64)
        for number in sorted(range(len(words)), key=counts.__getitem__):
            found[number : number + max(0, counts[number])] = counts[number]
        return found


def find_copies(texts: Iterable[str], segments: Iterable[tuple[int, bytes]]) -> list[Copies]:
    """Find the longest copies in texts.

    Args:
        texts: are to be looked at.
        segments: are those of the training text, see `data.training_text`, each with its position in bytes.
    """
    found = [Copies(text) for text in texts]
    for start, segment in segments:
        index = SuffixIndex(segment)
        for copies in found:
            copies.look_in(index, start)
    return found


def copied(found: Sequence[Copies], longest: LongestCopy) -> Copied:
    """Measure how much of texts is copied.

    Args:
        found: are the copies in each of the texts.
        longest: is the longest of them.
    """
    characters = np.concatenate([np.zeros(0, np.int64), *(copies.longest_of_each() for copies in found)])
    words = np.concatenate([np.zeros(0, np.int64), *(copies.longest_words() for copies in found)])
    return Copied(len(characters), dict(_fractions(characters, SPANS)), dict(_fractions(words, WORD_SPANS)), longest)


def longest_copy(found: Sequence[Copies]) -> tuple[str, int]:
    """Return the longest copy in some texts, and its position in the training text, in bytes."""
    best = max(found, key=lambda copies: copies.lengths.max(initial=0), default=None)
    if best is None or not best.lengths.max(initial=0):
        return "", 0
    at = int(best.lengths.argmax())
    return best.text[at : at + int(best.lengths[at])], int(best.places[at])


def _fractions(lengths: IntArray, spans: Sequence[int]) -> Iterator[tuple[int, float]]:
    for span in spans if len(lengths) else ():
        yield span, float((lengths >= span).mean())

"""Where words and lines end.

A word is a run of letters, digits, underscores and apostrophes; what comes before its first character belongs to it, as
a quotation mark does. It is over at the first other character after it: the ending.
"""

from typing import Literal
from unicodedata import category

Until = Literal["word", "line"]
APOSTROPHES = "_'’"
LINE_END = "\n"


def in_word(character: str) -> bool:
    """Return whether a character is one of a word; so is a byte that is only a part of a character."""
    return character.isalnum() or character in APOSTROPHES or category(character)[0] == "M" or _is_part(character)


def word_end(text: str, begun: bool) -> int:
    """Return where in a text the word is over, or -1.

    Args:
        text: goes on after another text.
        begun: says whether that has characters of the word already.
    """
    for index, character in enumerate(text):
        if in_word(character):
            begun = True
        elif begun:
            return index
    return -1


def end_of(text: str, until: Until, begun: bool) -> int:
    """Return where in a text a word or a line is over, or -1. See `word_end`."""
    return text.find(LINE_END) if until == "line" else word_end(text, begun)


def _is_part(character: str) -> bool:
    return "\udc80" <= character <= "\udcff"

"""Where a text can be cut, so that its parts have the tokens of the whole.

The tokens of a beginning are not always the beginning of the tokens: whoever has typed `wonder` may go on to
`wonderful`. So what comes after the last cut is no token yet, but the beginning of one.

    Alice was won|derful         tokens of "Alice was", and " won" that a token must begin with

Characters and bytes can be cut anywhere. Words and byte pairs take the space before them along, and never reach across
a line end: they can be cut before a space that follows something else than a space, and after a line end.
"""

from unspool.arrays import IntArray
from unspool.text.tokenizer import Tokenizer


def is_cut(tokenizer: Tokenizer, text: str, position: int) -> bool:
    """Return whether a text can be cut before the character at a position, 0 to its length."""
    if tokenizer.kind in ("char", "byte") or position == 0 or text[position - 1] == "\n":
        return True
    return text[position : position + 1] == " " and not text[position - 1].isspace()


def last_cut(tokenizer: Tokenizer, text: str, end: int) -> int:
    """Return the last position, at most `end`, at which a text can be cut."""
    if tokenizer.kind in ("char", "byte"):
        return end
    line = text.rfind("\n", 0, end) + 1
    while end > line and not is_cut(tokenizer, text, end):
        end = max(text.rfind(" ", line, end), line)
    return end


def next_cut(tokenizer: Tokenizer, text: str, start: int) -> int:
    """Return the first position after a cut at which a text can be cut, or its length."""
    line = text.find("\n", start) + 1 or len(text)
    position = start + 1
    while position < line and not is_cut(tokenizer, text, position):
        found = text.find(" ", position + 1, line)
        position = found if found >= 0 else line
    return position


def encode_between(tokenizer: Tokenizer, text: str, start: int, end: int) -> IntArray:
    """Return the tokens that a text has between two cuts, [N]."""
    ids = tokenizer.encode(text[start:end])
    within = 0 < start < end and text[start - 1] != "\n"
    # a word tokenizer puts a space before the first word, which here has its own
    return ids[1:] if within and tokenizer.kind == "word" else ids


def shared_cut(tokenizer: Tokenizer, text: str, position: int, shared: int) -> bool:
    """Return whether a cut of another text is one of this text too, which begins with as many of its characters.

    Args:
        tokenizer: encodes both.
        text: is the new one.
        position: is that of a cut of the other one.
        shared: is the number of characters that both begin with.
    """
    return position <= shared and is_cut(tokenizer, text, position)


def shared_length(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common, as fast as texts are compared."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low

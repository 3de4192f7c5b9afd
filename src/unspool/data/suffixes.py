"""The places where a string stands in a long text: a suffix array (Manber and Myers, 1993).

The positions of a text, sorted by what follows them, have all places of one string side by side, so that two binary
searches find them. pydivsufsort sorts 100 MB in some seconds; where it is not installed, NumPy sorts, which takes
longer and needs far more memory. An index itself takes 5 bytes for each byte of the text, and 9 from 2 GB on.

Shapes: N bytes of the text.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from unspool.arrays import Flags, IntArray
from unspool.errors import MissingExtraError

FIRST_LOOK = 64  # bytes that are compared at first, to find the longest match; most end before
WORD = 8  # bytes that NumPy sorts by at first
MAX_PLAIN = 1 << 25  # bytes of a text that NumPy sorts, in 80 times as much memory
MAX_SHORT = 1 << 31  # positions below fit into 32 bits


class SuffixIndex:
    """A text, and its positions sorted by what follows them.

    Args:
        text: is any bytes without NUL, at least one.

    Attributes:
        text: is the same.
        suffixes: are its positions, [N].
    """

    def __init__(self, text: bytes) -> None:
        self.text, self.suffixes = text, suffix_array(text)

    def find(self, pattern: bytes, low: int = 0, high: int | None = None) -> tuple[int, int]:
        """Find all places of a string: the first of them in `suffixes`, and the end; equal where there is none.

        Args:
            pattern: is the string.
            low: is the first place to look at, and with `high` the end, such as those of a shorter string that this
                one begins with.
            high: is the end; none means all.
        """
        start = self._start(pattern, low, high)
        prefix = self._prefix(len(pattern))
        return start, bisect_right(self.suffixes, pattern, start, high, key=prefix)

    def holds(self, pattern: bytes, low: int = 0, high: int | None = None) -> bool:
        """Return whether a string stands in the text, or among some of its places. See `find`."""
        start = self._start(pattern, low, high)
        end = len(self.suffixes) if high is None else high
        return start < end and self.text.startswith(pattern, int(self.suffixes[start]))

    def longest(self, query: bytes, start: int = 0) -> tuple[int, int]:
        """Find the longest string that stands in the text, of those that a query has from a position on.

        Args:
            query: is another text.
            start: is the position.

        Returns:
            its length in bytes, which may be 0, and one of its positions in the text.
        """
        look = FIRST_LOOK
        while True:
            pattern = query[start : start + look]
            place = self._start(pattern)
            found = max(
                (_common(pattern, self.text[position : position + look]), position)
                for position in map(int, self.suffixes[max(0, place - 1) : place + 1])
            )
            if found[0] < look:
                return found
            look *= 4

    def _start(self, pattern: bytes, low: int = 0, high: int | None = None) -> int:
        return bisect_left(self.suffixes, pattern, low, high, key=self._prefix(len(pattern)))

    def _prefix(self, length: int) -> Callable[[int], bytes]:
        text = self.text
        return lambda position: text[int(position) : int(position) + length]


def suffix_array(text: bytes) -> IntArray:
    """Sort the positions of a text without NUL by what follows them: [N].

    Raises:
        MissingExtraError: the text is long, and pydivsufsort is not installed.
    """
    if sorts_fast():
        from pydivsufsort import divsufsort

        found: IntArray = divsufsort(text)
        return found
    if len(text) > MAX_PLAIN:
        raise MissingExtraError("pydivsufsort", "copying", f"sorting a text of {len(text) / 1e6:,.0f} MB")
    return sorted_suffixes(text)


def sorts_fast() -> bool:
    """Return whether the library is installed that sorts a text fast, and in little memory."""
    return find_spec("pydivsufsort") is not None


def sorted_suffixes(text: bytes) -> IntArray:
    """Sort the positions of a text without NUL in plain NumPy: [N].

    By the first 8 bytes of each; then those that are still equal by the ranks of what follows these, which doubles the
    number of bytes (Manber and Myers, 1993; Larsson and Sadakane, 2007).
    """
    size = len(text)
    words = np.ndarray((size,), ">u8", text + bytes(WORD), strides=(1,)).astype(np.uint64)  # (N), of each position
    order = np.argsort(words)  # (N)
    first = _first_of_equal(words[order])  # (N)
    ranks = np.empty(size, np.int64)
    ranks[order] = first
    known = WORD
    while len(tied := np.flatnonzero(_has_equal(first))):  # (K), places in `order`
        positions = order[tied]
        after = np.zeros(len(tied), np.int64)
        inside = positions + known < size
        after[inside] = ranks[positions[inside] + known] + 1
        keys = ranks[positions] * (size + 1) + after
        by_key = np.argsort(keys)
        order[tied] = positions[by_key]
        first[tied] = tied[_first_of_equal(keys[by_key])]
        ranks[order[tied]] = first[tied]
        known *= 2
    return order.astype(np.int32 if size < MAX_SHORT else np.int64)


def _first_of_equal(values: IntArray) -> IntArray:
    """Return for each of some sorted values the place of the first that equals it."""
    places = np.arange(len(values))
    places[1:][values[1:] == values[:-1]] = 0
    return np.maximum.accumulate(places)


def _has_equal(first: IntArray) -> Flags:
    """Say of each value whether another one equals it, from the places of the first of each."""
    found = np.zeros(len(first), np.bool_)
    same = first[1:] == first[:-1]
    found[1:] |= same
    found[:-1] |= same
    return found


def _common(one: bytes, other: bytes) -> int:
    """Count the bytes that two strings begin with alike."""
    end = min(len(one), len(other))
    if one[:end] == other[:end]:
        return end
    return next(index for index in range(end) if one[index] != other[index])

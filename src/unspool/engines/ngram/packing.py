"""Pack n-grams into 64-bit words, so that NumPy compares and sorts several tokens at once.

The tokens of an n-gram are written into fields of equal width, from the top of the first word down. So words compare
as the tokens do. A field holds a token and 1 more; 0 stands for no token, before a document begins.

Shapes: G n-grams, F fields, W words.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from unspool.arrays import Array, Flags, IntArray

WORD = 64  # bits


class Packing(NamedTuple):
    """Packs fields of a number of bits.

    Attributes:
        bits: is the width of a field.
    """

    bits: int

    @classmethod
    def of_vocabulary(cls, size: int) -> "Packing":
        """Return the packing for a vocabulary of a number of tokens."""
        return cls(size.bit_length())

    def words(self, fields: int) -> int:
        """Count the words that so many fields take."""
        return -(-fields // (WORD // self.bits))

    def pack(self, fields: Sequence[Array]) -> Array:
        """Pack fields, F arrays [G] of which the first counts most, as words [W, G] uint64."""
        words = np.zeros((self.words(len(fields)), len(fields[0])), np.uint64)
        for index, field in enumerate(fields):
            word, shift = self._place(index)
            words[word] |= field.astype(np.uint64) << shift
        return words

    def field(self, words: Array, index: int) -> Array:
        """Return one field of packed words: [W, G] to [G] uint64."""
        word, shift = self._place(index)
        found: Array = (words[word] >> shift) & np.uint64((1 << self.bits) - 1)
        return found

    def turned(self, words: Array, fields: int) -> Array:
        """Return packed words with their first fields in the opposite order, and no others: [W, G]."""
        result = np.zeros((self.words(fields), words.shape[1]), np.uint64)
        for index in range(fields):
            word, shift = self._place(index)
            result[word] |= self.field(words, fields - 1 - index) << shift
        return result

    def without_last(self, words: Array, fields: int) -> Array:
        """Return packed words of a number of fields without the last of these: [W, G]."""
        word, shift = self._place(fields - 1)
        result = words[: self.words(fields - 1)].copy()
        if word < len(result):
            result[word] &= ~(np.uint64((1 << self.bits) - 1) << shift)
        return result

    def changes(self, words: Array, fields: int) -> Flags:
        """Mark the columns whose first fields differ from those of the column before: [W, G] to [G]."""
        flags = np.zeros(words.shape[1], np.bool_)
        flags[:1] = True
        for word in range(self.words(fields)):
            last = min(fields, (word + 1) * (WORD // self.bits)) - 1
            part = words[word] >> self._place(last)[1]
            flags[1:] |= part[1:] != part[:-1]
        return flags

    def _place(self, index: int) -> tuple[int, np.uint64]:
        """Return the word of a field, and how far the field is shifted in it."""
        word, place = divmod(index, WORD // self.bits)
        return word, np.uint64(WORD - self.bits * (place + 1))


def sorting(words: Array, stable: bool = False) -> IntArray:
    """Return the order that sorts the columns of words [W, G], of which the first word counts most: [G].

    Args:
        words: are to be sorted.
        stable: uses a sort that is fast where there are sorted parts, and slower elsewhere; of one word a column.
    """
    if len(words) > 1:
        order: IntArray = np.lexsort(words[::-1])
        return order
    return np.argsort(words[0], kind="stable" if stable else None)


def positions(words: Array, wanted: Array) -> IntArray:
    """Count the columns of sorted words [W, G] that are less than each of the columns [W, M] of others: [M] int64."""
    if len(words) == 1:
        found: IntArray = np.searchsorted(words[0], wanted[0])
        return found
    size = wanted.shape[1]
    order = np.lexsort(np.concatenate([wanted, words], axis=1)[::-1])  # a stable sort: of equals, the wanted come first
    is_word = order >= size
    result = np.empty(size, np.int64)
    result[order[~is_word]] = np.cumsum(is_word)[~is_word]
    return result


def child_ranges(parents: Array, prefixes: Array) -> tuple[IntArray, IntArray]:
    """Find the children of each parent.

    Args:
        parents: are sorted n-grams, [W, P].
        prefixes: are the sorted n-grams that the children continue, each one of the parents, [W, G].

    Returns:
        the index of the first child of each parent, and the one after its last, [P].
    """
    starts = positions(prefixes, parents)
    return starts, np.append(starts[1:], prefixes.shape[1])


def are_ascending(words: Array) -> bool:
    """Return whether each column of words [W, G] is greater than the one before it."""
    greater, equal = np.zeros(max(words.shape[1] - 1, 0), np.bool_), np.ones(max(words.shape[1] - 1, 0), np.bool_)
    for word in words:
        greater |= equal & (word[1:] > word[:-1])
        equal &= word[1:] == word[:-1]
    return bool(greater.all())


def smallest(array: Array) -> Array:
    """Return an array in the smallest unsigned type that holds its numbers."""
    return array.astype(np.min_scalar_type(array.max(initial=0)))

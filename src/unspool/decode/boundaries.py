"""The texts of tokens, and where in them a word or a line is over; see `text/words.py`.

Shapes: V tokens, E tokens in which something ends, G pieces.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import NamedTuple

import numpy as np

from unspool.arrays import Flags, FloatArray, IntArray, Logits, log_softmax
from unspool.text.tokenizer import BEGIN, END, PAD, SPECIAL_TOKENS, UNKNOWN, Tokenizer
from unspool.text.words import LINE_END, Until, end_of, in_word


def text_of_bytes(data: bytes) -> str:
    """Decode bytes that may begin or end within a character; what is only a part of one is half a surrogate pair."""
    return data.decode(errors="surrogateescape")


def whole_text(text: str) -> str:
    """Join the parts of characters in a text; what stays incomplete becomes U+FFFD."""
    if text.isascii():
        return text
    return text.encode(errors="surrogateescape").decode(errors="replace")


def text_values(logits: Logits) -> FloatArray:
    """Return the log-probabilities of the next token, minus infinity for those that are no text: [V] to [V]."""
    values: FloatArray = log_softmax(logits.astype(np.float64))
    values[[PAD, UNKNOWN, BEGIN]] = -np.inf
    return values


def has_line_ends(tokenizer: Tokenizer, tokens: Iterable[int]) -> bool:
    """Return whether there is a line end in one of some tokens."""
    texts = TokenTexts(tokenizer, by_document=False).texts
    return any(LINE_END in texts[token] for token in tokens)


class Ends(NamedTuple):
    """What each token means to a text that ends with a word or a line.

    Attributes:
        tokens: are those in which it ends, [E].
        piece: is the index of the piece of text with which each of them ends it, [E].
        pieces: are these pieces: the texts before the end, and the endings, G pairs.
        onward: marks the tokens after which it goes on, [V].
        begins: marks the tokens that have characters of a word, [V].
    """

    tokens: IntArray
    piece: IntArray
    pieces: list[tuple[str, str]]
    onward: Flags
    begins: Flags


class TokenTexts:
    """The texts of the tokens of a vocabulary.

    Args:
        tokenizer: has the vocabulary.
        by_document: says whether `<eos>` ends a document; it counts as a line end.
        multiline: says whether a document may have several lines; if not, a line end ends it, too.

    Attributes:
        texts: are those of the tokens; those that are never generated have none.
        by_line: says whether every line is a document.
    """

    def __init__(self, tokenizer: Tokenizer, by_document: bool, multiline: bool = False) -> None:
        self.tokenizer, self.by_document, self.by_line = tokenizer, by_document, by_document and not multiline
        special = len(SPECIAL_TOKENS)
        if tokenizer.kind == "char":
            known = tokenizer.characters[special:]
        elif tokenizer.kind == "word":
            known = tokenizer.vocabulary[special:]
        else:
            known = [text_of_bytes(tokenizer.token_bytes(i)) for i in range(special, tokenizer.vocabulary_size)]
        self.texts = [*([""] * special), *known]
        if by_document:
            self.texts[END] = LINE_END
        self._ends: dict[tuple[Until, bool], Ends] = {}

    def ends(self, until: Until, begun: bool) -> Ends:
        """Return what each token means to a text that goes on until the end of a word, or of a line.

        Args:
            until: says of which of the two.
            begun: says whether the word has characters already.
        """
        key = (until, begun and until == "word")
        if key not in self._ends:
            self._ends[key] = self._find_ends(lambda text: end_of(text, *key))
        return self._ends[key]

    def _find_ends(self, find: Callable[[str], int]) -> Ends:
        pieces: dict[tuple[str, str], int] = {}
        group = np.full(len(self.texts), -1)
        for token, text in enumerate(self.texts):
            if (end := find(text)) >= 0:
                group[token] = pieces.setdefault((text[:end], text[end]), len(pieces))
        onward = np.array([bool(text) for text in self.texts]) & (group < 0)
        begins = np.array([any(map(in_word, text)) for text in self.texts])
        tokens = np.flatnonzero(group >= 0)
        return Ends(tokens, group[tokens], list(pieces), onward, begins)

    @cached_property
    def _sorted(self) -> tuple[list[bytes], IntArray, dict[bytes, int]]:
        """The bytes of the tokens in order, their ids, and the ids by bytes."""
        data = {text.encode(errors="surrogateescape"): token for token, text in enumerate(self.texts) if text}
        names = sorted(data)
        return names, np.array([data[name] for name in names], np.int64), data

    def fitting(self, prefix: bytes) -> tuple[IntArray, list[tuple[int, bytes]]]:
        """Return the tokens that a text can go on with which must begin with some bytes.

        Args:
            prefix: are the bytes, at least one.

        Returns:
            the tokens that begin with all of them; and those that are a shorter beginning, each with what is left.
        """
        names, ids, known = self._sorted
        first, last = bisect_left(names, prefix), bisect_left(names, prefix + b"\xff" * 4)
        shorter = [(known[prefix[:n]], prefix[n:]) for n in range(1, len(prefix)) if prefix[:n] in known]
        return ids[first:last], shorter

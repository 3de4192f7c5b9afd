"""Generate no long copies: a constraint by which no span of more than N characters stands in the training text.

A span is too long when its last character comes. So of the tokens that may come next, those are forbidden whose text
would complete a span of N + 1 characters that the training text has:

    ... tired of sitting by her s          the end of what was generated, which the training text has too
          |----- N + 1 ------|ister        a token "ister" would complete spans that begin further and further right

What was read before counts too: a quotation in the prompt is not continued for long. Where every token would copy,
only `<eos>` is left, and the text ends.

Shapes: V tokens.
"""

import codecs
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cache, cached_property

import numpy as np

from unspool.arrays import Flags
from unspool.data.suffixes import SuffixIndex
from unspool.data.training_text import UNREADABLE
from unspool.text.tokenizer import END, REPLACEMENT, SPECIAL_TOKENS, Tokenizer

CHARACTER = rb"(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})"
LONGEST_CHARACTER = 4  # bytes


class SortedTokens:
    """The bytes that each token adds to a text, sorted, to find those that begin with a string.

    Args:
        tokenizer: has the tokens.
        at_line_start: says whether the text before is empty or ends a line, where a word has no space before it.
    """

    def __init__(self, tokenizer: Tokenizer, at_line_start: bool) -> None:
        special = len(SPECIAL_TOKENS)
        if tokenizer.kind in ("bpe", "byte"):
            own = [tokenizer.token_bytes(token) for token in range(special, tokenizer.vocabulary_size)]
        else:
            own = [token.encode() for token in tokenizer.vocabulary[special:]]
        if tokenizer.kind == "word" and at_line_start:
            own = [token.removeprefix(b" ") for token in own]
        self.by_token = [*([UNREADABLE] * special), *own]
        order = sorted(range(special, len(self.by_token)), key=self.by_token.__getitem__)
        self.order = np.array(order, np.int64)
        self._sorted = [self.by_token[token] for token in order]
        self.longest = max((sum(byte & 0xC0 != 0x80 for byte in text) for text in own), default=0)
        self.prefixes = cache(self._prefixes)

    def beginning_with(self, prefix: bytes) -> slice:
        """Return which of the sorted tokens begin with a string."""
        start = bisect_left(self._sorted, prefix)
        return slice(start, bisect_right(self._sorted, prefix, start, key=lambda text: text[: len(prefix)]))

    def _prefixes(self, pattern: "re.Pattern[bytes]") -> frozenset[bytes]:
        """Return the different beginnings of tokens that a pattern matches."""
        return frozenset(found[0] for text in self._sorted if (found := pattern.match(text)))


class CopyLimit:
    """What is needed to keep copies short, for any number of texts.

    Args:
        index: is that of the training text.
        tokenizer: decodes what is generated.
        limit: is the number of characters that a copy may have at most, N, at least 1.
    """

    def __init__(self, index: SuffixIndex, tokenizer: Tokenizer, limit: int) -> None:
        self.index, self.tokenizer, self.limit = index, tokenizer, limit
        self._whole_copies: dict[SortedTokens, Flags] = {}

    def after(self, ids: Sequence[int]) -> "ShortCopies":
        """Return the constraint of a text that continues the tokens that were read."""
        constraint = ShortCopies(self)
        for token in ids[-LONGEST_CHARACTER * (self.limit + 1) - 1 :]:
            constraint.advance(token)
        return constraint

    def texts(self, previous: int | None) -> SortedTokens:
        """Return the texts of the tokens after another one; none begins a text."""
        word = self.tokenizer.kind == "word"
        ends = word and (previous is None or self.tokenizer.vocabulary[previous].endswith("\n"))
        return self._at_line_start if ends else self._within_line

    @cached_property
    def _at_line_start(self) -> SortedTokens:
        return SortedTokens(self.tokenizer, at_line_start=True)

    @cached_property
    def _within_line(self) -> SortedTokens:
        return SortedTokens(self.tokenizer, at_line_start=False)

    def whole_copies(self, texts: SortedTokens) -> Flags:
        """Say of each token whether its own text has a copy that is too long, [V]."""
        if texts not in self._whole_copies:
            pattern = characters(self.limit + 1, 0)
            found = np.zeros(len(texts.by_token), np.bool_)
            for token, text in enumerate(texts.by_token):
                spans = (pattern.match(text, start) for start in range(len(text) - self.limit))
                found[token] = any(span and self.index.holds(span[0]) for span in spans)
            self._whole_copies[texts] = found
        return self._whole_copies[texts]


class ShortCopies:
    """Allows the tokens that complete no copy of more than N characters. See `decode.row.Constraint`.

    Args:
        limit: says how long copies may be, and of what.
    """

    def __init__(self, limit: CopyLimit) -> None:
        self._limit = limit
        self._bytes = b""
        self._previous: int | None = None

    def advance(self, token: int) -> None:
        """Advance by a token."""
        kept = LONGEST_CHARACTER * (self._limit.limit + 1)
        self._bytes = (self._bytes + self._limit.texts(self._previous).by_token[token])[-kept:]
        self._previous = token

    def fork(self) -> "ShortCopies":
        """Return a copy at the same point."""
        other = ShortCopies(self._limit)
        other._bytes, other._previous = self._bytes, self._previous
        return other

    def allowed(self) -> Flags:
        """Return which tokens may come next, [V]; `<eos>` always is one of them."""
        limit, index, texts = self._limit.limit, self._limit.index, self._limit.texts(self._previous)
        copying = self._limit.whole_copies(texts).copy()
        before, pending = self._text()
        longest = texts.longest + bool(pending)  # characters that a token can complete
        for taken in range(max(limit + 1 - longest, 0 if pending else 1), min(limit, len(before)) + 1):
            begun = before[len(before) - taken :].encode() + pending
            low, high = index.find(begun)
            if low == high:
                break  # no longer string stands in the training text either
            pattern = characters(limit + 1 - taken, _missing(pending))
            for rest in self._continuations(texts, begun, low, high, pattern):
                copying[texts.order[texts.beginning_with(rest)]] = True
        copying[END] = False
        return ~copying

    def _text(self) -> tuple[str, bytes]:
        """Return the text up to here as far as it can be in another, and the bytes of a character that has begun."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = decoder.decode(self._bytes)
        return text.rpartition(REPLACEMENT)[2], decoder.getstate()[0]

    def _continuations(
        self, texts: SortedTokens, begun: bytes, low: int, high: int, pattern: "re.Pattern[bytes]"
    ) -> Iterator[bytes]:
        """Yield what follows a string in the training text and completes a copy that is too long.

        It takes as many steps as there are places of the string, or beginnings of tokens, whichever are fewer.
        """
        index, prefixes = self._limit.index, texts.prefixes(pattern)
        if high - low > len(prefixes):
            yield from (prefix for prefix in prefixes if index.holds(begun + prefix, low, high))
            return
        ends = (pattern.match(index.text, int(place) + len(begun)) for place in index.suffixes[low:high])
        yield from {end[0] for end in ends if end}


@cache
def characters(count: int, missing: int) -> "re.Pattern[bytes]":
    """Return the pattern of so many characters of UTF-8.

    Args:
        count: is the number of characters.
        missing: is the number of bytes that the first of them still lacks; 0 where it is whole.
    """
    rest = rb"[\x80-\xbf]{%d}" % missing if missing else b""
    return re.compile(rest + CHARACTER + b"{%d}" % (count - bool(missing)))


def _missing(pending: bytes) -> int:
    """Count the bytes that a character lacks which has begun."""
    if not pending:
        return 0
    return (2 if pending[0] < 0xE0 else 3 if pending[0] < 0xF0 else LONGEST_CHARACTER) - len(pending)

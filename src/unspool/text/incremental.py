"""Decode tokens as they come: text is returned as soon as it can no longer change."""

import codecs
from collections.abc import Sequence

from unspool.text.tokenizer import SPECIAL_TOKENS, UNKNOWN, Tokenizer


class IncrementalDecoder:
    """Decode a growing sequence of ids into pieces of text that add up to the text of the whole sequence.

    Args:
        tokenizer: decodes the ids.
        previous: is the id before the first one, such as the last of the prompt, on which the spacing of a word
            depends; its own text is not returned.
    """

    def __init__(self, tokenizer: Tokenizer, previous: int | None = None) -> None:
        self._tokenizer = tokenizer
        self._previous = [] if previous is None else [previous]
        self._bytes = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, tokens: Sequence[int]) -> str:
        """Return the text that these tokens complete; empty while the bytes of a character are incomplete."""
        if self._tokenizer.kind == "char":
            return "".join([self._tokenizer.characters[token] for token in tokens])
        if self._tokenizer.kind in ("bpe", "byte"):
            return self._bytes.decode(self._tokenizer.joined_bytes(tokens))
        before = self._tokenizer.decode(self._previous)
        after = self._tokenizer.decode([*self._previous, *tokens])
        self._previous = [*self._previous, *(t for t in tokens if t == UNKNOWN or t >= len(SPECIAL_TOKENS))][-1:]
        return after[len(before) :]

    def finish(self) -> str:
        """Return the rest when no more tokens come: an incomplete character becomes U+FFFD."""
        return self._bytes.decode(b"", final=True)

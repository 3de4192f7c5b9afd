"""Decode token by token: text comes out as soon as it can no longer change."""

import codecs

from unspool.text.tokenizer import SPECIAL_TOKENS, UNKNOWN, Tokenizer


class IncrementalDecoder:
    """Turn a growing sequence of ids into pieces of text whose sum is the text of all of them.

    Args:
        tokenizer: decodes.
        previous: the id that stands before the first, such as the prompt's last; a word's spacing
            depends on it. Its own text is not given out.
    """

    def __init__(self, tokenizer: Tokenizer, previous: int | None = None) -> None:
        self._tokenizer = tokenizer
        self._previous = [] if previous is None else [previous]
        self._bytes = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, token: int) -> str:
        """The text that this token completes; empty while the bytes of a character are incomplete."""
        if self._tokenizer.kind == "char":
            return self._tokenizer.characters[token]
        if self._tokenizer.kind in ("bpe", "byte"):
            return self._bytes.decode(self._tokenizer.token_bytes(token))
        before = self._tokenizer.decode(self._previous)
        after = self._tokenizer.decode([*self._previous, token])
        if token == UNKNOWN or token >= len(SPECIAL_TOKENS):
            self._previous = [token]
        return after[len(before) :]

    def finish(self) -> str:
        """What is left when no more tokens come: an incomplete character shows as U+FFFD."""
        return self._bytes.decode(b"", final=True)

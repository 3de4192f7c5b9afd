"""Encode text as token ids, and decode it again.

A tokenizer is one file, `tokenizer.json`, in the format of the `tokenizers` library, which can load it and
gives the same ids. Four special tokens come first in every vocabulary. They are plain entries, never
matched in a text: an "<eos>" in a text is five characters.

    <pad> fills a batch    <unk> replaces what the vocabulary lacks    <s> begins    <eos> ends a document
"""

import json
import math
from collections.abc import Iterable
from functools import cached_property
from typing import cast

import numpy as np
import tokenizers

from unspool.arrays import FloatArray, IntArray
from unspool.errors import ModelFolderError
from unspool.specs.data import TokenKind

PAD, UNKNOWN, BEGIN, END = 0, 1, 2, 3
SPECIAL_TOKENS = ("<pad>", "<unk>", "<s>", "<eos>")
REPLACEMENT = "\ufffd"  # how an unknown token is shown

# Byte-level vocabularies write each of the 256 bytes as one printable character (GPT-2's table).
_PRINTABLE = (*range(33, 127), *range(161, 173), *range(174, 256))
_CHARACTERS = iter(range(256, 512))
CHARACTER_OF_BYTE = [chr(byte if byte in _PRINTABLE else next(_CHARACTERS)) for byte in range(256)]
BYTE_OF_CHARACTER = {character: byte for byte, character in enumerate(CHARACTER_OF_BYTE)}

# The cost of spelling one unseen character: all Unicode code points but the surrogates are equally likely.
SPELLING_BITS = math.log2(0x110000 - 0x800)


class Tokenizer:
    """Encode and decode with one vocabulary.

    Args:
        serialized: is the text of a `tokenizer.json`.
        kind: says what a token is: `char`, `word`, `bpe` or `byte`.

    Raises:
        ModelFolderError: the text is not such a file.
    """

    def __init__(self, serialized: str, kind: TokenKind) -> None:
        try:
            self._library = tokenizers.Tokenizer.from_str(serialized)
            vocabulary = self._library.get_vocab(with_added_tokens=False)
            special = tuple(self._library.id_to_token(index) for index in range(len(SPECIAL_TOKENS)))
        except Exception as problem:  # the library raises bare Exception
            raise ModelFolderError(
                f"tokenizer.json is not a tokenizer: {problem!s:.120}.", "restore the file from a copy."
            ) from None
        if special != SPECIAL_TOKENS or sorted(vocabulary.values()) != list(range(len(vocabulary))):
            raise ModelFolderError(
                f"tokenizer.json must begin with {', '.join(SPECIAL_TOKENS)}. Received: {special}.",
                "use a tokenizer.json that Unspool wrote.",
            )
        self.kind = kind
        self.vocabulary: list[str] = sorted(vocabulary, key=vocabulary.__getitem__)
        if kind == "char":
            self._by_code_point = self._code_point_table()
            self.characters = [*([""] * len(SPECIAL_TOKENS)), *self.vocabulary[len(SPECIAL_TOKENS) :]]
            self.characters[UNKNOWN] = REPLACEMENT
            self._code_points = np.array([ord(one) if one else 0 for one in self.characters], "<u4")

    def __repr__(self) -> str:
        return f"Tokenizer({self.kind}, {self.vocabulary_size:,} tokens)"

    @property
    def vocabulary_size(self) -> int:
        """The number of tokens, V, the special ones included."""
        return len(self.vocabulary)

    @cached_property
    def lowers(self) -> bool:
        """Whether texts are read in lower case."""
        normalizer = self._library.normalizer
        return normalizer is not None and "a" in normalizer.normalize_str("A")

    def serialize(self) -> str:
        """Return the text of `tokenizer.json`."""
        return json.dumps(json.loads(self._library.to_str()), ensure_ascii=False, indent=1)

    def encode(self, text: str) -> IntArray:
        """Encode any text as token ids, [N] int32; what the vocabulary lacks becomes `<unk>`."""
        if self.kind == "char":
            return self._by_code_point[code_points(text)]
        text = _without_surrogates(text)
        if self.kind == "byte":
            return np.frombuffer(text.encode(), np.uint8).astype(np.int32) + len(SPECIAL_TOKENS)
        return np.array(self._library.encode(text, add_special_tokens=False).ids, dtype=np.int32)

    def decode(self, ids: IntArray | list[int], unknown: Iterable[str] = ()) -> str:
        """Decode token ids; `<pad>`, `<s>` and `<eos>` are left out, `<unk>` becomes U+FFFD.

        Args:
            ids: are N token ids.
            unknown: are texts that replace the `<unk>` of a `word` vocabulary, in order.
        """
        if self.kind == "char":
            known = np.asarray(ids, dtype=np.int64)
            known = known[(known >= len(SPECIAL_TOKENS)) | (known == UNKNOWN)]
            return str(self._code_points[known].tobytes(), "utf-32-le", "surrogatepass")
        if self.kind != "word":
            return self.joined_bytes(np.asarray(ids).tolist()).decode(errors="replace")
        words = iter(unknown)
        tokens = (int(i) for i in ids if i == UNKNOWN or i >= len(SPECIAL_TOKENS))
        shown = [f" {next(words, REPLACEMENT)}" if i == UNKNOWN else self.vocabulary[i] for i in tokens]
        return cast(str, self._library.decoder.decode(shown))

    def token_bytes(self, token: int) -> bytes:
        """Return the bytes of a token of a `bpe` or `byte` vocabulary; a special token has none."""
        return self._bytes[token]

    def joined_bytes(self, tokens: Iterable[int]) -> bytes:
        """Return the bytes of tokens one after the other. See `token_bytes`."""
        own = self._bytes
        return b"".join([own[token] for token in tokens])

    @cached_property
    def _bytes(self) -> list[bytes]:
        spelt = self.vocabulary[len(SPECIAL_TOKENS) :]
        own = [bytes(BYTE_OF_CHARACTER[character] for character in token) for token in spelt]
        return [*([b""] * len(SPECIAL_TOKENS)), *own]

    def show(self, token: int) -> str:
        """Return a token as people are shown it: its text, or the name of a special token."""
        if token < len(SPECIAL_TOKENS):
            return SPECIAL_TOKENS[token]
        return self.vocabulary[token] if self.kind == "word" else self.decode([token])

    def words(self, text: str) -> list[str]:
        """Return the text of each token of `encode(text)`, without the spaces around it."""
        if self.kind in ("char", "byte"):
            return [self.show(int(token)) for token in self.encode(text)]
        text = _without_surrogates(text)
        offsets = self._library.encode(text, add_special_tokens=False).offsets
        return [text[start:end].strip() for start, end in offsets]

    def unknown(self, text: str, ids: IntArray) -> list[str]:
        """Return the different texts of the unknown tokens, in order.

        Args:
            text: is what was encoded.
            ids: are what `encode(text)` returned, [N].
        """
        indices = np.flatnonzero(ids == UNKNOWN)
        if not len(indices):
            return []
        parts = text if self.kind == "char" else self.words(text)
        return list(dict.fromkeys(parts[index] for index in indices))

    def spelling_bits(self, text: str, ids: IntArray) -> FloatArray:
        """Return the cost of spelling the text of each unknown token, which is added to the nll of `<unk>`.

        A character out of all of Unicode costs log2(1,112,064) bits; an unknown word costs that for each
        of its characters and once more for its end. So a small vocabulary cannot hide what it lacks.

        Args:
            text: is what was encoded.
            ids: are what `encode(text)` returned, [N].

        Returns:
            [N] float64, in bits; 0 for every known token.
        """
        unknown = ids == UNKNOWN
        if self.kind == "char" or not unknown.any():
            return np.where(unknown, SPELLING_BITS, 0.0)
        offsets = self._library.encode(_without_surrogates(text), add_special_tokens=False).offsets
        lengths = np.array([end - start for start, end in offsets])
        return np.where(unknown, (lengths + 1) * SPELLING_BITS, 0.0)

    def _code_point_table(self) -> IntArray:
        table = np.full(0x110000, UNKNOWN, dtype=np.int32)
        for index, token in enumerate(self.vocabulary[len(SPECIAL_TOKENS) :], len(SPECIAL_TOKENS)):
            if len(token) != 1:
                raise ModelFolderError(
                    f"a char tokenizer has one character a token. Received: {token!r:.40}.",
                    "use a tokenizer.json that Unspool wrote.",
                )
            table[ord(token)] = index
        return table


def code_points(text: str) -> IntArray:
    """Return the Unicode code points of a text, [N] uint32."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _without_surrogates(text: str) -> str:
    """Replace lone surrogates, which UTF-8 cannot encode, by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text

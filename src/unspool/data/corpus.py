"""A text that a language model learns, split into a training and a validation part of token ids.

It is read as one stream of characters, or as documents: lines, files, rows of a table. The ids are kept in the model
folder (`data/tokens.py`), so that a run can be resumed, and its held-out part evaluated, without the text itself.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Protocol

import numpy as np

from unspool.arrays import Flags
from unspool.data.sources import Sources
from unspool.data.split import choose_last, choose_randomly, training_length
from unspool.data.table import refuse_tables
from unspool.data.tokens import Part, open_part, write_tokens
from unspool.errors import DataError, UsageError, reporting_write_errors
from unspool.specs.data import Split
from unspool.text.tokenizer import Tokenizer

MINIMUM_CHARACTERS = 20
SMALL = 10_000  # characters; fewer are memorised


@dataclass(frozen=True)
class Corpus:
    """A training and a validation part, encoded by the same tokenizer."""

    training: Part
    validation: Part


class Text(Protocol):
    """A text that can be read again and again, in units that a split does not cut.

    Attributes:
        noun: names the units.
        by_document: says whether each unit is a document, rather than a character of one stream.
    """

    noun: str
    by_document: bool

    @property
    def description(self) -> str:
        """What a sentence calls the sources."""

    def measure(self) -> tuple[int, int]:
        """Count the units and the characters."""

    def pieces(self) -> Iterator[str]:
        """Read the characters of a stream in pieces, or documents one by one."""

    def divided(self, total: int, split: Split) -> tuple["Text", "Text"]:
        """Divide so many units into a training and a held-out part."""


class Stream:
    """The characters of one text, from `start` to `end`. See `Text`."""

    noun, by_document = "characters", False

    def __init__(self, sources: Sources, start: int = 0, end: int = sys.maxsize) -> None:
        refuse_tables(sources)
        self._sources, self._start, self._end = sources, start, end

    @property
    def description(self) -> str:
        """What a sentence calls the sources."""
        return self._sources.description

    def measure(self) -> tuple[int, int]:
        """Count the characters, which are the units too."""
        characters = sum(len(piece) for piece in self.pieces())
        return characters, characters

    def pieces(self) -> Iterator[str]:
        """Read the characters in pieces."""
        position = 0
        for piece in self._sources.pieces():
            part = piece[max(self._start - position, 0) : max(self._end - position, 0)]
            position += len(piece)
            if part:
                yield part

    def divided(self, total: int, split: Split) -> tuple[Text, Text]:
        """Divide a text before its end, which is held out.

        Raises:
            UsageError: a random part is to be held out.
        """
        if split.place == "random":
            raise UsageError(
                "--validation-split random is for rows, lines and other documents. Received: one text.",
                "leave random out, which holds out the end of the text; or say what its documents are with --lines.",
            )
        border = training_length(total, split.fraction)
        return Stream(self._sources, 0, border), Stream(self._sources, border)


class Documents:
    """Documents, none of them empty. See `Text`.

    Args:
        sources: hold the documents.
        read: reads them.
        chosen: says for each document whether it belongs to the text, [N]; none takes all.
    """

    noun, by_document = "documents", True

    def __init__(self, sources: Sources, read: Callable[[Sources], Iterator[str]], chosen: Flags | None = None) -> None:
        self._sources, self._read, self._chosen = sources, read, chosen

    @property
    def description(self) -> str:
        """What an error calls the documents."""
        return self._sources.findings.added_to(self._sources.description)

    def measure(self) -> tuple[int, int]:
        """Count the documents and their characters."""
        lengths = [len(document) for document in self.pieces()]
        return len(lengths), sum(lengths)

    def pieces(self) -> Iterator[str]:
        """Read the documents."""
        documents = self._read(self._sources)
        return documents if self._chosen is None else compress(documents, self._chosen)

    def divided(self, total: int, split: Split) -> tuple[Text, Text]:
        """Divide documents at random, always in the same way; or before the end, if that is requested."""
        count = total - training_length(total, split.fraction)
        choose = choose_last if split.place == "end" else choose_randomly
        held_out = np.zeros(total, np.bool_)  # (N)
        held_out[choose(range(total), count)] = True
        parts = (Documents(self._sources, self._read, chosen) for chosen in (~held_out, held_out))
        return next(parts), next(parts)


def prepare_corpus(
    folder: Path,
    text: Text,
    held_out: Text | None,
    split: Split,
    make: Callable[[Iterator[str]], Tokenizer],
    on_bytes: Callable[[int], None],
) -> Tokenizer:
    """Learn the tokenizer from the training part of a text, and write both parts as ids.

    Args:
        folder: receives the files; it exists.
        text: is the text to learn; a part of it is held out, unless `held_out` is given.
        held_out: is a separate text to hold out.
        split: says what is held out of `text`.
        make: learns a tokenizer from the training part.
        on_bytes: receives the number of bytes that have been read so far, for the tokenizer and again to be encoded.

    Raises:
        DataError: the text is too small, or cannot be read.
    """
    total, characters = text.measure()
    if characters < MINIMUM_CHARACTERS:
        raise DataError(
            f"a text must have at least {MINIMUM_CHARACTERS} characters. Received: {characters} in {text.description}.",
            "name a longer text; 200 characters can be memorised, 100,000 teach a style.",
        )
    if total < 2 and held_out is None:
        raise DataError(
            f"there must be at least 2 {text.noun}, of which one is held out. Received: {total} in {text.description}.",
            "name more of them, or others to hold out with --validation.",
        )
    training, validation = (text, held_out) if held_out else text.divided(total, split)
    tokenizer = make(_reporting(training.pieces(), on_bytes))
    with reporting_write_errors(folder):
        write_tokens(folder, "training", tokenizer, training.pieces(), text.by_document, on_bytes)
        held = write_tokens(folder, "validation", tokenizer, validation.pieces(), text.by_document, on_bytes)
    if held < 2:
        raise DataError(
            f"the validation part must have at least 2 tokens. Received: {held} in {validation.description}.",
            "name a longer text, or a larger part with --validation-split 0.2.",
        )
    return tokenizer


def _reporting(pieces: Iterator[str], on_bytes: Callable[[int], None]) -> Iterator[str]:
    """Yield pieces, and report how much has been read."""
    size = 0
    for piece in pieces:
        yield piece
        size += len(piece)
        on_bytes(size)


def write_part(
    folder: Path,
    name: str,
    tokenizer: Tokenizer,
    text: Text,
    on_bytes: Callable[[int], None] = lambda size: None,
    purpose: str = "evaluate",
) -> None:
    """Encode a whole text as one part.

    Args:
        folder: receives the files; it exists.
        name: is that of the part.
        tokenizer: encodes the text.
        text: is the text.
        on_bytes: receives the number of bytes that have been encoded so far.
        purpose: is the verb by which an error says what the text is for.

    Raises:
        DataError: it is empty, or cannot be read.
    """
    with reporting_write_errors(folder):
        tokens = write_tokens(folder, name, tokenizer, text.pieces(), text.by_document, on_bytes)
    if not tokens:
        raise DataError(f"there is nothing to {purpose}. Received: {text.description}.", "name another.")


def open_corpus(folder: Path, verify: bool = True) -> Corpus:
    """Open both parts that `prepare_corpus` wrote. See `open_part`."""
    return Corpus(open_part(folder, "training", verify), open_part(folder, "validation", verify))

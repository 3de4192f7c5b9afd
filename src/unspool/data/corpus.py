"""A text that a language model learns, split into a training and a validation part of token ids.

It is read as one stream of characters, or as documents: lines, or rows of a table. The ids are kept in the model
folder (`data/tokens.py`), so that a run can be resumed, and its held-out part evaluated, without the text itself.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from unspool.data.sources import Sources
from unspool.data.split import training_length
from unspool.data.table import Columns, joined, read_table, refuse_tables
from unspool.data.tokens import Part, open_part, write_tokens
from unspool.errors import DataError, reporting_write_errors
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
        description: names the sources in a sentence.
    """

    noun: str
    by_document: bool
    description: str

    def measure(self) -> tuple[int, int]:
        """Count the units and the characters."""

    def take(self, start: int = 0, end: int = sys.maxsize) -> Iterator[str]:
        """Read the units from `start` to `end`: the characters of a stream in pieces, documents one by one."""


class Stream:
    """The characters of one text. See `Text`."""

    noun, by_document = "characters", False

    def __init__(self, sources: Sources) -> None:
        refuse_tables(sources)
        self._sources, self.description = sources, sources.description

    def measure(self) -> tuple[int, int]:
        """Count the characters, which are the units too."""
        characters = sum(len(piece) for piece in self._sources.pieces())
        return characters, characters

    def take(self, start: int = 0, end: int = sys.maxsize) -> Iterator[str]:
        """Read the characters from `start` to `end`, in pieces."""
        position = 0
        for piece in self._sources.pieces():
            if position >= end:
                return
            part = piece[max(start - position, 0) : end - position]
            position += len(piece)
            if part:
                yield part


class Documents:
    """Documents, none of them empty. See `Text`.

    Args:
        sources: hold the documents.
        columns: are those of a table that hold the text of a row, joined with spaces; none reads every line as a
            document.
    """

    noun, by_document = "documents", True

    def __init__(self, sources: Sources, columns: tuple[str, ...] = ()) -> None:
        if not columns:
            refuse_tables(sources)
        self._sources, self._columns, self.description = sources, columns, sources.description

    def measure(self) -> tuple[int, int]:
        """Count the documents and their characters."""
        lengths = [len(document) for document in self.take()]
        return len(lengths), sum(lengths)

    def take(self, start: int = 0, end: int = sys.maxsize) -> Iterator[str]:
        """Read the documents from `start` to `end`."""
        texts = self._sources.lines()
        if self._columns:
            records = read_table(self._sources, Columns(self._columns))
            texts = (joined(record, self._columns) for record in records)
        return islice(filter(None, texts), start, end)


def read_text(sources: Sources, lines: bool = False, columns: tuple[str, ...] = ()) -> Text:
    """Read sources as one stream; or as documents, which are lines, or rows of a table."""
    return Documents(sources, columns) if lines or columns else Stream(sources)


def prepare_corpus(
    folder: Path,
    text: Text,
    held_out: Text | None,
    fraction: float,
    make: Callable[[Iterator[str]], Tokenizer],
    on_bytes: Callable[[int], None],
) -> Tokenizer:
    """Learn the tokenizer from the training part of a text, and write both parts as ids.

    Args:
        folder: receives the files; it exists.
        text: is the text to learn; its end is held out, unless `held_out` is given.
        held_out: is a separate text to hold out.
        fraction: is the fraction of `text` to hold out, from 0 to 1.
        make: learns a tokenizer from the training part.
        on_bytes: receives the number of bytes that have been encoded so far.

    Raises:
        DataError: the text is too small, or cannot be read.
    """
    total, characters = text.measure()
    training = total if held_out else training_length(total, fraction)
    if training < 1 or characters < MINIMUM_CHARACTERS:
        raise DataError(
            f"a text must have at least {MINIMUM_CHARACTERS} characters, and a part to hold out. "
            f"Received: {characters} characters, of {total} {text.noun}, in {text.description}.",
            "name a longer text; 200 characters can be memorised, 100,000 teach a style.",
        )
    tokenizer = make(text.take(0, training))
    with reporting_write_errors(folder):
        write_tokens(folder, "training", tokenizer, text.take(0, training), text.by_document, on_bytes)
        rest = held_out.take() if held_out else text.take(training, total)
        held = write_tokens(folder, "validation", tokenizer, rest, text.by_document, on_bytes)
    if held < 2:
        raise DataError(
            f"the validation part must have at least 2 tokens. Received: {held} in {(held_out or text).description}.",
            "name a longer text, or a larger part with --validation-split 0.2.",
        )
    return tokenizer


def write_part(folder: Path, name: str, tokenizer: Tokenizer, text: Text) -> None:
    """Encode a whole text as one part.

    Raises:
        DataError: it is empty, or cannot be read.
    """
    with reporting_write_errors(folder):
        tokens = write_tokens(folder, name, tokenizer, text.take(), text.by_document, lambda size: None)
    if not tokens:
        raise DataError("a text to evaluate must have at least one character. Received: none.", "name another.")


def open_corpus(folder: Path, verify: bool = True) -> Corpus:
    """Open both parts that `prepare_corpus` wrote. See `open_part`."""
    return Corpus(open_part(folder, "training", verify), open_part(folder, "validation", verify))

"""A text as token ids on disk, split into a training and a validation part.

The ids lie in memory-mapped files of the smallest sufficient integer type and are written in pieces, so
that a text much larger than the memory trains. They are kept in the model folder: a run can be resumed,
and its held-out part evaluated again, when the text itself has moved.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import AliasChoices, Field

from unspool.arrays import IntArray
from unspool.data.sources import Sources, describe_sources
from unspool.errors import DataError, ModelFolderError, reporting_write_errors
from unspool.specs.base import Spec
from unspool.specs.data import DataSpec
from unspool.text.tokenizer import END, Tokenizer

MINIMUM_CHARACTERS = 20
SMALL = 10_000


@dataclass(frozen=True)
class Part:
    """One part of a corpus.

    Attributes:
        tokens: [N] ids, on disk; in document mode each document ends with `<eos>`.
        starts: [D + 1] where each document begins, and the end; none for a stream.
        characters: of the text, and `bytes` of its UTF-8, line ends between documents included.
        spelling_bits: what naming the unknown characters costs (Tokenizer.spelling_bits).
        counts: [V] how often each token stands there.
    """

    tokens: IntArray
    starts: IntArray | None
    characters: int
    bytes: int
    spelling_bits: float
    counts: IntArray

    def document(self, number: int) -> IntArray:
        """The ids of one document, `<eos>` included."""
        assert self.starts is not None
        return self.tokens[self.starts[number] : self.starts[number + 1]]


@dataclass(frozen=True)
class Corpus:
    """A training and a validation part, encoded alike."""

    training: Part
    validation: Part


def prepare_corpus(
    folder: Path, spec: DataSpec, make: Callable[[Iterator[str]], Tokenizer], on_bytes: Callable[[int], None]
) -> Tokenizer:
    """Read the sources, learn the tokenizer from the training part, write both parts as ids.

    Args:
        folder: where the files go; it exists.
        spec: the sources and their split.
        make: learns a tokenizer from the training text.
        on_bytes: is told, from time to time, how many bytes were encoded.

    Raises:
        DataError: the text is too small, or cannot be read.
    """
    sources = Sources(spec.sources, spec)
    held_out = Sources(spec.validation_sources, spec) if spec.validation_sources else None
    units = _Documents if spec.by_document else _Stream
    total, characters = units.measure(sources)
    training = total if held_out else _training_share(total, spec, units.noun)
    if characters < MINIMUM_CHARACTERS:
        raise DataError(
            f"a text must have at least {MINIMUM_CHARACTERS} characters. "
            f"Received: {characters} in {describe_sources(spec.sources)}.",
            "name a longer text; 200 characters can be learnt by heart, 100,000 teach a style.",
        )
    tokenizer = make(units.take(sources, 0, training))
    with reporting_write_errors(folder):
        write_tokens(folder, "training", tokenizer, units.take(sources, 0, training), spec.by_document, on_bytes)
        rest = units.take(held_out, 0, sys.maxsize) if held_out else units.take(sources, training, total)
        held = write_tokens(folder, "validation", tokenizer, rest, spec.by_document, on_bytes)
    if held < 2:
        raise DataError(
            "the validation part must have at least 2 tokens. "
            f"Received: {held} in {describe_sources(spec.validation_sources or spec.sources)}.",
            "name a longer text, or a larger fraction with --validation 0.2.",
        )
    return tokenizer


def write_part(folder: Path, name: str, tokenizer: Tokenizer, sources: Sources, by_document: bool) -> None:
    """Encode all of some sources as one part.

    Raises:
        DataError: there is nothing in them, or they cannot be read.
    """
    units = _Documents if by_document else _Stream
    pieces = units.take(sources, 0, sys.maxsize)
    with reporting_write_errors(folder):
        tokens = write_tokens(folder, name, tokenizer, pieces, by_document, lambda size: None)
    if not tokens:
        raise DataError("a text to evaluate must have at least one character. Received: none.", "name another.")


class _About(Spec):
    """What `NAME.json` says of one part."""

    type: str
    tokens: int = Field(ge=1)
    documents: int | None = Field(ge=1)
    characters: int = Field(ge=1)
    bytes: int = Field(ge=1)
    spelling_bits: float = Field(ge=0, validation_alias=AliasChoices("spelling_bits", "naming_bits"))  # 0.1.0: naming
    counts: tuple[int, ...]


def open_part(folder: Path, name: str, verify: bool = True) -> Part:
    """Open one part that `prepare_corpus` wrote.

    Args:
        folder: of the files.
        name: `training` or `validation`.
        verify: count the tokens, and compare with the counts that were written.

    Raises:
        ModelFolderError: it is not there, or not whole.
    """
    try:
        about = _About.model_validate_json((folder / f"{name}.json").read_bytes())
        tokens = _map(folder / f"{name}.tokens", np.dtype(about.type), about.tokens)
        counts = np.array(about.counts, dtype=np.int64)
        starts = None
        if about.documents is not None:
            starts = _map(folder / f"{name}.starts", np.dtype(np.int64), about.documents + 1)
            if starts[0] != 0 or starts[-1] != about.tokens or (np.diff(starts) < 1).any():
                raise ValueError("the documents do not fit the tokens")
        if verify and not np.array_equal(_count(folder / f"{name}.tokens", tokens.dtype, len(counts)), counts):
            raise ValueError("the tokens are not those that were written")
        return Part(tokens, starts, about.characters, about.bytes, about.spelling_bits, counts)
    except (OSError, ValueError, TypeError, OverflowError) as problem:
        reason = str(problem).splitlines()[0]
        raise ModelFolderError(
            f"{folder}: the {name} part of the text is missing or damaged: {reason:.80}.",
            "train again, or name a text to evaluate on.",
        ) from None


def open_corpus(folder: Path, verify: bool = True) -> Corpus:
    """Open both parts."""
    return Corpus(open_part(folder, "training", verify), open_part(folder, "validation", verify))


def part_of_text(tokenizer: Tokenizer, text: str, ends: bool = False) -> Part:
    """A text in memory as one stream, for scoring it; with its end it is counted as a document is."""
    ids = tokenizer.encode(text)
    naming = float(tokenizer.spelling_bits(text, ids).sum())
    ids = np.append(ids, END) if ends else ids
    counts = np.bincount(ids, minlength=tokenizer.vocabulary_size)
    return Part(ids, None, len(text) + ends, len(text.encode(errors="surrogatepass")) + ends, naming, counts)


def _training_share(total: int, spec: DataSpec, noun: str) -> int:
    training = int(total * (1 - spec.validation_fraction))
    if total < 2 or training < 1:
        raise DataError(
            f"a text needs a training and a validation part. Received: {total} {noun} "
            f"in {describe_sources(spec.sources)}.",
            "name a longer text.",
        )
    return min(training, total - 1)


class _Stream:
    """Characters of one endless text."""

    noun = "characters"

    @staticmethod
    def measure(sources: Sources) -> tuple[int, int]:
        characters = sum(len(piece) for piece in sources.pieces())
        return characters, characters

    @staticmethod
    def take(sources: Sources, start: int, end: int) -> Iterator[str]:
        place = 0
        for piece in sources.pieces():
            if place >= end:
                return
            part = piece[max(start - place, 0) : end - place]
            place += len(piece)
            if part:
                yield part


class _Documents:
    """Documents, one by one."""

    noun = "documents"

    @staticmethod
    def measure(sources: Sources) -> tuple[int, int]:
        lengths = [len(document) for document in sources.documents()]
        return len(lengths), sum(lengths)

    @staticmethod
    def take(sources: Sources, start: int, end: int) -> Iterator[str]:
        return islice(sources.documents(), start, end)


def write_tokens(
    folder: Path,
    name: str,
    tokenizer: Tokenizer,
    pieces: Iterable[str],
    by_document: bool,
    on_bytes: Callable[[int], None],
) -> int:
    """Encode texts and write their ids as one part, with what `open_part` needs to know of it.

    Args:
        folder: where the files go.
        name: of the part.
        tokenizer: encodes.
        pieces: the texts; each a document, or all together one stream.
        by_document: which of the two; documents end with `<eos>`.
        on_bytes: is told, from time to time, how many bytes were encoded.

    Returns:
        how many tokens were written; without any there is no part.
    """
    type_ = np.min_scalar_type(tokenizer.vocabulary_size - 1)
    tokens = characters = size = 0
    naming = 0.0
    counts = np.zeros(tokenizer.vocabulary_size, dtype=np.int64)
    starts = [0]
    with (folder / f"{name}.tokens").open("wb") as file:
        for piece in pieces:
            ids = tokenizer.encode(piece)
            naming += float(tokenizer.spelling_bits(piece, ids).sum())
            if by_document:
                ids = np.append(ids, END)
            file.write(ids.astype(type_).tobytes())
            tokens += len(ids)
            counts += np.bincount(ids, minlength=len(counts))
            characters += len(piece) + by_document
            size += len(piece.encode(errors="surrogatepass")) + by_document
            starts.append(tokens)
            on_bytes(size)
    if by_document:
        (folder / f"{name}.starts").write_bytes(np.array(starts, dtype=np.int64).tobytes())
    if not tokens:
        return 0
    about = _About(
        type=type_.name,
        tokens=tokens,
        documents=len(starts) - 1 if by_document else None,
        characters=characters,
        bytes=size,
        spelling_bits=naming,
        counts=tuple(counts.tolist()),
    )
    (folder / f"{name}.json").write_text(about.model_dump_json(), encoding="utf-8")
    return tokens


def _map(path: Path, type_: np.dtype[Any], length: int) -> IntArray:
    if path.stat().st_size != length * type_.itemsize:
        raise ValueError(f"{path.name} has not the size it was written with")
    return np.memmap(path, dtype=type_, mode="r", shape=(length,))


def _count(path: Path, type_: np.dtype[Any], size: int) -> IntArray:
    """How often each token stands in a file, read in pieces rather than mapped."""
    counts = np.zeros(size, dtype=np.int64)
    with path.open("rb") as file:
        while len(block := file.read(1 << 22)):
            found = np.bincount(np.frombuffer(block, type_), minlength=size)
            if len(found) > size:
                raise ValueError("a token is not of the vocabulary")
            counts += found
    return counts

"""A text as token ids on disk, split into a training and a validation part.

The ids lie in memory-mapped files of the smallest sufficient integer type and are written in pieces, so
that a text much larger than the memory trains. They are kept in the model folder: a run can be resumed,
and its held-out part evaluated again, when the text itself has moved.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from unspool.data.sources import Sources, describe_sources
from unspool.errors import DataError, ModelFolderError
from unspool.specs.data import DataSpec
from unspool.text.tokenizer import END, IntArray, Tokenizer

MINIMUM_CHARACTERS = 20
SMALL = 10_000


@dataclass(frozen=True)
class Part:
    """One part of a corpus.

    Attributes:
        tokens: [N] ids, on disk; in document mode each document ends with `<eos>`.
        starts: [D + 1] where each document begins, and the end; none for a stream.
        characters: of the text, and `bytes` of its UTF-8, line ends between documents included.
        naming_bits: what naming the unknown characters costs (Tokenizer.naming_bits).
        counts: [V] how often each token stands there.
    """

    tokens: IntArray
    starts: IntArray | None
    characters: int
    bytes: int
    naming_bits: float
    counts: IntArray


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
    total = units.count(sources)
    training = total if held_out else _training_share(total, spec, units.noun)
    characters = sum(len(piece) for piece in units.take(sources, 0, total))
    if characters < MINIMUM_CHARACTERS:
        raise DataError(
            f"a text must have at least {MINIMUM_CHARACTERS} characters. "
            f"Received: {characters} in {describe_sources(spec.sources)}.",
            "name a longer text; 200 characters can be learnt by heart, 100,000 teach a style.",
        )
    tokenizer = make(units.take(sources, 0, training))
    _write(folder, "training", tokenizer, units.take(sources, 0, training), spec.by_document, on_bytes)
    rest = units.take(held_out, 0, units.count(held_out)) if held_out else units.take(sources, training, total)
    held = _write(folder, "validation", tokenizer, rest, spec.by_document, on_bytes)
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
    if not _write(folder, name, tokenizer, pieces, by_document, lambda size: None):
        raise DataError("a text to evaluate must have at least one character. Received: none.", "name another.")


def open_part(folder: Path, name: str) -> Part:
    """Open one part that `prepare_corpus` wrote.

    Raises:
        ModelFolderError: it is not there, or not whole.
    """
    try:
        about = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        tokens = _map(folder / f"{name}.tokens", np.dtype(about["type"]), about["tokens"])
        documents = about["documents"]
        starts = None if documents is None else _map(folder / f"{name}.starts", np.dtype(np.int64), documents + 1)
        counts = np.array(about["counts"], dtype=np.int64)
        return Part(tokens, starts, about["characters"], about["bytes"], about["naming_bits"], counts)
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise ModelFolderError(
            f"{folder}: the {name} part of the text is missing or damaged: {problem!s:.80}.",
            "train again, or name a text to evaluate on.",
        ) from None


def open_corpus(folder: Path) -> Corpus:
    """Open both parts."""
    return Corpus(open_part(folder, "training"), open_part(folder, "validation"))


def part_of_text(tokenizer: Tokenizer, text: str) -> Part:
    """A text in memory as one stream, for scoring it."""
    ids = tokenizer.encode(text)
    naming = float(tokenizer.naming_bits(text, ids).sum())
    counts = np.bincount(ids, minlength=tokenizer.vocabulary_size)
    return Part(ids, None, len(text), len(text.encode(errors="surrogatepass")), naming, counts)


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
    def count(sources: Sources) -> int:
        return sum(len(piece) for piece in sources.pieces())

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
    def count(sources: Sources) -> int:
        return sum(1 for _ in sources.documents())

    @staticmethod
    def take(sources: Sources, start: int, end: int) -> Iterator[str]:
        return islice(sources.documents(), start, end)


def _write(
    folder: Path,
    name: str,
    tokenizer: Tokenizer,
    pieces: Iterable[str],
    by_document: bool,
    on_bytes: Callable[[int], None],
) -> int:
    type_ = np.min_scalar_type(tokenizer.vocabulary_size - 1)
    tokens = characters = size = 0
    naming = 0.0
    counts = np.zeros(tokenizer.vocabulary_size, dtype=np.int64)
    starts = [0]
    with (folder / f"{name}.tokens").open("wb") as file:
        for piece in pieces:
            ids = tokenizer.encode(piece)
            naming += float(tokenizer.naming_bits(piece, ids).sum())
            if by_document:
                ids = np.append(ids, END)
            ids.astype(type_).tofile(file)
            tokens += len(ids)
            counts += np.bincount(ids, minlength=len(counts))
            characters += len(piece) + by_document
            size += len(piece.encode(errors="surrogatepass")) + by_document
            starts.append(tokens)
            on_bytes(size)
    if by_document:
        np.array(starts, dtype=np.int64).tofile(folder / f"{name}.starts")
    about = {
        "type": type_.name,
        "tokens": tokens,
        "documents": len(starts) - 1 if by_document else None,
        "characters": characters,
        "bytes": size,
        "naming_bits": naming,
        "counts": counts.tolist(),
    }
    (folder / f"{name}.json").write_text(json.dumps(about), encoding="utf-8")
    return tokens


def _map(path: Path, type_: np.dtype[np.integer], length: int) -> IntArray:
    if path.stat().st_size != length * type_.itemsize:
        raise ValueError(f"{path.name} has not the size it was written with")
    return np.memmap(path, dtype=type_, mode="r", shape=(length,))

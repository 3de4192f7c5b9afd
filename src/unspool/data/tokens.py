"""A text as token ids on disk.

The ids are in memory-mapped files of the smallest sufficient integer type and are written in pieces, so that a text
much larger than the memory can be learnt. A part called NAME has these files:

    NAME.tokens   the ids           NAME.starts   where each document begins, where there are documents
    NAME.json     type, sizes and counts, which the files are checked against

Shapes: N tokens, D documents, V vocabulary.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import AliasChoices, Field

from unspool.arrays import Flags, IntArray
from unspool.errors import ModelFolderError
from unspool.specs.base import Spec
from unspool.text.tokenizer import END, UNKNOWN, Tokenizer


@dataclass(frozen=True)
class Part:
    """One part of a corpus.

    Attributes:
        tokens: are ids on disk, [N]; each document ends with `<eos>`.
        starts: are the positions where the documents start, and the end, [D + 1]; none for a stream.
        characters: counts the characters of the text, line ends between documents included.
        bytes: counts the bytes of its UTF-8, line ends between documents included.
        spelling_bits: is the cost of spelling the unknown tokens, in bits; see `Tokenizer.spelling_bits`.
        counts: says how often each token occurs, [V].
    """

    tokens: IntArray
    starts: IntArray | None
    characters: int
    bytes: int
    spelling_bits: float
    counts: IntArray

    @property
    def lengths(self) -> IntArray:
        """The number of tokens of each document, `<eos>` included: [D]."""
        assert self.starts is not None
        return np.diff(self.starts)

    def document(self, index: int) -> IntArray:
        """Return the ids of one document, `<eos>` included."""
        assert self.starts is not None
        return self.tokens[self.starts[index] : self.starts[index + 1]]


class _About(Spec):
    """The content of `NAME.json`."""

    type: str
    tokens: int = Field(ge=1)
    documents: int | None = Field(ge=1)
    characters: int = Field(ge=1)
    bytes: int = Field(ge=1)
    spelling_bits: float = Field(ge=0, validation_alias=AliasChoices("spelling_bits", "naming_bits"))  # 0.1.0: naming
    counts: tuple[int, ...]


def write_tokens(
    folder: Path,
    name: str,
    tokenizer: Tokenizer,
    pieces: Iterable[str],
    by_document: bool,
    on_bytes: Callable[[int], None],
) -> int:
    """Encode texts and write their ids as one part, to be opened by `open_part`.

    Args:
        folder: receives the files.
        name: is that of the part.
        tokenizer: encodes the texts.
        pieces: are documents, or the pieces of one stream.
        by_document: says which of the two they are; documents end with `<eos>`.
        on_bytes: receives the number of bytes that have been encoded so far.

    Returns:
        the number of tokens that were written; 0 means that there is no part.
    """
    type_ = np.min_scalar_type(tokenizer.vocabulary_size - 1)
    tokens = characters = size = 0
    spelling = 0.0
    counts = np.zeros(tokenizer.vocabulary_size, dtype=np.int64)
    starts = [0]
    with (folder / f"{name}.tokens").open("wb") as file:
        for piece in pieces:
            ids = tokenizer.encode(piece)
            spelling += float(tokenizer.spelling_bits(piece, ids).sum())
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
        spelling_bits=spelling,
        counts=tuple(counts.tolist()),
    )
    (folder / f"{name}.json").write_text(about.model_dump_json(), encoding="utf-8")
    return tokens


def open_part(folder: Path, name: str, verify: bool = True) -> Part:
    """Open one part that `write_tokens` wrote.

    Args:
        folder: holds the files.
        name: is that of the part.
        verify: counts the tokens, and compares them with the counts that were written.

    Raises:
        ModelFolderError: a file is missing or damaged.
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


def joined_part(folder: Path, name: str, parts: Sequence[Part]) -> Part:
    """Write several parts of one tokenizer as one, in order, and open it; of equal ones only the first.

    Args:
        folder: receives the files; it exists.
        name: is that of the new part.
        parts: are all streams, or all documents; at least one.
    """
    different = [part for index, part in enumerate(parts) if not any(_equal(part, other) for other in parts[:index])]
    tokens = np.concatenate([part.tokens for part in different])
    tokens.tofile(folder / f"{name}.tokens")
    by_document = different[0].starts is not None
    if by_document:
        lengths = np.concatenate([part.lengths for part in different])
        np.cumsum([0, *lengths], dtype=np.int64).tofile(folder / f"{name}.starts")
    about = _About(
        type=tokens.dtype.name,
        tokens=len(tokens),
        documents=sum(len(part.lengths) for part in different) if by_document else None,
        characters=sum(part.characters for part in different),
        bytes=sum(part.bytes for part in different),
        spelling_bits=sum(part.spelling_bits for part in different),
        counts=tuple(np.sum([part.counts for part in different], axis=0).tolist()),
    )
    (folder / f"{name}.json").write_text(about.model_dump_json(), encoding="utf-8")
    return open_part(folder, name)


def _equal(one: Part, other: Part) -> bool:
    starts = (part.starts if part.starts is not None else np.zeros(0) for part in (one, other))
    return np.array_equal(one.tokens, other.tokens) and np.array_equal(next(starts), next(starts))


def part_in_memory(part: Part) -> Part:
    """Return a part whose arrays are no files any more, which may then be moved or removed."""
    return replace(part, tokens=np.array(part.tokens), starts=None if part.starts is None else np.array(part.starts))


def renumbered_part(part: Part, ids: IntArray, gone: Flags) -> Part:
    """Return a part whose tokens have other ids.

    Args:
        part: has none of the tokens that are gone.
        ids: are the new ids of the old ones, [V].
        gone: marks the tokens that the new vocabulary lacks, [V].
    """
    counts = part.counts[~gone]
    return replace(part, tokens=ids[part.tokens].astype(np.min_scalar_type(len(counts) - 1)), counts=counts)


def unknown_warnings(*parts: Part) -> list[str]:
    """Warn where most tokens of a held-out part are unknown, so that there is little to learn from the known ones."""
    warnings = []
    for part in parts:
        words = int(part.counts.sum() - part.counts[END])
        if 2 * part.counts[UNKNOWN] > words:
            warnings.append(
                f"warning: {part.counts[UNKNOWN]:,} of {words:,} held-out tokens are not in the vocabulary, as they do "
                "not recur. Learn characters or pairs instead: --tokenizer char or --tokenizer bpe."
            )
    return warnings


def part_of_text(tokenizer: Tokenizer, text: str, ends: bool = False) -> Part:
    """Encode a text in memory as one stream, to score it; `ends` adds `<eos>`, and counts it as for a document."""
    ids = tokenizer.encode(text)
    spelling = float(tokenizer.spelling_bits(text, ids).sum())
    ids = np.append(ids, END) if ends else ids
    counts = np.bincount(ids, minlength=tokenizer.vocabulary_size)
    return Part(ids, None, len(text) + ends, len(text.encode(errors="surrogatepass")) + ends, spelling, counts)


def _map(path: Path, type_: np.dtype[Any], length: int) -> IntArray:
    if path.stat().st_size != length * type_.itemsize:
        raise ValueError(f"{path.name} has not the size it was written with")
    return np.memmap(path, dtype=type_, mode="r", shape=(length,))


def _count(path: Path, type_: np.dtype[Any], size: int) -> IntArray:
    """Count how often each token occurs in a file, which is read in pieces rather than mapped."""
    counts = np.zeros(size, dtype=np.int64)
    with path.open("rb") as file:
        while len(block := file.read(1 << 22)):
            found = np.bincount(np.frombuffer(block, type_), minlength=size)
            if len(found) > size:
                raise ValueError("a token is not of the vocabulary")
            counts += found
    return counts

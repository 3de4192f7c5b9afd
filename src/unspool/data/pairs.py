"""Pairs of a source and its target: from a table or two aligned files, and on disk as token ids.

What an encoder reads as the source of a pair is a text, or a condition (`data/conditions.py`); the target
is a text, which a decoder generates.

Shapes: B rows, S tokens of a source, T tokens of a target.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from unspool.arrays import IntArray
from unspool.data.batches import Source, TextSource, UnknownTokens, pad_sequences, shifted_right
from unspool.data.dates import DATES, date_pairs
from unspool.data.documents import read_aligned
from unspool.data.examples import SOURCE, TEXT, Examples, open_examples, write_examples
from unspool.data.files import bare_name
from unspool.data.findings import Findings
from unspool.data.kept import keep_texts, kept_texts
from unspool.data.sources import Sources, describe_sources
from unspool.data.split import choose_randomly, divide
from unspool.data.table import Columns, read_table
from unspool.data.tokens import Part
from unspool.specs.data import DataSpec, Split
from unspool.text.tokenizer import Tokenizer

TEXTS = "validation.pairs.json"
EMPTY = "pairs left out because a side is empty"

Tokenizers = tuple[Tokenizer, Tokenizer]  # of sources and targets; a joint one is there twice
Names = tuple[str, str]  # of two columns or two files: that of the source, that of the target


class Pair(NamedTuple):
    """A source and its target."""

    source: str
    target: str


class SourceReader(Protocol):
    """Returns the sources of pairs, which an encoder reads."""

    def read(self, chosen: IntArray, generator: np.random.Generator | None = None) -> Source:
        """Return the sources of the chosen pairs; with a generator, some rare tokens are `<unk>`, for training."""


@dataclass(frozen=True)
class TextSources:
    """Sources that are documents. See `SourceReader`."""

    part: Part

    def read(self, chosen: IntArray, generator: np.random.Generator | None = None) -> Source:
        """Return the chosen documents, padded: [B, S]."""
        source = TextSource.of_texts([self.part.document(index) for index in chosen])
        if generator is None or source.tokens is None:
            return source
        return TextSource(self._unknown.replace(source.tokens, generator), source.lengths)

    @cached_property
    def _unknown(self) -> UnknownTokens:
        return UnknownTokens(self.part.counts)


@dataclass(frozen=True)
class Pairs:
    """One part of a corpus of pairs.

    Attributes:
        examples: have the targets as their texts.
        sources: return the source of each example.
    """

    examples: Examples
    sources: SourceReader

    @property
    def target(self) -> Part:
        """The targets, which are documents."""
        return self.examples.text

    def targets(self, chosen: IntArray) -> tuple[IntArray, IntArray]:
        """Return a decoder's inputs and targets for the chosen pairs, each [B, T]."""
        targets = pad_sequences([self.target.document(index) for index in chosen])  # (B, T)
        return shifted_right(targets), targets


def read_pairs(
    names: tuple[str, ...],
    spec: DataSpec,
    columns: Names | None = None,
    files: Names | None = None,
    findings: Findings | None = None,
) -> list[Pair]:
    """Read every pair that has no empty side, and count the others.

    Args:
        names: are those of tables.
        spec: says how the files are read; see `Sources`.
        columns: are those of the tables that hold the sources and the targets.
        files: are two aligned texts instead of tables; without either, dates are generated.
        findings: receives what reading finds.

    Raises:
        DataError: they cannot be read, or the files are not aligned.
    """
    if files is None and (not names or columns is None):
        return [Pair(*pair) for pair in date_pairs()]
    return [Pair(source, target) for source, target in read_cells(names, spec, columns, files, findings)]


def read_cells(
    names: tuple[str, ...],
    spec: DataSpec,
    columns: Sequence[str] | None,
    files: Sequence[str] | None,
    findings: Findings | None = None,
) -> list[tuple[str, ...]]:
    """Read the cells of every row that has a source and a target, which are the first two, and count the others.

    Args:
        names: are those of tables.
        spec: says how the files are read; see `Sources`.
        columns: are those of the tables that are read.
        files: are aligned texts instead of tables.
        findings: receives what reading finds.

    Raises:
        DataError: they cannot be read, or the files are not aligned.
    """
    findings = findings or Findings()
    if files is not None:
        chosen = tuple(map(str, range(len(files))))
        texts = [Sources((file,), spec, findings=findings) for file in files]
        records = read_aligned(*zip(chosen, texts, strict=True))
    else:
        chosen = tuple(columns or ())
        records = read_table(Sources(names, spec, tables=True, findings=findings), Columns(chosen))
    whole = []
    for record in records:
        cells = tuple(record.cells[column] for column in chosen)
        if all(cell.strip() for cell in cells[:2]):
            whole.append(cells)
        else:
            findings.count(EMPTY, record.file, record.place)
    return whole


def divide_pairs(
    pairs: Sequence[Pair], held_out: Sequence[Pair] | None, split: Split, where: str
) -> tuple[list[Pair], list[Pair]]:
    """Hold out random pairs. See `data.split.divide`."""
    return divide(pairs, held_out, split, choose_randomly, "pairs", where)


def describe_pairs(names: tuple[str, ...], files: Names | None = None) -> str:
    """Return what a sentence calls the pairs of some sources."""
    if files is not None:
        return " and ".join(bare_name(file) for file in files)
    return describe_sources(names) if names else DATES


def write_pairs(
    folder: Path, name: str, tokenizers: Tokenizers, pairs: Sequence[Pair], on_bytes: Callable[[int], None]
) -> None:
    """Write pairs as token ids, to be opened by `open_pairs`."""
    source, target = tokenizers
    texts = {
        SOURCE: (source, (pair.source for pair in pairs)),
        TEXT: (target, (pair.target for pair in pairs)),
    }
    write_examples(folder, name, texts, {}, on_bytes)


def open_pairs(folder: Path, name: str, max_length: int | None = None, verify: bool = True) -> Pairs:
    """Open what `write_pairs` wrote. See `data.examples.open_examples`."""
    examples = open_examples(folder, name, (SOURCE, TEXT), max_length=max_length, verify=verify)
    return Pairs(examples, TextSources(examples.texts[SOURCE]))


def keep_pairs(folder: Path, pairs: Sequence[Pair]) -> None:
    """Write held-out pairs as text, because references have no unknown words."""
    keep_texts(folder / TEXTS, pairs)


def kept_pairs(folder: Path) -> list[Pair]:
    """Read the pairs that `keep_pairs` wrote.

    Raises:
        ModelFolderError: the file is missing or damaged.
    """
    return [Pair(*texts) for texts in kept_texts(folder / TEXTS, "name pairs to evaluate on", len(Pair._fields))]

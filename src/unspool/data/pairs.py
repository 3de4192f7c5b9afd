"""Pairs of a source and its target: out of a table or two aligned files, on disk as token ids, in batches.

A source is a text, or a condition (`data/conditions.py`); the target is a text.

All pairs of a run are held in memory while they are read; of the ids on disk, only what a batch needs.

Shapes: B rows, S tokens of a source, T tokens of a target.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import Protocol

import numpy as np

from unspool.arrays import IntArray
from unspool.data.batches import Batch, LengthPlan, Source, TextSource, UnknownTokens, pad_sequences
from unspool.data.corpus import Part, open_part, write_tokens
from unspool.data.dates import DATES, date_pairs
from unspool.data.sources import Sources, describe_sources
from unspool.errors import DataError, ModelFolderError, reporting_write_errors
from unspool.specs.data import DataSpec
from unspool.text.tokenizer import BEGIN, UNKNOWN, Tokenizer

MINIMUM_PAIRS = 10
TEXTS = "validation.pairs.json"
EMPTY = "empty.pairs.json"

Pair = tuple[str, str]
Tokenizers = tuple[Tokenizer, Tokenizer]  # of sources and targets; joint, twice the same


class SourceSide(Protocol):
    """The sources of pairs, which an encoder reads."""

    @property
    def lengths(self) -> IntArray:
        """[N] tokens of each, `<eos>` counted; 1 of what is no text."""

    def read(self, chosen: IntArray, generator: np.random.Generator | None = None) -> Source:
        """The sources of the chosen pairs; with a generator as a learner sees them, some rare tokens unknown."""


@dataclass(frozen=True)
class Texts:
    """Sources that are documents."""

    part: Part

    @property
    def lengths(self) -> IntArray:
        """Tokens of each source, `<eos>` counted."""
        return _lengths(self.part)

    def read(self, chosen: IntArray, generator: np.random.Generator | None = None) -> TextSource:
        """The documents of the chosen pairs, padded to one batch."""
        source = TextSource.of_texts([self.part.document(number) for number in chosen])
        if generator is None:
            return source
        return TextSource(self._unknown.replace(source.tokens, generator), source.lengths)

    @cached_property
    def _unknown(self) -> UnknownTokens:
        return UnknownTokens(self.part.counts)


@dataclass(frozen=True)
class Pairs:
    """One part of a corpus of pairs, of which the longest may be left out.

    Attributes:
        source: number i belongs to number i of
        target: documents.
        max_length: tokens, `<eos>` not counted, that both sides of a pair may have.
    """

    source: SourceSide
    target: Part
    max_length: int

    @property
    def kept(self) -> IntArray:
        """The numbers of the pairs that are short enough."""
        sources, targets = self.lengths
        return np.flatnonzero(np.maximum(sources, targets) <= self.max_length + 1)

    @property
    def lengths(self) -> tuple[IntArray, IntArray]:
        """Tokens of each source and each target, `<eos>` counted."""
        return self.source.lengths, _lengths(self.target)

    def targets(self, chosen: IntArray) -> tuple[IntArray, IntArray]:
        """Inputs and targets of the chosen pairs, each [B, T]."""
        targets = pad_sequences([self.target.document(number) for number in chosen])  # (B, T)
        return np.concatenate([np.full((len(chosen), 1), BEGIN), targets[:, :-1]], axis=1), targets


def _lengths(part: Part) -> IntArray:
    assert part.starts is not None
    return np.diff(part.starts)


def read_pairs(spec: DataSpec) -> tuple[list[Pair], list[Pair], int]:
    """The training and the held-out pairs of which both sides hold something, and how many others there are.

    Raises:
        DataError: they cannot be read, do not belong together, or are too few.
    """
    read, separate = _sources(spec), _held_out(spec)
    pairs, held_out = _whole(read), _whole(separate or [])
    empty = len(read) + len(separate or []) - len(pairs) - len(held_out)
    if separate is None:
        count = max(1, round(len(pairs) * spec.validation_fraction))
        pairs, held_out = pairs[:-count], pairs[-count:]
    if len(pairs) < MINIMUM_PAIRS or not held_out:
        raise DataError(
            f"a translation needs at least {MINIMUM_PAIRS} pairs to learn and 1 to hold out. "
            f"Received: {len(pairs)} and {len(held_out)} in {describe_pairs(spec)}.",
            "name more pairs; some thousands teach a simple pattern.",
        )
    return pairs, held_out, empty


def all_pairs(spec: DataSpec) -> list[Pair]:
    """The pairs of the sources of which both sides hold something, none held out; without any, dates.

    Raises:
        DataError: they cannot be read, or do not belong together.
    """
    return _whole(_sources(spec))


def _sources(spec: DataSpec) -> list[Pair]:
    if spec.source_file is not None and spec.target_file is not None:
        return _aligned(spec.source_file, spec.target_file, spec)
    return _table(spec.sources, spec) if spec.sources else date_pairs()


def _held_out(spec: DataSpec) -> list[Pair] | None:
    """The pairs of files that are held out; none without such files."""
    if spec.validation_source_file is not None and spec.validation_target_file is not None:
        return _aligned(spec.validation_source_file, spec.validation_target_file, spec)
    return _table(spec.validation_sources, spec) if spec.validation_sources else None


def describe_pairs(spec: DataSpec) -> str:
    """What to call the pairs in a sentence."""
    if spec.source_file is not None:
        return f"{spec.source_file} and {spec.target_file}"
    return describe_sources(spec.sources) if spec.sources else DATES


def write_pairs(
    folder: Path, name: str, tokenizers: Tokenizers, pairs: list[Pair], on_bytes: Callable[[int], None]
) -> None:
    """Write pairs as token ids, to be opened by `open_pairs`."""
    with reporting_write_errors(folder):
        for side, tokenizer in enumerate(tokenizers):
            texts = (pair[side] for pair in pairs)
            write_tokens(folder, f"{name}{('.source', '')[side]}", tokenizer, texts, True, on_bytes)


def keep_texts(folder: Path, pairs: list[Pair], empty: int) -> None:
    """Keep held-out pairs as they were written: what a translation is compared with has no unknown words.

    Args:
        folder: of the files.
        pairs: held out.
        empty: how many pairs had an empty side, and are not among those to learn or held out.
    """
    with reporting_write_errors(folder):
        (folder / TEXTS).write_text(json.dumps(pairs), encoding="utf-8")
        (folder / EMPTY).write_text(json.dumps(empty), encoding="utf-8")


def kept_texts(folder: Path) -> list[Pair]:
    """What `keep_texts` wrote.

    Raises:
        ModelFolderError: it is missing or damaged.
    """
    try:
        pairs = json.loads((folder / TEXTS).read_bytes())
        if not pairs or not all(isinstance(text, str) for one, other in pairs for text in (one, other)):
            raise ValueError("not a list of pairs")
        return [(one, other) for one, other in pairs]
    except (OSError, ValueError, TypeError, RecursionError) as problem:
        raise ModelFolderError(
            f"{folder / TEXTS} is missing or damaged: {problem!s:.80}.", "train again, or name pairs to evaluate on."
        ) from None


def kept_empty(folder: Path) -> int:
    """How many pairs had an empty side, as `keep_texts` wrote it.

    Raises:
        ModelFolderError: it is missing or damaged.
    """
    try:
        return int(json.loads((folder / EMPTY).read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError, OverflowError) as problem:
        raise ModelFolderError(f"{folder / EMPTY} is missing or damaged: {problem!s:.80}.", "train again.") from None


def open_pairs(folder: Path, name: str, max_length: int, verify: bool = True) -> Pairs:
    """Open what `write_pairs` wrote.

    Raises:
        ModelFolderError: it is not there, or not whole.
    """
    source, target = open_part(folder, f"{name}.source", verify), open_part(folder, name, verify)
    if source.starts is None or target.starts is None or len(source.starts) != len(target.starts):
        raise ModelFolderError(f"{folder}: the {name} pairs do not belong together.", "train again.")
    return Pairs(Texts(source), target, max_length)


class PairBatches:
    """Pairs of like length side by side, each whole.

    Args:
        pairs: of the training part.
        batch_size: B.
        seed: of the order, and of the tokens that are shown as unknown.
    """

    def __init__(self, pairs: Pairs, batch_size: int, seed: int) -> None:
        self._pairs, self._seed = pairs, seed
        self._kept = pairs.kept
        sources, targets = pairs.lengths
        lengths = (targets * 1000 + np.minimum(sources, 999))[self._kept]  # by target, then by source
        self._plan = LengthPlan(lengths, batch_size, seed)
        self._unknown = UnknownTokens(pairs.target.counts)

    def steps(self, epoch: int) -> int:
        """How many batches the epoch has."""
        return self._plan.steps()

    def batch(self, epoch: int, index: int) -> Batch:
        """The batch number `index` of the epoch."""
        chosen = self._kept[self._plan.chosen(epoch, index)]
        generator = np.random.default_rng((self._seed, epoch, index))
        shown = self._pairs.source.read(chosen, generator)
        inputs, targets = self._pairs.targets(chosen)
        targets = self._unknown.replace(targets, generator)
        inputs[:, 1:] = np.where(targets[:, :-1] == UNKNOWN, UNKNOWN, inputs[:, 1:])
        return Batch(inputs, targets, np.ones(len(chosen), np.bool_), shown)


def _table(names: tuple[str, ...], spec: DataSpec) -> list[Pair]:
    """Sources and targets out of their columns."""
    columns = spec.changed(text_column=None)
    return [(source, target) for source, target in Sources(names, columns).rows()]


def _aligned(source: str, target: str, spec: DataSpec) -> list[Pair]:
    """Line by line."""
    plain = spec.changed(source_column=None, target_column=None, text_column=None)
    pairs = []
    lines = zip_longest(*(_lines_of(name, plain) for name in (source, target)))
    for number, (one, other) in enumerate(lines, 1):
        if one is None or other is None:
            longer, shorter = (target, source) if one is None else (source, target)
            raise DataError(
                f"{longer} and {shorter} must have a line for each line of the other. "
                f"Received: line {number:,} of {longer} has none in {shorter}, which ends at line {number - 1:,}.",
                "mend the files, so that line i of one belongs to line i of the other.",
            )
        pairs.append((one, other))
    return pairs


def _whole(pairs: list[Pair]) -> list[Pair]:
    """Those of which both sides hold something."""
    return [(one, other) for one, other in pairs if one.strip() and other.strip()]


def _lines_of(name: str, spec: DataSpec) -> Iterator[str]:
    return Sources((name,), spec).lines()

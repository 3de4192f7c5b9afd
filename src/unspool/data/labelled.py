"""Texts with labels: out of a table, on disk as token ids and numbers of labels, in batches.

All rows of a run are held in memory while they are read; of the ids on disk, only what a batch needs.

Shapes: B rows, S tokens of a text.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from unspool.arrays import IntArray
from unspool.data.batches import Batch, LengthPlan, TextSource, UnknownTokens
from unspool.data.corpus import Part, open_part, write_tokens
from unspool.data.sources import Sources, describe_sources, joined_text
from unspool.errors import DataError, ModelFolderError, reporting_write_errors
from unspool.specs.data import DataSpec
from unspool.text.tokenizer import PAD, SPECIAL_TOKENS, UNKNOWN, Tokenizer

MINIMUM_ROWS = 10

Row = tuple[str, str]  # a text and its label


@dataclass(frozen=True)
class Labelled:
    """One part of a corpus of texts with labels.

    Attributes:
        texts: documents.
        labels: [N] the number of each document's label.
    """

    texts: Part
    labels: IntArray

    @property
    def lengths(self) -> IntArray:
        """Tokens of each text, `<eos>` counted."""
        assert self.texts.starts is not None
        return np.diff(self.texts.starts)

    def source(self, chosen: IntArray, most: int | None = None) -> TextSource:
        """What an encoder reads of the chosen texts: the first so many tokens of each."""
        return TextSource.of_texts([self.texts.document(number)[:most] for number in chosen])


def read_labelled(spec: DataSpec) -> tuple[list[Row], list[Row]]:
    """The training and the held-out rows.

    Of one table, each label gives its share to the held-out rows, chosen by chance but always alike; a label's
    first row is learnt.

    Raises:
        DataError: they cannot be read, are too few, or do not have labels to tell apart.
    """
    rows = all_labelled(spec.sources, spec)
    held_out = all_labelled(spec.validation_sources, spec)
    if not spec.validation_sources:
        rows, held_out = _divided(rows, spec.validation_fraction)
    if len(rows) < MINIMUM_ROWS or not held_out:
        raise DataError(
            f"a classifier needs at least {MINIMUM_ROWS} rows to learn and 1 to hold out. "
            f"Received: {len(rows)} and {len(held_out)} in {describe_sources(spec.sources)}.",
            "name more rows; some hundreds of each label teach a simple one.",
        )
    labels = label_names(rows)
    if len(labels) < 2:
        raise DataError(
            f"a classifier needs at least 2 labels. Received: only {labels[0]!r:.60} in the column "
            f"{spec.label_column} of {describe_sources(spec.sources)}.",
            "name the column that tells the texts apart.",
        )
    label_numbers(held_out, labels)
    return rows, held_out


def all_labelled(names: tuple[str, ...], spec: DataSpec) -> list[Row]:
    """Every row of some tables, none held out.

    Raises:
        DataError: they cannot be read, or a label is empty.
    """
    rows = []
    for number, (*texts, label) in enumerate(Sources(names, spec).rows(), 1):
        if not label.strip():
            raise DataError(
                f"every row must have a label. Received: none in the column {spec.label_column} of row {number:,} of "
                f"{describe_sources(names)}.",
                "give the row a label, or remove it.",
            )
        rows.append((joined_text(texts), label.strip()))
    return rows


def label_names(rows: Iterable[Row]) -> tuple[str, ...]:
    """The labels of some rows, in the order of their names."""
    return tuple(sorted({label for _, label in rows}))


def label_numbers(rows: Sequence[Row], labels: Sequence[str]) -> IntArray:
    """The number of each row's label.

    Raises:
        DataError: a label is not known.
    """
    known = {label: number for number, label in enumerate(labels)}
    for place, (_, label) in enumerate(rows, 1):
        if label not in known:
            near = get_close_matches(label, labels) or labels[:10]
            raise DataError(
                f"every label must be one that was learnt. Received: {label!r:.60} in row {place:,}.",
                f"did you mean {' or '.join(near)}?",
            )
    return np.array([known[label] for _, label in rows], np.int64)


def label_counts(numbers: IntArray, labels: Sequence[str]) -> IntArray:
    """How often each label comes: [C]."""
    return np.bincount(numbers, minlength=len(labels))


def write_labelled(
    folder: Path,
    name: str,
    tokenizer: Tokenizer,
    rows: Sequence[Row],
    labels: Sequence[str],
    on_bytes: Callable[[int], None],
) -> None:
    """Write rows as token ids and numbers of labels, to be opened by `open_labelled`."""
    with reporting_write_errors(folder):
        write_tokens(folder, name, tokenizer, (text for text, _ in rows), True, on_bytes)
        (folder / f"{name}.labels").write_bytes(label_numbers(rows, labels).tobytes())


def open_labelled(folder: Path, name: str, labels: int, verify: bool = True) -> Labelled:
    """Open what `write_labelled` wrote.

    Args:
        folder: of the files.
        name: of the part.
        labels: how many there are.
        verify: whether the texts may have been damaged since.

    Raises:
        ModelFolderError: it is not there, or not whole.
    """
    texts = open_part(folder, name, verify)
    try:
        numbers = np.fromfile(folder / f"{name}.labels", np.int64)
    except (OSError, ValueError) as problem:
        raise ModelFolderError(f"{folder / name}.labels cannot be read: {problem!s:.80}.", "train again.") from None
    part = Labelled(texts, numbers)
    if texts.starts is None or len(part.lengths) != len(numbers) or not ((numbers >= 0) & (numbers < labels)).all():
        raise ModelFolderError(f"{folder}: the {name} texts and labels do not belong together.", "train again.")
    return part


class LabelledBatches:
    """Texts of like length side by side, each with its label.

    Args:
        part: the training part.
        batch_size: B.
        max_length: tokens that are read of a text.
        word_dropout: share of the tokens that are shown as unknown, besides rare ones.
        seed: of the order, and of the tokens that are shown as unknown.
    """

    def __init__(self, part: Labelled, batch_size: int, max_length: int, word_dropout: float, seed: int) -> None:
        self._part, self._most, self._share, self._seed = part, max_length, word_dropout, seed
        self._plan = LengthPlan(np.minimum(part.lengths, max_length), batch_size, seed)
        self._unknown = UnknownTokens(part.texts.counts)

    def steps(self, epoch: int) -> int:
        """How many batches the epoch has."""
        return self._plan.steps()

    def batch(self, epoch: int, index: int) -> Batch:
        """The batch number `index` of the epoch."""
        chosen = self._plan.chosen(epoch, index)
        generator = np.random.default_rng((self._seed, epoch, index))
        source = self._part.source(chosen, self._most)
        shown = self._unknown.replace(source.tokens, generator)  # (B, S)
        dropped = (generator.random(shown.shape) < self._share) & (shown >= len(SPECIAL_TOKENS))
        nothing = np.full((len(chosen), 0), PAD)  # (B, 0), nothing is written
        return Batch(
            nothing,
            nothing,
            np.ones(len(chosen), np.bool_),
            TextSource(np.where(dropped, UNKNOWN, shown), source.lengths),
            self._part.labels[chosen],
        )


def _divided(rows: list[Row], fraction: float) -> tuple[list[Row], list[Row]]:
    """Rows to learn and to hold out, each in the order of the table."""
    order = np.random.default_rng(0).permutation(len(rows))
    order = np.array(sorted(order, key=lambda number: rows[number][1]), np.int64)  # by label, within one by chance
    count = min(max(1, round(len(rows) * fraction)), len(rows))
    places = ((np.arange(count) + 0.5) * len(rows) / count).astype(np.int64)
    firsts = {rows[number][1]: number for number in reversed(order)}
    held = {*order[places]} - {*firsts.values()}
    return (
        [row for number, row in enumerate(rows) if number not in held],
        [row for number, row in enumerate(rows) if number in held],
    )

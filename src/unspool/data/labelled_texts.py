"""Texts with labels: from a table, and on disk as token ids and the indices of labels.

Shapes: N texts, B of them in a batch, S tokens, C labels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from unspool.arrays import IntArray
from unspool.data.batches import TextSource, UnknownTokens
from unspool.data.examples import TEXT, open_examples, write_examples
from unspool.data.labelled import LABELS, Labelled, label_indices, open_labels
from unspool.data.sources import Sources
from unspool.data.table import read_texts
from unspool.data.tokens import Part, open_part
from unspool.errors import ModelFolderError
from unspool.text.tokenizer import END, SPECIAL_TOKENS, UNKNOWN, Tokenizer

COUNTED = "counted"  # the role of the texts in tokens that are counted


def read_labelled(sources: Sources, text: tuple[str, ...], label: str) -> list[Labelled[str]]:
    """Read every row of some tables that has a text and a label, and count the others.

    Args:
        sources: are the tables.
        text: names the columns of the text, which are joined with spaces.
        label: names the column of the label.

    Raises:
        DataError: they cannot be read.
    """
    rows = read_texts(sources, text, (label,))
    return [Labelled(whole, record.cells[label].strip(), record) for whole, record in rows]


@dataclass(frozen=True)
class EncodedTexts:
    """Texts as token ids, to be classified. See `data.labelled.SizedReader`.

    Attributes:
        ids: are those of each text, `<eos>` included.
        counted: are the ids of the tokens that are counted; none where these are the same.
    """

    ids: Sequence[IntArray]
    counted: Sequence[IntArray] | None = None

    @cached_property
    def sizes(self) -> IntArray:
        """The number of tokens of each text, [N]."""
        return np.array([len(text) for text in self.ids], np.int64)

    def read(self, chosen: IntArray, generator: np.random.Generator | None = None) -> TextSource:
        """Return the chosen texts, padded: [B, S]; the generator is not used."""
        source = TextSource.of_texts([self.ids[index] for index in chosen])
        if self.counted is None:
            return source
        return replace(source, counted=TextSource.of_texts([self.counted[index] for index in chosen]))


def encoded_texts(tokenizer: Tokenizer, texts: Sequence[str], counted: Tokenizer | None = None) -> EncodedTexts:
    """Encode N texts; any text can be read, an empty one too.

    Args:
        tokenizer: is that of the network.
        texts: are to be encoded.
        counted: is the tokenizer of the counts beside the network; none where it is the same.
    """
    return EncodedTexts(_encoded(tokenizer, texts), _encoded(counted, texts) if counted else None)


def _encoded(tokenizer: Tokenizer, texts: Sequence[str]) -> list[IntArray]:
    return [np.append(tokenizer.encode(text), END) for text in texts]


@dataclass(frozen=True)
class WrittenTexts:
    """The texts of one part on disk. See `data.labelled.SizedReader`.

    Attributes:
        part: holds them.
        max_length: is the maximum number of tokens that are read of a text; none reads all of it.
        word_dropout: is the rate at which tokens are replaced by `<unk>` in training, in addition to rare ones.
        counted: holds the same texts in the tokens that are counted; none where these are the same. Training has no use
            for it.
    """

    part: Part
    max_length: int | None = None
    word_dropout: float = 0.0
    counted: Part | None = None

    @cached_property
    def sizes(self) -> IntArray:
        """The number of tokens that are read of each text, [N]."""
        lengths = self.part.lengths
        return lengths if self.max_length is None else np.minimum(lengths, self.max_length)

    def read(self, chosen: IntArray, generator: np.random.Generator | None = None) -> TextSource:
        """Return the chosen texts, padded: [B, S]; with a generator, some of their tokens are `<unk>`."""
        source = TextSource.of_texts([self.part.document(index)[: self.max_length] for index in chosen])
        if generator is None and self.counted is not None:
            return replace(source, counted=TextSource.of_texts([self.counted.document(index) for index in chosen]))
        if generator is None:
            return source
        tokens = self._unknown.replace(source.tokens, generator)  # (B, S)
        dropped = (generator.random(tokens.shape) < self.word_dropout) & (tokens >= len(SPECIAL_TOKENS))
        return TextSource(np.where(dropped, UNKNOWN, tokens), source.lengths)

    @cached_property
    def _unknown(self) -> UnknownTokens:
        return UnknownTokens(self.part.counts)


def write_labelled(
    folder: Path,
    name: str,
    tokenizer: Tokenizer,
    rows: Sequence[Labelled[str]],
    labels: Sequence[str],
    on_bytes: Callable[[int], None],
    counted: Tokenizer | None = None,
) -> None:
    """Write texts as token ids and indices of labels, to be opened by `open_labelled`, and `open_counted`.

    Args:
        folder: receives the files.
        name: is that of the part.
        tokenizer: is that of the network.
        rows: are the texts with their labels.
        labels: are the names of all labels.
        on_bytes: receives the number of bytes that have been encoded so far.
        counted: is the tokenizer of the counts beside the network; none where it is the same.
    """
    texts = {TEXT: (tokenizer, (row.item for row in rows))}
    if counted is not None:
        texts[COUNTED] = (counted, (row.item for row in rows))
    write_examples(folder, name, texts, {LABELS: label_indices(rows, labels)}, on_bytes)


def open_labelled(folder: Path, name: str, labels: int, verify: bool = True) -> tuple[Part, IntArray]:
    """Open what `write_labelled` wrote: the texts, and the indices of their labels.

    Args:
        folder: holds the files.
        name: is that of the part.
        labels: is the number of labels, C.
        verify: compares the tokens with the counts that were written.

    Raises:
        ModelFolderError: a file is missing or damaged, or does not fit the others.
    """
    examples = open_examples(folder, name, verify=verify)
    return examples.text, open_labels(folder, name, labels, len(examples))


def open_counted(folder: Path, name: str, texts: int, verify: bool = True) -> Part:
    """Open the texts of a part in the tokens that are counted.

    Args:
        folder: holds the files.
        name: is that of the part.
        texts: is the number of texts, N.
        verify: compares the tokens with the counts that were written.

    Raises:
        ModelFolderError: a file is missing or damaged, or does not fit the others.
    """
    part = open_part(folder, f"{name}.{COUNTED}", verify)
    if part.starts is None or len(part.lengths) != texts:
        raise ModelFolderError(f"{folder}: the {name} part must have {texts:,} texts to count.", "train again.")
    return part

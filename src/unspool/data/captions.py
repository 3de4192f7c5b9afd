"""Captions of pictures, on disk as token ids, each with the index of its picture; and the references of those held out.

Shapes: N captions, P pictures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from unspool.arrays import IntArray
from unspool.data.batches import Source
from unspool.data.examples import TEXT, NumericColumn, open_examples, write_examples
from unspool.data.kept import keep_texts, kept_texts
from unspool.data.pairs import Pairs
from unspool.data.pictures.picture import DescribedPicture
from unspool.text.tokenizer import Tokenizer

PICTURES = "pictures"  # the column of the examples that holds the index of each caption's picture
REFERENCES = "validation.captions.json"


class PictureSource(Protocol):
    """Returns what an encoder reads of the pictures of one part of the data."""

    def source(self, chosen: IntArray, generator: np.random.Generator | None = None) -> Source:
        """Return the pictures with some indices; with a generator they may be changed a little, for training."""

    def __len__(self) -> int:
        """Return the number of pictures, P."""


@dataclass(frozen=True)
class PicturesOfCaptions:
    """The picture of each caption. See `data.pairs.SourceReader`.

    Attributes:
        pictures: are those of the part.
        indices: are those of the captions' pictures, [N].
    """

    pictures: PictureSource
    indices: IntArray

    def read(self, chosen: IntArray, generator: np.random.Generator | None = None) -> Source:
        """Return the pictures of the chosen captions."""
        return self.pictures.source(self.indices[chosen], generator)


def write_captions(
    folder: Path,
    name: str,
    tokenizer: Tokenizer,
    described: Sequence[DescribedPicture],
    on_bytes: Callable[[int], None],
) -> None:
    """Write the captions of P pictures as token ids, to be opened by `open_captions`."""
    indices = np.repeat(np.arange(len(described)), [len(one.texts) for one in described])  # (N)
    texts = {TEXT: (tokenizer, (text for one in described for text in one.texts))}
    write_examples(folder, name, texts, {PICTURES: indices}, on_bytes)


def open_captions(
    folder: Path, name: str, pictures: PictureSource, max_length: int | None = None, verify: bool = True
) -> Pairs:
    """Open what `write_captions` wrote; `pictures` are those of the part. See `data.examples.open_examples`."""
    column = NumericColumn(PICTURES, np.int64, 0, len(pictures) - 1)
    examples = open_examples(folder, name, columns=[column], max_length=max_length, verify=verify)
    return Pairs(examples, PicturesOfCaptions(pictures, examples.numbers[PICTURES]))


def keep_references(folder: Path, described: Sequence[DescribedPicture]) -> None:
    """Write the captions of the held-out pictures as text, because references have no unknown words."""
    keep_texts(folder / REFERENCES, [one.texts for one in described])


def kept_references(folder: Path) -> list[tuple[str, ...]]:
    """Read the captions that `keep_references` wrote, those of each picture.

    Raises:
        ModelFolderError: the file is missing or damaged.
    """
    return kept_texts(folder / REFERENCES, "name pictures to evaluate on")

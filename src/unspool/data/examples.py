"""Examples on disk: texts as token ids, with columns of numbers.

Pairs, texts with labels and texts with conditions are all written and opened here.
Of a part called NAME, the text is in the files of NAME (`data/tokens.py`), a further text in those of
NAME.ROLE, such as NAME.source, and a numeric column in NAME.COLUMN, such as NAME.labels.

Shapes: N examples, C values of an example.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from unspool.arrays import Array, IntArray
from unspool.data.tokens import Part, open_part, write_tokens
from unspool.errors import DataError, ModelFolderError, reporting_write_errors
from unspool.text.tokenizer import Tokenizer

TEXT, SOURCE = "text", "source"


@dataclass(frozen=True)
class NumericColumn:
    """A column of numbers, of one value or C values for each example, and its range.

    Attributes:
        name: is that of the column, with which the name of the file ends.
        type: is that of a value on disk.
        minimum: is the lowest value allowed; [C] where an example has C values.
        maximum: is the highest value allowed, of the same shape.
    """

    name: str
    type: type[np.generic]
    minimum: Any
    maximum: Any


@dataclass(frozen=True)
class Examples:
    """One part of a corpus of examples; example i has the i-th document of every text and the i-th row of every column.

    Attributes:
        texts: are documents by their role, of which TEXT is one.
        numbers: are the columns by name, [N] or [N, C].
        max_length: is the maximum number of tokens of a text of an example, without `<eos>`; none keeps all examples.
    """

    texts: Mapping[str, Part]
    numbers: Mapping[str, Array]
    max_length: int | None = None

    def __len__(self) -> int:
        """Return the number of examples, N, also those that are too long."""
        return len(self.text.lengths)

    @property
    def text(self) -> Part:
        """The text that is generated or classified."""
        return self.texts[TEXT]

    @cached_property
    def lengths(self) -> IntArray:
        """The number of tokens of the longest text of each example, without `<eos>`: [N]."""
        longest: IntArray = np.max([part.lengths for part in self.texts.values()], axis=0)
        return longest - 1

    @cached_property
    def kept(self) -> IntArray:
        """The indices of the examples whose texts are short enough."""
        if self.max_length is None:
            return np.arange(len(self))
        return np.flatnonzero(self.lengths <= self.max_length)

    @property
    def left_out(self) -> int:
        """The number of examples that are too long."""
        return len(self) - len(self.kept)


def write_examples(
    folder: Path,
    name: str,
    texts: Mapping[str, tuple[Tokenizer, Iterable[str]]],
    numbers: Mapping[str, Array],
    on_bytes: Callable[[int], None] = lambda size: None,
) -> None:
    """Write examples, to be opened by `open_examples`.

    Args:
        folder: receives the files.
        name: is that of the part.
        texts: are by role a tokenizer and the N texts that it encodes; TEXT is one of the roles.
        numbers: are the columns by name, [N] or [N, C], of the types that they are opened with.
        on_bytes: receives the number of bytes that have been encoded so far.

    Raises:
        DataError: there are no examples.
    """
    with reporting_write_errors(folder):
        for role, (tokenizer, written) in texts.items():
            if not write_tokens(folder, _stem(name, role), tokenizer, written, True, on_bytes):
                raise DataError("at least one row must not be empty. Received: none.", "name other sources.")
    for column, values in numbers.items():
        write_column(folder, name, column, values)


def open_examples(
    folder: Path,
    name: str,
    roles: Collection[str] = (TEXT,),
    columns: Collection[NumericColumn] = (),
    max_length: int | None = None,
    verify: bool = True,
) -> Examples:
    """Open what `write_examples` wrote.

    Args:
        folder: holds the files.
        name: is that of the part.
        roles: are those of the texts; TEXT is one of them.
        columns: describe the columns of numbers.
        max_length: is the maximum number of tokens of a text, see `Examples`.
        verify: compares the tokens with the counts that were written.

    Raises:
        ModelFolderError: a file is missing or damaged, or does not fit the others.
    """
    texts = {role: open_part(folder, _stem(name, role), verify) for role in roles}
    if any(part.starts is None for part in texts.values()) or len({len(part.lengths) for part in texts.values()}) > 1:
        raise ModelFolderError(f"{folder}: the {' and '.join(roles)} files of {name} do not fit.", "train again.")
    count = len(texts[TEXT].lengths)
    return Examples(texts, {column.name: open_column(folder, name, column, count) for column in columns}, max_length)


def write_column(folder: Path, name: str, column: str, values: Array) -> None:
    """Write a column of numbers, [N] or [N, C], of the part called `name`, to be opened by `open_column`."""
    path = folder / f"{name}.{column}"
    with reporting_write_errors(path):
        path.write_bytes(values.tobytes())


def open_column(folder: Path, name: str, column: NumericColumn, count: int | None = None) -> Array:
    """Open what `write_column` wrote.

    Args:
        folder: holds the file.
        name: is that of the part.
        column: describes the column.
        count: is the number of examples, N; none takes as many as there are.

    Raises:
        ModelFolderError: the file is missing or damaged, or holds another number of examples.
    """
    shape = (-1 if count is None else count, *np.shape(column.minimum))  # (N) or (N, C)
    try:
        values = np.frombuffer((folder / f"{name}.{column.name}").read_bytes(), column.type).reshape(shape)
        fits = bool(((values >= column.minimum) & (values <= column.maximum)).all())
    except (OSError, ValueError):
        fits = False
    if not fits:
        raise ModelFolderError(f"{folder}: the {column.name} of {name} are missing or damaged.", "train again.")
    return values


def _stem(name: str, role: str) -> str:
    return name if role == TEXT else f"{name}.{role}"

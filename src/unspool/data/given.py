"""Data that are given in Python rather than named: a text, texts, pairs, rows, a data frame.

They are written to files of a temporary folder, so that from there on they are read, cleaned and counted as all files.
"""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import numpy as np

from unspool.errors import UnspoolError, UsageError, reporting_write_errors
from unspool.text.incoming import clean_text

MAX_NAME, MAX_PATH = 255, 4096  # bytes that the name of a file or a path can have
LONG, WORDS = 200, 20  # characters and spaces from which a string is a text unless there is such a file
MISSING = ("NAType", "NaTType")  # of pandas
SINGLE, PAIR = "text", ("1", "2")  # the columns of the tables of texts and of pairs

FORMS = (
    "give a path, several paths, a text with a line end, a list of texts, a list of (text, label) or (source, target) "
    "pairs, a list of rows as dicts, such as [{'text': '...'}], or a data frame."
)


class Given(NamedTuple):
    """Data that are given, as sources.

    Attributes:
        names: are those of the files.
        text: names the column of the texts, where the data are texts.
        seconds: are the second parts of pairs; none where the data are no pairs.
        pair: names the columns of pairs.
        columns: are the names of the columns of rows.
        kind: says what was given; empty where files were named.
    """

    names: tuple[str, ...]
    text: tuple[str, ...] = ()
    seconds: tuple[Any, ...] | None = None
    pair: tuple[str, str] = PAIR
    columns: tuple[str, ...] = ()
    kind: str = ""


@contextmanager
def as_sources(data: Any) -> Iterator[Given]:
    """Name some data, which are written to a temporary folder if they are not named already.

    Raises:
        UsageError: the data are nothing that can be learnt from.
    """
    if data is None:
        yield Given(())
        return
    items = listed(data)
    if not items:
        raise UsageError(
            "data must not be empty. Received: nothing in it.", f"{FORMS[:-1]}; nothing at all for a demo."
        )
    if _are_names(data, items):
        yield Given(tuple(map(os.fspath, items)))
        return
    parent = Path(tempfile.gettempdir())
    with reporting_write_errors(parent, "name another place in TMPDIR"):
        folder = tempfile.TemporaryDirectory(prefix="unspool-")
    with folder as path:
        with reporting_write_errors(Path(path)):
            given = _written(items, Path(path))
        try:
            yield given
        except UnspoolError as problem:  # speaks of what was given rather than of a file that is gone
            told = [text.replace(f"{path}{os.sep}", "") for text in (problem.message, problem.hint)]
            problem.message, problem.hint = told
            raise


def is_text(name: str) -> bool:
    """Return whether a string is a text rather than the name of a file.

    It has a line end, or is longer than a name can be; or it is long, has many words, and there is no such file.
    """
    return (
        "\n" in name
        or "\r" in name
        or len(_bytes(name)) > MAX_PATH
        or any(len(_bytes(part)) > MAX_NAME for part in PurePath(name).parts)
        or (len(name) >= LONG and name.count(" ") >= WORDS and not Path(name).exists())
    )


def _bytes(name: str) -> bytes:
    return name.encode(errors="surrogatepass")


def listed(data: Any) -> list[Any]:
    """Return the items of what is given: names, texts, pairs or rows."""
    if isinstance(data, str | os.PathLike):
        return [data]
    if isinstance(data, np.ndarray):
        data = data.tolist()
    if isinstance(data, Mapping):  # columns by name
        _refuse_splits(data)
        lengths = {name: len(column) for name, column in data.items() if hasattr(column, "__len__")}
        if len(lengths) < len(data) or len(set(lengths.values())) > 1 or any(isinstance(c, str) for c in data.values()):
            raise UsageError(f"columns must be lists of the same length. Received: {lengths}.", FORMS)
        return [dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)]
    for method, keywords in (("to_dicts", {}), ("to_pylist", {}), ("to_dict", {"orient": "records"})):
        if hasattr(data, method) and hasattr(data, "columns"):  # of Polars, Arrow, pandas
            _check_names(getattr(data, "column_names", data.columns))
            return list(getattr(data, method)(**keywords))
    if not isinstance(data, Iterable) or isinstance(data, bytes | bytearray):
        raise UsageError(f"data must be named or given. Received: {data!r:.60}.", FORMS)
    items = list(data)
    items = _with_label_names(items, getattr(data, "features", None))
    if any(isinstance(item, str) for item in items):  # a column of texts may have gaps
        items = ["" if is_missing(item) else item for item in items]
    return items


def _refuse_splits(data: Mapping[Any, Any]) -> None:
    """Refuse a data set in several parts, as Hugging Face has them: one of them is to be learnt."""
    if data and all(hasattr(part, "column_names") for part in data.values()):
        first = next(iter(data))
        raise UsageError(
            f"one part of a data set must be given. Received: {', '.join(map(str, data))}.",
            f"give data[{first!r}]; the others are for evaluate.",
        )


def _with_label_names(items: list[Any], features: Any) -> list[Any]:
    """Return the rows of a data set of Hugging Face with the names of its labels, and pairs as two columns."""
    if not isinstance(features, Mapping):
        return items
    names = {column: feature.names for column, feature in features.items() if hasattr(feature, "int2str")}
    if len(features) == 1 and all(isinstance(row, Mapping) for row in items):  # a column of {"de": ..., "en": ...}
        inner = [next(iter(row.values()), None) for row in items]
        items = inner if all(isinstance(one, Mapping) for one in inner) else items

    def named(row: Any) -> Any:
        known = {column: names[column] for column in names if column in row and type(row[column]) is int}
        return {**row, **{column: labels[row[column]] for column, labels in known.items() if row[column] >= 0}}

    return [named(row) for row in items] if names else items


def _check_names(names: Iterable[Any]) -> None:
    """Refuse columns of the same name, of which all but one would be lost."""
    counts = Counter(map(str, names))
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise UsageError(
            f"one column must have the name {twice[0]!r:.60}. Received: {counts[twice[0]]} that do.",
            "rename the others.",
        )


def _are_names(data: Any, items: Sequence[Any]) -> bool:
    """Return whether what is given are the names of files.

    Raises:
        UsageError: some are and some are not.
    """
    if data is items[0]:
        return not (isinstance(data, str) and is_text(data))
    names = [item for item in items if isinstance(item, os.PathLike) or (isinstance(item, str) and _is_name(item))]
    if names and len(names) < len(items):
        other = next(item for item in items if item not in names)
        raise UsageError(
            f"data must be all names or all texts. Received: {os.fspath(names[0])!r:.60}, the name of a file, and "
            f"{other!r:.60}.",
            FORMS,
        )
    return bool(names)


def _is_name(item: str) -> bool:
    """Return whether a string of a list is meant as the name of a file rather than as a text."""
    if is_text(item) or not item.strip():
        return False
    ending = PurePath(item).suffix
    return item == "-" or (" " not in item and (os.sep in item or 1 < len(ending) < 7)) or Path(item).exists()


def _written(items: list[Any], folder: Path) -> Given:
    """Write items to a file, and return its name."""
    if len(items) == 1 and isinstance(items[0], str) and is_text(items[0]):
        path, text = folder / "given-text.txt", clean_text(items[0])
        path.write_text(text, encoding="utf-8", newline="")
        return Given((str(path),), kind=f"a text of {len(text):,} characters")
    if all(isinstance(item, str) for item in items):
        name = _table(folder / "given-texts.jsonl", ({SINGLE: item} for item in items))
        return Given((name,), text=(SINGLE,), kind=f"{len(items):,} texts")
    if all(isinstance(item, Mapping) for item in items):
        return _rows(items, _table(folder / "given-rows.jsonl", items))
    if all(isinstance(item, tuple | list) and len(item) == len(PAIR) for item in items):
        rows = (dict(zip(PAIR, map(_cell, item), strict=True)) for item in items)
        return _pairs(_table(folder / "given-pairs.jsonl", rows), PAIR, [_cell(second) for _, second in items])
    kinds = ", ".join(sorted({type(item).__name__ for item in items}))
    raise UsageError(f"the items of data must be of one kind that can be learnt. Received: {kinds}.", FORMS)


def _rows(items: Sequence[Mapping[Any, Any]], name: str) -> Given:
    """Say what rows are: two columns of which the first is text are pairs, unless one of them is called `text`."""
    keys = list(dict.fromkeys(column for row in items for column in row))
    columns = tuple(map(str, keys))
    if len(columns) == len(PAIR) and SINGLE not in columns:
        firsts, seconds = ([row.get(column) for row in items] for column in keys)
        if all(isinstance(one, str) for one in firsts) and all(isinstance(one, str | int) for one in seconds):
            return _pairs(name, (columns[0], columns[1]), seconds)
    return Given((name,), columns=columns, kind=f"{len(items):,} rows with {', '.join(columns)}")


def _pairs(name: str, columns: tuple[str, str], seconds: Sequence[Any]) -> Given:
    different = len({str(second) for second in seconds})
    kind = f"{len(seconds):,} pairs with {different:,} different second parts"
    return Given((name,), seconds=tuple(seconds), pair=columns, columns=columns if columns != PAIR else (), kind=kind)


def _table(path: Path, rows: Iterable[Mapping[str, Any]]) -> str:
    with path.open("w", encoding="ascii") as file:
        for row in rows:
            _check_names(row)
            values = {str(name): _cell(value) for name, value in row.items()}
            file.write(json.dumps(values, default=_as_json) + "\n")
    return str(path)


def _cell(value: Any) -> Any:
    """Return a value as JSON has it: a number of NumPy as one of Python, what is missing as null."""
    if is_missing(value):
        return None
    if isinstance(value, bytes | bytearray):
        raise UsageError(f"a cell must be text or a number. Received: {bytes(value)!r:.60}.", "decode the bytes first.")
    return value.item() if isinstance(value, np.generic) else value


def _as_json(value: Any) -> Any:
    """Return a value that JSON has not as one that it has: a date as text, several values as a list."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return sorted(map(str, value)) if isinstance(value, set | frozenset) else str(value)


def is_missing(value: Any) -> bool:
    """Return whether a value stands for none: None, NaN, or what pandas has for it."""
    return value is None or (isinstance(value, float) and value != value) or type(value).__name__ in MISSING

"""What is read from a table is what was written, whatever its cells, or the table is refused with the line."""

import csv
import gzip
import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.data.sources import Sources
from unspool.data.table import Columns, read_table
from unspool.errors import DataError
from unspool.specs.data import DataSpec
from unspool.text.cleaning import clean

DELIMITERS = {",": "comma", "\t": "tab", ";": ";", "|": "|"}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "cp1252"]
pieces = st.sampled_from(
    ['"', '""', ",", "\t", ";", "|", "\n", "\r\n", "\r", " ", "a", "1", "Haus", "=", "#", "'", "\\"]
)
characters = st.characters(codec="cp1252", exclude_characters="\0")
cells = st.lists(st.one_of(pieces, characters), max_size=6).map("".join)
names = st.lists(
    cells.filter(lambda name: clean(name).strip()), min_size=1, max_size=4, unique_by=lambda n: clean(n).strip()
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    header = draw(names)
    rows = draw(st.lists(st.lists(cells, min_size=len(header), max_size=len(header)), min_size=1, max_size=12))
    return header, rows


def read(path: Path, columns: list[str], numeric: bool = False, **settings: object) -> list[list[str]]:
    chosen = Columns(tuple(columns), frozenset(columns) if numeric else frozenset())
    sources = Sources((str(path),), DataSpec(**settings), tables=True)
    return [list(record.cells.values()) for record in read_table(sources, chosen)]


def cleaned(rows: list[list[str]]) -> list[list[str]]:
    return [[clean(cell) for cell in row] for row in rows]


def attempt(path: Path, columns: list[str], **settings: object) -> tuple[list[list[str]], str | None]:
    """The rows, or none and why they are refused."""
    try:
        return read(path, columns, **settings), None
    except DataError as problem:
        return [], problem.message


@given(
    table=tables(),
    delimiter=st.sampled_from(list(DELIMITERS)),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(ENCODINGS),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    header=st.booleans(),
    said=st.booleans(),
    compressed=st.booleans(),
)
def test_separated_cells_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory,
    table: tuple[list[str], list[list[str]]],
    delimiter: str,
    end: str,
    encoding: str,
    quoting: int,
    header: bool,
    said: bool,
    compressed: bool,
) -> None:
    columns, rows = table
    text = io.StringIO()
    if end != "\r\n" and any(mark in cell for row in [columns, *rows] for cell in row for mark in "\r\n"):
        quoting = csv.QUOTE_ALL  # the writer quotes none but its own line ends
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([columns, *rows] if header else rows)
    ending = ".tsv" if delimiter == "\t" else ".csv"
    path = tmp_path_factory.mktemp("tables") / f"t{ending}{'.gz' * compressed}"
    data = text.getvalue().encode(encoding)
    path.write_bytes(gzip.compress(data) if compressed else data)
    settings = {"encoding": encoding if encoding == "cp1252" else "auto", "header": header}
    if said or not header or len(columns) == 1:  # otherwise the header row leaves no doubt
        settings["delimiter"] = DELIMITERS[delimiter]
    requested = [name.strip() for name in columns] if header else [str(i) for i in range(1, len(columns) + 1)]
    if len({clean(name) for name in requested}) < len(requested) or (header and all(n.isdecimal() for n in requested)):
        return  # names that differ in line ends alone, or that are numbers, mean something else
    if delimiter == "\t" and end == "\r" and "\n" in text.getvalue():
        return  # line ends of two kinds, and quotes that may be those of a text: nobody knows what is a row
    found, refusal = attempt(path, requested, **settings)
    if refusal is None:
        assert found == cleaned(rows)
    else:
        assert re.search(r"\bline \d|has no column", refusal), refusal
        assert delimiter == "\t" or end == "\r" or any("\r" in cell or "\n" in cell for cell in columns)


@given(table=tables(), ending=st.sampled_from([".jsonl", ".ndjson", ".json"]), indent=st.sampled_from([None, 2]))
def test_objects_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, table: tuple[list[str], list[list[str]]], ending: str, indent: int | None
) -> None:
    columns, rows = table
    columns = [f"c{number}" for number, _ in enumerate(columns)]
    objects = [dict(zip(columns, row, strict=True)) for row in rows]
    path = tmp_path_factory.mktemp("tables") / f"t{ending}"
    if ending == ".json":
        path.write_text(json.dumps(objects, indent=indent), encoding="utf-8")
    else:
        path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects), encoding="utf-8")
    assert read(path, columns) == cleaned(rows)


values = st.one_of(st.text(max_size=5), st.integers(), st.none())


@given(rows=st.lists(st.dictionaries(st.sampled_from("ab"), values, min_size=1), min_size=1, max_size=9))
def test_cells_that_are_missing_are_counted(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]
) -> None:
    path = tmp_path_factory.mktemp("tables") / "t.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    sources = Sources((str(path),), DataSpec(), tables=True)
    if any("\0" in str(value) for row in rows for value in row.values()):
        return  # refused, as in every text
    if any(sum(name in row for row in rows) < 0.1 * len(rows) for name in "ab"):
        with pytest.raises(DataError, match=r"has no column|most rows must have a cell for column"):
            list(read_table(sources, Columns(("a", "b"), frozenset("ab"))))
        return
    assert len(list(read_table(sources, Columns(("a", "b"), frozenset("ab"))))) == len(rows)
    for name in "ab":
        missing = sum(name not in row for row in rows)
        said = [line for line in sources.findings.lines if line.startswith(f"rows without a cell for '{name}'")]
        assert len(said) == bool(missing)
        assert not missing or f": {missing}, the first in t.jsonl, line" in said[0]

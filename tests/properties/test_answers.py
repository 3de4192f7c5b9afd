"""A table with answers has all its rows and cells as they were, and the answers in the new columns."""

import codecs
import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.test_tables import DELIMITERS, ENCODINGS, attempt, cells, tables
from unspool.data.answers import Asked, Question, write_answers
from unspool.data.formats.writing import Cell, NewColumn
from unspool.data.sources import Sources
from unspool.data.table import layout_of
from unspool.specs.data import DataSpec
from unspool.text.cleaning import clean
from unspool.text.escapes import unescaped

NEW = ("the answer", 'another, "quoted"')
MARKS = {"utf-8-sig": codecs.BOM_UTF8, "utf-16": codecs.BOM_UTF16_LE}


def answering(found: Sequence[Sequence[Cell]]) -> Callable[[list[Asked]], Iterator[Sequence[Cell]]]:
    """What answers row i with answer i."""
    return lambda rows: (found[row.number] for row in rows)


def written(path: Path, columns: Sequence[str], found: Sequence[Sequence[Cell]], **settings: object) -> bytes:
    """The table with answers; its question is the first column."""
    sources = Sources((str(path),), DataSpec(**settings), tables=True)
    stream = io.BytesIO()
    question = Question(tuple(columns), may_be_empty=True)
    write_answers(sources, question, [NewColumn(name, str) for name in NEW], answering(found), stream)
    return stream.getvalue()


@st.composite
def answered_tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]], list[list[str]]]:
    header, rows = draw(tables())
    answers = st.lists(cells.map(clean), min_size=2, max_size=2)  # what models generate is clean
    return header, rows, draw(st.lists(answers, min_size=len(rows), max_size=len(rows)))


@given(
    table=answered_tables(),
    delimiter=st.sampled_from(list(DELIMITERS)),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(ENCODINGS),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    header=st.booleans(),
    said=st.booleans(),
    compressed=st.booleans(),
    whole=st.booleans(),
)
def test_separated_cells_are_written_back_with_the_answers(
    tmp_path_factory: pytest.TempPathFactory,
    table: tuple[list[str], list[list[str]], list[list[str]]],
    delimiter: str,
    end: str,
    encoding: str,
    quoting: int,
    header: bool,
    said: bool,
    compressed: bool,
    whole: bool,
) -> None:
    columns, rows, found = table
    text = io.StringIO()
    if any("\r" in cell for row in [columns, *rows] for cell in row):
        quoting = csv.QUOTE_ALL  # the writer leaves a lone CR bare
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(
        [columns, *rows] if header else rows
    )
    data = (text.getvalue() if whole else text.getvalue().removesuffix(end)).encode(encoding)
    place = tmp_path_factory.mktemp("tables")
    path = place / f"t{'.tsv' if delimiter == chr(9) else '.csv'}{'.gz' * compressed}"
    path.write_bytes(gzip.compress(data) if compressed else data)
    settings = {"encoding": encoding if encoding == "cp1252" else "auto", "header": header}
    if said or not header or len(columns) == 1:
        settings["delimiter"] = DELIMITERS[delimiter]
    requested = [name.strip() for name in columns] if header else [str(i) for i in range(1, len(columns) + 1)]
    names = {clean(name) for name in requested}
    if len(names) < len(requested) or names & set(NEW) or (header and all(n.isdecimal() for n in requested)):
        return
    before, refusal = attempt(path, requested, **settings)
    if refusal is not None:
        return  # what cannot be read is refused; that all else is read as written is in `test_tables`
    sources = Sources((str(path),), DataSpec(**settings), tables=True)
    layout = layout_of(sources, sources.files[0], requested)
    answer = written(path, requested, found, **settings)
    assert answer.startswith(MARKS.get(encoding, b""))
    (place / f"new{path.suffixes[0]}").write_bytes(answer)
    new = list(NEW) if header else [str(len(layout.names) + number) for number in (1, 2)]
    again, refusal = attempt(place / f"new{path.suffixes[0]}", [*requested, *new], **settings)
    assert refusal is None
    back = [
        [*row[:-2], *(row[-2:] if layout.quoted else [clean(unescaped(cell)) for cell in row[-2:]])] for row in again
    ]
    assert back == [[*row, *answers] for row, answers in zip(before, found, strict=False)]


@given(
    table=answered_tables(),
    ending=st.sampled_from([".jsonl", ".ndjson", ".json"]),
    indent=st.sampled_from([None, 2]),
    compact=st.booleans(),
    blank=st.booleans(),
)
def test_objects_keep_every_character(
    tmp_path_factory: pytest.TempPathFactory,
    table: tuple[list[str], list[list[str]], list[list[str]]],
    ending: str,
    indent: int | None,
    compact: bool,
    blank: bool,
) -> None:
    columns, rows, found = table
    objects = [{"c": row[0], "more": dict(zip(columns, row, strict=True)), "number": 1.50}
               for row in rows]  # fmt: skip
    separators = (",", ":") if compact and indent is None else None
    if ending == ".json":
        text = json.dumps(objects, indent=indent, separators=separators)
    else:
        gap = "\n\n" if blank else "\n"
        text = "".join(json.dumps(one, separators=separators) + gap for one in objects)
    text = text.replace("1.5", "1.50")
    path = tmp_path_factory.mktemp("tables") / f"t{ending}"
    path.write_text(text, encoding="utf-8")
    answer = written(path, ["c"], found).decode()
    back = json.loads(answer) if ending == ".json" else [json.loads(line) for line in answer.split("\n") if line]
    new = [dict(zip(NEW, cells, strict=True)) for cells in found]
    assert back == [{**one, **fields} for one, fields in zip(objects, new, strict=True)]
    assert [list(one) for one in back] == [["c", "more", "number", *NEW]] * len(rows)
    assert answer.count('"number": 1.50') + answer.count('"number":1.50') >= len(rows)

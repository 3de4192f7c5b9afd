"""Tables, lines and aligned files are records; what is wrong with one is said with a hint."""

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from unspool.data.documents import read_aligned, read_documents
from unspool.data.sources import Sources
from unspool.data.table import Columns, column_names, joined, read_table, read_texts, refuse_tables
from unspool.errors import DataError, MissingExtraError
from unspool.specs.data import DataSpec


def write(path: Path, content: str | bytes) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def sources(*names: str, **settings: Any) -> Sources:
    return Sources(names, DataSpec(**settings))


def column(path: str, name: str, numeric: bool = False, **settings: Any) -> list[str]:
    columns = Columns((name,), frozenset([name]) if numeric else frozenset())
    return [record.cells[name] for record in read_table(sources(path, **settings), columns)]


PLAIN = 'id\ttext\n1\tfirst, with comma\n2\t"no quote of a table\n3\t\n4\tafter "it"\n'
ROWS = [{"id": "1", "text": "first, with comma"}, {"id": "2", "text": 'line\nbreak "quoted"'}, {"id": "3", "text": ""}]
QUOTED = 'id,text\n1,"first, with comma"\n2,"line\nbreak ""quoted"""\n3,\n'


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", QUOTED),
        ("t.csv", "\ufeff" + QUOTED.replace("\n", "\r\n")),
        ("t.jsonl", "\n".join(json.dumps(row) for row in ROWS) + "\n\n"),
    ],
)
def test_a_column_of_a_table_is_read(tmp_path: Path, name: str, content: str, compressed: bool) -> None:
    data = content.encode()
    path = write(tmp_path / (name + ".gz" * compressed), gzip.compress(data) if compressed else data)
    assert column(path, "text") == ["first, with comma", 'line\nbreak "quoted"', ""]


def test_a_quote_between_tabs_is_a_quote(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv", PLAIN)
    assert column(path, "text") == ["first, with comma", '"no quote of a table', "", 'after "it"']


@pytest.mark.parametrize(
    "content", ['text\none\n"two\nthree\n', 'text\n"o,ne"\n"two\nthree,"four"\n', 'text\none\n"two" more\n']
)
@pytest.mark.parametrize("name", ["text", "1"])
def test_a_quote_that_does_not_close_is_refused_by_its_line(tmp_path: Path, content: str, name: str) -> None:
    with pytest.raises(DataError, match=r"t\.csv: a cell that opens with a quote .* the row that begins at line 3 "):
        column(write(tmp_path / "t.csv", content), name)


def test_a_quote_that_does_not_close_in_the_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="begins at line 1 "):
        column(write(tmp_path / "t.csv", '"text\none\n'), "text")


@pytest.mark.parametrize(("name", "content"), [("t.csv", "id,body\n1,x\n"), ("t.jsonl", '{"id": 1, "body": "x"}\n')])
def test_a_missing_column_lists_those_there_are(tmp_path: Path, name: str, content: str) -> None:
    path = write(tmp_path / name, content)
    with pytest.raises(DataError, match=r"t\.\w+ has no column 'text'") as caught:
        column(path, "text")
    assert caught.value.hint == "its columns are 'id', 'body'."
    with pytest.raises(DataError, match="is a table, so the column of the text must be named") as caught:
        refuse_tables(sources(path))
    assert "--text: 'id', 'body'" in caught.value.hint


def test_two_columns_of_the_same_name_are_refused_where_it_is_wanted(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "text,id,text,id\na,1,b,2\n")
    with pytest.raises(DataError, match=r"one column must have the name 'text'\. Received: 2 that do"):
        column(path, "text")
    assert column(path, "3") == ["b"], "a row of words above numbers holds names"
    assert column(path, "3", header=False) == ["text", "b"]
    assert column(write(tmp_path / "u.csv", "text,,\na,1,2\n"), "text") == ["a"]


def test_two_columns_of_a_parquet_file_of_the_same_name_are_refused(tmp_path: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(
        arrow.Table.from_arrays([arrow.array(["a"]), arrow.array(["b"])], ["text", "text"]), tmp_path / "t.parquet"
    )
    with pytest.raises(DataError, match="one column must have the name 'text'"):
        column(str(tmp_path / "t.parquet"), "text")


def test_a_column_that_holds_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 1: column 'text' must hold text\. Received: 3"):
        column(write(tmp_path / "t.jsonl", '{"text": 3}\n'), "text")


@pytest.mark.parametrize(("content", "sentence"), [("{\n", "line 1 is not JSON"), ("[1]\n", "must be a JSON object")])
def test_a_line_that_is_no_object_is_refused(tmp_path: Path, content: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        column(write(tmp_path / "t.jsonl", content), "text")


def test_the_nearest_column_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        column(write(tmp_path / "t.csv", "label,text\na,b\n"), "labels")
    assert caught.value.hint == "did you mean 'label'? its columns are 'label', 'text'."


def test_numbers_are_read_where_they_may_be(tmp_path: Path) -> None:
    path = write(tmp_path / "t.jsonl", '{"n": 0}\n{"n": 2.5}\n{"n": "x"}\n{"n": null}\n')
    assert column(path, "n", numeric=True) == ["0", "2.5", "x", ""]


def test_rows_that_lack_a_text_or_another_cell_are_left_out_and_counted(tmp_path: Path) -> None:
    found = sources(write(tmp_path / "t.tsv", "n\tt\n1\ta\n \tb\n2\t\n3\tc\n4\n"))
    assert [text for text, _ in read_texts(found, ("t",), ("n",))] == ["a", "c"]
    assert found.findings.lines == [
        "rows left out because 'n' is empty: 1, the first in t.tsv, line 3.",
        "rows left out because their text is empty: 2, the first in t.tsv, line 4.",
        "rows without a cell for 't', read as empty: 1, the first in t.tsv, line 6.",
    ]


def test_columns_without_names_have_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "3,a title\n1,another\n")
    assert [record.cells for record in read_table(sources(path), Columns(("2", "1")))] == [
        {"2": "a title", "1": "3"},
        {"2": "another", "1": "1"},
    ]
    assert column(write(tmp_path / "u.csv", "2,1\na,b\n"), "1") == ["b"], "numbers that are names are names"


def test_documents_have_the_name_of_their_file(tmp_path: Path) -> None:
    names = write(tmp_path / "Italian.txt", "Rossi\n\n"), write(tmp_path / "Polish.txt.gz", gzip.compress(b"Nowak"))
    found = sources(*names)
    assert [(text, record.cells) for text, record in read_documents(found)] == [
        ("Rossi", {"file": "Italian"}),
        ("Nowak", {"file": "Polish"}),
    ]
    assert found.findings.lines == ["empty documents left out: 1, the first in Italian.txt, line 2."]


def test_aligned_files_are_records_and_must_have_as_many_lines(tmp_path: Path) -> None:
    one, other = (sources(write(tmp_path / name, text)) for name, text in (("a", "1\n2\n"), ("b", "x\ny")))
    found = [record.cells for record in read_aligned(("n", one), ("t", other))]
    assert found == [{"n": "1", "t": "x"}, {"n": "2", "t": "y"}]
    longer = sources(write(tmp_path / "c", "1\n2\n3\n"))
    for left, right in ((one, longer), (longer, one)):
        with pytest.raises(DataError, match=r"line 3 of .*c has none in .*a, which ends at line 2"):
            list(read_aligned(("n", left), ("t", right)))


def test_aligned_files_that_are_tables_are_refused(tmp_path: Path) -> None:
    one, other = (sources(write(tmp_path / name, "a\tb\n")) for name in ("a.txt", "b.tsv"))
    with pytest.raises(DataError, match=r"b\.tsv is a table"):
        list(read_aligned(("n", one), ("t", other)))


def test_columns_are_joined_with_a_space_and_empty_cells_leave_none() -> None:
    assert joined({"a": "x", "b": "", "c": "y", "d": "z"}, ("a", "b", "c")) == "x y"


def test_tables_are_no_texts_in_folders_either(tmp_path: Path) -> None:
    write(tmp_path / "t.CSV", "a,b\n1,2\n")
    found = Sources((str(tmp_path),), DataSpec(suffixes=(".csv",)))
    with pytest.raises(DataError, match=r"t\.CSV is a table"):
        refuse_tables(found)
    assert column_names(found, found.files[0]) == ["a", "b"]


def test_parquet_is_read_or_its_extra_named(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        path.write_bytes(b"PAR1")
        with pytest.raises(MissingExtraError, match="pyarrow"):
            column(str(path), "en")
        return
    parquet.write_table(pyarrow.table({"en": ["house"], "n": [1]}), path)
    assert column(str(path), "en") == ["house"]


@pytest.mark.parametrize(("name", "end"), [("t.csv", "\r\n"), ("t.tsv", "\n"), ("t.csv", '"\n')])
def test_a_line_that_says_the_delimiter_is_no_row(tmp_path: Path, name: str, end: str) -> None:
    quote = end[:1] * (end[:1] == '"')
    path = write(tmp_path / name, f"{quote}sep=;{end}text;n{end[-1]}a, b;1{end[-1]}c;2;3{end[-1]}")
    found = sources(path)
    rows = read_table(found, Columns(("text", "n")))
    assert (next(rows).cells, found.findings.lines) == (
        {"text": "a, b", "n": "1"},
        [f"{name}: its first line, '{quote}sep=;{quote}', says what is between the cells, and is no row."],
    )
    with pytest.raises(DataError, match="line 4 must not have more cells"):
        next(rows)
    assert column(write(tmp_path / "tabs.csv", "sep=\t\ntext\tn\n\na\t1\n"), "n") == ["1"]


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_names_below_titles_and_comments_are_pointed_at(tmp_path: Path, delimiter: str) -> None:
    rows = delimiter.join("ab") + "\n" + delimiter.join(["one", "x"]) + "\n"
    for above in ("A report\n\n", "# made, in May, by me\n#\n", '"Report, 2024"\n\n'):
        with pytest.raises(DataError, match="has no column 'a' in its first row") as caught:
            column(write(tmp_path / "t.csv", above + rows), "a")
        assert caught.value.hint == "line 3 has the requested columns: remove the lines before it."
    with pytest.raises(DataError, match="has no column 'one'") as caught:  # which is a cell of a row
        column(write(tmp_path / "t.csv", rows), "one")
    assert caught.value.hint.startswith("its columns are ")


@pytest.mark.parametrize(
    ("name", "key", "command"),
    [
        ("a b.json", "messages", "take the list out: jq '.[\"messages\"]' 'a b.json' > messages.json."),
        ("-o.json", "it's 1", "take the list out: jq '.[\"it'\"'\"'s 1\"]' ./-o.json > it-s-1.json."),
        ("rows.json", "rows", "take the list out: jq '.[\"rows\"]' rows.json > rows-list.json."),
        ("t.json.gz", "rows", "decompress it first; then take the list out with jq."),
    ],
)
def test_a_list_inside_an_object_is_taken_out_by_a_command_that_can_be_pasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, key: str, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    content = json.dumps({"name": "x", key: [{"text": "a"}]}).encode()
    Path(name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    with pytest.raises(DataError, match="must hold a list of objects") as caught:
        column(name, "text")
    assert caught.value.hint == command


def test_a_table_is_learnt_as_it_stands_where_it_is_a_file_of_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("-t.csv"), "a,b\n1,2\n")
    write(Path("t.parquet"), b"PAR1")
    with zipfile.ZipFile("t.zip", "w") as archive:
        archive.writestr("t.csv", "a,b\n1,2\n")
    for name, told in (("-t.csv", True), ("t.parquet", False), ("t.zip", False)):
        found = Sources((name,), DataSpec(), tables=True)
        with pytest.raises(DataError, match="is a table") as caught:
            refuse_tables(found)
        assert ("To learn it as it stands: " in caught.value.hint) == told
        assert caught.value.hint.endswith("train - < ./-t.csv") == told


def test_quotes_of_a_dialogue_between_tabs_are_quotes_of_the_text(tmp_path: Path) -> None:
    rows = ['JULIET\t"Good night, good night', "ROMEO\tparting is such", 'JULIET\tsweet sorrow"'] * 20
    path = write(tmp_path / "t.tsv", "\n".join(["speaker\tline", *rows, ""]))
    assert column(path, "line") == ['"Good night, good night', "parting is such", 'sweet sorrow"'] * 20


def test_a_quoted_line_end_between_tabs_is_read_or_refused_by_its_line(tmp_path: Path) -> None:
    cut = 'a\t"first line of it\nsecond line"\n'
    assert column(write(tmp_path / "t.tsv", f"k\ttext\n{cut}b\tshort\n"), "text") == [
        "first line of it\nsecond line",
        "short",
    ]
    many = "".join(f"a\tshort {number}\n" for number in range(1200))
    with pytest.raises(DataError, match=r"t\.tsv: line 1,203 must not have a quoted cell"):
        column(write(tmp_path / "t.tsv", f"k\ttext\n{many}{cut}"), "text")

"""A table in, the same table with the answers in new columns out."""

import csv
import gzip
import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import unspool
from helpers.commands import call_main, environment, run_process
from unspool.api import train
from unspool.errors import DataWarning

TINY = {"steps": 2, "threads": 1, "precision": "float32", "encoder_size": 8, "tokenizer": "char"}
POSTS = b'id;body;note\r\n1;"an ""apple"";\r\nred";x\r\n2;;\r\n\r\n3\r\n4;iron;"";;\r\n5;  ;last'


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("things")
    (place / "t.csv").write_text("body,kind\n" + "a pear,fruit\na tin,metal\nomega,Ω\n" * 20, encoding="utf-8")
    train(place / "t.csv", out=place / "m", text="body", label="kind", **TINY)
    return place / "m"


@pytest.fixture(scope="module")
def translator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pairs")
    rows = [["the cat", "die Katze"], ['"a" dog', "ein Hund"]] * 20
    with (place / "t.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["en", "de"], *rows])
    train(place / "t.csv", out=place / "m", source="en", target="de", hidden_size=8, **TINY)
    return place / "m"


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of names that depend on a language and on whether they are short."""
    place = tmp_path_factory.mktemp("names")
    rows = "Rossi,it,long\nMa,it,short\nSchulz,de,long\nOtt,de,short\n"
    (place / "t.csv").write_text("name,language,size\n" + rows * 20, encoding="utf-8")
    train(place / "t.csv", out=place / "m", text="name", condition=("language", "size"), hidden_size=8, **TINY)
    return place / "m"


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    (tmp_path / "posts.csv").write_bytes(POSTS)
    return tmp_path / "posts.csv"


def read(data: bytes, delimiter: str = ",") -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(data.decode(), newline=""), delimiter=delimiter) if row]


def test_a_process_labels_a_table_and_keeps_it_as_it_is(classifier: Path, posts: Path, tmp_path: Path) -> None:
    result = run_process("classify", classifier, "--file", posts, "--text", "body", "--out", tmp_path / "out.csv")
    assert (result.code, result.out) == (0, "")
    assert result.error_lines == [
        "warning: '\"', 'l', ';', '\\n', 'd' are not in the vocabulary of the model, and are read as <unk>.",
        "warning: posts.csv: a semicolon is between the cells.",
        "warning: rows without a cell for 'body', read as empty: 1, the first in posts.csv, line 6.",
        "warning: rows without an answer because their text is empty: 3, the first in posts.csv, line 4.",
    ]
    with pytest.warns(DataWarning, match="not in the vocabulary"):
        first, second = unspool.load(classifier).classify(['an "apple";\nred', "iron"])
    expected = (
        f'id;body;note;predicted_label\r\n1;"an ""apple"";\r\nred";x;{first}\r\n2;;;\r\n\r\n3;;;\r\n'
        f"4;iron;;{second}\r\n5;  ;last;"
    )
    assert (tmp_path / "out.csv").read_bytes() == expected.encode()
    shown = run_process("classify", classifier, "--file", posts, "--text", "body")
    assert shown.out == expected  # what `subprocess` leaves of line ends is as it was
    assert [file.name for file in sorted(tmp_path.iterdir())] == ["out.csv", "posts.csv"]


def test_several_columns_are_joined_and_several_labels_have_probabilities(classifier: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,c\na,pear,1\n,tin,2\n,,3\n", encoding="utf-8")
    options = ["--file", tmp_path / "t.csv", "--text", "a", "--text", "b"]
    rows = read(call_main("classify", classifier, *options, "--top", 9, "--column", "kind").out.encode())
    assert rows[0][3:] == [
        "kind", "kind_probability", "kind_2", "kind_2_probability", "kind_3", "kind_3_probability"
    ]  # fmt: skip
    model = unspool.load(classifier)
    for text, row in zip(["a pear", "tin"], rows[1:], strict=False):
        found = dict(zip(row[3::2], map(float, row[4::2]), strict=True))
        known = dict(zip(model.labels, model.probabilities([text])[0].tolist(), strict=True))
        assert found == pytest.approx(known, abs=1e-5)
        assert list(found.values()) == sorted(found.values(), reverse=True)
    assert rows[3] == ["", "", "3", *[""] * 6]
    one = read(call_main("classify", classifier, *options, "--probabilities").out.encode())
    assert one[0][3:] == ["predicted_label", "predicted_label_probability"]
    lines = call_main("classify", classifier, "a pear", "--probabilities").out
    assert lines.startswith(f"{one[1][3]}\t0.")


def test_standard_input_is_read_as_objects_or_cells(classifier: Path) -> None:
    text = '{"id": 1.50, "in": {"body": "a pear \\ud83d", "z": [1e5]}}\n\n{"in": {"body": null}}\n'
    result = call_main("classify", classifier, "--file", "-", "--text", "in.body", input=text)
    label = unspool.load(classifier).classify("a pear \ufffd")
    assert result.out == text.replace("}}\n\n", f'}}, "predicted_label": "{label}"}}\n\n').replace(
        "null}}", 'null}, "predicted_label": null}'
    )
    assert "warning: standard input holds objects of JSON." in result.error_lines
    listed = call_main("classify", classifier, "--file", "-", "--text", "b", input='[{"b": "a"}, {"b": "c"}]').json()
    assert [list(one) for one in listed] == [["b", "predicted_label"]] * 2
    cells = call_main("classify", classifier, "--file", "-", "--text", "b", input="a|b\n1|a pear\n")
    assert (cells.code, cells.out.splitlines()[0]) == (0, "a|b|predicted_label")


def test_a_table_without_a_header_stays_without(classifier: Path, tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("a pear\t1\na tin\t2\n", encoding="utf-8")
    out = call_main("classify", classifier, "--file", tmp_path / "t.tsv", "--text", "1", "--no-header").out
    first, second = unspool.load(classifier).classify(["a pear", "a tin"])
    assert out == f"a pear\t1\t{first}\na tin\t2\t{second}\n"


def test_a_line_that_says_the_delimiter_stays(classifier: Path, tmp_path: Path) -> None:
    for content, column in ((b"sep=;\r\nbody;n\r\na pear;1\r\n", "body"), (b"sep=;\na pear;7\n", "1")):
        (tmp_path / "t.csv").write_bytes(content)
        result = call_main("classify", classifier, "--file", tmp_path / "t.csv", "--text", column)
        label = unspool.load(classifier).classify("a pear")
        assert result.code == 0, result.err
        assert result.out == content.decode().replace("n\r", "n;predicted_label\r").replace(
            "r;1", f"r;1;{label}"
        ).replace("7", f"7;{label}")


def test_no_column_and_no_file_is_replaced_by_accident(classifier: Path, posts: Path, tmp_path: Path) -> None:
    command = ["classify", classifier, "--file", posts, "--text", "body"]
    taken = call_main(*command, "--column", "note")
    assert (taken.code, taken.clean, taken.out) == (3, True, "")
    assert "Received: 'note', which the table has." in taken.err
    assert "--column" in taken.error_lines[-1]
    (tmp_path / "t.jsonl").write_text('{"body": "a"}\n{"body": "b", "predicted_label": "x"}\n', encoding="utf-8")
    objects = call_main("classify", classifier, "--file", tmp_path / "t.jsonl", "--text", "body")
    assert (objects.code, objects.clean) == (3, True)
    assert "t.jsonl: line 2: a new column" in objects.err
    refused = call_main(*command, "--out", posts)
    assert (refused.code, refused.clean, posts.read_bytes()) == (7, True, POSTS)
    folder = call_main(*command, "--out", tmp_path, "--overwrite")
    assert (folder.code, folder.clean) == (7, True)
    other = call_main(*command, "--out", tmp_path / "new.jsonl")
    assert (other.code, other.clean) == (2, True)
    posts.chmod(0o600)
    assert call_main(*command, "--out", posts, "--overwrite").code == 0
    assert posts.stat().st_mode & 0o777 == 0o600
    assert read(posts.read_bytes(), ";")[0] == ["id", "body", "note", "predicted_label"]
    assert call_main("classify", classifier, "--file", posts, "--text", "body", "--out", posts, "--overwrite").code == 3


def test_a_name_with_gz_compresses(classifier: Path, posts: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(POSTS))
    plain = call_main("classify", classifier, "--file", packed, "--text", "body")
    made = call_main("classify", classifier, "--file", posts, "--text", "body", "--out", tmp_path / "new.csv.gz")
    assert (plain.code, made.code) == (0, 0)
    assert gzip.decompress((tmp_path / "new.csv.gz").read_bytes()) == plain.out.encode()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--file", "posts.csv"], "posts.csv is a table, so the column of the text must be named"),
        (["--text", "body"], "no table is given"),
        (["--text", "body", "a text"], "not answered with texts"),
        (["--text", "body", "--file", "posts.csv", "--json"], "not answered with --json"),
        (["--text", "body", "--file", "posts.csv", "--overwrite"], "--overwrite is for --out"),
        (["--out", "x.csv", "a text"], "--out is for a table"),
        (["--column", "x", "a text"], "--column is for a table"),
        (["--delimiter", "tab", "a text"], "--delimiter is for a table"),
        (["--text", "nobody", "--file", "posts.csv"], "no column 'nobody'"),
        (["--text", "body", "--file", "none.csv"], "does not exist"),
        (["--text", "body", "--file", "."], "one table is answered at a time"),
    ],
)
def test_what_cannot_be_is_refused_in_two_lines(
    classifier: Path, posts: Path, arguments: list[str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(posts.parent)
    Path("second.csv").write_bytes(POSTS)
    result = call_main("classify", classifier, *arguments)
    assert result.code in (2, 3)
    assert (result.clean, result.out) == (True, "")
    assert says in result.err


def test_a_table_is_not_read_as_lines_or_prompts(model: Path, translator: Path, posts: Path) -> None:
    for command in (
        ["translate", translator, "--file", posts],
        ["score", model, "--file", posts],
        ["score", model, "--file", posts, "--per-line"],
        ["generate", model, "--prompts", posts],
        ["generate", model, "--file", posts],
    ):
        result = call_main(*command)
        assert (result.clean, result.out) == (True, ""), command
        assert result.code in (2, 3)
        assert "column" in result.err
    assert call_main("score", model, "-", input=POSTS).code == 0  # raw lines go through standard input


def test_translations_fill_their_columns(translator: Path, tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text('en\tn\nthe cat\t1\n"a" dog\t2\n \t3\n', encoding="utf-8")
    options = ["--file", tmp_path / "t.tsv", "--source", "en", "--n-best", 2, "--max-tokens", 5]
    result = run_process("translate", translator, *options)
    model = unspool.load(translator)
    found = model.translations(["the cat", '"a" dog'], beams=5, n_best=2, max_new_tokens=5)
    lines = [line.split("\t") for line in result.out.split("\n")]
    assert lines[0] == ["en", "n", "translation", "translation_2"]
    assert lines[3:] == [[" ", "3", "", ""], [""]]
    assert [line[:2] for line in lines[1:3]] == [["the cat", "1"], ['"a" dog', "2"]]
    for line, texts in zip(lines[1:3], found, strict=True):
        expected = [one.text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t") for one in texts]
        assert [one.replace("\\x22", '"', one.startswith("\\x22")) for one in line[2:]] == expected


def test_rows_are_scored_with_and_without_conditions(names: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n,l,s\nRossi,it,long\nOtt,,short\n,de,long\n", encoding="utf-8")
    score = ["score", names, "--file", tmp_path / "t.csv", "--text", "n"]
    columns = ["--condition-column", "l", "--condition-column", "s"]
    result = call_main(*score, *columns)
    rows = read(result.out.encode())
    opened = unspool.load(names)
    assert rows[0] == ["n", "l", "s", "bits_per_character"]
    assert float(rows[1][3]) == pytest.approx(opened.score("Rossi", ("it", "long")).bits_per_character, abs=1e-5)
    assert [row[3] for row in rows[2:]] == ["", ""]
    assert "because 'l' is empty: 1, the first in t.csv, line 3" in result.err
    assert "because their text is empty: 1, the first in t.csv, line 4" in result.err
    fixed = read(call_main(*score, "--condition", "de", "--condition", "short").out.encode())
    assert float(fixed[2][3]) == pytest.approx(opened.score("Ott", ("de", "short")).bits_per_character, abs=1e-5)
    plain = read(call_main("score", model, *score[2:]).out.encode())
    assert float(plain[1][3]) == pytest.approx(unspool.load(model).score("Rossi").bits_per_character, abs=1e-5)
    for wrong in (columns[:2], [*columns, "--condition", "it"]):
        refused = call_main(*score, *wrong)
        assert (refused.code, refused.clean, refused.out) == (2, True, "")
    assert call_main("score", model, *score[2:], *columns).code == 2


@pytest.mark.filterwarnings("ignore:.* not in the vocabulary")
def test_each_row_generates_with_a_seed_of_its_own(names: Path, tmp_path: Path) -> None:
    table = [
        {"language": "it", "size": "long", "start": "Ro"},
        {"language": "", "size": "long", "start": "X"},
        {"language": "de=0.5,it=0.5", "size": "short", "start": ""},
    ]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table), encoding="utf-8")
    options = ["generate", names, "--file", tmp_path / "t.jsonl", "--condition-column", "language"]
    options += ["--condition-column", "size", "--max-tokens", 8, "--seed", 5]
    result = run_process(*options, "--prompt-column", "start", "-n", 2)
    assert "because 'language' is empty: 1, the first in t.jsonl, line 2" in result.err
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [{name: row[name] for name in table[0]} for row in rows] == table
    opened = unspool.load(names)
    for number in (0, 2):
        condition, seeds = (table[number]["language"], table[number]["size"]), (5 + 2 * number, 6 + 2 * number)
        expected = [opened.generate(table[number]["start"], condition, max_new_tokens=8, seed=seed) for seed in seeds]
        assert [rows[number]["generated"], rows[number]["generated_2"]] == expected
    assert (rows[1]["generated"], rows[1]["generated_2"]) == (None, None)
    one = [json.loads(line) for line in call_main(*options, "--prompt", "A", "--column", "text").out.splitlines()]
    assert one[2]["text"] == opened.generate("A", ("de=0.5,it=0.5", "short"), max_new_tokens=8, seed=7)


def test_an_unknown_condition_is_refused_by_its_line_before_anything_is_written(names: Path, tmp_path: Path) -> None:
    rows = "it,long\n" * 1500 + "fr,long\n"
    (tmp_path / "t.csv").write_text("language,size\n" + rows, encoding="utf-8")
    options = ["--condition-column", "language", "--condition-column", "size", "--max-tokens", 1]
    result = call_main("generate", names, "--file", tmp_path / "t.csv", *options)
    assert (result.code, result.clean, result.out) == (3, True, "")
    assert "t.csv: line 1,502: language must be a label that the model has learnt. Received: 'fr'." in result.err


def test_what_an_encoding_lacks_is_an_error_or_escaped(classifier: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("n,body\n1,\xe9t\xe9\n".encode("cp1252"))
    command = ["classify", classifier, "--encoding", "cp1252", "--text", "body", "--top", 3]
    (tmp_path / "out.csv").write_text("old", encoding="utf-8")
    refused = call_main(*command, "--file", tmp_path / "t.csv", "--out", tmp_path / "out.csv", "--overwrite")
    assert (refused.code, refused.clean) == (7, True)
    assert "cp1252, lacks '\\u03a9' (U+03A9)" in refused.err
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "old"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out.csv", "t.csv"]
    (tmp_path / "t.jsonl").write_bytes('{"body": "\xe9t\xe9"}\n'.encode("cp1252"))
    made = call_main(*command, "--file", tmp_path / "t.jsonl", "--out", tmp_path / "out.jsonl")
    assert made.code == 0
    row = json.loads((tmp_path / "out.jsonl").read_bytes().decode("cp1252"))
    assert row["body"] == "été"
    assert "Ω" in row.values()


def test_parquet_keeps_its_types(classifier: Path, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = {"body": ["a pear", None, "a tin"], "n": [1, None, 3], "at": [[1.5], [], None]}
    source = pyarrow.table(columns).replace_schema_metadata({"who": "me"})
    parquet.write_table(source, tmp_path / "t.parquet")
    command = ["classify", classifier, "--file", tmp_path / "t.parquet", "--text", "body", "--probabilities"]
    assert call_main(*command).code == call_main(*command, "--out", tmp_path / "x.csv").code == 2
    assert call_main(*command, "--out", tmp_path / "out.parquet").code == 0
    made = parquet.read_table(tmp_path / "out.parquet")
    assert made.select(["body", "n", "at"]).equals(source)
    assert made.schema.metadata[b"who"] == b"me"
    first, second = unspool.load(classifier).classify(["a pear", "a tin"])
    assert made["predicted_label"].to_pylist() == [first, None, second]
    assert made["predicted_label_probability"].type == pyarrow.float64()
    assert call_main(*command, "--out", tmp_path / "n.parquet", "--column", "n").code == 3
    parquet.write_table(source.slice(0, 0), tmp_path / "t.parquet")
    assert call_main(*command, "--out", tmp_path / "none.parquet").code == 0
    assert parquet.read_table(tmp_path / "none.parquet").column_names[3:] == made.column_names[3:]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("t.csv", "body,n\r\n", "body,n,predicted_label\r\n"),
        ("t.json", "[]\n", "[]\n"),
        ("t.jsonl", "\n", "\n"),
        ("t.csv", "", ""),
    ],
)
def test_a_table_without_rows_stays_one(
    classifier: Path, tmp_path: Path, name: str, content: str, expected: str
) -> None:
    (tmp_path / name).write_bytes(content.encode())
    result = call_main("classify", classifier, "--file", tmp_path / name, "--text", "body")
    assert (result.code, result.out) == (0, expected)


def test_rows_before_one_that_cannot_be_read_are_whole(classifier: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("body\n" + "a tin\n" * 2000 + "a,b\n", encoding="utf-8")
    result = call_main("classify", classifier, "--file", tmp_path / "t.csv", "--text", "body")
    assert (result.code, result.clean) == (3, True)
    assert "line 2,002" in result.err
    assert 1000 <= len(result.out.splitlines()) <= 2001
    assert {len(row) for row in read(result.out.encode())} == {2}
    assert result.out.endswith("\n")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_leaves_whole_rows_on_standard_output_and_no_file(model: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n,body\n" + "1,the lazy dog\n" * 100_000, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "unspool",
        "score",
        str(model),
        "--file",
        str(tmp_path / "t.csv"),
        "--text",
        "body",
    ]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "bufsize": 0}  # `communicate` reads on after `read`
    process = subprocess.Popen(command, env=environment(), **pipes)
    assert process.stdout is not None
    start = process.stdout.read(2000)  # comes long before the end
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"error: interrupted." in err
    rows = read(start + rest)
    assert (start + rest).endswith(b"\n")
    assert len(rows) < 100_000
    assert {len(row) for row in rows} == {3}

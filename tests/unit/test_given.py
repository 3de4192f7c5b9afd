"""What is given in Python rather than named becomes sources: a text, texts, pairs, rows, a data frame."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

import unspool
from unspool.data.given import as_sources
from unspool.errors import UsageError
from unspool.tasks.implied import implied_settings

TINY: dict[str, Any] = {"steps": 1, "threads": 1, "precision": "float32"}


def rows_of(data: Any) -> list[Any]:
    with as_sources(data) as given:
        (name,) = given.names
        return [json.loads(line) for line in Path(name).read_text(encoding="utf-8").splitlines()]


def test_names_stay_names(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x", encoding="utf-8")
    path = tmp_path / "a"
    for data, names in (
        (str(path), (str(path),)),
        (path, (str(path),)),
        (["-", path], ("-", str(path))),
        ("not there", ("not there",)),
        (["no.txt", "sub/folder"], ("no.txt", "sub/folder")),
        (None, ()),
    ):
        with as_sources(data) as given:
            assert given.names == names


def test_a_text_is_a_text_where_it_cannot_be_a_name() -> None:
    for text in ("one line\nanother", "long " * 2000, "a\r\nb"):
        with as_sources(text) as given:
            (name,) = given.names
            assert Path(name).read_text(encoding="utf-8") == text.replace("\r\n", "\n")
        assert not Path(name).parent.exists()


def test_texts_pairs_and_rows_are_tables() -> None:
    assert rows_of(["one text", "Anna", "z"]) == [{"text": "one text"}, {"text": "Anna"}, {"text": "z"}]
    assert rows_of([("a", "x"), ["b", 2]]) == [{"1": "a", "2": "x"}, {"1": "b", "2": 2}]
    assert rows_of([{"t": "a", "n": float("nan")}]) == [{"t": "a", "n": None}]
    assert rows_of({"t": ["a", "b"], "n": [1, 2]}) == [{"t": "a", "n": 1}, {"t": "b", "n": 2}]


def test_data_frames_are_tables() -> None:
    pandas, arrow = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    expected = [{"text": "a", "n": 1}, {"text": "b", "n": None}]
    assert rows_of(pandas.DataFrame({"text": ["a", "b"], "n": [1, None]})) == expected
    assert rows_of(arrow.table({"text": ["a", "b"], "n": [1, None]})) == expected
    assert rows_of(pandas.Series(["a text", "another"])) == [{"text": "a text"}, {"text": "another"}]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ([], "must not be empty. Received: nothing in it"),
        ({"text": []}, "must not be empty"),
        (iter(()), "must not be empty"),
        (5, "must be named or given. Received: 5"),
        (b"bytes", "must be named or given"),
        ([1, 2], "of one kind that can be learnt. Received: int"),
        ([("a", "b", "c")], "of one kind that can be learnt. Received: tuple"),
        (["a.txt", "a text"], "all names or all texts. Received: 'a.txt', the name of a file, and 'a text'"),
        ({"a": ["x"], "b": []}, "lists of the same length"),
    ],
)
def test_what_cannot_be_learnt_says_what_can(data: Any, rule: str) -> None:
    with pytest.raises(UsageError, match=rule) as caught, as_sources(data):
        pass
    assert "a list of (text, label) or (source, target) pairs" in caught.value.hint


def test_a_model_is_trained_from_what_is_given() -> None:
    text = unspool.train("A line of text.\n" * 30, hidden_size=8, **TINY)
    assert isinstance(text, unspool.TextModel)
    texts = unspool.train(["first text", "second text", "third"] * 20, hidden_size=8, **TINY)
    assert "54 documents to learn" in texts.card
    labelled = unspool.train([("good film", "yes"), ("bad film", "no")] * 20, encoder_size=8, **TINY)
    assert isinstance(labelled, unspool.TextClassifier)
    assert labelled.labels == ("no", "yes")
    pairs = [(f"text {number}", f"Text {number}") for number in range(30)]
    translator = unspool.train(pairs, task="translation", encoder_size=8, hidden_size=8, **TINY)
    assert isinstance(translator, unspool.Translator)
    assert isinstance(unspool.train(pairs, encoder_size=8, hidden_size=8, **TINY), unspool.Translator)
    for unclear in (pairs[:5], [(f"text {number}", number) for number in range(30)]):
        with pytest.raises(UsageError, match="the task of pairs must be named where their second parts hardly recur"):
            unspool.train(unclear, **TINY)


def test_a_run_that_fails_leaves_no_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for data in ("short\n", ["a", "b"], "/no/such/file"):
        with pytest.raises(unspool.UnspoolError):
            unspool.train(data, **TINY)
    assert list(tmp_path.iterdir()) == []


def test_a_model_is_measured_on_what_is_given() -> None:
    labelled = unspool.train([("good film", "yes"), ("bad film", "no")] * 20, encoder_size=8, **TINY)
    texts, labels = ["good", "bad", "bad film"], ["yes", "no", "no"]
    for data in (list(zip(texts, labels, strict=True)), {"1": ["good", "bad", "film"], "2": labels}):
        assert labelled.evaluate(data).rows == 3
    rows = [{"t": "good", "l": "yes"}, {"t": "bad", "l": "no"}]
    assert labelled.evaluate(rows, text="t", label="l").rows == 2
    text = unspool.train("A line of text.\n" * 30, hidden_size=8, **TINY)
    assert text.evaluate("Another text\nof two lines.\n").tokens == 27


def test_gaps_are_gaps_and_cells_that_are_no_text_do_not_matter_unless_they_are_read() -> None:
    pandas, numpy = pytest.importorskip("pandas"), pytest.importorskip("numpy")
    assert rows_of(["a text", "", None, float("nan")]) == [{"text": "a text"}, *[{"text": ""}] * 3]
    assert rows_of(pandas.Series(["a text", None])) == [{"text": "a text"}, {"text": ""}]
    frame = pandas.DataFrame({"t": ["a", "b"], "when": [pandas.NaT, pandas.Timestamp(2020, 1, 2)]})
    frame["many"] = [numpy.arange(2), numpy.arange(3)]
    first, second = rows_of(frame)
    assert (first["t"], first["when"], second["when"]) == ("a", None, "2020-01-02 00:00:00")
    with pytest.raises(UsageError, match=r"must be text or a number\. Received: b'x'"):
        rows_of([{"t": b"x"}])


def test_a_data_frame_without_rows_or_with_a_name_twice_is_refused() -> None:
    pandas, arrow = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    for empty in (pandas.DataFrame({"t": []}), arrow.table({"t": []})):
        with pytest.raises(UsageError, match="must not be empty"):
            rows_of(empty)
    columns = [arrow.array(["a"]), arrow.array(["b"])]
    frames = arrow.Table.from_arrays(columns, ["t", "t"]), pandas.DataFrame([["a", "b"]], columns=["t", "t"])
    for twice in (*frames, [{"t": "a"}, {0: "a", "0": "b"}]):
        with pytest.raises(UsageError, match=r"one column must have the name '[t0]'\. Received: 2 that do"):
            rows_of(twice)


def test_half_of_a_surrogate_pair_is_replaced_in_what_is_given() -> None:
    assert rows_of(["a text \ud83d", "b"])[0] == {"text": "a text \ud83d"}  # its reader replaces and counts it
    model = unspool.train(["a text \ud83d", "another"] * 20, hidden_size=8, **TINY)
    assert "replaced by U+FFFD: 20" in model.card


def test_an_error_speaks_of_what_was_given() -> None:
    with pytest.raises(unspool.UnspoolError, match=r"^given-rows\.jsonl has no column 'zz'"):
        unspool.train([{"t": "a"}] * 20, text="zz", **TINY)


def test_what_goes_wrong_in_a_callback_is_not_called_a_full_disk() -> None:
    class Broken(unspool.Callback):
        def on_note(self, line: str) -> None:
            raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        unspool.train("A line of text.\n" * 30, callback=Broken(), **TINY)


class Labels:
    """A feature of a data set of Hugging Face, as far as it is looked at."""

    names = ("bad", "good")

    def int2str(self, number: int) -> str:
        return self.names[number]


class HubData(list[Any]):
    """The rows of such a data set."""

    def __init__(self, rows: list[Any], **features: Any) -> None:
        super().__init__(rows)
        self.features, self.column_names = features, list(features)


def implied_by(data: Any, task: str | None = None) -> dict[str, Any]:
    with as_sources(data) as given:
        return implied_settings(given, {}, task)


def test_the_names_of_columns_say_what_they_are() -> None:
    row = {"text": "a", "label": "b", "note": "c"}
    assert implied_by([row]) == {"text": ("text",), "label": "label"}
    assert implied_by([row], "language") == {"text": ("text",)}
    assert implied_by({"source": ["a"], "target": ["b"]}) == {"source": "source", "target": "target"}
    assert implied_by({"text": ["a"], "title": ["b"]}) == {"text": ("text",)}
    assert implied_by({"body": ["a", "b"]}) == {"text": ("body",)}
    assert implied_by({"a": ["x"], "b": ["y"], "c": ["z"]}) == {}
    assert implied_by([{**row, "condition": "d"}]) == {"text": ("text",)}  # labels or conditions: not said


def test_two_columns_are_labels_where_they_recur_and_translations_where_they_do_not() -> None:
    english, german = [f"text {n}" for n in range(20)], [f"Text {n}" for n in range(20)]
    assert implied_by({"en": english, "de": german}) == {"source": "en", "target": "de"}
    assert implied_by({"review": english, "stars": [1, 2] * 10}) == {"text": ("review",), "label": "stars"}


def test_a_data_set_of_hugging_face_is_a_table_with_the_names_of_its_labels() -> None:
    labelled = HubData([{"text": "a", "label": 1}, {"text": "b", "label": 0}], text=None, label=Labels())
    assert rows_of(labelled) == [{"text": "a", "label": "good"}, {"text": "b", "label": "bad"}]
    pairs = HubData([{"translation": {"de": f"{n}", "en": f"number {n}"}} for n in range(12)], translation=None)
    assert implied_by(pairs) == {"source": "de", "target": "en"}
    with pytest.raises(UsageError, match=r"one part of a data set must be given\. Received: train, test") as caught:
        rows_of({"train": labelled, "test": labelled})
    assert "data['train']" in caught.value.hint


def test_a_frame_of_polars_is_a_table() -> None:
    polars = pytest.importorskip("polars")
    assert rows_of(polars.DataFrame({"text": ["a", "b"], "n": [1, None]})) == [
        {"text": "a", "n": 1},
        {"text": "b", "n": None},
    ]


def test_an_array_of_texts_is_read_too() -> None:
    numpy = pytest.importorskip("numpy")
    assert rows_of(numpy.array(["a b", "c d"])) == [{"text": "a b"}, {"text": "c d"}]
    assert rows_of(numpy.array([["a", "x"], ["b", "y"]])) == [{"1": "a", "2": "x"}, {"1": "b", "2": "y"}]


def test_a_long_string_of_words_is_a_text() -> None:
    text = "Alice was beginning to get very tired of sitting by her sister on the bank, " * 3
    with as_sources(text) as given:
        assert Path(given.names[0]).read_text(encoding="utf-8") == text
        assert given.kind == f"a text of {len(text):,} characters"


def test_what_was_given_is_said() -> None:
    class Notes(unspool.Callback):
        lines: tuple[str, ...] = ()

        def on_note(self, line: str) -> None:
            self.lines += (line,)

    notes = Notes()
    unspool.train([("good film", "yes"), ("bad film", "no")] * 20, encoder_size=8, callback=notes, **TINY)
    assert notes.lines[0] == "data: 40 pairs with 2 different second parts, for classification."

"""What Python prints of an object helps, and a notebook shows it as HTML that is right in any theme."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import unspool
from unspool.display.curve import curve_picture
from unspool.display.reprs import Rows, shown_value, text_table
from unspool.models.notebook import html_of

TINY: dict[str, Any] = {"steps": 4, "threads": 1, "precision": "float32", "progress": False}
VOID = {"br", "hr", "img", "input", "line", "meta", "rect", "polyline"}


class Tags(HTMLParser):
    """Fails where a tag is not closed, or another is; counts the tags."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"{tag} is closed, and was not opened"
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.seen.append(tag)


def tags_of(html: str) -> list[str]:
    parser = Tags()
    parser.feed(html)
    assert not parser.open
    return parser.seen


@pytest.fixture(scope="module")
def classifier() -> unspool.TextClassifier:
    rows = [("a good <film>", "yes"), ("a bad film", "no"), ("nothing", "so so")] * 20
    found = unspool.train(rows, task="classification", encoder_size=8, **TINY)
    assert isinstance(found, unspool.TextClassifier)
    return found


@pytest.fixture(scope="module")
def translator() -> unspool.Translator:
    pairs = [(f"the cat {number}", f"die Katze {number}") for number in range(30)]
    found = unspool.train(pairs, task="translation", encoder_size=8, hidden_size=8, tokenizer="char", **TINY)
    assert isinstance(found, unspool.Translator)
    return found


@pytest.fixture(scope="module")
def objects(
    model: unspool.TextModel, classifier: unspool.TextClassifier, translator: unspool.Translator
) -> dict[str, Any]:
    translations = translator.translations(["the cat 1", "the cat 2"], max_new_tokens=8)
    return {
        "model": model,
        "classifier": classifier,
        "translator": translator,
        "history": model.history,
        "score": model.score("the cat\nsees <b>"),
        "figures": model.evaluate(),
        "completions": model.complete("the c", n=3),
        "completion": model.complete("the c", n=3)[0],
        "samples": model.samples("the ", max_new_tokens=10, seed=1, num_samples=2),
        "reading": model.read("the cat"),
        "session": model.session("the c"),
        "translations": translations,
        "translation": translations[0][0],
        "translation figures": translator.evaluate(),
        "classifications": classifier.classifications(["a good <film>", "a film"], influence=True),
        "classification": classifier.classifications("a good <film>", influence=True)[0],
        "influence": classifier.influence("a good <film>"),
        "label figures": classifier.evaluate(),
        "inspection": classifier.inspect("a good film"),
        "description": classifier.describe(classifier.evaluate()),
        "tokenizer": model.tokenizer,
        "folder": model.folder,
        "callback": unspool.Callback(),
        "sampling": unspool.SamplingSpec(),
    }


def test_every_repr_is_for_people(objects: dict[str, Any]) -> None:
    for name, value in objects.items():
        shown = repr(value)
        assert not re.search(r"0x[0-9a-f]{6}|np\.|numpy|dtype|array\(", shown), (name, shown)
        assert "<!doctype" not in shown, name
        assert max(map(len, shown.splitlines())) < 600, (name, shown)


def test_reprs_say_what_matters(objects: dict[str, Any], model: unspool.TextModel) -> None:
    assert re.fullmatch(
        r"TextModel\('.*small': 1 LSTM layer of 16, char-level, \d+ tokens; [\d,]+ parameters; "
        r"bits per character [\d.]+\)",
        repr(model),
    )
    assert repr(objects["score"]).startswith("Score(bits_per_byte=")
    assert "… 16 in all" in repr(objects["score"])
    assert repr(objects["completion"]).startswith("Completion(text='")
    assert repr(objects["reading"]).startswith("StateReading(7 tokens, the last 'the cat'; next ")
    assert repr(objects["session"]) == "Session('the c', 5 characters)"
    assert repr(objects["tokenizer"]) == f"Tokenizer(char, {model.tokenizer.vocabulary_size} tokens)"
    assert repr(objects["callback"]) == "Callback()"
    heads, first, *_ = repr(objects["samples"]).splitlines()
    assert heads.split() == ["text", "seed", "tokens", "finish_reason"]
    assert first.split()[-3:] == ["1", "10", "length"]


def test_what_is_shown_in_a_notebook_is_whole_and_escaped(objects: dict[str, Any]) -> None:
    for name, value in objects.items():
        if hasattr(value, "_repr_html_"):
            html = value._repr_html_()
            assert tags_of(html), name
            assert "<b>" not in html
            assert "<film>" not in html, name
            assert "np." not in html, name


def test_the_forms_show_what_they_are_for(objects: dict[str, Any]) -> None:
    seen = {name: tags_of(value._repr_html_()) for name, value in objects.items() if hasattr(value, "_repr_html_")}
    assert {"svg", "table"} <= set(seen["model"])
    assert {"svg", "table"} <= set(seen["history"])
    assert seen["score"].count("span") == 17  # 16 tokens, and the sign of a line end
    assert seen["translation"].count("tr") == len(objects["translation"].tokens) + 1
    assert objects["classification"]._repr_html_().count('class="bar"') == 3
    assert "What moved it" in objects["classification"]._repr_html_()
    assert objects["translations"]._repr_html_().count('<div class="unspool">') == 2
    assert seen["inspection"] == ["iframe"]


def test_what_cannot_be_read_any_more_is_still_shown(tmp_path: Path, model: unspool.TextModel) -> None:
    model.save(tmp_path / "copy")
    opened = unspool.load(tmp_path / "copy")
    (tmp_path / "copy" / "config.json").unlink()
    (tmp_path / "copy" / "model.safetensors").unlink()
    assert repr(opened).startswith("TextModel(")
    assert repr(opened)[:20] in opened._repr_html_().replace("&#x27;", "'")


def test_a_history_is_a_table_with_curves(model: unspool.TextModel) -> None:
    history = model.history
    assert {row["event"] for row in history} >= {"validation", "end"}
    assert all(row["event"] == "validation" for row in history.of("validation"))
    curves = history.curves()
    assert [len(points) > 1 for points in curves.values()] == [True, True]
    pandas = pytest.importorskip("pandas")
    frame = history.of("validation").to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame["fresh"]) == [fresh for _, fresh in curves["held out"]]


def test_a_model_draws_its_curve(model: unspool.TextModel) -> None:
    pytest.importorskip("matplotlib")
    figure = model.plot()
    (axes,) = figure.axes
    assert [line.get_label() for line in axes.lines] == ["training", "held out"]
    assert axes.get_ylabel() == "nats per token"


def test_values_are_shown_without_the_types_of_numpy() -> None:
    for value, shown in (
        (np.float64(0.123456789), "0.12346"),
        (np.int64(3), "3"),
        (np.zeros((3, 4)), "[3 x 4]"),
        (1.0, "1"),
        ("a" * 200, repr("a" * 79 + "…")),
        (tuple(range(9)), "[0, 1, 2, 3, 4, 5, … 9 in all]"),
        ({"a": np.float32(0.5)}, "{'a': 0.5}"),
        (None, "None"),
    ):
        assert shown_value(value) == shown


def test_tables_are_aligned_and_say_how_much_there_is() -> None:
    rows = [{"name": "a", "number": 1.5, "several": (1, 2)}, {"name": "long one", "other": True}]
    assert text_table(rows).splitlines() == ["name      number  other", "a            1.5", "long one           True"]
    assert text_table([{"n": number} for number in range(30)]).endswith("… 30 rows in all")
    assert repr(Rows([1, 2])) == "[1, 2]"
    assert Rows([{"a": 1}]) == [{"a": 1}]


def test_a_curve_needs_two_points_and_takes_thousands() -> None:
    assert curve_picture({"a": [(0, 1)]}, "seconds", "nats") == ""
    assert curve_picture({"a": [(0, float("nan")), (1, 2), (2, float("inf"))]}, "seconds", "nats") == ""
    picture = curve_picture({"a <b>": [(x, 1 / (x + 1)) for x in range(5000)]}, "seconds", "nats", alone=True)
    assert picture.count(",") < 1000
    assert "a &lt;b&gt; from 1.000 to 0.000" in picture
    assert curve_picture({"a": [(0, 2.0), (1, 2.0)]}, "seconds", "nats")  # a flat one


def test_a_form_is_chosen_by_the_kind_of_object() -> None:
    class Figures(unspool.Score):
        pass

    score = Figures(1.0, 1.0, 1.0, 1.0, ("a",), (-1.0,))
    assert tags_of(html_of(score)).count("span") == 1

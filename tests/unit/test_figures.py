"""The figures that close a run, the card and `evaluate` without data are one measurement, by the same names."""

import warnings
from pathlib import Path
from typing import Any

import pytest

import unspool
from helpers.small import TINY, small_text
from unspool.data.tokens import open_part
from unspool.engines.mixture import Mixture
from unspool.errors import UsageError
from unspool.tasks.language.evaluation import MAX_ROWS, TOKENS_PER_ROW, held_out_figures
from unspool.training.history import History

SHORT: dict[str, Any] = {**TINY, "steps": 12, "validations": 1}
OF_TEXTS: dict[str, Any] = {name: value for name, value in SHORT.items() if name != "sequence_length"}
OF_LABELS: dict[str, Any] = {n: v for n, v in OF_TEXTS.items() if n not in ("hidden_size", "embedding_size")}
ENCODER: dict[str, Any] = {"encoder_size": 8, "encoder_embedding": 4}
UNTOLD = {
    "event",
    "step",
    "best_step",
    "seconds",
    "tokens_per_second",
    "done",
    "untrained",
    "phases",
}  # of the event, besides figures


def told(model: unspool.Model) -> dict[str, Any]:
    """The figures of the event that ended the run."""
    event = History(model.path / "history.jsonl").events()[-1]
    assert event["event"] == "end"
    assert event.keys() >= UNTOLD
    return {name: value for name, value in event.items() if name not in UNTOLD}


def check(model: unspool.Model, names: set[str], **settings: Any) -> None:
    """The closing figures have these names; `evaluate` and the card give each alike."""
    closing, measured = told(model), model.evaluate(**settings).to_dict()
    assert names <= closing.keys()
    for name in names:
        assert measured[name] == pytest.approx(closing[name], rel=1e-4), name
    for name, value in closing.items():
        shown = f"{value:.4f}" if isinstance(value, float) else value if isinstance(value, str) else f"{value:,}"
        assert f"| {name} | {shown} |" in model.card


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("table") / "t.tsv"
    lines = small_text(120, seed=3).splitlines()
    rows = [f"{line}\t{line.replace('cat', 'dog')}\t{('red', 'blue', 'green')[i % 3]}" for i, line in enumerate(lines)]
    path.write_text("\n".join(["one\tother\tcolour", *rows, ""]), encoding="utf-8")
    return path


LANGUAGE = {"bits_per_byte", "bits_per_character", "nats_per_token", "perplexity"}
FRESH = {"fresh_bits_per_character", "fresh_nats_per_token", "stuck"}
PARTS = {"network_nats_per_token", "counts_nats_per_token"}
COPIES = {  # which evaluate has on request
    "copied_20",
    "copied_20_held_out",
    "longest_copy",
    "longest_copy_from",
    "longest_copy_held_out",
}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> unspool.TextModel:
    """A model of a text that is long enough for counts beside the network."""
    place = tmp_path_factory.mktemp("mixed")
    (place / "t.txt").write_text(small_text(3200), encoding="utf-8")
    model = unspool.train(place / "t.txt", out=place / "m", **SHORT)
    assert type(model) is unspool.TextModel
    assert isinstance(model.network, Mixture)
    return model


@pytest.mark.parametrize("settings", [{}, {"lines": True}])
def test_of_a_language_model(tmp_path: Path, settings: dict[str, Any]) -> None:
    (tmp_path / "t.txt").write_text(small_text(300), encoding="utf-8")
    model = unspool.train(tmp_path / "t.txt", out=tmp_path / "m", **SHORT, **settings)
    assert not isinstance(model.network, Mixture)
    assert told(model).keys() == LANGUAGE | FRESH | COPIES
    check(model, LANGUAGE | FRESH)


def test_of_a_network_with_counts(mixed: unspool.TextModel) -> None:
    assert told(mixed).keys() == LANGUAGE | FRESH | COPIES | PARTS
    check(mixed, LANGUAGE | FRESH)


def test_a_long_held_out_part_is_read_in_rows_by_both(mixed: unspool.TextModel) -> None:
    part = open_part(mixed.path / "training", "validation")
    assert 2 <= len(part.tokens) // TOKENS_PER_ROW <= MAX_ROWS
    direct, measured = held_out_figures(mixed.network, part).to_dict(), mixed.evaluate().to_dict()
    assert direct.keys() == measured.keys() >= {"parts"}
    pairs = [(direct, measured), *((direct["parts"][name], measured["parts"][name]) for name in ("network", "counts"))]
    for one, other in pairs:
        for name in one.keys() - {"seconds", "parts"}:
            assert one[name] == pytest.approx(other[name], rel=1e-9), name


def test_the_best_fresh_validation_is_the_fresh_figure_of_a_stream(model: unspool.Model) -> None:
    """What training shows as fresh is what closes the run as fresh, of the same weights."""
    events = History(model.path / "history.jsonl").events()
    best = min(event["fresh"] for event in events if event["event"] in ("validation", "average"))
    assert told(model)["fresh_nats_per_token"] == pytest.approx(best, rel=1e-5)


def test_of_a_conditional_model(table: Path, tmp_path: Path) -> None:
    model = unspool.train(table, out=tmp_path / "m", text="one", condition="colour", encoder_size=4, **OF_TEXTS)
    assert told(model).keys() == LANGUAGE
    check(model, LANGUAGE)


def test_of_a_classifier(table: Path, tmp_path: Path) -> None:
    model = unspool.train(table, out=tmp_path / "m", text="one", label="colour", **ENCODER, **OF_LABELS)
    names = {"accuracy", "macro_f1", "nats_per_label"}
    assert told(model).keys() == names
    check(model, names)


def test_of_a_translator(tmp_path: Path) -> None:
    pytest.importorskip("sacrebleu")
    rows = [f"{'uvw'[i % 3]}{i}\t{('x', 'xy', 'zz')[i % 3] if i % 4 else 'rare'}" for i in range(200)]
    (tmp_path / "t.tsv").write_text("\n".join(["one\tother", *rows, ""]), encoding="utf-8")
    shape = {**OF_TEXTS, "tokenizer": "char", "steps": 60, "learning_rate": 0.01, "batch_size": 32}
    model = unspool.train(tmp_path / "t.tsv", out=tmp_path / "m", source="one", target="other", **ENCODER, **shape)
    names = {"nats_per_token", "bits_per_character", "perplexity", "greedy_exact"}
    assert told(model).keys() == names
    assert 0.1 < told(model)["greedy_exact"] < 0.9
    check(model, names)
    assert model.evaluate(beams=1).exact == told(model)["greedy_exact"]
    with pytest.raises(UsageError, match=r"one that translation has\. Received: beam\.") as caught:
        model.evaluate(beam=1)
    assert caught.value.hint.startswith("the nearest: beams")


@pytest.mark.parametrize("way", [{"separator": "\n\n"}, {"documents": "file"}, {"lines": True}])
def test_another_text_has_the_documents_that_training_had(tmp_path: Path, way: dict[str, Any]) -> None:
    for number in range(12):
        (tmp_path / f"{number}.txt").write_text(f"one {number}\nline\n\ntwo\nlines\n", encoding="utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "other.txt").write_text("one\nline\n\ntwo\n", encoding="utf-8")
    model = unspool.train(tmp_path, out=tmp_path / "m", **SHORT, **way)
    documents = {"separator": 2, "documents": 1, "lines": 3}[next(iter(way))]
    text = "one\nline\n\ntwo"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # which counts the empty line
        tokens = model.evaluate(tmp_path / "sub" / "other.txt").tokens
    inside = sum(map(len, {1: [text], 2: text.split("\n\n"), 3: filter(None, text.split("\n"))}[documents]))
    assert tokens == inside + documents

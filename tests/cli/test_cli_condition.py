"""`unspool train --condition`, and what the model that comes of it writes, scores and evaluates."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import unspool
from conformance.engines import compared_engines, trainer
from helpers.commands import call_main, run_process
from unspool.api import train
from unspool.decode.condition import condition_source
from unspool.engines.base import BlockGenerator
from unspool.evaluate.bayes import BayesClassifier

SIZES = {"hidden_size": 16, "embedding_size": 8, "encoder_size": 8, "batch_size": 16}
QUICK = {"threads": 1, "precision": "float32", "validations": 2, "learning_rate": 0.02, "dropout": 0.0, "patience": 20}
COLUMNS = {"text": "text", "condition": ("letter",)}
GREEDY = ("--temperature", 0)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Label a is followed by aaaa, b by bbbb; the letter comes again in capitals where `case` says so."""
    path = tmp_path_factory.mktemp("rows") / "letters.tsv"
    lines = [f"{one}\t{case}\t{(one if case == 'lower' else one.upper()) * 4}\n" for one in "aab" for case in CASES]
    path.write_text("letter\tcase\ttext\n" + "".join(lines * 20), encoding="utf-8")
    return path


CASES = ("lower", "upper")


@pytest.fixture(scope="module")
def letters(rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model") / "letters"
    columns = {"text": "text", "condition": ("letter", "case")}
    train(rows, out=place, engine=trainer(), steps=150, input_dropout=0.0, **columns, **SIZES, **QUICK)
    return place


@pytest.fixture(scope="module")
def single(rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the letters alone, trained by the command in a process of its own."""
    place = tmp_path_factory.mktemp("model") / "single"
    sizes = ["--hidden-size", 16, "--embedding-size", 8, "--threads", 1, "--precision", "float32", "--dropout", 0]
    options = ["--steps", 120, "--learning-rate", 0.02, "--input-dropout", 0, *sizes]
    result = run_process("train", rows, "--text", "text", "--condition", "letter", "--out", place, *options)
    assert result.code == 0, result.err
    counts = re.search(r"108 to learn, 12 held out. They depend on letter: a (\d+), b (\d+)\.", result.err)
    assert counts is not None
    assert sum(map(int, counts.groups())) == 108
    assert "bits per character on the held-out texts" in result.out
    assert f"unspool generate {place} --condition " in result.out
    return place


def test_a_condition_controls_the_text(letters: Path) -> None:
    for letter in "ab":
        for case, text in (("lower", letter * 4), ("upper", letter.upper() * 4)):
            result = call_main("generate", letters, "--condition", letter, "--condition", case, *GREEDY)
            assert (result.code, result.out) == (0, f"{text}\n"), result.err


def test_the_command_and_python_write_the_same(single: Path) -> None:
    options = ["generate", single, "--condition", "a=0.5,b=0.5", "-n", 5, "--seed", 3]
    shown = run_process(*options, "--json").json()
    assert shown["condition"] == ["a=0.5,b=0.5"]
    model = unspool.load(single)
    samples = model.samples(condition={"a": 2, "b": 2}, num_samples=5, seed=3)
    assert [sample.to_dict() for sample in samples] == shown["samples"]
    assert [sample.text for sample in samples] == [
        model.generate(condition="a=1,b=1", seed=3 + number) for number in range(5)
    ]
    assert samples[0].text in call_main(*options, "--stream").out


def test_a_blend_lies_between(single: Path) -> None:
    model = unspool.load(single)

    def share_of_a(condition: object) -> float:
        likely = dict(model.read(condition=condition).next_probabilities(9))  # type: ignore[arg-type]
        first = likely["a"] + likely["A"]
        return first / (first + likely["b"] + likely["B"])

    shares = [share_of_a({"a": a, "b": 1 - a}) for a in (0.25, 0.5, 0.75)]
    assert shares == sorted(shares)
    assert share_of_a("b") < shares[1] < share_of_a("a")
    assert share_of_a("a") > 0.95
    assert share_of_a("b") < 0.05


@pytest.mark.engines
@pytest.mark.parametrize("engine", compared_engines())
def test_engines_score_and_write_alike(single: Path, engine: str) -> None:
    oracle, model = unspool.load(single, engine="numpy"), unspool.load(single, engine=engine)
    blend = {"a": 0.6, "b": 0.4}
    expected = oracle.score("aabb", blend).log_probabilities
    np.testing.assert_allclose(model.score("aabb", blend).log_probabilities, expected, atol=1e-5)
    settings = {"condition": blend, "seed": 1, "num_samples": 4, "ignore_eos": True, "max_new_tokens": 30}
    assert model.samples(**settings) == oracle.samples(**settings)  # type: ignore[arg-type]


def test_long_texts_are_written_by_the_compiled_loop(single: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unspool.engines.handover.HANDOVER", 5)
    model, plain = unspool.load(single), unspool.load(single, engine="numpy")
    settings = {"condition": "b=0.5,a=0.5", "seed": 4, "ignore_eos": True, "max_new_tokens": 60}
    assert model.generate(**settings) == plain.generate(**settings)  # type: ignore[arg-type]
    started = model.network.encode(condition_source("a", model.config.conditions))
    assert isinstance(model.network.hand_over(started)[0], BlockGenerator)


def test_a_prompt_is_continued_under_the_condition(single: Path) -> None:
    assert call_main("generate", single, "--condition", "b", "--prompt", "bb", *GREEDY).out == "bbbb\n"


def test_a_score_counts_the_end_and_sums_to_what_evaluate_reports(single: Path, rows: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("letter,text\na,aaaa\nb,bbb\na,Ab\n", encoding="utf-8")
    figures = call_main("evaluate", single, tmp_path / "t.csv", "--text", "text", "--json").json()
    scores = [
        call_main("score", single, text, "--condition", letter, "--json").json()
        for letter, text in (("a", "aaaa"), ("b", "bbb"), ("a", "Ab"))
    ]
    assert scores[0]["tokens"] == ["a", "a", "a", "a", "<eos>"]
    nats = -sum(sum(score["log_probabilities"]) for score in scores)
    assert figures["tokens"] == 12
    assert figures["nats_per_token"] == pytest.approx(nats / 12, rel=1e-4)
    assert figures["bits_per_character"] == pytest.approx(nats / np.log(2) / 12, rel=1e-4)
    own = call_main("evaluate", single, "--json").json()
    assert own["bits_per_character"] < 1
    assert own["accuracy"] == own["macro_f1"] == 1.0
    assert not [name for name in own if name.startswith("fresh") or name == "stuck"]
    assert "accuracy" in call_main("evaluate", single).out
    plain = call_main("evaluate", single, tmp_path / "t.csv", "--json").json()
    assert plain["nats_per_token"] == figures["nats_per_token"]
    joined = call_main("evaluate", single, rows, "--text", "text", "--text", "letter", "--json").json()
    assert joined["tokens"] == 120 * len("aaaa a.")
    ranked = call_main("score", single, "--condition", "a", "--file", "-", "--per-line", input="aaaa\nbbbb\n").out
    assert [line.split()[-1] for line in ranked.splitlines()] == ["bbbb", "aaaa"]


def test_the_model_classifies_by_bayes(single: Path) -> None:
    model = unspool.load(single)
    assert model.config.conditions is not None
    classifier = BayesClassifier(model.network, model.tokenizer, model.config.conditions)
    found = classifier.probabilities(["aaaa", "BBBB"])
    assert [classifier.labels[i] for i in found.argmax(axis=1)] == ["a", "b"]
    counted = zip(classifier.labels, model.config.conditions[0].counts, strict=True)
    joint = [count * np.exp(sum(model.score("ab", label).log_probabilities)) for label, count in counted]
    np.testing.assert_allclose(classifier.probabilities(["ab"])[0], np.array(joint) / sum(joint), rtol=1e-4)


def test_labels_of_several_columns_are_not_told_apart(letters: Path) -> None:
    figures = call_main("evaluate", letters, "--json").json()
    assert list(figures) == (
        ["bits_per_byte", "bits_per_character", "nats_per_token", "perplexity", "tokens", "seconds"]
    )


def test_numbers_choose_the_state(tmp_path: Path) -> None:
    lines = [f"{number},{'low' if number < 50 else 'high'}\n" for number in range(100)]
    (tmp_path / "t.csv").write_text("number,text\n" + "".join(lines), encoding="utf-8")
    columns = {"text": "text", "condition": ("number",)}
    model = train(tmp_path / "t.csv", steps=200, input_dropout=0.0, **columns, **SIZES, **QUICK)
    assert [model.generate(condition=number, temperature=0) for number in (5, "20,5", 80, 95.5)] == (
        ["low", "low", "high", "high"]
    )
    (tmp_path / "gap.csv").write_text("number,text\n5,low\nn/a,low\n80,high\n", encoding="utf-8")
    figures = model.evaluate(tmp_path / "gap.csv").to_dict()
    assert (figures["left_out"], figures["unknown_labels"]) == (1, {"number": {"n/a": 1}})


def test_lines_of_files_depend_on_their_names(tmp_path: Path) -> None:
    for letter in "ab":
        (tmp_path / f"{letter}.txt").write_text(f"{letter * 4}\n" * 30, encoding="utf-8")
    settings = {"lines": True, "condition": ("file",), "steps": 80, "input_dropout": 0.0}
    model = train(tmp_path, **settings, **SIZES, **QUICK)
    assert [model.generate(condition=letter, temperature=0) for letter in "ab"] == ["aaaa", "bbbb"]
    again = model.evaluate([tmp_path / "a.txt", tmp_path / "b.txt"])
    assert again.to_dict()["tokens"] == 300


def test_nothing_fed_all_comes_from_the_state(rows: Path, tmp_path: Path) -> None:
    model = train(rows, out=tmp_path / "m", steps=150, decoder_input="none", **COLUMNS, **SIZES, **QUICK)
    assert model.generate(condition="b", temperature=0).lower() == "bbbb"
    assert model.config.network.decoder.decoder_input == "none"


def test_a_run_is_resumed_to_the_end_it_would_have_had(rows: Path, tmp_path: Path) -> None:
    settings = {**COLUMNS, **SIZES, **QUICK, "steps": 12}

    class Cut(unspool.Callback):
        def on_step(self, event: object) -> None:
            if event.step == 8:  # type: ignore[attr-defined]
                raise KeyboardInterrupt

    train(rows, out=tmp_path / "whole", **settings)
    with pytest.raises(KeyboardInterrupt):
        train(rows, out=tmp_path / "cut", callback=Cut(), **settings)
    unspool.resume(tmp_path / "cut")
    whole, cut = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "cut"))
    assert whole == cut


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--condition", "c"], "hint: known: 'a', 'b'"),
        ([], "this model's texts depend on letter"),
        (["--condition", "a", "--condition", "b"], "each of letter, in this order. Received: 2"),
        (["--condition", "B b"], "must be a label that the model has learnt. Received: 'B b'"),
        (["--condition", "a=-1,b=2"], "must be a number above 0. Received: 'a=-1'"),
    ],
)
def test_a_condition_that_cannot_be_is_two_lines(single: Path, options: list[str], error: str) -> None:
    for command in (["generate", single], ["score", single, "aaaa"]):
        result = call_main(*command, *options)
        assert result.code == 2
        assert result.clean
        assert error in result.err


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of labels with commas, equals signs and line ends."""
    place = tmp_path_factory.mktemp("odd")
    rows = [{"label": label, "text": letter * 4} for label, letter in zip(ODD, "abc", strict=True)] * 20
    (place / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    train(place / "t.jsonl", out=place / "m", text="text", condition=("label",), steps=20, **SIZES, **QUICK)
    return place / "m"


ODD = ("a, local", "x=1", "two\nlines")


@pytest.mark.parametrize(
    ("typed", "condition"),
    [
        ("a, local", "a, local"),
        (json.dumps("two\nlines"), "two\nlines"),
        (json.dumps({"a, local": 0.7, "x=1": 0.2, "two\nlines": 0.1}), {"a, local": 7, "x=1": 2, "two\nlines": 1}),
        (json.dumps(["x=1"]), "x=1"),
        ("a, local=1,x=1=3", {"a, local": 0.25, "x=1": 0.75}),
    ],
)
def test_a_label_may_hold_anything_and_be_blended(odd: Path, typed: str, condition: object) -> None:
    flag = "--condition-json" if typed.startswith(('"', "{", "[")) else "--condition"
    shown = call_main("generate", odd, flag, typed, "--seed", 1, "--json").json()
    assert shown["samples"][0]["text"] == unspool.load(odd).generate(condition=condition, seed=1)  # type: ignore[call-arg]
    score = call_main("score", odd, "ab", flag, typed, "--json").json()
    assert score == unspool.load(odd).score("ab", condition).to_dict() | {  # type: ignore[call-arg]
        "tokens": score["tokens"],
        "log_probabilities": score["log_probabilities"],
    }


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--condition-json", "a, local"], "must be a label, a number, an object of labels and weights"),
        (["--condition-json", "true"], "must be a label, a number"),
        (["--condition-json", "[]"], "must be a label, a number"),
        (["--condition-json", '{"x=1": NaN}'], "must be a number above 0"),
        (["--condition-json", '{"x=1": "much"}'], "must be a number above 0"),
        (["--condition-json", '"two\\nline"'], r"Received: 'two\nline'."),
        (["--condition-json", '"x=1"', "--condition", "x=1"], "Received: both."),
        (["--condition", "two"], r"the nearest: 'two\nlines'."),
    ],
)
def test_a_condition_in_json_that_cannot_be_is_two_lines(odd: Path, options: list[str], error: str) -> None:
    result = call_main("generate", odd, *options)
    assert (result.code, result.clean) == (2, True)
    assert error in result.err


@pytest.mark.parametrize("command", ["generate", "score"])
def test_a_language_takes_no_condition(model: Path, command: str) -> None:
    result = call_main(command, model, *(["a"] if command == "score" else []), "--condition", "a")
    assert (result.code, result.clean) == (2, True)
    assert result.error_lines[0].startswith("error: --condition is for a ConditionalTextModel. Received: ")


@pytest.mark.parametrize(
    ("options", "code", "error"),
    [
        (["--text", "text", "--condition", "leter"], 3, "has no column 'leter'"),
        (["--condition", "letter"], 2, "--condition needs --text"),
        (
            ["--text", "text", "--condition", "letter", "--condition-kind", "numbers"],
            3,
            "must hold numbers in nine cells of ten. Received",
        ),
        (
            ["--text", "text", "--condition", "letter", "--bidirectional"],
            2,
            "bidirectional, a setting of translation and classification",
        ),
        (["--text", "text", "--task", "conditional"], 2, "needs --condition"),
        (
            ["--text", "text", "--condition", "letter", "--task", "language"],
            2,
            "must be conditional, because condition is given",
        ),
        (["--text", "text", "--condition", "letter", "--max-length", 1], 3, "at most 1 tokens long"),
        (["--text", "text", "--condition", "letter", "--label", "case"], 2, "label"),
    ],
)
def test_data_that_cannot_be_are_two_lines(
    rows: Path, tmp_path: Path, options: list[str], code: int, error: str
) -> None:
    result = call_main("train", rows, "--out", tmp_path / "m", "--steps", 2, *options)
    assert (result.code, result.clean) == (code, True), result.err
    assert error in result.err
    assert not (tmp_path / "m" / "config.json").exists()


def test_columns_without_their_table_are_refused(tmp_path: Path, single: Path, rows: Path) -> None:
    result = call_main("train", "--text", "text", "--condition", "letter", "--out", tmp_path / "m")
    assert result.code == 2
    assert "there is no table" in result.err
    started = call_main(
        "train", rows, "--text", "text", "--condition", "letter", "--from", single, "--out", tmp_path / "m"
    )
    assert started.code == 2
    assert "leave out --from" in started.err
    several = call_main("evaluate", single, rows, "--condition", "letter", "--condition", "case")
    assert (several.code, several.clean) == (2, True)
    assert "for each of letter, in this order. Received: letter, case" in several.err
    unknown = call_main("evaluate", single, rows, "--text", "text", "--condition", "case")
    assert unknown.code == 3
    assert "nothing to evaluate: the model knows the condition of no row: letter: 'lower', 'upper'" in unknown.err


def test_labels_are_told_and_explained_by_the_commands_of_a_classifier(single: Path) -> None:
    assert call_main("classify", single, "aaaa", "bbbb").out == "a\nb\n"
    line = call_main("classify", single, "aaaa", "--json").json()
    assert sum(line["probabilities"].values()) == pytest.approx(1, abs=1e-9)
    told = call_main("inspect", single, "--text", "aaab", "--json").json()
    assert (told["label"], told["parts"]) == ("a", ["a", "a", "a", "b"])
    assert told["nats"][3] < min(told["nats"][:3])


def test_copies_of_the_training_texts_are_kept_short(letters: Path) -> None:
    model = unspool.load(letters)
    assert isinstance(model, unspool.ConditionalTextModel)
    assert model.generate(condition=("a", "lower"), temperature=0) == "aaaa"
    text = model.generate(condition=("a", "lower"), temperature=0, max_copy=2, max_new_tokens=20)
    assert text.startswith("aa")
    assert not any(letter * 3 in text for letter in "abAB")

"""`unspool train` on pairs, `translate` and `evaluate` of what comes of it."""

import gzip
import json
from pathlib import Path

import pytest

import unspool
from conformance.engines import compared_engines, trainer
from helpers.commands import call_main
from unspool.api import train
from unspool.errors import WrongModelError

WORDS = {"one": "eins", "two": "zwei", "three": "drei", "four": "vier"}
SIZES = {"hidden_size": 24, "embedding_size": 8, "encoder_size": 12, "encoder_embedding": 8, "batch_size": 16}
QUICK = {"threads": 1, "precision": "float32", "validations": 2, "learning_rate": 0.02, "dropout": 0.0}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pairs") / "numbers.tsv"
    rows = [(f"{a} {b}", f"{WORDS[a]} {WORDS[b]}") for a in WORDS for b in WORDS] * 10
    path.write_text("en\tde\n" + "".join(f"{one}\t{other}\n" for one, other in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def translator(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model") / "numbers"
    columns = {"source": "en", "target": "de", "tokenizer": "word"}
    settings = {"steps": 150, "input_dropout": 0.0, "label_smoothing": 0.0, **columns, **SIZES, **QUICK}
    train(pairs, out=place, engine=trainer(), **settings)
    return place


def test_lines_are_translated_in_order_and_empty_ones_stay(translator: Path) -> None:
    result = call_main("translate", translator, input="one two\n\nfour three\n")
    assert result.code == 0, result.err
    assert result.out == "eins zwei\n\nvier drei\n"
    assert call_main("translate", translator, "two two", "one four").out == "zwei zwei\neins vier\n"


def test_a_translation_stays_on_its_line(tmp_path: Path) -> None:
    target = "a\nb\t\\"
    rows = "".join(json.dumps({"en": f"{a} {b}", "de": target}) + "\n" for a in WORDS for b in WORDS) * 4
    (tmp_path / "t.jsonl").write_text(rows, encoding="utf-8")
    columns = {"source": "en", "target": "de", "tokenizer": "char"}
    train(tmp_path / "t.jsonl", out=tmp_path / "m", steps=60, input_dropout=0.0, **columns, **SIZES, **QUICK)
    assert call_main("translate", tmp_path / "m", "one two").out == "a\\nb\\t\\\\\n"


@pytest.mark.engines
def test_every_engine_translates_alike(translator: Path) -> None:
    found = [
        call_main("translate", translator, "two two", "one four", "--n-best", 3, "--engine", engine).out
        for engine in ("auto", *compared_engines())
    ]
    assert set(found) == {found[0]}


def test_a_file_of_nothing_has_no_translation(translator: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    result = call_main("translate", translator, "--file", tmp_path / "empty.txt")
    assert (result.code, result.out) == (0, "")


@pytest.mark.parametrize("option", ["--beams", "--n-best"])
def test_no_translation_at_all_is_refused(translator: Path, option: str) -> None:
    result = call_main("translate", translator, "one", option, 0)
    assert result.clean
    assert result.code == 2
    assert "Received: " in result.error_lines[0]


def test_a_file_and_greedy_give_the_same(translator: Path, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("three one\n", encoding="utf-8")
    assert call_main("translate", translator, "--file", tmp_path / "in.txt", "--beams", 1).out == "drei eins\n"
    packed = gzip.compress(b"three one\n")
    (tmp_path / "in.txt.gz").write_bytes(packed)
    assert call_main("translate", translator, "--file", tmp_path / "in.txt.gz").out == "drei eins\n"
    for damaged in (packed[:-9], b"three one\n"):
        (tmp_path / "in.txt.gz").write_bytes(damaged)
        refused = call_main("translate", translator, "--file", tmp_path / "in.txt.gz")
        assert (refused.code, refused.clean) == (3, True), refused.err


def test_json_has_scores_and_attention(translator: Path) -> None:
    result = call_main("translate", translator, "one two", "--json", "--n-best", 3).json()
    assert result["source"] == "one two"
    scores = [one["score"] for one in result["translations"]]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    best = result["translations"][0]
    assert best["source_tokens"] == [" one", " two", "<eos>"]
    assert best["tokens"] == [" eins", " zwei", "<eos>"]
    assert [sum(row) for row in best["attention"]] == pytest.approx([1, 1, 1])
    assert [len(row) for row in best["attention"]] == [3] * 3


def test_evaluate_says_what_is_missing_or_measures(translator: Path) -> None:
    result = call_main("evaluate", translator, "--json")
    if result.code:
        assert "pip install 'unspool[metrics]'" in result.err
    else:
        figures = json.loads(result.out)
        assert figures["chrf"] > 90  # two words have no sequence of four, which BLEU counts
        assert "tok:13a" in figures["signature"]
        assert "nc:6" in figures["chrf_signature"]
        assert figures["exact"] > 0.9


def test_a_run_is_resumed_to_the_end_it_would_have_had(pairs: Path, tmp_path: Path) -> None:
    columns = {"source": "en", "target": "de", "tokenizer": "word"}
    settings = {**columns, **SIZES, **QUICK, "steps": 12}

    class Cut(unspool.Callback):
        def on_step(self, event: object) -> None:
            if event.step == 8:  # type: ignore[attr-defined]
                raise KeyboardInterrupt

    train(pairs, out=tmp_path / "whole", **settings)
    with pytest.raises(KeyboardInterrupt):
        train(pairs, out=tmp_path / "cut", callback=Cut(), **settings)
    unspool.resume(tmp_path / "cut")
    whole, cut = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "cut"))
    assert whole == cut


def test_the_recipe_says_which_ways_an_encoder_reads(pairs: Path, tmp_path: Path) -> None:
    columns = ["--source", "en", "--target", "de", "--encoder-cell", "mingru", "--steps", 1, "--threads", 1]
    sizes = ["--hidden-size", 8, "--encoder-size", 8]
    refused = call_main("train", pairs, *columns, "--bidirectional", "--out", tmp_path / "m")
    assert (refused.code, refused.clean) == (2, True)
    assert "--bidirectional needs an rnn, lstm or gru, and the cell is mingru" in refused.err
    told = call_main("train", pairs, *columns, *sizes, "--out", tmp_path / "m")
    assert told.code == 0, told.err
    assert "network: mingru encoder 1 x 8; gru decoder" in told.err
    assert "bidirectional = false" in (tmp_path / "m" / "recipe.toml").read_text(encoding="utf-8")


def test_what_is_left_out_is_counted(pairs: Path, tmp_path: Path) -> None:
    rows = pairs.read_text(encoding="utf-8").splitlines()
    long = "one two three four one\teins zwei drei vier eins"
    (tmp_path / "t.tsv").write_text("\n".join([*rows, long, long, "\tleer"]) + "\n", encoding="utf-8")
    (tmp_path / "v.tsv").write_text("\n".join([*rows[:3], long, "one\t"]) + "\n", encoding="utf-8")
    options = ["--source", "en", "--target", "de", "--tokenizer", "word", "--validation", tmp_path / "v.tsv"]
    sizes = ["--max-length", 4, "--hidden-size", 8, "--encoder-size", 8, "--steps", 1, "--threads", 1]
    told = call_main("train", tmp_path / "t.tsv", *options, *sizes, "--out", tmp_path / "m")
    assert told.code == 0, told.err
    card = (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    for counts in (
        "160 to learn, 3 held out; 2 longer than 4 tokens are left out; 1 of those",
        "pairs left out because a side is empty: 2, the first in t.tsv, line 164.",
    ):
        assert counts in told.err
        assert counts in card


def test_a_finished_run_is_not_told_to_be_a_start(translator: Path) -> None:
    result = call_main("train", "--resume", translator)
    assert (result.code, result.clean) == (4, True)
    assert "train a new one with a larger budget" in result.err


@pytest.mark.parametrize("command", ["generate", "score"])
def test_a_translation_does_not_write_by_itself(translator: Path, command: str) -> None:
    result = call_main(command, translator, *(["a text"] if command == "score" else []))
    assert result.code == 2
    assert "this command must be given a language model or a " in result.err
    assert "use `unspool translate`." in result.err


def test_a_language_does_not_translate(model: Path) -> None:
    with pytest.raises(WrongModelError, match="translate needs a Translator"):
        unspool.load(model).translate("a text")


def test_without_attention_and_with_a_joint_vocabulary(pairs: Path, tmp_path: Path) -> None:
    columns = {"source": "en", "target": "de", "tokenizer": "word", "joint_vocabulary": True}
    model = train(pairs, out=tmp_path / "m", steps=150, attention="none", **columns, **SIZES, **QUICK)
    assert not (tmp_path / "m" / "source_tokenizer.json").exists()
    assert model.translate("one two") == "eins zwei"
    assert model.translations(["one two"])[0][0].attention is None


@pytest.mark.parametrize("tokenizer", ["bpe", "char"])
def test_pieces_of_words_and_characters_are_translated(pairs: Path, tmp_path: Path, tokenizer: str) -> None:
    columns = {"source": "en", "target": "de", "tokenizer": tokenizer, "input_dropout": 0.0}
    sizes = {"hidden_size": 48, "embedding_size": 16, "encoder_size": 24, "encoder_embedding": 16, "batch_size": 16}
    settings = {**columns, **sizes, **QUICK, "learning_rate": 0.02, "label_smoothing": 0.0}
    model = train(pairs, out=tmp_path / "m", steps=220, **settings)
    assert model.config.source_tokenizer == tokenizer
    assert model.translate(["one two", "four three"]) == ["eins zwei", "vier drei"]


def test_two_files_are_learnt_and_two_are_held_out(tmp_path: Path) -> None:
    texts = {"en": "one two\nthree four\n" * 10, "de": "eins zwei\ndrei vier\n" * 10}
    for name, text in texts.items():
        (tmp_path / f"train.{name}").write_text(text, encoding="utf-8")
        (tmp_path / f"valid.{name}").write_text(text[: len(text) // 5], encoding="utf-8")
    named = ["--source-file", tmp_path / "train.en", "--target-file", tmp_path / "train.de"]
    held_out = ["--validation-source-file", tmp_path / "valid.en", "--validation-target-file", tmp_path / "valid.de"]
    options = ["--tokenizer", "word", "--hidden-size", 8, "--encoder-size", 8, "--steps", 2, "--threads", 1]
    told = call_main("train", *named, *held_out, *options, "--out", tmp_path / "m")
    assert told.code == 0, told.err
    assert "20 to learn, 4 held out" in told.err
    assert "pairs: train.en and train.de: " in told.err
    uneven = call_main("train", *named, *held_out[:2], *held_out[2:3], tmp_path / "train.de", "--out", tmp_path / "n")
    assert (uneven.code, uneven.clean) == (3, True)
    assert "has none in" in uneven.err


def test_columns_without_their_table_are_refused(pairs: Path, tmp_path: Path) -> None:
    alone = call_main("train", "--source", "en", "--target", "de", "--out", tmp_path / "m")
    assert alone.code == 2
    assert "there is no table" in alone.err
    half = call_main("train", pairs, "--source", "en", "--out", tmp_path / "m")
    assert half.code == 2
    assert "belong together" in half.err
    missing = call_main("train", pairs, "--source", "en", "--target", "fr", "--out", tmp_path / "m")
    assert missing.code == 3
    assert "has no column 'fr'" in missing.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--pooling", "max"], "pooling, a setting of classification"),
        (
            ["--class-weights", "--word-dropout", 0.2],
            "--word-dropout, a setting of classification",
        ),
        (["--unfreeze", 3], "unfreeze, a setting of classification"),
        (["--condition-kind", "labels"], "--condition-kind, a setting of conditional"),
        (["--text", "en"], "text"),
        (["--validation-source-file", "a"], "belong together"),
    ],
)
def test_options_of_other_tasks_are_refused(pairs: Path, tmp_path: Path, options: list[object], told: str) -> None:
    columns = ["--source", "en", "--target", "de", "--steps", 1]
    result = call_main("train", pairs, *columns, *options, "--out", tmp_path / "m")
    assert (result.code, result.clean) == (2, True)
    assert told in result.err
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("options", [["--text", "en"], ["--lines"], ["--label", "en"], ["--condition", "en"]])
def test_evaluate_refuses_options_of_other_tasks(translator: Path, pairs: Path, options: list[str]) -> None:
    for data in ([pairs], []):
        result = call_main("evaluate", translator, *data, *options)
        assert (result.code, result.clean) == (2, True)
        assert f"must be one that translation has. Received: {options[0]}, a setting of " in result.err


def test_evaluate_reads_the_columns_of_the_training_or_two_files(translator: Path, pairs: Path, tmp_path: Path) -> None:
    pytest.importorskip("sacrebleu")
    assert call_main("evaluate", translator, pairs, "--json").json()["pairs"] == 160
    (tmp_path / "t.csv").write_text("to,from\neins,one\n", encoding="utf-8")
    named = call_main("evaluate", translator, tmp_path / "t.csv", "--source", "from", "--target", "to", "--json")
    assert named.json()["pairs"] == 1
    for name, text in (("a", "one\ntwo\n"), ("b", "eins\nzwei\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    files = ["--source-file", tmp_path / "a", "--target-file", tmp_path / "b"]
    assert call_main("evaluate", translator, *files, "--beams", 1, "--json").json()["pairs"] == 2


def test_a_held_out_table_needs_columns(pairs: Path, tmp_path: Path) -> None:
    options = ["--validation", pairs, "--out", tmp_path / "m", "--steps", 1]
    dates = call_main("train", "--task", "translation", *options)
    assert (dates.code, dates.clean) == (2, True), dates.err
    files = call_main("train", "--source-file", pairs, "--target-file", pairs, *options)
    assert (files.code, files.clean) == (2, True), files.err
    assert "name no table as well" in files.err


def test_inspect_draws_where_each_token_looked(translator: Path, tmp_path: Path) -> None:
    page = tmp_path / "attention.html"
    result = call_main("inspect", translator, "--text", "one two", "--text", "<b>", "--html", page)
    assert result.code == 0, result.err
    assert "one two -> eins zwei" in result.out
    drawn = page.read_text(encoding="utf-8")
    assert drawn.count("<table") == 2
    assert "&lt;b&gt;" in drawn
    assert "<b>" not in drawn


def test_a_page_that_cannot_be_written_is_told_by_its_option(translator: Path, tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "no" / "page.html"):
        result = call_main("inspect", translator, "--text", "one", "--html", place)
        assert (result.code, result.clean) == (7, True)
        assert f"error: {place} cannot be written" in result.err
        assert "another place with --html" in result.err


def test_inspect_names_the_source_and_the_translation(translator: Path) -> None:
    told = call_main("inspect", translator, "--text", "one two", "--json").json()
    (expected,) = call_main("translate", translator, "one two", "--json").json()["translations"]
    assert told == {"source": "one two", **expected}


def test_inspect_needs_attention_or_counts_to_show(model: Path) -> None:
    result = call_main("inspect", model, "--text", "the cat")
    assert result.code == 2
    assert "inspect compares a network with the counts beside it" in result.err

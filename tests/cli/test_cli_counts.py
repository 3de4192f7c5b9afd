"""`unspool counts`: what is counted in parts equals what is counted at once, and what is taken out leaves no trace."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import unspool
from helpers.commands import Result, call_main
from helpers.small import small_text
from unspool.errors import DataWarning, ModelFolderError, UsageError

LINES = small_text(80).splitlines(keepends=True)
SAME = ("model.safetensors", "training/counts.safetensors", "tokenizer.json", "config.json", "generation_config.json")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus as a whole and in four parts, and with what is held out."""
    place = tmp_path_factory.mktemp("corpus")
    for number in range(4):
        (place / f"part{number}.txt").write_text("".join(LINES[number * 20 : number * 20 + 20]), encoding="utf-8")
    (place / "whole.txt").write_text("".join(LINES), encoding="utf-8")
    (place / "held.txt").write_text(small_text(10, seed=1), encoding="utf-8")
    assert call_main(*count(place, "whole.txt", "whole")).code == 0
    return place


def count(place: Path, text: str, name: str, *options: object) -> list[object]:
    """The command that counts the lines of a file."""
    held_out = ["--validation", place / "held.txt"]
    return ["train", place / text, "--model", "ngram", "--lines", *held_out, "--out", place / name, *options]


def counted(place: Path, text: str, name: str, *options: object) -> Path:
    """A model of the lines of a file, with the tokenizer of the whole."""
    done = call_main(*count(place, text, name, "--tokenizer-from", place / "whole", *options))
    assert done.code == 0, done.err
    return place / name


def assert_same_model(one: Path, other: Path) -> None:
    for name in SAME:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_processes_that_count_parts_and_merge_them_equal_one_that_counts_the_whole(
    place: Path, run: Callable[..., Result]
) -> None:
    parts = [place / f"m{number}" for number in range(4)]
    for number, part in enumerate(parts):
        how = run if number == 0 else call_main
        assert how(*count(place, f"part{number}.txt", part.name, "--tokenizer-from", place / "whole")).code == 0
    merged = run("counts", "merge", *reversed(parts), "--out", place / "merged", "--json")
    assert merged.code == 0, merged.err
    assert merged.json()["ngrams"] > 100
    assert_same_model(place / "merged", place / "whole")
    figures = [json.loads(call_main("evaluate", place / name, "--json").out) for name in ("merged", "whole")]
    assert figures[0]["bits_per_byte"] == figures[1]["bits_per_byte"]
    recipe = (place / "merged" / "recipe.toml").read_text(encoding="utf-8")
    assert all(f'"part{number}.txt"' in recipe for number in range(4))


def test_lines_that_come_later_are_counted_as_if_they_had_come_at_once(place: Path) -> None:
    model = counted(place, "part0.txt", "growing")
    done = call_main("counts", "update", model, place / "part1.txt", place / "part2.txt")
    assert done.code == 0, done.err
    assert "update: " in done.err
    assert " in 40 documents." in done.err
    done = call_main("counts", "update", model, "-", input="".join(LINES[60:]))
    assert done.code == 0, done.err
    assert "n-grams: " in done.out
    assert_same_model(model, place / "whole")
    events = [json.loads(line) for line in (model / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [event.get("change") for event in events if event["event"] == "end"] == [None, "update", "update"]


def test_a_line_that_is_taken_out_leaves_no_trace(place: Path) -> None:
    (place / "fewer.txt").write_text("".join(LINES[:30] + LINES[31:]), encoding="utf-8")
    (place / "one.txt").write_text(LINES[30], encoding="utf-8")
    without = counted(place, "fewer.txt", "fewer")
    done = call_main("counts", "remove", place / "whole", place / "one.txt", "--out", place / "removed")
    assert done.code == 0, done.err
    assert "remove: " in done.err
    assert_same_model(place / "removed", without)
    kept = {path.name for path in (place / "removed" / "training").iterdir()}
    assert not any(name.startswith("training") for name in kept)  # the ids of the text


@pytest.mark.parametrize("tokenizer", ["char", "byte"])
def test_the_characters_that_only_it_had_leave_the_vocabulary_too(place: Path, tokenizer: str) -> None:
    (place / "secret.txt").write_text("Ωmega: ξ ζ\n" * 2, encoding="utf-8")
    (place / "with.txt").write_text("".join(LINES[:40]) + "Ωmega: ξ ζ\n" * 2 + "".join(LINES[40:]), encoding="utf-8")
    own, seen = f"own-{tokenizer}", f"seen-{tokenizer}"
    for text, name in (("whole.txt", own), ("with.txt", seen)):
        assert call_main(*count(place, text, name, "--tokenizer", tokenizer)).code == 0
    done = call_main("counts", "remove", place / seen, place / "secret.txt")
    assert (done.code, "byte pairs" in done.err) == (0, False)
    assert_same_model(place / seen, place / own)
    for name in ("validation.tokens", "validation.starts", "validation.json"):
        assert (place / seen / "training" / name).read_bytes() == (place / own / "training" / name).read_bytes()


@pytest.mark.parametrize(("tokenizer", "left"), [("word", False), ("whitespace", False), ("bpe", True)])
def test_its_words_leave_the_vocabulary_or_that_is_said(place: Path, tokenizer: str, left: bool) -> None:
    (place / "secret.txt").write_text("Xyzzyplugh!\n" * 2, encoding="utf-8")
    (place / "with.txt").write_text("Xyzzyplugh!\n" * 2 + "".join(LINES), encoding="utf-8")
    model = place / tokenizer
    assert call_main(*count(place, "with.txt", tokenizer, "--tokenizer", tokenizer)).code == 0
    before = call_main("score", model, LINES[0].strip(), "--json").json()
    done = call_main("counts", "remove", model, place / "secret.txt")
    assert (done.code, "byte pairs" in done.err) == (0, left)
    assert any(b"Xyzzy" in path.read_bytes() for path in model.rglob("*") if path.is_file()) is left
    assert call_main("score", model, LINES[0].strip(), "--json").json()["tokens"] == before["tokens"]
    assert call_main("generate", model, "-n", 2).code == 0


def test_all_that_was_counted_can_be_taken_out(place: Path) -> None:
    assert call_main(*count(place, "part0.txt", "nothing")).code == 0
    assert call_main("counts", "remove", place / "nothing", place / "part0.txt").code == 0
    assert call_main("generate", place / "nothing", "-n", 2, "--max-tokens", 5).code == 0


def test_python_has_the_same_doors(place: Path, tmp_path: Path) -> None:
    first = unspool.train(place / "part0.txt", model="ngram", lines=True)
    second = unspool.train(place / "part1.txt", model="ngram", lines=True, tokenizer_from=str(first.path))
    assert isinstance(first, unspool.CountedTextModel)
    before = (first.path / "model.safetensors").read_bytes()
    score = first.score(LINES[50]).bits_per_byte
    with pytest.warns(DataWarning, match="are not in the vocabulary of the model, and are counted as <unk>"):
        assert first.update(LINES[40:60]) is first
    assert first.score(LINES[50]).bits_per_byte < score
    with pytest.warns(DataWarning, match="not in the vocabulary"):
        first.remove(LINES[40:60])
    assert (first.path / "model.safetensors").read_bytes() == before
    assert first.score(LINES[50]).bits_per_byte == score
    merged = first.merge(second, out=tmp_path / "merged")
    assert first.merge(second.path, out=tmp_path / "again").path == tmp_path / "again"
    assert merged.evaluate().tokens == first.evaluate().tokens + second.evaluate().tokens
    with pytest.raises(UsageError, match="what is counted must be named"):
        first.update(None)
    with pytest.raises(UsageError, match="models to merge with must be named"):
        first.merge(out=tmp_path / "alone")


def test_a_text_is_one_document(place: Path, tmp_path: Path) -> None:
    model = unspool.train(place / "part0.txt", model="ngram", out=tmp_path / "stream")
    before = (tmp_path / "stream" / "model.safetensors").read_bytes()
    model.update("a dog sees\nthe river\n").remove("a dog sees\nthe river\n")
    assert (tmp_path / "stream" / "model.safetensors").read_bytes() == before
    with pytest.raises(UsageError, match="what is counted must be one text"):
        model.update(["a dog", "the river"])


def refused(*arguments: object) -> str:
    done = call_main("counts", *arguments)
    assert done.clean, done.err
    assert done.code != 0
    return done.err


def test_what_cannot_be_is_refused_and_changes_nothing(
    place: Path, text_file: Path, untrained: Callable[..., Path]
) -> None:
    model, whole, out = untrained(), place / "whole", ["--out", place / "none"]
    before = {path: path.read_bytes() for path in whole.rglob("*") if path.is_file()}
    other, longer = place / "other", counted(place, "part1.txt", "longer", "--order", 4)
    assert call_main(*count(place, "part1.txt", "other")).code == 0  # learns a tokenizer of its own
    assert "must have one order" in refused("merge", whole, longer, *out)
    assert "taken out only of counts that hold it" in refused("remove", whole, place / "held.txt")
    assert "there is nothing to count" in refused("update", whole, "-")
    assert "must be given a Markov chain" in refused("update", model, text_file)
    assert "must have been counted" in refused("merge", whole, model, *out)
    assert "counts must be given one of" in refused("updat", whole, text_file)
    assert "Received: --lines" in refused("merge", whole, other, "--lines", *out)
    assert "no --out" in refused("merge", whole, other)
    assert "alone" in refused("update", whole)
    assert "holds a model already" in refused("update", whole, place / "part0.txt", "--out", other)
    assert before == {path: path.read_bytes() for path in whole.rglob("*") if path.is_file()}
    assert not (place / "none").exists()


def test_other_tokenizers_are_refused(place: Path, text_file: Path) -> None:
    assert call_main("train", text_file, "--model", "ngram", "--lines", "--out", place / "fox").code == 0
    assert "must have one tokenizer" in refused("merge", place / "whole", place / "fox", "--out", place / "none")
    done = call_main(*count(place, "part0.txt", "none", "--tokenizer-from", place / "fox", "--tokenizer", "word"))
    assert "stays as it is" in done.err
    assert not (place / "none").exists()


def test_a_copy_has_no_counts_and_generates_as_before(place: Path, tmp_path: Path) -> None:
    unspool.load(place / "whole").save(tmp_path / "copy")
    assert "training/counts.safetensors" in refused("update", tmp_path / "copy", place / "part0.txt")
    assert "training/counts.safetensors" in refused(
        "merge", place / "whole", tmp_path / "copy", "--out", place / "none"
    )
    for text in (unspool.load(folder).generate("the", seed=1) for folder in (place / "whole", tmp_path / "copy")):
        assert len(text) > 3


def test_what_the_vocabulary_lacks_and_what_is_empty_is_counted_aloud(place: Path, tmp_path: Path) -> None:
    model = counted(place, "part0.txt", "aloud")
    table = tmp_path / "more.csv"
    table.write_text("text,id\nthe cat,1\n,2\nquiz,3\n", encoding="utf-8")
    done = call_main("counts", "update", model, table, "--text", "text")
    assert done.code == 0, done.err
    assert "rows left out because their text is empty: 1" in done.err
    assert "update: 13 tokens in 2 documents." in done.err
    said = "warning: 2 of 13 tokens are not in the vocabulary of the model, and are counted as <unk>."
    assert said in done.err
    told = call_main("counts", "update", model, table, "--text", "text", "--json")
    assert said in told.err  # also where programs read what is printed
    with pytest.warns(DataWarning, match="2 of 5 tokens are not in the vocabulary"):
        unspool.load(model).update(["quiz"])  # type: ignore[attr-defined]


def test_a_table_is_counted_as_it_is_learnt(tmp_path: Path) -> None:
    """What is left out is said by a chain as by a network, on the card too; `<unk>` has its own probability."""
    table = tmp_path / "t.csv"
    rows = [f"{line.strip()},{number}\n" for number, line in enumerate(LINES)]
    table.write_text("".join(["text,id\n", *rows[:40], ",x\n", *rows[40:]]), encoding="utf-8")
    out = tmp_path / "m"
    done = call_main("train", table, "--text", "text", "--model", "ngram", "--tokenizer", "word", "--out", out)
    assert done.code == 0, done.err
    said = "rows left out because their text is empty: 1"
    assert said in done.err
    assert said in (out / "README.md").read_text(encoding="utf-8")
    assert "72 documents" in done.err
    model = unspool.load(out)
    score = model.score("the qwertz sees")
    assert score.tokens[1] == "<unk>"
    assert np.isfinite(score.log_probabilities).all()
    written = call_main("generate", out, "-n", 20, "--seed", 2, "--json").json()
    assert all("\ufffd" not in sample["text"] for sample in written["samples"])
    assert all(sample["finish_reason"] == "stop" for sample in written["samples"])


def test_a_changed_model_keeps_its_engine_and_the_words_of_its_card(place: Path) -> None:
    model = unspool.load(counted(place, "part0.txt", "kept"), engine="numpy")
    assert isinstance(model, unspool.CountedTextModel)
    kind, command = type(model.network), "unspool generate kept -n 8"
    assert command in model.card
    model.update([LINES[3]])
    assert type(model.network) is kind
    assert command in model.card
    with pytest.raises(ModelFolderError, match="training text") as caught:
        model.evaluate(copying=True)
    assert "whose counts were changed" in caught.value.hint


def test_a_text_that_was_taken_out_is_in_no_recipe(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = counted(place, "part0.txt", "sources")
    monkeypatch.chdir(place)
    for action, name, left in (
        ("update", "part1.txt", 2),
        ("update", "part1.txt", 3),
        ("remove", place / "part1.txt", 2),
        ("remove", "part1.txt", 1),
    ):
        assert call_main("counts", action, "sources", name).code == 0
        for recipe in (model / "recipe.toml", model / "training" / "recipe.toml"):
            sources = tomllib.loads(recipe.read_text(encoding="utf-8"))["data"]["sources"]
            assert len(sources) == left, recipe
            assert Path(sources[0]).name == "part0.txt"

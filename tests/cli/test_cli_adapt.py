"""`adapt`, `forget`, `evaluate --adapt` and `score --adapt`: the model itself stays as it is, byte for byte."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import unspool
from helpers.commands import OWN, SENTENCE, Result, call_main, unimportable
from helpers.counted import published, with_counts
from unspool.data.tokens import open_part
from unspool.engines.mixture import NGRAM, with_prefix, without_prefix
from unspool.engines.ngram.counts import counts_of, documents_of, merged
from unspool.engines.ngram.model import build_model, model_from_arrays
from unspool.engines.ngram.recounting import counts_of_model
from unspool.errors import ModelFolderError


@pytest.fixture(scope="module")
def counted(text_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("counted") / "counted"
    assert call_main("train", text_file, "--model", "ngram", "--order", 4, "--out", path).code == 0
    return path


@pytest.fixture(scope="module")
def mixed(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_counts(model, tmp_path_factory.mktemp("mixed") / "mixed")


def test_a_mixture_adapts_in_both_and_forgets_both(mixed: Path, own: Path, tmp_path: Path) -> None:
    before, new = published(mixed), tmp_path / "mine"
    found = call_main("evaluate", mixed, own, "--adapt", "--json").json()
    assert found["adapted"]["static"]["bits_per_byte"] == pytest.approx(found["bits_per_byte"], rel=1e-3)
    assert found["adapted"]["both"]["bits_per_byte"] < found["bits_per_byte"]
    done = call_main("adapt", mixed, own, "--out", new)
    assert done.code == 0, done.err
    one, other = (without_prefix(NGRAM, load_file(path / "counts.safetensors")) for path in (mixed, new))
    counts = [counts_of_model(model_from_arrays(arrays)).counts.sum() for arrays in (one, other)]
    assert counts[1] == counts[0] + len(OWN)
    bits = [call_main("evaluate", path, own, "--json").json()["bits_per_byte"] for path in (mixed, new)]
    assert bits[1] < 0.8 * bits[0]
    assert call_main("forget", new).code == 0
    assert published(new) == before == published(mixed)


def test_a_mixture_of_before_whose_orders_were_stored_together_adapts_and_learns(
    mixed: Path, own: Path, tmp_path: Path
) -> None:
    old = Path(shutil.copytree(mixed, tmp_path / "old"))
    arrays = load_file(old / "counts.safetensors")
    model = model_from_arrays(without_prefix(NGRAM, arrays))
    gate = {name: array for name, array in arrays.items() if not name.startswith(NGRAM)}
    save_file(gate | with_prefix(NGRAM, model._asdict()), old / "counts.safetensors")
    before, bits = published(old), call_main("evaluate", mixed, own, "--json").json()["bits_per_byte"]
    assert call_main("evaluate", old, own, "--json").json()["bits_per_byte"] == bits
    assert call_main("adapt", old, own, "--out", tmp_path / "mine", "--epochs", 1).code == 0
    assert call_main("evaluate", tmp_path / "mine", own, "--json").json()["bits_per_byte"] < bits
    assert call_main("forget", tmp_path / "mine").code == 0
    assert published(tmp_path / "mine") == before
    assert call_main("complete", old, "the ", "--learn").code == 0
    assert call_main("evaluate", old, own, "--json").code == 0


def test_a_model_that_has_read_more_predicts_it_better_and_forgets_it(model: Path, own: Path, tmp_path: Path) -> None:
    before, new = published(model), tmp_path / "mine"
    done = call_main("adapt", model, own, "--out", new, "--epochs", 20)
    assert done.code == 0, done.err
    assert "It has since read own.txt: 900 characters, 20 times. It predicts them with " in done.out
    assert published(model) == before
    assert "It has since read own.txt" in (new / "README.md").read_text(encoding="utf-8")
    assert "`unspool forget mine` makes the model what it was" in (new / "README.md").read_text(encoding="utf-8")
    bits = [call_main("evaluate", folder, own, "--json").json()["bits_per_byte"] for folder in (model, new)]
    assert bits[1] < 0.97 * bits[0]
    assert call_main("evaluate", new, "--json").json()["tokens"] > 0  # on what the first text held out
    assert call_main("generate", new, "-p", "the ", "--max-new-tokens", 5).code == 0
    elsewhere = call_main("forget", new, "--out", tmp_path / "old")
    assert (elsewhere.code, elsewhere.err) == (0, "")
    assert published(tmp_path / "old") == before != published(new)
    forgotten = call_main("forget", new)
    assert (forgotten.code, forgotten.err) == (0, "")
    assert published(new) == before
    again = call_main("forget", new)
    assert again.clean
    assert again.code == 4
    assert "has read nothing more since it was made" in again.err


def test_what_was_read_twice_is_forgotten_at_once(model: Path, own: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert call_main("adapt", model, own, "--out", first, "--epochs", 1).code == 0
    assert call_main("adapt", first, own, "--out", second, "--epochs", 1).code == 0
    assert (second / "README.md").read_text(encoding="utf-8").count("It has since read own.txt") == 2
    one, two = (load_file(folder / "model.safetensors") for folder in (first, second))
    assert any((one[name] != two[name]).any() for name in one)
    assert call_main("forget", second).code == 0
    assert published(second) == published(model)


def test_the_same_reading_gives_the_same_weights_bit_for_bit(model: Path, own: Path, tmp_path: Path) -> None:
    found = []
    for name in "ab":
        assert call_main("adapt", model, own, "--out", tmp_path / name, "--epochs", 1).code == 0
        found.append((tmp_path / name / "model.safetensors").read_bytes())
    assert found[0] == found[1] != (model / "model.safetensors").read_bytes()


def test_another_seed_learns_otherwise_and_minutes_end_it(model: Path, own: Path, tmp_path: Path) -> None:
    for seed in (0, 1):
        assert call_main("adapt", model, own, "--out", tmp_path / str(seed), "--epochs", 1, "--seed", seed).code == 0
    one, other = ((tmp_path / str(seed) / "model.safetensors").read_bytes() for seed in (0, 1))
    assert one != other
    done = call_main("adapt", model, own, "--out", tmp_path / "m", "--epochs", 1000, "--minutes", 0.02, "--json")
    assert 0 < len(done.json()["bits_per_character_while_reading"]) < 1000


def test_python_adapts_and_forgets_in_a_folder_of_its_own(model: Path) -> None:
    opened = unspool.load(model)
    assert isinstance(opened, unspool.TextModel)
    before = published(model)
    adapted = opened.adapt(OWN, epochs=2)
    assert adapted.path != opened.path
    assert adapted.further is not None
    assert len(adapted.further.bits_per_character_while_reading) == 2
    assert opened.evaluate(OWN).bits_per_character == pytest.approx(adapted.further.bits_per_character_before)
    assert adapted.evaluate(OWN).bits_per_character == pytest.approx(adapted.further.bits_per_character_after)
    assert adapted.score(OWN).bits_per_byte < opened.score(OWN).bits_per_byte
    assert adapted.forget().score(OWN) == opened.score(OWN)
    assert published(model) == before
    with pytest.raises(ModelFolderError, match="nothing to forget"):
        opened.forget()


def test_a_markov_chain_adapts_by_its_counts(counted: Path, own: Path, tmp_path: Path) -> None:
    new = tmp_path / "mine"
    done = call_main("adapt", counted, own, "--out", new, "--json")
    assert done.code == 0, done.err
    assert done.json()["text"] == "own.txt"
    assert done.json()["bits_per_character_while_reading"] == []
    tokens = unspool.load(counted).tokenizer.encode(OWN)
    old, adapted = (model_from_arrays(load_file(folder / "model.safetensors")) for folder in (counted, new))
    corpus = open_part(counted / "training", "training")
    expected = counts_of([*documents_of(corpus), tokens], 4, old.vocabulary_size)
    for name, array in build_model(expected).to_arrays().items():
        np.testing.assert_array_equal(adapted.to_arrays()[name], array)
    assert (counts_of_model(old).counts.sum() + len(tokens)) == counts_of_model(adapted).counts.sum()
    assert call_main("forget", new).code == 0
    assert published(new) == published(counted)


def test_pruned_counts_stay_as_they_are_and_a_markov_chain_of_them_is_refused(
    model: Path, own: Path, text_file: Path, tmp_path: Path
) -> None:
    pruned, chain = with_counts(model, tmp_path / "pruned", min_count=30), tmp_path / "chain"
    done = call_main("adapt", pruned, own, "--out", tmp_path / "mine", "--epochs", 1)
    assert done.code == 0, done.err
    assert "rare n-grams were pruned from its counts: the network learns" in done.err
    assert not_read_only(pruned, tmp_path / "mine")
    assert call_main("train", text_file, "--model", "ngram", "--order", 4, "--min-count", 30, "--out", chain).code == 0
    before = published(chain)
    refused = call_main("adapt", chain, own, "--out", tmp_path / "other")
    assert refused.clean
    assert refused.code == 2
    assert "rare n-grams were pruned" in refused.err
    assert "unspool counts update" in refused.err
    assert not (tmp_path / "other").exists()
    assert published(chain) == before
    assert call_main("counts", "update", chain, own).code == 0  # as the refusal says


def not_read_only(model: Path, adapted: Path) -> bool:
    """Whether the weights of a model were adapted, and its counts were not."""
    names = ("model.safetensors", "counts.safetensors")
    return [(model / name).read_bytes() == (adapted / name).read_bytes() for name in names] == [False, True]


def test_counts_of_an_arpa_file_are_refused(own: Path, counted: Path, tmp_path: Path) -> None:
    assert call_main("export", counted, "--format", "arpa", "--out", tmp_path / "fox.arpa").code == 0
    unspool.from_arpa(tmp_path / "fox.arpa", tokenizer_from=counted).save(tmp_path / "arpa")
    refused = call_main("adapt", tmp_path / "arpa", own, "--out", tmp_path / "other")
    assert refused.clean
    assert refused.code == 2
    assert "from an ARPA file" in refused.err
    assert "unspool train --model ngram" in refused.err  # it has no counts to be updated
    learnt = call_main("complete", tmp_path / "arpa", "the ", "--learn")
    assert learnt.clean
    assert learnt.code == 2
    assert "from an ARPA file" in learnt.err


def test_counts_are_those_of_the_model_that_was_made_of_them() -> None:
    texts = [np.random.default_rng(seed).integers(3, 9, 40) for seed in range(4)]
    for order in (1, 2, 5):
        counts = counts_of(texts, order, 9)
        found = counts_of_model(build_model(counts))
        np.testing.assert_array_equal(found.ngrams, counts.ngrams)
        np.testing.assert_array_equal(found.counts, counts.counts)
        again = merged([found, counts_of(texts[:1], order, 9)])
        np.testing.assert_array_equal(again.counts, counts_of([*texts, texts[0]], order, 9).counts)


def test_evaluate_shows_both_and_mixes_neither(model: Path, counted: Path, own: Path) -> None:
    for folder, names in ((model, {"static", "network", "counts", "both"}), (counted, {"static", "counts"})):
        plain = call_main("evaluate", folder, own, "--json").json()
        found = call_main("evaluate", folder, own, "--adapt", "--json").json()
        adapted = found.pop("adapted")
        assert {name: value for name, value in found.items() if name != "seconds"} == {
            name: value for name, value in plain.items() if name != "seconds"
        }
        assert set(adapted) == {"tokens", *names}
        assert adapted["tokens"] == len(OWN)
        assert adapted["static"]["bits_per_byte"] == pytest.approx(plain["bits_per_byte"], rel=1e-4)
        assert all(adapted[name]["bits_per_byte"] < adapted["static"]["bits_per_byte"] for name in names - {"static"})
        told = call_main("evaluate", folder, own, "--adapt").out
        assert "900 tokens, learnt while read" in told
        assert "counts grow beside it" in told


def test_score_shows_both(model: Path, own: Path) -> None:
    plain = call_main("score", model, "--file", own, "--json").json()
    found = call_main("score", model, "--file", own, "--adapt", "--json").json()
    adapted = found.pop("adapted")
    assert found == plain
    assert adapted["both"]["nats_per_token"] < plain["nats_per_token"]
    assert "the network learns on" in call_main("score", model, SENTENCE, "--adapt").out


def test_what_cannot_be_is_refused(model: Path, own: Path, names_file: Path, tmp_path: Path, small: list[str]) -> None:
    table = tmp_path / "t.csv"
    table.write_text("text,label\n" + "".join(f"word {i},{'ab'[i % 2]}\n" for i in range(30)), encoding="utf-8")
    labelled = tmp_path / "labels"
    shape = ["--encoder-size", 8, "--encoder-embedding", 4, "--threads", 1, "--precision", "float32", "--steps", 2]
    assert call_main("train", table, "--text", "text", "--label", "label", "--out", labelled, *shape).code == 0
    empty = tmp_path / "empty.txt"
    empty.touch()
    before = published(model)
    for arguments, said in (
        (["adapt", model, own, "--out", model], "cannot be saved into its own folder"),
        (["adapt", model, own, "--out", labelled], "holds a model already"),
        (["adapt", labelled, own, "--out", tmp_path / "x"], "adapt is for a TextModel"),
        (["adapt", model, empty, "--out", tmp_path / "x"], "there is nothing"),
        (["adapt", model, own, "--out", tmp_path / "x", "--epochs", 0], "epochs"),
        (["adapt", model, own, "--out", tmp_path / "x", "--order", 5], "no option"),
        (["adapt", model, tmp_path / "none.txt", "--out", tmp_path / "x"], "none.txt"),
        (["adapt", model], "DATA"),
        (["forget", labelled], "forget is for a TextModel"),
        (["forget", labelled], "`unspool train TEXT` makes one."),
        (["score", model, "--file", own, "--adapt", "--per-line"], "--adapt is for one text"),
        (["score", model, "--file", table, "--text", "text", "--adapt"], "--adapt"),
        (["score", labelled, "a text", "--adapt"], "--adapt is for a TextModel"),
    ):
        done = call_main(*arguments)
        assert done.code != 0, arguments
        assert said in done.err, (arguments, done.err)
        assert "Traceback" not in done.err
    assert not (tmp_path / "x").exists()
    assert published(model) == before


def test_unknown_characters_and_lines_are_said(names_model: Path, tmp_path: Path) -> None:
    names = tmp_path / "new.txt"
    names.write_text("ulrike\nÜlfét\nursel\n", encoding="utf-8")
    done = call_main("adapt", names_model, names, "--out", tmp_path / "mine")
    assert done.code == 0, done.err
    assert "are not in the vocabulary of the model, and are learnt as <unk>." in done.err
    config = json.loads((tmp_path / "mine" / "config.json").read_text(encoding="utf-8"))
    assert config == json.loads((names_model / "config.json").read_text(encoding="utf-8"))
    written = call_main("generate", tmp_path / "mine", "-n", 5, "--seed", 1, "--json").json()
    assert all(sample["finish_reason"] == "stop" for sample in written["samples"])


def test_without_the_engine_that_trains_it_the_error_says_so(
    model: Path, counted: Path, own: Path, tmp_path: Path, run: Callable[..., Result]
) -> None:
    hidden = unimportable("torch", "torch must not be imported", tmp_path)
    for arguments in (["adapt", model, own, "--out", tmp_path / "x"], ["evaluate", model, own, "--adapt"]):
        done = run(*arguments, env=hidden)
        assert done.code == 6, done.err
        assert "the engine torch needs torch, which cannot be imported" in done.err
    assert not (tmp_path / "x").exists()
    done = run("adapt", counted, own, "--out", tmp_path / "y", env=hidden)
    assert done.code == 0, done.err


def test_only_so_much_of_a_long_text_is_read_while_learning(
    model: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unspool.tasks.language.adaptation.MAX_TOKENS", 100)
    done = call_main("evaluate", model, own, "--adapt", "--json")
    assert done.json()["tokens"] == 900
    assert done.json()["adapted"]["tokens"] == 100
    assert "warning: adaptation reads the first 100 of 900 tokens: its figures are of these." in done.err


def test_a_model_is_adapted_in_its_own_folder(
    model: Path, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = shutil.copytree(model, tmp_path / "here")
    (place / "within").mkdir()
    for folder, name in ((place, "."), (place / "within", "..")):
        monkeypatch.chdir(folder)
        adapted = call_main("adapt", name, own, "--epochs", 1, "--overwrite")
        assert adapted.code == 0, adapted.err
        assert (tmp_path / "here-adapted" / "model.safetensors").exists()


def test_settings_of_training_are_refused_where_nothing_is_trained(counted: Path, own: Path, tmp_path: Path) -> None:
    refused = call_main("adapt", counted, own, "--epochs", 5, "--lr", 0.5, "--out", tmp_path / "more")
    assert (refused.code, refused.clean) == (2, True)
    assert "--epochs, --lr would change nothing" in refused.err
    assert call_main("adapt", counted, own, "--out", tmp_path / "more").code == 0

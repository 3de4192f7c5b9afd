"""`unspool train --model ngram`, and what is done with a model that was counted."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import unspool
from helpers.commands import SENTENCE, Result, call_main, environment
from unspool.engines.ngram.arpa import read_arpa
from unspool.engines.ngram.network import build_network


@pytest.fixture(scope="module")
def model(text_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("counts") / "counted"
    counted = call_main("train", text_file, "--model", "ngram", "--order", 5, "--out", out)
    assert counted.code == 0, counted.err
    assert "n-grams of 5 tokens are counted." in counted.err
    assert "n-grams: " in counted.out
    assert "bits per character" in counted.out
    return out


def test_a_process_counts_generates_scores_and_evaluates(
    text_file: Path, tmp_path: Path, run: Callable[..., Result]
) -> None:
    out = tmp_path / "m"
    counted = run("train", text_file, "--model", "ngram", "--out", out, "--json")
    assert counted.code == 0, counted.err
    found = counted.json()
    assert found["done"]
    assert found["ngrams"] > 100
    assert not found["untrained"]
    assert {path.name for path in out.iterdir()} >= {"config.json", "model.safetensors", "tokenizer.json", "README.md"}
    assert "A Markov chain of" in (out / "README.md").read_text(encoding="utf-8")
    written = run("generate", out, "-p", "the quick", "--seed", 3, "--max-new-tokens", 40)
    assert written.code == 0
    assert len(written.out) > 20
    assert run("generate", out, "-p", "the quick", "--seed", 3, "--max-new-tokens", 40).out == written.out
    measured = run("evaluate", out, "--json").json()
    assert measured["bits_per_character"] == pytest.approx(found["bits_per_character"])


def test_with_numpy_and_with_kernels_the_text_and_the_score_are_the_same(model: Path) -> None:
    found = [
        [
            call_main("generate", model, "--engine", engine, "--seed", 1, "--max-new-tokens", 60).out,
            round(call_main("score", model, SENTENCE, "--engine", engine, "--json").json()["bits_per_byte"], 4),
        ]
        for engine in ("numpy", "numba", "auto")
    ]
    assert found[0] == found[1] == found[2]


def test_what_it_read_is_likelier_than_what_it_did_not(model: Path) -> None:
    counted = unspool.load(model)
    assert isinstance(counted, unspool.TextModel)
    known, unknown = (counted.score(text).bits_per_character for text in (SENTENCE, SENTENCE[::-1]))
    assert known < 1 < unknown


def test_a_state_is_saved_and_goes_on(model: Path, tmp_path: Path) -> None:
    counted = unspool.load(model)
    reading = counted.read("the quick brown")
    reading.save(tmp_path / "state.safetensors")
    again = counted.load_reading(tmp_path / "state.safetensors")
    assert again.generate(seed=4, max_new_tokens=30) == reading.generate(seed=4, max_new_tokens=30)


def test_lines_are_documents_with_an_end(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("".join(f"{a}{b}\n" for a in ("an", "be", "cla", "do") for b in ("na", "tha", "ra", "ris", "t")))
    out = tmp_path / "m"
    assert call_main("train", names, "--lines", "--model", "ngram", "--out", out).code == 0
    written = call_main("generate", out, "-n", 5, "--seed", 1, "--json").json()
    assert all(sample["finish_reason"] == "stop" for sample in written["samples"])


def test_an_order_of_words_is_shorter_and_rare_runs_can_be_dropped(text_file: Path, tmp_path: Path) -> None:
    sizes = []
    for count in (1, 3):
        out = tmp_path / str(count)
        args = ["--model", "ngram", "--tokenizer", "word", "--min-count", count, "--out", out, "--json"]
        sizes.append(call_main("train", text_file, *args).json()["ngrams"])
        assert json.loads((out / "config.json").read_text(encoding="utf-8"))["network"]["ngram"]["order"] == 5
    assert sizes[1] < sizes[0]


def test_its_n_grams_are_written_in_arpa_format(model: Path, text_file: Path, tmp_path: Path) -> None:
    place = tmp_path / "fox.arpa"
    written = call_main("export", model, "--format", "arpa", "--out", place)
    assert (written.code, written.err) == (0, "")
    counted = unspool.load(model)
    read, vocabulary, _ = read_arpa(place, counted.tokenizer.vocabulary)
    assert vocabulary == counted.tokenizer.vocabulary
    tokens = counted.tokenizer.encode(SENTENCE)[None].astype(np.int64)
    found = [one.unroll(tokens, one.initial_state(1))[0] for one in (build_network(read), counted.network)]
    np.testing.assert_allclose(found[0][..., 1:], found[1][..., 1:], atol=1e-4)


def test_python_counts_too(text_file: Path) -> None:
    counted = unspool.train(text_file, model="ngram", order=3)
    assert np.isfinite(counted.evaluate().bits_per_character)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "markov"], "the model must be recurrent or ngram"),
        (["--model", "ngram", "--order", 13], "order"),
        (["--model", "ngram", "--hidden-size", 16], "--hidden-size"),
        (["--model", "ngram", "--minutes", 1], "minutes"),
        (["--model", "ngram", "--engine", "torch"], "engine"),
        (["--model", "ngram", "--task", "translation"], "task language"),
        (["--task", "classification", "--order", 3], "order"),
    ],
)
def test_settings_that_mean_nothing_are_refused(
    arguments: list[object], said: str, text_file: Path, tmp_path: Path
) -> None:
    done = call_main("train", text_file, *arguments, "--out", tmp_path / "m")
    assert done.clean
    assert done.code != 0
    assert said in done.err
    assert not (tmp_path / "m").exists()


def test_what_only_a_trained_network_can_is_refused(model: Path, text_file: Path, tmp_path: Path) -> None:
    for arguments in (
        ["train", "--resume", model],
        ["train", text_file, "--from", model, "--out", tmp_path / "m"],
        ["export", model],
        ["generate", model, "--engine", "torch"],
        ["generate", model, "--weights", "int8"],
    ):
        done = call_main(*arguments)
        assert done.clean, (arguments, done.err)
        assert done.code != 0, arguments


def test_a_failure_keeps_the_earlier_model(model: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in model.iterdir() if path.is_file()}
    empty = tmp_path / "empty.txt"
    empty.write_text("few", encoding="utf-8")
    failed = call_main("train", empty, "--model", "ngram", "--out", model, "--overwrite")
    assert failed.clean
    assert failed.code != 0
    assert {path.name: path.read_bytes() for path in model.iterdir() if path.is_file()} == before


def test_a_run_that_is_killed_is_counted_again(tmp_path: Path) -> None:
    letters = np.random.default_rng(0).integers(97, 123, 400_000, np.uint8).tobytes().decode()
    text, out = tmp_path / "text.txt", tmp_path / "m"
    text.write_text(letters, encoding="utf-8")
    command = [sys.executable, "-m", "unspool", "train", str(text), "--model", "ngram", "--out", str(out)]
    process = subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while process.poll() is None and not (out / "tokenizer.json").exists():
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    refused = call_main("generate", out)
    assert refused.clean
    assert refused.code != 0
    again = call_main("train", "--resume", out)
    assert again.code == 0, again.err
    assert "n-grams" in again.out
    assert call_main("generate", out, "--max-new-tokens", 5).code == 0

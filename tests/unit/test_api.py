"""What a trained model can do: generate, stream, score, evaluate, be read, be saved."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import unspool
from conformance.engines import compared_engines
from helpers.small import small_text
from unspool.errors import ModelFolderError, OutputError, UsageError

Untrained = Callable[..., Path]


def test_training_learns_something(model: unspool.Model) -> None:
    figures = model.evaluate()
    assert figures.nats_per_token < np.log(model.tokenizer.vocabulary_size) - 0.3
    assert figures.tokens == len(small_text()) - int(len(small_text()) * 0.9)


def test_the_same_seed_generates_the_same_text(model: unspool.Model) -> None:
    texts = [model.generate("the cat", max_new_tokens=60, seed=seed) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    assert len(texts[0]) == 60


def test_streaming_gives_the_text_of_generate(model: unspool.Model) -> None:
    settings = {"max_new_tokens": 80, "seed": 4, "stop": ("ee",)}
    assert "".join(model.stream("the ", **settings)) == model.generate("the ", **settings)


@pytest.mark.engines
@pytest.mark.parametrize("engine", compared_engines())
def test_samples_of_a_batch_are_each_what_it_is_alone(model_folder: Path, engine: str) -> None:
    model = unspool.load(model_folder, engine)
    settings = {"max_new_tokens": 40, "temperature": 1.0, "stop": ("a ",)}
    together = model.samples("the ", num_samples=4, seed=10, **settings)
    assert [sample.seed for sample in together] == [10, 11, 12, 13]
    assert len({sample.text for sample in together}) > 1
    for sample in together:
        assert sample == model.samples("the ", seed=sample.seed, **settings)[0]
        assert sample.text == model.generate("the ", seed=sample.seed, **settings)


def test_samples_without_a_seed_name_theirs(model: unspool.Model) -> None:
    one, other = (model.samples("the ", max_new_tokens=30)[0] for _ in range(2))
    assert one.seed != other.seed
    assert model.generate("the ", max_new_tokens=30, seed=one.seed) == one.text


def test_a_stop_string_ends_a_sample_and_is_no_part_of_it(model: unspool.Model) -> None:
    sample = model.samples("the ", max_new_tokens=500, seed=0, stop=(" ",))[0]
    assert sample.finish_reason == "stop"
    assert " " not in sample.text
    assert sample.tokens == len(sample.text) + 1


def test_one_stream_generates_one_sample(model: unspool.Model) -> None:
    with pytest.raises(UsageError, match="num_samples=2"):
        model.generate("the ", num_samples=2)
    with pytest.raises(UsageError, match="num_samples=2"):
        model.read("the ").generate(num_samples=2, max_new_tokens=3)


def test_a_setting_that_does_not_exist_is_refused(model: unspool.Model) -> None:
    with pytest.raises(UsageError, match="temprature is not a known setting"):
        model.generate("the ", temprature=1.0)


@pytest.mark.filterwarnings("ignore:.* not in the vocabulary")
def test_any_prompt_can_be_read(model: unspool.Model) -> None:
    for prompt in ("", "日本語", "\x01", "the " * 400):
        assert len(model.generate(prompt, max_new_tokens=5, seed=0)) == 5


def test_reading_in_parts_equals_reading_at_once(model: unspool.Model) -> None:
    parts, whole = model.read("the ").read("cat ").read(""), model.read("the cat ")
    assert parts.ids == whole.ids
    for (token, p), (other, q) in zip(parts.next_probabilities(5), whole.next_probabilities(5), strict=True):
        assert token == other
        assert p == pytest.approx(q, abs=1e-5)


def test_a_reading_is_a_value(model: unspool.Model) -> None:
    reading = model.read("the ")
    before = reading.next_probabilities(5)
    fork = reading.fork()
    fork.read("cat")
    texts = [r.generate(max_new_tokens=30, seed=3) for r in (reading, fork, reading)]
    assert texts[0] == texts[1] == texts[2] == model.generate("the ", max_new_tokens=30, seed=3)
    assert reading.next_probabilities(5) == before


def test_all_next_probabilities_sum_to_one(model: unspool.Model) -> None:
    found = [p for _, p in model.read("the ").next_probabilities(10_000)]
    assert len(found) == model.tokenizer.vocabulary_size
    assert sum(found) == pytest.approx(1)
    assert found == sorted(found, reverse=True)


@pytest.mark.engines
def test_a_saved_reading_goes_on_in_any_engine(model: unspool.Model, model_folder: Path, tmp_path: Path) -> None:
    reading = model.read("the small ")
    reading.save(tmp_path / "state.safetensors")
    text = reading.generate(max_new_tokens=40, seed=5)
    for engine in compared_engines():
        again = unspool.load(model_folder, engine).load_reading(tmp_path / "state.safetensors")
        assert again.ids == reading.ids
        assert again.generate(max_new_tokens=40, seed=5) == text


LSTM, GRU = {"cell": "lstm"}, {"cell": "gru"}


@pytest.mark.parametrize(
    ("written", "read"),
    [(LSTM, {"hidden_size": 4}), (LSTM, {"num_layers": 2}), ({"num_layers": 2}, LSTM), (GRU, LSTM), (LSTM, GRU)],
    ids=["smaller", "more-layers", "fewer-layers", "gru-in-lstm", "lstm-in-gru"],
)
def test_a_reading_of_another_model_is_refused(
    untrained: Untrained, tmp_path: Path, written: dict[str, Any], read: dict[str, Any]
) -> None:
    writer, reader = unspool.load(untrained(name="a", **written)), unspool.load(untrained(name="b", **read))
    path = tmp_path / "state.safetensors"
    writer.read("the").save(path)
    with pytest.raises(ModelFolderError, match=r"state\.safetensors is not a state of this model"):
        reader.load_reading(path)


@pytest.mark.parametrize("content", [b"", b"abc", b"\xff" * 100])
def test_a_damaged_reading_is_refused(model: unspool.Model, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelFolderError):
        model.load_reading(path)


def test_a_score_is_the_sum_of_what_each_token_costs(model: unspool.Model) -> None:
    text = "the cat sees a dog."
    score = model.score(text)
    assert "".join(score.tokens) == text
    assert score.nats_per_token == pytest.approx(-np.mean(score.log_probabilities))
    assert score.bits_per_byte == pytest.approx(-sum(score.log_probabilities) / np.log(2) / len(text))
    assert score.log_probabilities[0] == pytest.approx(
        np.log(dict(model.read("").next_probabilities(100))["t"]), abs=1e-4
    )


def test_a_text_like_the_learnt_one_scores_better(model: unspool.Model) -> None:
    likely, unlikely = (model.score(text).bits_per_byte for text in (small_text(5, seed=9), "zqzqzq"))
    assert likely < unlikely
    with pytest.raises(UsageError, match="at least one character"):
        model.score("")


def test_a_saved_model_is_the_same_model(model: unspool.Model, tmp_path: Path) -> None:
    model.save(tmp_path / "copy")
    again = unspool.load(tmp_path / "copy")
    assert again.generate("a", max_new_tokens=20, seed=1) == model.generate("a", max_new_tokens=20, seed=1)
    with pytest.raises(OutputError):
        model.save(tmp_path / "copy")
    model.save(tmp_path / "copy", overwrite=True)


def test_the_text_does_not_depend_on_the_threads_of_the_kernels(model_folder: Path) -> None:
    texts = [unspool.load(model_folder, "numba", threads=threads).generate("the ", seed=1) for threads in (0, 1, 2)]
    assert texts[0] == texts[1] == texts[2]


def test_an_engine_that_does_not_exist_is_refused(model_folder: Path) -> None:
    with pytest.raises(UsageError, match="Received: 'jax'"):
        unspool.load(model_folder, "jax")

"""A model must beat the frequencies of single tokens to be called trained; bits are the same figure everywhere."""

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import unspool
from helpers.small import TINY
from unspool.api import train
from unspool.data.corpus import open_corpus
from unspool.evaluate.baseline import MIN_UPDATES, frequency_nats, untrained
from unspool.evaluate.units import Units
from unspool.training.callback import StepEvent, ValidationEvent


def test_frequencies_have_one_added_to_every_count() -> None:
    learnt, held_out = np.array([3, 0, 1]), np.array([1, 2, 0])
    expected = -(math.log(4 / 7) + 2 * math.log(1 / 7)) / 3
    assert frequency_nats(learnt, held_out) == pytest.approx(expected)


def test_what_is_untrained_and_why() -> None:
    assert "frequencies of the training part" in untrained(2.0, 2.0, 10_000)
    assert "frequencies of the training part" in untrained(math.nan, 2.0, 10_000, pretrained=True)
    assert f"fewer than {MIN_UPDATES}" in untrained(1.0, 2.0, MIN_UPDATES - 1)
    assert untrained(1.0, 2.0, MIN_UPDATES - 1, pretrained=True) == ""
    assert untrained(1.0, 2.0, MIN_UPDATES) == ""


def test_bits_include_the_cost_of_spelling() -> None:
    assert Units("character", 0.25, 1.5).bits(math.log(2)) == pytest.approx(1.75)
    assert Units("label").bits(math.log(4)) == pytest.approx(2.0)


class Figures(unspool.Callback):
    """Keeps the figures that are shown."""

    def __init__(self) -> None:
        self.training: list[float] = []
        self.fresh: list[float] = []

    def on_step(self, event: StepEvent) -> None:
        self.training.append(event.bits_per_character)

    def on_validation(self, event: ValidationEvent) -> None:
        self.fresh.append(event.fresh_bits_per_character)


def end_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((path / "history.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    return found


@pytest.mark.parametrize("tokenizer", ["word", "char"])
def test_progress_summary_and_evaluation_show_one_figure(tmp_path: Path, tokenizer: str) -> None:
    words = [f"{chr(97 + i % 26)}{chr(97 + i // 26)}{i % 7}" for i in range(300)]  # hardly a word occurs twice
    (tmp_path / "t.txt").write_text("".join(f"a {word} b\n" for word in words), encoding="utf-8")
    shown = Figures()
    settings = {**TINY, "steps": 8, "validations": 1, "lines": True, "tokenizer": tokenizer}
    model = train(tmp_path / "t.txt", out=tmp_path / "m", callback=shown, **settings)
    figures = model.evaluate()
    assert shown.fresh[-1] == pytest.approx(figures.fresh_bits_per_character, rel=1e-3)
    assert end_of(tmp_path / "m")["fresh_bits_per_character"] == pytest.approx(shown.fresh[-1], rel=1e-3)
    if tokenizer == "word":  # about 3 of 8 characters are spelt out in Unicode, of 20 bits each
        assert shown.fresh[-1] > 5
        assert shown.training[-1] > 5


def test_pairs_are_shown_the_figure_that_their_evaluation_gives(tmp_path: Path) -> None:
    rows = [f"{i % 7} {i % 5}\t{'xyzuvwq'[i % 7]} {'abcde'[i % 5]}\n" for i in range(90)]
    (tmp_path / "t.tsv").write_text("source\ttarget\n" + "".join(rows), encoding="utf-8")
    shown = Figures()
    sizes = {"encoder_size": 8, "encoder_embedding": 8, "hidden_size": 8, "embedding_size": 8, "batch_size": 16}
    run = {"threads": 1, "precision": "float32", "steps": 4, "validations": 1, "averaged": 1, "tokenizer": "word"}
    names = {"source": "source", "target": "target"}
    train(tmp_path / "t.tsv", out=tmp_path / "m", callback=shown, **names, **sizes, **run)
    assert end_of(tmp_path / "m")["bits_per_character"] == pytest.approx(shown.fresh[-1], rel=1e-3)


def test_the_baseline_of_a_text_is_that_of_its_counts(text_file: Path, tmp_path: Path) -> None:
    settings = {**TINY, "steps": 2, "validations": 1, "learning_rate": 1e-30, "matrix_rate": 1e-30}
    path = train(text_file, out=tmp_path / "m", **settings).path
    reason = end_of(path)["untrained"]
    corpus = open_corpus(path / "training")
    learnt, total = Counter(corpus.training.tokens.tolist()), len(corpus.training.tokens)
    size = len(corpus.training.counts)
    nats = [-math.log((learnt[token] + 1) / (total + size)) for token in corpus.validation.tokens.tolist()]
    assert f"against {sum(nats) / len(nats):.4f}" in reason
    assert f"**This model is untrained**: {reason}." in (path / "README.md").read_text(encoding="utf-8")


def test_a_trained_model_is_not_called_untrained(model: unspool.Model) -> None:
    assert end_of(model.path)["untrained"] is False
    assert "untrained" not in model.card


def test_few_updates_are_said_to_be_few_whatever_they_gave(text_file: Path, tmp_path: Path) -> None:
    path = train(text_file, out=tmp_path / "m", **{**TINY, "steps": MIN_UPDATES - 1, "learning_rate": 0.03}).path
    assert "updates teach next to nothing" in end_of(path)["untrained"]


def test_labels_are_compared_with_their_frequencies(tmp_path: Path) -> None:
    rows = [f"{'the ' * (i % 3)}same text,{'a' if i % 4 else 'b'}\n" for i in range(80)]
    (tmp_path / "t.csv").write_text("text,label\n" + "".join(rows), encoding="utf-8")
    run = {"threads": 1, "precision": "float32", "encoder_size": 8, "encoder_embedding": 8, "steps": 2}
    path = train(tmp_path / "t.csv", out=tmp_path / "m", text="text", label="label", **run).path
    assert end_of(path)["untrained"]

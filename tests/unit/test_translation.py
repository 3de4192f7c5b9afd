"""What a translation does with words that it never saw."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from unspool.api import train
from unspool.data.dates import date_pairs
from unspool.engines.base import Machine
from unspool.errors import DataWarning
from unspool.folder.model_folder import ModelFolder
from unspool.specs.training import BudgetSpec
from unspool.tasks.recipe import DEFAULT_MINUTES
from unspool.tasks.settings import grouped
from unspool.tasks.translation.task import Translation
from unspool.training.callback import Callback

TRAINING = {"steps": 400, "batch_size": 32, "learning_rate": 0.01, "dropout": 0.0, "threads": 1, "validations": 1}
SHAPE = {"hidden_size": 32, "embedding_size": 16, "encoder_size": 32, "encoder_embedding": 16}
WORDS = {"one": "eins", "two": "zwei", "three": "drei", "four": "vier", "five": "fünf", "six": "sechs"}


def budget_of(folder: Path, **given: Any) -> BudgetSpec:
    """The budget of a run that is planned from settings."""
    model = ModelFolder(folder)
    model.create()
    settings = grouped({**given, "hidden_size": 8, "encoder_size": 8})
    return Translation().plan(model, settings, Machine("float32", 1), None, Callback()).recipe.budget


def test_dates_are_learnt_in_a_minute_unless_a_budget_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unspool.data.pairs.date_pairs", lambda: date_pairs(40))
    assert budget_of(tmp_path / "a") == BudgetSpec(minutes=1.0)
    assert budget_of(tmp_path / "b", steps=3) == BudgetSpec(steps=3)
    for name in ("en", "de"):
        (tmp_path / name).write_text("one two\n" * 40, encoding="utf-8")
    files = {"source_file": str(tmp_path / "en"), "target_file": str(tmp_path / "de")}
    assert budget_of(tmp_path / "c", **files) == BudgetSpec(minutes=DEFAULT_MINUTES)


def test_an_unknown_word_is_copied_from_where_attention_looks(tmp_path: Path) -> None:
    """Numbers are translated word by word; the names between them come once each, so that no tokenizer knows one."""
    draw = random.Random(0)
    lines = []
    for _ in range(600):
        words = draw.choices(list(WORDS), k=4)
        words[draw.randrange(4)] = "".join(draw.choices("abcdefgh", k=6))
        translated = [WORDS.get(word, word) for word in words]
        lines.append(json.dumps({"en": " ".join(words), "de": " ".join(translated)}))
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    columns = {"source": "en", "target": "de", "tokenizer": "word", "vocabulary_limit": 10}
    model = train(path, out=tmp_path / "model", **columns, **SHAPE, **TRAINING)
    with pytest.warns(DataWarning, match="'Hampstead' is not in the vocabulary of the model, and is read as <unk>"):
        ((best,),) = model.translations(["six three Hampstead two"], beams=1)
    assert best.text == "sechs drei Hampstead zwei"
    assert best.tokens[2] == "<unk>"

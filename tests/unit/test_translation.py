"""What a translation does with words that it never saw."""

import json
import random
from pathlib import Path

import pytest

from unspool.api import train
from unspool.data.dates import date_pairs
from unspool.engines.base import Machine
from unspool.folder.model_folder import ModelFolder
from unspool.specs.training import BudgetSpec
from unspool.tasks.recipe import grouped
from unspool.tasks.translation import Translation, _with_budget

TRAINING = {"steps": 400, "batch_size": 32, "learning_rate": 0.01, "dropout": 0.0, "threads": 1, "validations": 1}
SHAPE = {"hidden_size": 32, "embedding_size": 16, "encoder_size": 32, "encoder_embedding": 16}
WORDS = {"one": "eins", "two": "zwei", "three": "drei", "four": "vier", "five": "fünf", "six": "sechs"}


def test_dates_are_learnt_in_a_minute_unless_a_budget_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unspool.data.pairs.date_pairs", lambda: date_pairs(40))
    for given, budget in (({}, {"minutes": 1.0}), ({"steps": 3}, {"steps": 3})):
        folder = ModelFolder(tmp_path / str(budget))
        folder.create()
        settings = grouped({**given, "hidden_size": 8, "encoder_size": 8})
        plan = Translation().plan(folder, settings, Machine("float32", 1), None, lambda size: None)
        assert plan.recipe.budget == BudgetSpec(**budget)
    pairs = grouped({"source_file": "a", "target_file": "b"})
    assert _with_budget(pairs) == pairs


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
    columns = {"source_column": "en", "target_column": "de", "tokenizer": "word", "vocabulary_limit": 10}
    model = train(path, out=tmp_path / "model", **columns, **SHAPE, **TRAINING)
    ((best,),) = model.translations(["six three Hampstead two"], beams=1)
    assert best.text == "sechs drei Hampstead zwei"
    assert best.tokens[2] == "<unk>"

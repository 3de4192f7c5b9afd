"""Folders that version 0.1.0 wrote open, and give the text, the scores and the figures that they gave then."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import unspool
from conformance.engines import compared_engines, trainer

FOLDERS = Path(__file__).parent.parent / "folders"
SAID: dict[str, dict[str, Any]] = json.loads((FOLDERS / "said.json").read_text(encoding="utf-8"))
CLASSES = {
    "language": unspool.TextModel,
    "conditional": unspool.ConditionalTextModel,
    "translation": unspool.Translator,
    "classification": unspool.TextClassifier,
}
GENERATING = [name for name, said in SAID.items() if "drawn" in said]
CLASSIFYING = [name for name, said in SAID.items() if "probabilities" in said]


def condition_of(said: dict[str, Any]) -> dict[str, Any]:
    return {"condition": said["condition"]} if "condition" in said else {}


@pytest.fixture(params=compared_engines())
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_there_is_a_folder_for_each_thing_that_is_said() -> None:
    assert {path.name for path in FOLDERS.iterdir() if path.is_dir()} == set(SAID)


@pytest.mark.parametrize("name", SAID)
def test_a_folder_opens_as_the_class_of_its_task(name: str) -> None:
    model = unspool.load(FOLDERS / name, engine="numpy")
    assert type(model) is CLASSES[SAID[name]["task"]]
    assert model.card.startswith("---\nlibrary_name: unspool")


@pytest.mark.engines
@pytest.mark.parametrize("name", GENERATING)
def test_the_same_seed_generates_the_same_text(name: str, engine: str) -> None:
    said, model = SAID[name], unspool.load(FOLDERS / name, engine=engine)
    settings = condition_of(said)
    assert model.generate("a", temperature=0.0, max_new_tokens=40, **settings) == said["greedy"]
    settings |= {"num_samples": 3, "seed": 7, "max_new_tokens": 50}
    drawn = model.samples("the", temperature=0.9, top_k=12, presence_penalty=0.1, **settings)
    assert [sample.to_dict() for sample in drawn] == said["drawn"]


@pytest.mark.engines
@pytest.mark.parametrize("name", GENERATING)
def test_a_text_has_the_same_score(name: str, engine: str) -> None:
    said, model = SAID[name], unspool.load(FOLDERS / name, engine=engine)
    score = model.score("the small cat", **condition_of(said))
    assert score.bits_per_byte == pytest.approx(said["score"]["bits_per_byte"], abs=1e-4)
    np.testing.assert_allclose(score.log_probabilities, said["score"]["log_probabilities"], atol=1e-4)


@pytest.mark.engines
@pytest.mark.parametrize("name", CLASSIFYING)
def test_texts_have_the_same_labels(name: str, engine: str) -> None:
    said, model = SAID[name], unspool.load(FOLDERS / name, engine=engine)
    assert list(model.labels) == said["labels"]
    np.testing.assert_allclose(model.probabilities(said["texts"]), said["probabilities"], atol=1e-4)


@pytest.mark.engines
def test_texts_have_the_same_translations(engine: str) -> None:
    said, model = SAID["translation"], unspool.load(FOLDERS / "translation", engine=engine)
    found = model.translations(said["texts"], beams=4, n_best=2)
    assert [[one.text for one in best] for best in found] == [
        [one["text"] for one in best] for best in said["translations"]
    ]
    scores = [[one["score"] for one in best] for best in said["translations"]]
    np.testing.assert_allclose([[one.score for one in best] for best in found], scores, atol=1e-4)


@pytest.mark.engines
@pytest.mark.parametrize("name", SAID)
def test_the_held_out_part_has_the_same_figures(name: str, engine: str) -> None:
    figures = unspool.load(FOLDERS / name, engine=engine).evaluate().to_dict()
    for figure, value in SAID[name]["figures"].items():
        expected = pytest.approx(value, rel=1e-5) if isinstance(value, float) else _plain(value)
        assert figures[figure] == expected, figure


@pytest.mark.engines
def test_a_run_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    copy = tmp_path / "unfinished"
    shutil.copytree(FOLDERS / "unfinished", copy)
    model = unspool.resume(copy, engine=trainer())
    events = [json.loads(line) for line in (copy / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (events[-1]["event"], events[-1]["step"]) == ("end", 40)
    assert model.evaluate().bits_per_character < SAID["unfinished"]["figures"]["bits_per_character"]


def _plain(value: Any) -> Any:
    """Lists of JSON as the tuples that figures hold."""
    return tuple(map(_plain, value)) if isinstance(value, list) else value

"""Classifiers of pictures: from folders, tables and nothing; in every form and engine; with their worst mistakes."""

from pathlib import Path

import numpy as np
import pytest

import unspool
from conformance.engines import compared_engines, trainer
from unspool.data.pictures.digits import digit_pictures
from unspool.errors import DataError, DataWarning, MissingExtraError, UsageError

Image = pytest.importorskip("PIL.Image")
SETTINGS = {"encoder_size": 8, "picture_size": 8, "threads": 1, "precision": "float32", "learning_rate": 0.01}


def draw(kind: str, number: int) -> np.ndarray:
    """A grey picture of 8 x 8 pixels, lighter at the top or at the left."""
    pixels = np.random.default_rng(number).integers(0, 60, (8, 8)).astype(np.uint8)
    half = np.s_[:4] if kind == "top" else np.s_[:, :4]
    pixels[half] += 150
    return pixels


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of classes."""
    place = tmp_path_factory.mktemp("pictures") / "halves"
    for kind in ("top", "left"):
        (place / kind).mkdir(parents=True)
        for number in range(30):
            Image.fromarray(draw(kind, number)).save(place / kind / f"{number:02}.png")
    return place


@pytest.fixture(scope="module")
def model(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> unspool.ImageClassifier:
    out = tmp_path_factory.mktemp("model") / "halves"
    found = unspool.train(folder, out=out, engine=trainer(), steps=80, **SETTINGS)
    assert isinstance(found, unspool.ImageClassifier)
    return found


def test_a_folder_of_classes_is_learnt_without_a_word_about_the_task(model: unspool.ImageClassifier) -> None:
    assert model.labels == ("left", "top")
    assert model.evaluate().accuracy == 1.0
    card = model.card
    assert "pipeline_tag: image-classification" in card
    assert "reads pictures of 8 x 8 pixels" in card


def test_pictures_may_be_given_in_any_usual_form(model: unspool.ImageClassifier, folder: Path) -> None:
    top, left = draw("top", 100), draw("left", 101)
    assert model.classify(top) == "top"
    assert model.classify(Image.fromarray(left)) == "left"
    assert model.classify(folder / "top" / "01.png") == model.classify(str(folder / "top" / "01.png")) == "top"
    assert model.classify([top, Image.fromarray(left), folder / "top" / "01.png"]) == ["top", "left", "top"]
    assert model.classify(np.stack([top, left])[..., None]) == ["top", "left"]
    assert model.classify(np.repeat(top[..., None], 3, axis=2) / np.float32(255)) == "top"
    together, alone = model.probabilities([top, left]), model.probabilities(left)
    np.testing.assert_allclose(together.sum(axis=1), 1)
    np.testing.assert_allclose(together[1:], alone, atol=1e-5)
    with pytest.raises(DataError, match="does not exist"):
        model.classify("nowhere.png")
    with pytest.raises(UsageError, match="must be named or given"):
        model.classify([3])


@pytest.mark.engines
@pytest.mark.parametrize("engine", compared_engines())
def test_every_engine_finds_the_same(model: unspool.ImageClassifier, engine: str) -> None:
    pictures = [draw(kind, number) for kind in ("top", "left") for number in range(200, 210)]
    np.testing.assert_allclose(
        unspool.load(model.path, engine=engine).probabilities(pictures), model.probabilities(pictures), atol=1e-4
    )


def test_a_broken_picture_is_left_out_and_counted_and_mistakes_are_shown(
    model: unspool.ImageClassifier, tmp_path: Path
) -> None:
    for kind, drawn in (("top", "top"), ("left", "left"), ("right", "left"), ("left", "top")):
        (tmp_path / kind).mkdir(exist_ok=True)
        Image.fromarray(draw(drawn, 300)).save(tmp_path / kind / f"a {drawn} one.png")
    (tmp_path / "top" / "broken.png").write_bytes(b"\x89PNG nothing")
    with pytest.warns(DataWarning, match=r"pictures left out because .*: 1, the first"):
        found = model.evaluate(tmp_path)
    assert (found.rows, found.accuracy, found.unknown_labels) == (4, 0.5, {"right": 1})
    assert "mistakes" not in found.to_dict()
    assert {(one.right, one.predicted) for one in found.mistakes} == {("unknown", "left"), ("left", "top")}
    report = model.describe(found)
    assert "pictures have labels that the model does not know" in report.text
    assert report.page is not None
    assert report.page.count("<img src=") == 2
    assert "a top one.png" in report.page


def test_a_broken_picture_is_not_learnt_and_this_is_said(folder: Path, tmp_path: Path) -> None:
    notes: list[str] = []

    class Notes(unspool.Callback):
        def on_note(self, line: str) -> None:
            notes.append(line)

    place = tmp_path / "pictures"
    for kind in ("top", "left"):
        (place / kind).mkdir(parents=True)
        for number in range(8):
            Image.fromarray(draw(kind, number)).save(place / kind / f"{number}.png")
    (place / "top" / "broken.png").write_bytes(b"nothing")
    unspool.train(place, out=tmp_path / "m", callback=Notes(), steps=2, **SETTINGS)
    assert any(line.startswith("pictures left out because") for line in notes)
    assert any("14 to learn" in line or "15 to learn" in line for line in notes)


def test_given_features_are_learnt_and_a_run_is_a_function_of_its_seed(folder: Path, tmp_path: Path) -> None:
    rows = [draw(kind, number).reshape(-1) / 255 for kind in ("left", "top") for number in range(30)]
    np.save(tmp_path / "features.npy", np.array(rows, np.float32))
    settings = {"encoder_size": 8, "threads": 1, "precision": "float32", "learning_rate": 0.01}
    models = [
        unspool.train(folder, out=tmp_path / name, extractor=str(tmp_path / "features.npy"), steps=80, **settings)
        for name in ("one", "two")
    ]
    one, two = ((model.path / "model.safetensors").read_bytes() for model in models)
    assert one == two
    assert models[0].evaluate().accuracy == 1.0


def test_digits_are_those_of_scikit_learn() -> None:
    pytest.importorskip("sklearn")
    digits = digit_pictures()
    assert (len(digits), {one.label for one in digits}) == (1797, set("0123456789"))
    pixels = np.asarray(digits[0].picture.open())
    assert (pixels.shape, pixels.max(), digits[0].label) == ((8, 8), 239, "0")


def test_without_data_and_without_scikit_learn_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unspool.data.pictures.digits.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="scikit-learn") as caught:
        unspool.train(task="image-classification", steps=1)
    assert "baselines" in caught.value.hint

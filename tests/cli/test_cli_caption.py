"""`unspool train` on pictures with captions, `caption`, `inspect` and `evaluate` of what comes of it."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import unspool
from conformance.engines import compared_engines
from helpers.commands import call_main, run_process
from helpers.pictures import captioned_folder, tiny_extractor

SIZES = ["--hidden-size", 32, "--embedding-size", 16, "--encoder-size", 16, "--batch-size", 16]
QUICK = ["--threads", 1, "--precision", "float32", "--validations", 2, "--learning-rate", 0.004, "--dropout", 0]
EXACT = ["--input-dropout", 0, "--label-smoothing", 0]
TRAIN = [*SIZES, *QUICK, *EXACT]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return captioned_folder(tmp_path_factory.mktemp("pictures") / "squares")


@pytest.fixture(scope="module", params=["onnx", "cnn"])
def captioner(request: Any, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("models") / request.param
    extractor = []
    if request.param == "onnx":
        extractor = ["--extractor", tiny_extractor(place.parent / "tiny.onnx")]
    result = call_main("train", pictures, "--out", place, "--steps", 250, *extractor, *TRAIN)
    assert result.code == 0, result.err
    assert "86 to learn with 172 captions, 10 held out" in result.err
    return place


def picture(pictures: Path, name: str) -> Path:
    return pictures / f"{name}-0.png"


def test_a_picture_is_captioned(captioner: Path, pictures: Path) -> None:
    result = call_main("caption", captioner, picture(pictures, "red-blue"))
    assert (result.code, result.out) == (0, "red above blue\n"), result.err


def test_a_folder_is_captioned_a_line_each_with_the_names(captioner: Path, pictures: Path, tmp_path: Path) -> None:
    for name in ("green-red", "blue-white"):
        shutil.copy(picture(pictures, name), tmp_path / f"{name}.png")
    result = call_main("caption", captioner, tmp_path)
    assert result.out == (f"{tmp_path}/blue-white.png\tblue above white\n{tmp_path}/green-red.png\tgreen above red\n")


def test_standard_input_is_a_picture(captioner: Path, pictures: Path) -> None:
    result = call_main("caption", captioner, "-", input=picture(pictures, "white-red").read_bytes())
    assert (result.code, result.out) == (0, "white above red\n"), result.err


def test_json_has_captions_scores_and_attention(captioner: Path, pictures: Path) -> None:
    name = picture(pictures, "red-blue")
    found = call_main("caption", captioner, name, "--n-best", 2, "--json").json()
    assert found["picture"] == str(name)
    best, second = found["captions"]
    assert best["score"] > second["score"]
    assert len(best["attention"]) == len(best["tokens"])
    assert all(sum(weights) == pytest.approx(1, abs=1e-5) for weights in best["attention"])


def test_a_broken_picture_is_named_and_the_others_are_captioned(
    captioner: Path, pictures: Path, tmp_path: Path
) -> None:
    shutil.copy(picture(pictures, "green-red"), tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(picture(pictures, "red-blue").read_bytes()[:40])
    shutil.copy(picture(pictures, "red-blue"), tmp_path / "c.png")
    result = call_main("caption", captioner, tmp_path)
    assert [line.split("\t")[1] for line in result.out.splitlines()] == ["green above red", "", "red above blue"]
    assert result.clean
    assert result.code != 0
    assert "b.png" in result.error_lines[0]
    assert "1 of 3" in result.err


@pytest.mark.engines
def test_every_engine_captions_alike(captioner: Path, pictures: Path) -> None:
    found = [
        call_main("caption", captioner, pictures, "--engine", engine).out for engine in ("auto", *compared_engines())
    ]
    assert set(found) == {found[0]}


def test_evaluate_measures_what_was_held_out_and_other_pictures(
    captioner: Path, pictures: Path, tmp_path: Path
) -> None:
    own = call_main("evaluate", captioner, "--json", "--html", tmp_path / "page.html").json()
    assert own["exact"] == 1
    assert own["cider"] > 3 * own["shuffled_cider"]
    assert own["pictures"] == 10
    assert own["references"] == 2
    assert "<svg" in (tmp_path / "page.html").read_text(encoding="utf-8")
    others = call_main("evaluate", captioner, captioned_folder(tmp_path / "other", 1, seed=5), "--json").json()
    assert others["pictures"] == 16
    assert others["exact"] == 1


def test_inspect_shows_where_each_word_looked(captioner: Path, pictures: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = call_main("inspect", captioner, picture(pictures, "red-blue"), "--html", page)
    assert result.code == 0, result.err
    assert "red above blue" in result.out
    assert "%" in result.out
    assert "<svg" in page.read_text(encoding="utf-8")
    assert call_main("inspect", captioner, "--text", "red").code != 0


def test_python_takes_paths_images_and_arrays(captioner: Path, pictures: Path) -> None:
    model = unspool.load(captioner)
    assert isinstance(model, unspool.Captioner)
    path = picture(pictures, "red-blue")
    image = Image.open(path)
    array = np.asarray(image)
    assert model.caption(path) == model.caption(str(path)) == model.caption(image) == "red above blue"
    assert model.caption([array, array / 255, path]) == ["red above blue"] * 3


def test_a_saved_model_is_whole(captioner: Path, pictures: Path, tmp_path: Path) -> None:
    unspool.load(captioner).save(tmp_path / "copy")
    shutil.move(tmp_path / "copy", tmp_path / "moved")
    result = run_process("caption", tmp_path / "moved", picture(pictures, "red-blue"))
    assert result.out == "red above blue\n"


def test_without_attention_there_is_none(pictures: Path, tmp_path: Path) -> None:
    place = tmp_path / "m"
    assert call_main("train", pictures, "--out", place, "--steps", 3, "--attention", "none", *TRAIN).code == 0
    found = call_main("caption", place, picture(pictures, "red-blue"), "--json").json()
    assert found["captions"][0]["attention"] is None


def test_features_that_are_given_are_learnt(pictures: Path, tmp_path: Path) -> None:
    names = [json.loads(line)["file_name"] for line in (pictures / "metadata.jsonl").read_text().splitlines()[::2]]
    values = np.stack([np.asarray(Image.open(pictures / name), np.float32).reshape(4, 48) for name in names])
    np.save(tmp_path / "f.npy", values)
    result = call_main(
        "train", pictures, "--extractor", tmp_path / "f.npy", "--out", tmp_path / "m", "--steps", 250, *TRAIN
    )
    assert result.code == 0, result.err
    np.save(tmp_path / "one.npy", values[names.index("red-blue-0.png")])
    result = call_main("caption", tmp_path / "m", tmp_path / "one.npy")
    assert (result.code, result.out) == (0, "red above blue\n"), result.err

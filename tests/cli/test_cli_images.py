"""`unspool train FOLDER` of pictures in classes, and `classify` and `evaluate` of what comes of it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from helpers.commands import Result, call_main

Image = pytest.importorskip("PIL.Image")
SIZES = ["--encoder-size", 8, "--picture-size", 8, "--threads", 1, "--learning-rate", 0.01]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pictures") / "shades"
    for kind, shade in (("dark", 40), ("light", 200)):
        (place / kind).mkdir(parents=True)
        for number in range(12):
            pixels = np.random.default_rng(number).integers(shade, shade + 50, (9, 7, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(place / kind / f"{number}.png")
    return place


@pytest.fixture(scope="module")
def model(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("model") / "shades"
    trained = call_main("train", folder, "--steps", 60, *SIZES, "--out", out)
    assert trained.code == 0, trained.err
    assert f"classify {out} picture.jpg" in trained.out
    return out


def test_a_process_trains_and_classifies(folder: Path, tmp_path: Path, run: Callable[..., Result]) -> None:
    trained = run("train", folder, "--steps", 60, *SIZES, "--out", tmp_path / "m")
    assert trained.code == 0, trained.err
    assert "2 labels: dark 11 (50.0%), light 11 (50.0%)" in trained.err
    found = run("classify", tmp_path / "m", folder / "dark" / "3.png")
    assert (found.code, found.out) == (0, "dark\n")


def test_several_pictures_have_their_names(model: Path, folder: Path) -> None:
    dark, light = folder / "dark" / "3.png", folder / "light" / "3.png"
    assert call_main("classify", model, dark, light).out == f"{dark}\tdark\n{light}\tlight\n"
    lines = call_main("classify", model, folder, "--top", 2).out.splitlines()
    assert len(lines) == 24
    name, first, share, second, _ = lines[0].split("\t")
    assert (name.endswith(".png"), {first, second}, 0.5 < float(share) <= 1) == (True, {"dark", "light"}, True)
    found = call_main("classify", model, light, "--json").json()
    assert (found["picture"], found["labels"]) == (str(light), ["light"])
    assert sum(found["probabilities"].values()) == pytest.approx(1)


def test_a_picture_comes_on_standard_input(model: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "unspool", "classify", str(model)]
    with (folder / "light" / "3.png").open("rb") as file:
        done = subprocess.run(command, stdin=file, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "light\n"), done.stderr


def test_a_broken_picture_is_told_of_and_the_others_are_answered(model: Path, folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    found = call_main("classify", model, folder / "dark" / "3.png", broken, folder / "light" / "3.png")
    assert found.code == 3
    assert [line.split("\t")[-1] for line in found.out.splitlines()] == ["dark", "", "light"]
    assert "warning: " in found.err
    assert "broken.png" in found.err


def test_it_is_measured_with_a_page_of_its_mistakes(model: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "light").mkdir()
    (tmp_path / "light" / "really dark.png").write_bytes((folder / "dark" / "3.png").read_bytes())
    figures = call_main("evaluate", model, tmp_path, "--json", "--html", tmp_path / "page.html").json()
    assert (figures["rows"], figures["accuracy"]) == (1, 0.0)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "really dark.png" in page
    assert "data:image/png;base64," in page


@pytest.mark.parametrize("options", [["--file", "x.csv"], ["--text", "t"], ["--encoding", "utf-8"], ["--out", "x"]])
def test_options_of_texts_and_tables_are_refused(model: Path, folder: Path, options: list[str]) -> None:
    found = call_main("classify", model, folder / "dark" / "3.png", *options)
    assert found.code == 2
    assert found.clean

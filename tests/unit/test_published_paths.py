"""What is published of a model names files without the folders of the machine; what resumes it knows them."""

import ast
import shlex
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

import unspool
from helpers.small import TINY, small_text
from unspool.api import resume, train
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import option_of
from unspool.specs.recipe import sections, with_folders, without_folders
from unspool.tasks.opening import read_recipe
from unspool.tasks.registry import ROWS
from unspool.training.callback import StepEvent

SECRET = "folder-of-this-machine"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data, whose name must not be published."""
    path = tmp_path_factory.mktemp("paths") / SECRET
    path.mkdir()
    (path / "alice.txt").write_text(small_text(), encoding="utf-8")
    (path / "more.txt").write_text(small_text(seed=1), encoding="utf-8")
    rows = [f"{'abcdefg'[i % 7]} {i % 5}\n" for i in range(90)]
    for name in ("a.en", "a.de", "b.en", "b.de"):
        (path / name).write_text("".join(rows), encoding="utf-8")
    labelled = [f"{'good' if i % 2 else 'bad'} thing {i % 5},{'y' if i % 2 else 'n'}\n" for i in range(80)]
    (path / "c.csv").write_text("text,label\n" + "".join(labelled), encoding="utf-8")
    return path


ENCODER = {"encoder_size": 8, "encoder_embedding": 8}
SHORT: dict[str, Any] = {"threads": 1, "precision": "float32", "steps": 2, "validations": 1}
SMALL: dict[str, Any] = {**SHORT, "hidden_size": 8, "embedding_size": 8}
RUNS: dict[str, tuple[str | None, dict[str, Any]]] = {
    "language": ("alice.txt", {**TINY, "steps": 2, "validation": "more.txt"}),
    "translation": (
        None,
        {
            "source_file": "a.en",
            "target_file": "a.de",
            "validation_source_file": "b.en",
            "validation_target_file": "b.de",
            "tokenizer": "char",
            **ENCODER,
            **SMALL,
        },
    ),
    "classification": ("c.csv", {"text": "text", "label": "label", **ENCODER, **SHORT}),
    "conditional": ("c.csv", {"text": "text", "condition": "label", "encoder_size": 8, **SMALL}),
}


def published(path: Path) -> dict[str, bytes]:
    """The files of a model but for what resuming needs."""
    files = [file for file in path.rglob("*") if file.is_file() and "training" not in file.relative_to(path).parts]
    return {file.name: file.read_bytes() for file in files}


@pytest.mark.parametrize("task", RUNS)
def test_no_published_file_has_a_folder_of_the_machine(task: str, place: Path, tmp_path: Path) -> None:
    data, settings = RUNS[task]
    files = {name: str(place / settings[name]) for name in settings if name.endswith("_file") or name == "validation"}
    train(None if data is None else place / data, out=tmp_path / "m", **{**settings, **files})
    for name, content in published(tmp_path / "m").items():
        assert SECRET.encode() not in content, name
    exact = (tmp_path / "m" / "training" / "recipe.toml").read_text(encoding="utf-8")
    recipe = read_recipe(ModelFolder(tmp_path / "m"))
    assert SECRET in exact
    assert SECRET in str(recipe)
    assert without_folders(recipe).model_dump() == _of_saved(tmp_path)


def _of_saved(folder: Path) -> Any:
    unspool.load(folder / "m").save(folder / "saved")
    assert not (folder / "saved" / "training").exists()
    return read_recipe(ModelFolder(folder / "saved")).model_dump()


def test_every_setting_that_holds_files_is_marked_as_a_path() -> None:
    for row in ROWS.values():
        for spec in sections(row.load("recipe")).values():
            for name in spec.model_fields:
                assert option_of(spec, name).path == (
                    option_of(spec, name).metavar in ("FILE", "DIR") or name == "sources"
                ), name


def test_folders_and_standard_input_keep_a_name(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = read_recipe(ModelFolder(Path(__file__).parents[1] / "folders" / "language"))
    monkeypatch.chdir(place)
    names = ("-", ".", "..", "/", "a/", "/home/someone/b.txt", "c.txt")
    recipe = recipe.changed(data=recipe.data.changed(sources=names))
    expected = ("-", SECRET, place.parent.name, "/", "a", "b.txt", "c.txt")
    assert without_folders(recipe).data.sources == expected


def test_what_was_changed_in_a_published_recipe_stays_changed(place: Path, tmp_path: Path) -> None:
    train(place / "alice.txt", out=tmp_path / "m", **{**TINY, "steps": 2}, validation=str(place / "more.txt"))
    file = tmp_path / "m" / "recipe.toml"
    values = tomllib.loads(file.read_text(encoding="utf-8"))
    values["data"]["validation"] = ["other.txt"]
    values["training"]["dropout"] = 0.25
    file.write_text(tomli_w.dumps(values), encoding="utf-8")
    recipe = read_recipe(ModelFolder(tmp_path / "m"))
    assert recipe.data.sources == (str(place / "alice.txt"),)
    assert recipe.data.validation == ("other.txt",)
    assert recipe.training.dropout == 0.25


def test_damaged_values_are_left_as_they_are() -> None:
    kind = ROWS["language"].load("recipe")
    for values in ({"data": 3}, {"data": {"sources": 5, "validation": [[1], "a"]}}, {"started_from": ["x"]}, {}):
        assert (
            with_folders(kind, values, {"data": {"sources": ["/a"], "validation": None}, "started_from": 1}) == values
        )


class Crash(BaseException):
    """What pulling the plug looks like from inside."""


class CrashAtThree(unspool.Callback):
    """Pulls the plug after three steps."""

    def on_step(self, event: StepEvent) -> None:
        if event.step == 3:
            raise Crash


def test_a_resumed_run_keeps_the_paths_and_publishes_none(place: Path, tmp_path: Path) -> None:
    with pytest.raises(Crash):
        train(place / "alice.txt", out=tmp_path / "m", callback=CrashAtThree(), **{**TINY, "steps": 5})
    resume(tmp_path / "m")
    assert read_recipe(ModelFolder(tmp_path / "m")).data.sources == (str(place / "alice.txt"),)
    assert not [name for name, content in published(tmp_path / "m").items() if SECRET.encode() in content]


def test_a_run_of_version_0_1_0_is_resumed_and_its_folders_are_published_no_longer(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    shutil.copytree(Path(__file__).parents[1] / "folders" / "unfinished", folder)
    recipe = (folder / "recipe.toml").read_text(encoding="utf-8")
    before = tomllib.loads(recipe)["data"]["sources"]
    (folder / "recipe.toml").write_text(recipe.replace(before[0], f"/{SECRET}/text.txt"), encoding="utf-8")
    resume(folder)
    assert read_recipe(ModelFolder(folder)).data.sources == (f"/{SECRET}/text.txt",)
    assert not [name for name, content in published(folder).items() if SECRET.encode() in content]


@pytest.mark.parametrize("name", ["it's a model", "-dash", 'two "words"', "Grüße", "a$(b)`c`"])
def test_the_card_can_be_pasted_whatever_the_name(text_file: Path, tmp_path: Path, name: str) -> None:
    card = train(text_file, out=tmp_path / name, **{**TINY, "steps": 1}).card
    python, shell = (card.partition(f"```{kind}\n")[2].partition("```")[0] for kind in ("python", "sh"))
    texts = [node.value for node in ast.walk(ast.parse(python)) if isinstance(node, ast.Constant)]
    assert name in texts
    assert Path(shlex.split(shell)[2]) == Path(name)
    assert not shlex.split(shell)[2].startswith("-")

"""`forget`: what cannot be restored whole is not restored at all, and nothing of what is forgotten is left."""

import gc
import hashlib
import shutil
from pathlib import Path

import pytest

import unspool
from helpers.commands import call_main
from helpers.counted import published, with_counts


@pytest.fixture(scope="module")
def adapted(model: Path, own: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mixture that has read more."""
    place = tmp_path_factory.mktemp("adapted")
    mixed = with_counts(model, place / "mixed")
    done = call_main("adapt", mixed, own, "--epochs", 1, "--out", place / "adapted")
    assert done.code == 0, done.err
    return place / "adapted"


@pytest.mark.parametrize("name", ["model.safetensors", "counts.safetensors", "README.md", "SHA256SUMS"])
@pytest.mark.parametrize("damaged", [False, True])
def test_what_cannot_be_restored_is_not_forgotten(adapted: Path, tmp_path: Path, name: str, damaged: bool) -> None:
    folder = shutil.copytree(adapted, tmp_path / "folder")
    kept = folder / "before" / name
    content = kept.read_bytes()
    kept.unlink()
    if damaged:
        kept.write_bytes(content[: len(content) // 2])
    before = published(folder)
    refused = call_main("forget", folder)
    assert (refused.code, refused.clean) == (4, True)
    assert "which is missing or damaged" in refused.error_lines[0]
    assert name in refused.error_lines[0] or name == "SHA256SUMS"  # by whose half the others are named
    assert published(folder) == before
    kept.write_bytes(content)
    assert call_main("forget", folder).code == 0


def test_what_a_killed_process_was_removing_is_removed(adapted: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(adapted, tmp_path / "folder")
    left = shutil.copytree(adapted, tmp_path / ".folder.removed")
    assert call_main("forget", folder).code == 0
    assert not left.exists()
    shutil.copytree(adapted, left)
    assert "nothing to forget" in call_main("forget", folder).err
    assert not left.exists()


def test_a_report_comes_back_after_typing_and_reading(model: Path, own: Path, tmp_path: Path) -> None:
    folder = with_counts(model, tmp_path / "folder")
    (folder / "report.html").write_text("the report", encoding="utf-8")
    assert call_main("complete", folder, "the", "--learn").code == 0
    assert call_main("adapt", folder, own, "--epochs", 1, "--out", tmp_path / "more").code == 0
    assert call_main("forget", tmp_path / "more").code == 0
    assert (tmp_path / "more" / "report.html").read_text(encoding="utf-8") == "the report"


def test_a_model_that_forgets_is_the_same_object_with_the_same_engine(model: Path, own: Path) -> None:
    opened = unspool.load(model, engine="numpy")
    assert isinstance(opened, unspool.TextModel)
    adapted = opened.adapt(own, epochs=1)
    assert type(adapted.network) is type(opened.network)
    adapted = adapted.forget()
    gc.collect()
    assert adapted.further is None
    assert adapted.card == opened.card
    assert type(adapted.network) is type(opened.network)
    assert adapted.generate("the", seed=1) == opened.generate("the", seed=1)


def test_a_whole_model_that_has_lost_its_counts_is_not_to_be_resumed(adapted: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(adapted, tmp_path / "folder")
    (folder / "counts.safetensors").unlink()
    refused = call_main("complete", folder, "the")
    assert refused.error_lines[0].endswith("has no counts.safetensors, so it is no whole model.")
    assert "restore the folder from a copy" in refused.error_lines[1]


def test_a_list_that_names_files_elsewhere_restores_nothing(adapted: Path, tmp_path: Path) -> None:
    folder, own = shutil.copytree(adapted, tmp_path / "folder"), tmp_path / "own.txt"
    own.write_text("a text of somebody", encoding="utf-8")
    sums = folder / "before" / "SHA256SUMS"
    listed = hashlib.sha256(own.read_bytes()).hexdigest()
    sums.write_text(f"{sums.read_text(encoding='utf-8')}{listed}  ../../own.txt\n", encoding="utf-8")
    refused = call_main("forget", folder)
    assert (refused.code, refused.clean) == (4, True)
    assert "../../own.txt, which is missing or damaged" in refused.err
    assert own.exists()

"""An old model is never lost: it comes back when its successor fails, or waits beside it."""

import shutil
import signal

import pytest

from unspool.tasks.language.task import Language


@pytest.fixture
def old(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "m")


@pytest.mark.parametrize("content", [None, b"", b"short", b"\xff\xfe\xff nothing" * 9, b"nul \0" * 99])
def test_a_data_source_that_fails_brings_the_old_model_back_untouched(faults, old, tmp_path, content):
    before = faults.bytes_of(old)
    if content is not None:
        (tmp_path / "bad.txt").write_bytes(content)
    result = faults.call("train", tmp_path / "bad.txt", "--out", old, "--overwrite", "--steps", 1, *faults.small)
    assert result.code == 3
    assert result.clean, result.err
    assert faults.bytes_of(old) == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["m"]


def test_a_run_that_fails_leaves_no_folder_that_stands_in_the_way_of_the_next(faults, fox, tmp_path):
    (tmp_path / "bad.txt").write_bytes(b"nul \0" * 99)
    assert faults.call("train", tmp_path / "bad.txt", "--out", tmp_path / "m", "--steps", 1).code == 3
    result = faults.call("train", fox, "--out", tmp_path / "m", "--steps", 1, *faults.small)
    assert result.code == 0, result.err


def test_a_kill_before_the_first_model_leaves_the_old_one_which_is_opened(faults, fox, old, tmp_path):
    before = faults.bytes_of(old)
    waiting = tmp_path / "m.replaced"
    options = ["--steps", 100_000, "--validations", 1, *faults.small]
    process = faults.start("train", fox, "--out", old, "--overwrite", *options)
    faults.wait_for(process, waiting.exists)
    faults.wait_for(process, (old / "history.jsonl").exists)
    refused = faults.call("train", fox, "--out", old, "--overwrite", "--steps", 1, *faults.small)
    assert refused.code == 7
    assert refused.clean, refused.err
    assert f"process {process.pid}" in refused.err
    process.kill()
    process.communicate()
    assert not (old / "model.safetensors").exists()
    assert faults.bytes_of(waiting) == before
    out, err = faults.start("generate", old, "--seed", 1).communicate()
    assert out
    assert err.decode().startswith("warning: ")
    assert f"the earlier one is opened: {waiting}" in err.decode()
    refused = faults.call("train", fox, "--out", old, "--steps", 1, *faults.small)
    assert refused.code == 7
    assert refused.clean, refused.err
    result = faults.call("train", fox, "--out", old, "--overwrite", "--steps", 2, *faults.small)
    assert result.code == 0, result.err
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
    assert faults.call("generate", old, "--seed", 1).code == 0


@pytest.mark.filterwarnings("ignore:.*the earlier one is opened:unspool.ModelFolderWarning")
def test_a_kill_while_the_text_is_read_does_not_lock_the_place(faults, fox, old, tmp_path):
    """What is left then: the old model waiting, and a folder without config.json."""
    old.rename(tmp_path / "m.replaced")
    (old / "training").mkdir(parents=True)
    assert faults.call("generate", old, "--seed", 1).code == 0
    result = faults.call("train", fox, "--out", old, "--steps", 2, *faults.small)
    assert result.code == 7
    assert str(tmp_path / "m.replaced") in result.err
    result = faults.call("train", fox, "--out", old, "--overwrite", "--steps", 2, *faults.small)
    assert result.code == 0, result.err
    assert not (tmp_path / "m.replaced").exists()


def test_a_typing_error_after_an_interruption_costs_neither_model(faults, old, fox, tmp_path, cut_off):
    """The interrupted successor is opened, the old model waits: both are there until there is another one."""
    options = ["--out", old, "--overwrite", "--steps", 500, "--validations", 1, *faults.small]
    cut_off("train", fox, *options)
    before = {place: faults.bytes_of(place) for place in (old, tmp_path / "m.replaced")}
    assert faults.call("train", tmp_path / "foxx.txt", *options).code == 3
    assert {place: faults.bytes_of(place) for place in before} == before
    assert faults.call("train", fox, "--out", old, "--overwrite", "--steps", 2, *faults.small).code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_ctrl_c_before_the_first_step_brings_the_old_model_back(faults, fox, old, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    before = faults.bytes_of(old)
    monkeypatch.setattr(Language, "open", interrupted)
    result = faults.call("train", fox, "--out", old, "--overwrite", "--steps", 1, *faults.small)
    assert result.code == 130
    assert result.err.splitlines()[-2].startswith("error: ")
    assert faults.bytes_of(old) == before


@pytest.mark.engines
def test_an_interruption_before_the_first_validation_keeps_the_old_model_aside(faults, old, fox, learner, monkeypatch):
    """The successor has hardly learnt anything yet, so it must not cost a trained model."""
    before = faults.bytes_of(old)
    step = learner.train_step

    def interrupted(self, batch, rate, number, forcing):
        if number == 2:
            signal.raise_signal(signal.SIGINT)
        return step(self, batch, rate, number, forcing)

    monkeypatch.setattr(learner, "train_step", interrupted)
    result = faults.call("train", fox, "--out", old, "--overwrite", "--steps", 500, *faults.small)
    assert result.code == 0
    assert "kept in" in result.err
    assert faults.bytes_of(old.with_name(f"{old.name}.replaced")) == before
    assert faults.call("generate", old, "--max-new-tokens", 3).code == 0

"""`--tensorboard` writes curves beside the model, in a new folder and over an old one."""

from collections.abc import Callable
from pathlib import Path

from helpers.commands import Result


def test_curves_are_written_for_a_new_model_and_for_one_that_is_replaced(
    call: Callable[..., Result], small: list[str], text_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "m"
    for more in ([], ["--overwrite"]):
        result = call("train", text_file, "--steps", 20, *small, "--out", out, "--tensorboard", *more)
        assert result.code == 0, result.err
        assert len(list((out / "tensorboard").iterdir())) == 1
        assert (out / "model.safetensors").exists()

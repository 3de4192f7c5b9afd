"""The page for people who live in Keras or PyTorch: its lines run, also where Unspool cannot be imported."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from helpers.commands import environment
from helpers.small import small_text
from unspool.api import load
from unspool.models.export import export_model

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "keras.md"
ALONE = "import sys\nsys.modules['unspool'] = None\n"  # it cannot be imported

pytestmark = pytest.mark.skipif(find_spec("tensorflow") is None, reason="TensorFlow is not installed")


def run(code: str, place: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=place, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_lines_of_the_page_run(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(small_text(60), encoding="utf-8")
    train, example, take, alone, module = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(re.findall(r"^\S", train, re.M)) <= 12
    shown = run("\n".join([train, example, take]), tmp_path)
    assert shown.count("The ") == 5
    model = load(tmp_path / "runs" / "text")
    logits, _ = model.network.unroll(
        ids := np.array([[2, *model.tokenizer.encode("The ")]]), model.network.initial_state(1)
    )
    assert run(ALONE + alone, tmp_path) == f"{model.tokenizer.decode([int(logits[0, -1].argmax())])}\n"
    served = "import tensorflow\nserve = tensorflow.saved_model.load('text-saved-model').serve\n"
    found = run(f"{ALONE}{served}print(serve({ids.tolist()})[0, -1].numpy().tolist())", tmp_path)
    np.testing.assert_allclose(np.array(eval(found)), logits[0, -1], atol=1e-4)

    if find_spec("torch"):
        export_model(model, format="state-dict")
        found = run(f"{ALONE}{module}print(module(torch.tensor({ids.tolist()}))[0][0, -1].tolist())", tmp_path)
        np.testing.assert_allclose(np.array(eval(found)), logits[0, -1], atol=1e-4)

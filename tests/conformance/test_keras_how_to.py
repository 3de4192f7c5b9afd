"""The page for people who live in Keras or PyTorch: its lines run, also where Unspool cannot be imported."""

import json
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
from unspool.text.tokenizer import BEGIN

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "keras.md"
ALONE = "import sys\nsys.modules['unspool'] = None\n"  # it cannot be imported

pytestmark = pytest.mark.skipif(find_spec("tensorflow") is None, reason="TensorFlow is not installed")


def run(code: str, place: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=place, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_lines_of_the_page_run(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(small_text(60), encoding="utf-8")
    train, example, take, alone, module = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(re.findall(r"^\S", train, re.M)) <= 12
    shown = run("\n".join([train, example, take]), tmp_path)
    assert shown.count("The ") == 5
    model = load(tmp_path / "runs" / "text")
    ids = np.array([[BEGIN, *model.tokenizer.encode("The ")]])
    expected = model.network.unroll(ids, model.network.initial_state(1))[0][0, -1]  # (V)
    served = "import tensorflow\nsaved = tensorflow.saved_model.load('text-saved-model')\n"
    printing = f"print(saved.serve({ids.tolist()})[0, -1].numpy().tolist())"
    likeliest, found = run(ALONE + alone + served + printing, tmp_path).splitlines()
    assert likeliest == model.tokenizer.decode([int(expected.argmax())])
    np.testing.assert_allclose(json.loads(found), expected, atol=1e-4)

    if find_spec("torch"):
        export_model(model, format="state-dict")
        found = run(f"{ALONE}{module}print(module(torch.tensor({ids.tolist()}))[0][0, -1].tolist())", tmp_path)
        np.testing.assert_allclose(json.loads(found), expected, atol=1e-4)

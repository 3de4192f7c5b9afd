"""In a notebook a run is one display that is drawn again, and every object has its form: executed by nbclient."""

import re
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

SETUP = """
import unspool
tiny = dict(threads=1, precision="float32", validations=2)
text = "the cat sees a small red house, and the dog hears it.\\n" * 60
"""
CELLS = [
    SETUP,
    "model = unspool.train(text, steps=30, hidden_size=8, batch_size=4, sequence_length=16, **tiny)",
    "silent = unspool.train(text, steps=2, hidden_size=8, batch_size=4, progress=False, **tiny)",
    "model",
    "model.score('the cat sees a dragon')",
    "model.complete('the c')",
    "model.history",
    "unspool.train(text, steps=2, minuts=3)",
]


@pytest.fixture(scope="module")
def outputs() -> list[list[Any]]:
    """The outputs of each cell."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    nbclient.NotebookClient(notebook, timeout=120, allow_errors=True).execute()
    return [cell.outputs for cell in notebook.cells]


def html_in(outputs: list[Any]) -> list[str]:
    return [one["data"]["text/html"] for one in outputs if "text/html" in one.get("data", {})]


def test_a_run_is_one_display_that_ends_with_its_curve_and_a_sample(outputs: list[list[Any]]) -> None:
    (display,) = html_in(outputs[1])
    assert [one["output_type"] for one in outputs[1]] == ["display_data"]
    assert "<polyline" in display
    assert "Last sample" in display
    assert re.search(r"100%.* · step 30 · epoch", display)
    assert not re.search(r"\d left", re.sub(r"<details>.*", "", display, flags=re.DOTALL))
    assert "data: a text of 3,240 characters, for language." in display


def test_a_silent_run_says_nothing(outputs: list[list[Any]]) -> None:
    assert outputs[2] == []


def test_objects_have_forms(outputs: list[list[Any]]) -> None:
    for number, sign in ((3, "<polyline"), (4, 'class="warm"'), (5, "probability"), (6, "Validations")):
        (form,) = html_in(outputs[number])
        assert form.startswith('<div class="unspool">')
        assert sign in form
        assert "text/plain" in outputs[number][0]["data"]


def test_a_mistake_speaks_python(outputs: list[list[Any]]) -> None:
    (error,) = outputs[7]
    assert error["ename"] == "UsageError"
    assert "minutes" in error["evalue"]
    assert "--" not in error["evalue"]

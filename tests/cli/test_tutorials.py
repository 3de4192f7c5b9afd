"""Every tutorial runs in each of its forms, its checks tell right from wrong, and what is shipped is what it says."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

build = pytest.importorskip("docs.tutorials.build")
forms = pytest.importorskip("docs.tutorials.forms")
nbformat = pytest.importorskip("nbformat")

SOURCES = forms.sources()
FORMS = [(source, form) for source in SOURCES for form in forms.forms_of(source)]
QUICK = ("1-recurrent-network",)  # needs no framework
SMALL = {"UNSPOOL_TUTORIAL_MINUTES": "0.01", "UNSPOOL_DATA": "", "OMP_NUM_THREADS": "1"}
SECONDS = 250  # of one cell
GENERATOR = forms.FOLDER / "2-character-generator.py"
BUDGET = "0.4"  # minutes, in which a loop by hand and one of Unspool learn enough to be compared
COMPARED = re.compile(r"by hand ([\d.]+) nats, by Unspool ([\d.]+)")
CLOSE = 0.05  # nats per character
VERDICT = re.compile(r"^(Right|Not yet):", re.MULTILINE)


def named(value: Any) -> str:
    return value.stem if isinstance(value, Path) else str(value)


each_form = pytest.mark.parametrize(("source", "form"), FORMS, ids=named)


def content(notebook: Any) -> list[tuple[str, str, set[str]]]:
    return [(cell.cell_type, cell.source, forms.tags(cell)) for cell in notebook.cells]


def verdicts(notebook: Any) -> list[str]:
    """What each check said, one after the other."""
    checks = [cell for cell in notebook.cells if "check" in forms.tags(cell)]
    said = ["".join(output.get("text", "") for output in cell.outputs) for cell in checks]
    assert all(VERDICT.search(text) for text in said), said
    return [verdict for text in said for verdict in VERDICT.findall(text)[:1]]


@pytest.mark.parametrize(
    ("source", "form"),
    [pytest.param(*one, marks=[pytest.mark.slow] * (one[0].stem not in QUICK)) for one in FORMS],
    ids=named,
)
def test_a_form_runs_and_its_checks_tell_right_from_wrong(source: Path, form: str) -> None:
    if find_spec(build.PACKAGES[form]) is None:
        pytest.skip(f"{build.PACKAGES[form]} is not installed")
    notebook = forms.solved_notebook(source, form)
    build.execute(notebook, SMALL, SECONDS)
    assert verdicts(notebook) == ["Right", "Not yet"] * len(forms.exercises(source, form))
    build.clean(notebook)
    assert not build.machine_paths(notebook)
    assert not [text for text in build.output_texts(notebook) if "Warning" in text]


@each_form
def test_a_form_has_the_parts_of_a_lesson(source: Path, form: str) -> None:
    cells = forms.notebook_of(source, form).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    assert cells[0].source.startswith("# ")
    assert "After this notebook you can" in "".join(cell.source for cell in cells[:2])
    assert "UNSPOOL_TUTORIAL_MINUTES" in code[0]
    assert "What to read next" in cells[-1].source
    assert 2 <= len(forms.exercises(source, form)) <= 3
    assert set(forms.exercises(source, form)) == {forms.PARTS}


@each_form
def test_a_form_has_no_cell_of_another(source: Path, form: str) -> None:
    text = "\n".join(cell.source for cell in forms.notebook_of(source, form).cells if cell.cell_type == "code")
    for other in forms.FRAMEWORKS:
        if other != form:
            assert not re.search(rf"^\s*(import|from) {build.PACKAGES[other]}\b", text, re.MULTILINE)


@each_form
def test_what_is_shipped_was_made_from_the_source(source: Path, form: str) -> None:
    """`make tutorials` mends it."""
    shipped = nbformat.read(forms.path_of(source, form), as_version=4)
    nbformat.validate(shipped)
    assert content(shipped) == content(forms.notebook_of(source, form))
    code = [cell for cell in shipped.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert not [one for one in outputs if one.output_type == "error" or one.get("name") == "stderr"]
    assert not build.machine_paths(shipped)


def losses_in(notebook: Any) -> tuple[float, float]:
    """The held-out losses of the loop that is written by hand, and of Unspool with the same network and batches."""
    ((by_hand, by_unspool),) = COMPARED.findall("\n".join(build.output_texts(notebook)))
    return float(by_hand), float(by_unspool)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("form", forms.FRAMEWORKS)
def test_a_loop_by_hand_learns_what_unspool_learns(form: str) -> None:
    """From the same number of updates of the same network by the same rows and steps."""
    if find_spec(build.PACKAGES[form]) is None:
        pytest.skip(f"{build.PACKAGES[form]} is not installed")
    notebook = forms.notebook_of(GENERATOR, form)
    build.execute(notebook, SMALL | {"UNSPOOL_TUTORIAL_MINUTES": BUDGET})
    by_hand, by_unspool = losses_in(notebook)
    assert abs(by_hand - by_unspool) <= CLOSE
    assert by_hand < 2.8  # the frequencies of single characters alone cost more


@pytest.mark.parametrize("form", forms.FRAMEWORKS)
def test_the_shipped_run_by_hand_ends_where_unspool_does(form: str) -> None:
    by_hand, by_unspool = losses_in(nbformat.read(forms.path_of(GENERATOR, form), as_version=4))
    assert abs(by_hand - by_unspool) <= CLOSE


def test_what_is_shipped_is_small_and_has_a_source() -> None:
    shipped = sorted(forms.FOLDER.rglob("*.ipynb"))
    assert set(shipped) <= {forms.path_of(*one) for one in FORMS}
    assert sum(path.stat().st_size for path in shipped) <= build.SHIPPED_BYTES


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A source with a cell of each kind."""
    path = tmp_path / "9-kinds.py"
    path.write_text(
        "# %% [markdown]\n# # Title\n# text\n\n"
        '# %% tags=["pytorch"]\nFRAMEWORK = "torch"\n\n'
        '# %% tags=["tensorflow"]\nFRAMEWORK = "tensorflow"\n\n'
        '# %% tags=["exercise"]\ndouble = ...\n\n'
        '# %% tags=["check"]\nprint(double)\n\n'
        '# %% tags=["solution"]\ndouble = 2\n',
        encoding="utf-8",
    )
    return path


def test_a_form_is_chosen_linked_and_folded(made: Path) -> None:
    assert forms.forms_of(made) == ("pytorch", "tensorflow")
    opening, code, exercise, check, solution = forms.notebook_of(made, "tensorflow").cells
    assert opening.source.splitlines()[0] == "# Title"
    assert "(../pytorch/9-kinds.ipynb)" in opening.source
    assert (code.source, exercise.source, check.source) == (
        'FRAMEWORK = "tensorflow"',
        "double = ...",
        "print(double)",
    )
    assert solution.cell_type == "markdown"
    assert re.search(r"<details>.*```python\ndouble = 2\n```\n\n</details>", solution.source, re.DOTALL)


def test_a_check_is_asked_of_the_solution_and_of_the_exercise(made: Path) -> None:
    code = [cell.source for cell in forms.solved_notebook(made, "pytorch").cells[2:]]
    assert code == ["double = 2", "print(double)", "double = ...", "print(double)"]


def test_places_of_this_machine_are_found() -> None:
    output = nbformat.v4.new_output("stream", text=f"saved\nas {Path.home() / 'model'}\n/usr/bin is everywhere\n")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[output])])
    assert build.machine_paths(notebook) == [f"as {Path.home() / 'model'}"]

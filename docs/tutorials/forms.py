"""Turn the source of a tutorial into notebooks, one for each framework.

    NN-name.py -> cells of one form -> links to the other form -> solutions folded away -> notebook, not yet executed

A source is a Python file in the percent format of jupytext. The tags of a cell say what it is:

    pytorch, tensorflow   it is in that form alone; a source without such cells has one form, `numpy`
    exercise              the reader completes it
    check                 it tells right from wrong, by printing `Right: ...` or `Not yet: ...`
    solution              it is what the reader might have written, folded away right after the check
"""

from pathlib import Path
from typing import Any

import jupytext
import nbformat

Notebook = Any  # or a cell: nbformat has no types

FOLDER = Path(__file__).parent
FRAMEWORKS = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}  # the tag of a form, and its name in a sentence
ALONE = "numpy"  # the form of a source that has no others
PARTS = ("exercise", "check", "solution")
SOLUTION = "<details><summary>Solution</summary>\n\n```python\n{code}\n```\n\n</details>"


def sources() -> list[Path]:
    """Every source, in the order of its number."""
    return sorted(FOLDER.glob("[0-9]*.py"))


def forms_of(source: Path) -> tuple[str, ...]:
    """Return the names of the forms that a source has."""
    return tuple(FRAMEWORKS) if any(set(FRAMEWORKS) & tags(cell) for cell in _read(source)) else (ALONE,)


def path_of(source: Path, form: str) -> Path:
    """Return where a form of a source is kept as an executed notebook."""
    return FOLDER / form / f"{source.stem}.ipynb"


def tags(cell: Notebook) -> set[str]:
    """Return the tags of a cell."""
    return set(cell.metadata.get("tags", ()))


def notebook_of(source: Path, form: str) -> Notebook:
    """Make the notebook that readers get, without outputs.

    Args:
        source: is the file.
        form: is one of `forms_of(source)`.
    """
    cells = _chosen(source, form)
    cells[0].source = _with_link(cells[0].source, source, form)
    return _notebook([_folded(cell) if "solution" in tags(cell) else cell for cell in cells])


def solved_notebook(source: Path, form: str) -> Notebook:
    """Make the notebook that tests run: before each exercise stands its solution, and the check after both.

    So a check is asked twice: it must say `Right` first, and then, of what the reader finds, `Not yet`.
    """
    cells: list[Notebook] = []
    for cell in _chosen(source, form):
        cells.append(cell)
        if "solution" in tags(cell):
            solution = cells.pop()
            first = max(index for index, one in enumerate(cells) if "exercise" in tags(one))
            check = max(index for index, one in enumerate(cells) if "check" in tags(one))
            cells[first:first] = [solution, _copy(cells[check])]
    return _notebook(cells)


def exercises(source: Path, form: str) -> list[tuple[str, ...]]:
    """Return the parts of each exercise, in the order in which they stand, to see that none is missing."""
    marked = [part for cell in _chosen(source, form) for part in PARTS if part in tags(cell)]
    starts = [index for index, part in enumerate(marked) if part == PARTS[0]]
    return [tuple(marked[start:end]) for start, end in zip(starts, [*starts[1:], len(marked)], strict=True)]


def _read(source: Path) -> list[Notebook]:
    cells: list[Notebook] = jupytext.read(source, fmt="py:percent").cells
    return cells


def _chosen(source: Path, form: str) -> list[Notebook]:
    """Return the cells of a form, without the tags that chose them."""
    others = set(FRAMEWORKS) - {form}
    cells = [cell for cell in _read(source) if not others & tags(cell)]
    for cell in cells:
        kept = sorted(tags(cell) - set(FRAMEWORKS))
        cell.metadata = nbformat.from_dict({"tags": kept} if kept else {})
    return cells


def _with_link(opening: str, source: Path, form: str) -> str:
    """Put a line below the title that says which form this is, and links the others."""
    title, _, rest = opening.partition("\n")
    if form == ALONE:
        return f"{title}\n\n*In NumPy, with no framework.*\n{rest}"
    links = " and ".join(
        f"[in {name}](../{other}/{source.stem}.ipynb)" for other, name in FRAMEWORKS.items() if other != form
    )
    return f"{title}\n\n*In {FRAMEWORKS[form]}. The same notebook exists {links}.*\n{rest}"


def _folded(solution: Notebook) -> Notebook:
    return nbformat.v4.new_markdown_cell(SOLUTION.format(code=solution.source), metadata=solution.metadata)


def _copy(cell: Notebook) -> Notebook:
    return nbformat.v4.new_code_cell(cell.source, metadata=cell.metadata)


def _notebook(cells: list[Notebook]) -> Notebook:
    """Make a notebook whose names and numbers are the same each time."""
    for number, cell in enumerate(cells, 1):
        cell.id = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})

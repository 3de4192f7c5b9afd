"""Execute the tutorials, and keep them with their outputs.

python -m docs.tutorials.build [NAME...] [--framework pytorch|tensorflow] [--text]

Each form is executed by a kernel of its own, in an empty folder, with the environment as it is: OMP_NUM_THREADS limits
the threads, UNSPOOL_TUTORIAL_MINUTES sets the budget, UNSPOOL_DATA names texts. What only says where and when it ran is
left out of what is kept. `make tutorials` runs it. With --text nothing is executed: text that was changed is taken
over, beside outputs of code that was not.
"""

import os
import re
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

import unspool
from docs.tutorials.forms import FOLDER, FRAMEWORKS, Notebook, forms_of, notebook_of, path_of, sources

CELL_SECONDS = 900  # of one cell at most
SHIPPED_BYTES = 2_000_000  # of all notebooks together, at most
PACKAGES = {"pytorch": "torch", "tensorflow": "tensorflow", "numpy": "numpy"}
PACKAGE = Path(unspool.__file__).parent.parent
VIRTUAL = [sys.prefix] if sys.prefix != sys.base_prefix else []  # /usr is a word of many texts
MACHINE_PATH = re.compile(
    "|".join(map(re.escape, (str(PACKAGE), *VIRTUAL, tempfile.gettempdir(), str(Path.home()) + os.sep)))
    + r"|/(home|root|tmp|Users)/\w|site-packages|ipykernel_\d"
)
FAILURES = (CellExecutionError, CellTimeoutError, DeadKernelError)


def execute(notebook: Notebook, environment: dict[str, str] | None = None, seconds: int = CELL_SECONDS) -> None:
    """Execute a notebook in place.

    Args:
        notebook: gets its outputs.
        environment: is added to that of this process.
        seconds: are those that one cell may take.

    Raises:
        CellExecutionError: a cell failed.
        CellTimeoutError: a cell took too long.
        DeadKernelError: the kernel ended.
    """
    with tempfile.TemporaryDirectory(prefix="unspool-tutorial-", ignore_cleanup_errors=True) as place:
        client = NotebookClient(
            notebook,
            timeout=seconds,
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": place}},
        )
        client.execute(env=_environment() | (environment or {}))


def _environment() -> dict[str, str]:
    """The environment of this process, with its own package, and a TensorFlow that is silent about the processor."""
    paths = [str(PACKAGE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "TF_CPP_MIN_LOG_LEVEL": "3"}


def clean(notebook: Notebook) -> list[str]:
    """Leave out what says where and when a notebook ran.

    Returns:
        what was written to standard error, which is not kept: libraries speak of the machine there.
    """
    said = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.get("name") == "stderr":
                said.append(output.text)
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})
        if "outputs" in cell:
            cell.outputs = [one for one in cell.outputs if one.get("name") != "stderr"]
    notebook.metadata.language_info = nbformat.from_dict({"name": "python"})
    return said


def machine_paths(notebook: Notebook) -> list[str]:
    """Return the lines of the outputs that name a place on this machine; a notebook that is kept has none."""
    return [line for text in output_texts(notebook) for line in text.splitlines() if MACHINE_PATH.search(line)]


def output_texts(notebook: Notebook) -> Iterator[str]:
    """Yield the outputs of a notebook that are text."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            yield output.get("text", "")
            for kind, content in output.get("data", {}).items():
                if not kind.startswith("image/png"):
                    yield str(content)


def build(source: Path, form: str) -> str:
    """Execute a form of a source, and keep it.

    Returns:
        what went wrong, in which case nothing is kept; empty where nothing did.
    """
    notebook = notebook_of(source, form)
    try:
        execute(notebook)
    except FAILURES as problem:
        return str(problem)
    for text in clean(notebook):
        print(f"on standard error, not kept:\n{text.rstrip()}", file=sys.stderr)
    if places := machine_paths(notebook):
        return "outputs name places of this machine:\n" + "\n".join(places)
    target = path_of(source, form)
    target.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, target)
    return ""


def rewrite(source: Path, form: str) -> str:
    """Take over the text of a source into what is kept of a form, whose code is as it was when it was executed.

    Returns:
        what is in the way; empty where nothing is.
    """
    target, new = path_of(source, form), notebook_of(source, form)
    if not target.exists():
        return "it was never executed"
    code, executed = (
        [cell for cell in one.cells if cell.cell_type == "code"] for one in (new, nbformat.read(target, as_version=4))
    )
    if [cell.source for cell in code] != [cell.source for cell in executed]:
        return "its code has changed; execute it again"
    for cell, before in zip(code, executed, strict=True):
        cell.outputs, cell.execution_count = before.outputs, before.execution_count
    clean(new)
    nbformat.write(new, target)
    return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build all notebooks, or those that are named; return how many could not be."""
    parser = ArgumentParser(prog="python -m docs.tutorials.build", description="Execute the tutorials.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="the name of a source, or its number; default: all")
    parser.add_argument("--framework", choices=[*FRAMEWORKS], help="the form to build; default: all")
    parser.add_argument("--text", action="store_true", help="take over changed text alone, and execute nothing")
    chosen = parser.parse_args(arguments)
    known = {source: {source.stem, source.stem.partition("-")[0]} for source in sources()}
    strange = sorted(set(chosen.names).difference(*known.values()))
    if strange:
        parser.error(f"a name must be that of a source, or its number. Received: {', '.join(strange)}.")
    failed = 0
    for source, names in known.items():
        if chosen.names and names.isdisjoint(chosen.names):
            continue
        for form in forms_of(source):
            if chosen.framework not in (None, form):
                continue
            name = f"{form}/{source.stem}"
            if find_spec(PACKAGES[form]) is None:
                print(f"{name}: left out, because {PACKAGES[form]} is not installed", flush=True)
                continue
            started = time.monotonic()
            problem = (rewrite if chosen.text else build)(source, form)
            failed += bool(problem)
            print(f"{name}: {problem or f'{time.monotonic() - started:.0f} s'}", flush=True)
    size = sum(path.stat().st_size for path in FOLDER.rglob("*.ipynb"))
    print(f"all notebooks together: {size / 1e6:.2f} MB; at most {SHIPPED_BYTES / 1e6:.0f} MB are shipped")
    return failed


if __name__ == "__main__":
    sys.exit(main())

"""The shape of the house: what is told in one place only, and how long files are."""

import re
from collections.abc import Iterator
from pathlib import Path

import unspool

PACKAGE = Path(unspool.__file__).parent
OWN = ("tasks/translation/", "decode/translation.py", "cli/translate.py", "models/sequence.py", "evaluate/pairs.py")
OF_EVERY_TASK = (
    "models/keywords.py",
    "models/method_keywords.py",
    "models/notebook.py",
)  # generated, or a form for each


def sources() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")


def test_few_files_besides_its_own_name_a_task() -> None:
    naming = [
        name
        for name, text in sources()
        if re.search("translat", text, re.I) and not name.startswith((*OWN, *OF_EVERY_TASK))
    ]
    assert len(naming) <= 8, naming


def test_the_command_that_trains_is_thin() -> None:
    assert len((PACKAGE / "cli" / "train.py").read_text(encoding="utf-8").splitlines()) <= 120


def test_the_softmax_is_written_once() -> None:
    """Of NumPy arrays; each framework has its own, and compiled kernels theirs."""
    written = [
        name
        for name, text in sources()
        if re.search(r"np\.exp\([^\n]*max", text) and not name.startswith(("engines/kernels", "engines/numba"))
    ]
    assert written == ["arrays.py", "decode/sampler.py"]  # the sampler's is compiled into the engines


def test_no_file_is_long() -> None:
    long = {name: len(text.splitlines()) for name, text in sources() if len(text.splitlines()) > 300}
    assert not long


def test_a_task_is_told_by_its_row_alone() -> None:
    """No part that is common to all tasks asks which task it has before it."""
    asking = [name for name, text in sources() if re.search(r"\.task\s*[!=]=|\.task (not )?in ", text)]
    assert not asking

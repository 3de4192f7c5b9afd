"""What the evaluations of all tasks have in common: reading data as in training, saying what was found in them."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from warnings import warn

from unspool.data.findings import Findings
from unspool.errors import DataError, DataWarning, reporting_write_errors
from unspool.specs.base import Spec, build
from unspool.specs.data import SourcesSpec

D = TypeVar("D", bound=SourcesSpec)

HELD_OUT = ("sources", "validation", "validation_source_file", "validation_target_file")  # are not taken over


def read_as_in_training(data: D, given: Mapping[str, Any], exclusive: Sequence[Sequence[str]] = ()) -> D:
    """Return the settings to read other data with: those of training, but for the ones that are given.

    Args:
        data: is the data section of the run.
        given: are settings of that section, the sources among them.
        exclusive: are groups of settings: where one is given, the others of its group are not taken from training.
    """
    known = {name: value for name, value in data.model_dump().items() if name not in HELD_OUT}
    for names in exclusive:
        if any(name in given for name in names):
            known = {name: value for name, value in known.items() if name not in names}
    return build(type(data), {**known, **given}, "evaluate")


def of_spec(settings: Mapping[str, Any], spec: type[Spec]) -> dict[str, Any]:
    """Return the settings that are fields of a spec."""
    return {name: value for name, value in settings.items() if name in spec.model_fields}


def say_findings(findings: Findings) -> None:
    """Warn of everything that reading some data found, left out or changed, a sentence each."""
    for line in (*findings.lines, *findings.warnings):
        warn(line.removeprefix("warning: "), DataWarning, stacklevel=2)


def nothing_to_evaluate(reason: str) -> DataError:
    """Make the error for data in which nothing can be measured."""
    return DataError(f"there is nothing to evaluate: {reason}.", "name other data, or leave them out.")


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder for encoded texts, and remove it afterwards."""
    parent = Path(tempfile.gettempdir())
    with reporting_write_errors(parent, "name another place in TMPDIR"), tempfile.TemporaryDirectory() as path:
        yield Path(path)

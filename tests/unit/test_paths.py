"""What is no path is refused wherever Python takes one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import unspool
from unspool.errors import UsageError
from unspool.models.export import export_model

TEXT = "a text, a text\n" * 20
COUNTED = {"model": "ngram", "order": 2}


def a_model() -> Any:
    return unspool.load(Path(__file__).parent.parent / "folders" / "language", engine="numpy")


DOORS: dict[str, Callable[[Any], Any]] = {
    "load": lambda path: unspool.load(path),
    "resume": lambda path: unspool.resume(path),
    "train, out": lambda path: unspool.train(TEXT, out=path, **COUNTED),
    "train, start_from": lambda path: unspool.train(TEXT, start_from=path, steps=1),
    "from_arpa": lambda path: unspool.from_arpa(path),
    "save": lambda path: a_model().save(path),
    "report": lambda path: a_model().report(path),
    "load_reading": lambda path: a_model().load_reading(path),
    "save of a reading": lambda path: a_model().read("a").save(path),
    "adapt, out": lambda path: a_model().adapt(TEXT, out=path),
    "forget, out": lambda path: a_model().forget(path),
    "update, out": lambda path: unspool.train(TEXT, **COUNTED).update(TEXT, out=path),  # type: ignore[attr-defined]
    "export": lambda path: export_model(a_model(), path),
}


@pytest.mark.parametrize("given", [5, b"folder", ["folder"]], ids=["a number", "bytes", "a list"])
@pytest.mark.parametrize("door", DOORS)
def test_what_is_no_path_is_refused(door: str, given: Any) -> None:
    with pytest.raises(UsageError, match=r"must be a str or a pathlib\.Path\. Received: ") as refused:
        DOORS[door](given)
    assert "give the name of a file or a folder" in str(refused.value)

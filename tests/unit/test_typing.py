"""What a type checker says of calls: mypy accepts the right ones, and refuses each wrong one."""

from pathlib import Path

import pytest

CALLS = Path(__file__).parents[1] / "typing"
ROOT = Path(__file__).parents[2]


def errors_of(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """The first error of mypy for each line of a file, by the number of the line."""
    api = pytest.importorskip("mypy.api")
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("MYPYPATH", "src")
    out, problem, _ = api.run([str(CALLS / name), "--no-error-summary", "--hide-error-context"])
    assert not problem, problem
    found: dict[int, str] = {}
    for line in out.splitlines():
        file, number, kind, *message = line.split(":", 3)
        if Path(file).name == name and kind.strip() == "error":
            found.setdefault(int(number), message[0])
    return found


@pytest.mark.slow
def test_right_calls_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert errors_of("right.py", monkeypatch) == {}


@pytest.mark.slow
def test_every_wrong_call_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (CALLS / "wrong.py").read_text(encoding="utf-8").splitlines()
    right = ("import", '"""', "model =", "translator =")
    wrong = [number for number, line in enumerate(lines, 1) if line and not line.startswith(right)]
    assert sorted(errors_of("wrong.py", monkeypatch)) == wrong

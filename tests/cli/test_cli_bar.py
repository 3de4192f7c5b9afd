"""What a run shows in terminals of 40, 80 and 120 columns, with and without colour, and where there is no terminal."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.commands import SMALL, Result
from helpers.terminals import COLOUR, UNSPOOL, Terminal, lines_of
from unspool.cli import following

EVENTS = """
import time
from unspool.training.progress import make_progress
from unspool.training.callback import StepEvent, ValidationEvent
with make_progress() as run:
    for name in ("data", "kernels", "training"):
        run.on_phase(name)
        time.sleep(0.3)
    for step in range(1, 41):
        run.on_step(StepEvent(step, step / 40, step / 40, 2.0, 3 - step / 40, 63_821, step / 20, 40))
        if step == 20:
            run.on_validation(ValidationEvent(step, 2.0, 2.0, 2.5, 2.457, True, 1.0))
            run.on_note("a note with a command that is longer than forty columns: unspool train --resume runs/alice")
        time.sleep(0.03)
"""
MEASURED = """
import time
from unspool.cli.following import showing_measurement
from unspool.engines.announcing import advance
with showing_measurement(True):
    for done in range(1, 31):
        advance(done * 1000, 30_000, "tokens read")
        time.sleep(0.03)
print("the answer")
"""


WIDTHS = [(columns, colour) for columns in (40, 80, 120) for colour in (True, False)]


@pytest.fixture(scope="module")
def captured() -> dict[object, str]:
    """What each terminal showed: all run at once."""
    opened: dict[object, Terminal] = {
        (columns, colour): Terminal("-c", EVENTS, columns=columns, env={} if colour else {"NO_COLOR": "1"})
        for columns, colour in WIDTHS
    }
    opened["dumb"] = Terminal("-c", EVENTS, columns=40, env={"TERM": "dumb"})
    opened["measured"] = Terminal("-c", MEASURED, columns=80)
    try:
        return {name: terminal.read_all() for name, terminal in opened.items()}
    finally:
        for terminal in opened.values():
            terminal.close()


@pytest.mark.parametrize(("columns", "colour"), WIDTHS)
def test_a_run_is_shown_on_one_line_that_fits(captured: dict[object, str], columns: int, colour: bool) -> None:
    shown = captured[columns, colour]
    assert bool(COLOUR.search(shown)) == colour
    lines = lines_of(shown)
    note = next(line for line in lines if line.startswith("a note"))
    assert note.endswith("runs/alice")  # unbroken, so that it can be pasted
    drawn = [line for line in lines if not line.startswith(("a note", "step 20"))]
    assert max(map(len, drawn)) <= columns
    assert any(line.startswith("reading the data  0:0") for line in drawn)
    assert any(line.startswith("trying a first update  0:0") for line in drawn)
    steps = [line for line in drawn if "%" in line]
    assert len(steps) > 3
    word = "loss" if columns == 40 else "training"
    assert all(re.search(rf"\d+%  0:0\d left  {word} \d\.\d{{3}}", line) for line in steps)
    assert "fresh 2.457" in steps[-1]
    assert ("tokens/s" in steps[-1]) == (columns > 40)
    assert ("bits per character" in steps[-1]) == (columns == 120)
    assert shown.endswith("\x1b[2K")  # the line is gone at the end


def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines(captured: dict[object, str]) -> None:
    assert "\x1b" not in captured["dumb"]
    assert " 50%  0:01 left  step 20 of about 40" in captured["dumb"]


def test_a_measurement_is_shown_and_gone_at_its_end(captured: dict[object, str]) -> None:
    lines = lines_of(captured["measured"])
    assert lines[-1] == "the answer"
    assert any(re.search(r"\d+%  0:0\d left  \d+,000 of 30,000 tokens read", line) for line in lines)
    assert max(map(len, lines)) <= 80


@pytest.mark.slow
def test_a_real_run_names_its_phases_in_40_columns(text_file: Path, tmp_path: Path) -> None:
    terminal = Terminal(*UNSPOOL, "train", text_file, "--minutes", "0.02", "--out", tmp_path / "m", *SMALL, columns=40)
    lines = lines_of(terminal.read_all())
    terminal.close()
    assert any(line.startswith("loading the engine  0:0") for line in lines)
    steps = [line for line in lines if re.match(r" *\d+%  0:0\d left", line)]
    assert steps
    assert all(len(line) <= 40 and re.search(r"loss \d", line) for line in steps)


@pytest.fixture
def talkative(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each advance."""
    monkeypatch.setattr(following, "LINE_SECONDS", -1)


@pytest.mark.usefixtures("talkative")
def test_many_lines_show_how_far_they_are_unless_the_output_is_for_programs(
    call: Callable[..., Result], model: Path, text_file: Path, tmp_path: Path
) -> None:
    several = tmp_path / "lines.txt"
    several.write_text("the fox\nthe dog\n", encoding="utf-8")
    for command in (
        ("score", model, "--file", several, "--per-line"),
        ("evaluate", model, text_file),
        ("score", model, "--file", text_file),
    ):
        said = call(*command).err
        assert re.search(r"^[\d,]+ of [\d,]+ (lines|tokens read)$", said, re.M), said
        assert call(*command, "--no-progress").err == ""
        assert call(*command, "--json").err == ""
        assert call(*command, "--json", "--progress").err != ""


@pytest.mark.usefixtures("talkative")
@pytest.mark.parametrize("command", ["classify", "translate"])
def test_the_lines_and_rows_that_are_answered_are_counted(
    call: Callable[..., Result], command: str, tmp_path: Path
) -> None:
    name, column = {"classify": ("classification", "--text"), "translate": ("translation", "--source")}[command]
    folder = Path(__file__).parent.parent / "folders" / name
    table = tmp_path / "t.csv"
    table.write_text("a\n3 May 1979\n4 May 1980\n", encoding="utf-8")
    assert "2 of 2 texts\n" in call(command, folder, "3 May 1979", "4 May 1980").err
    assert "2 rows\n" in call(command, folder, "--file", table, column, "a").err
    assert "rows" not in call(command, folder, "--file", table, column, "a", "--no-progress").err

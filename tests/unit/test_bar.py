"""The line of a run says what is done, the time left and the loss at any width of 40 columns and more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.training.bar import fraction_line, phase_line, standing_line
from unspool.training.callback import StepEvent, ValidationEvent
from unspool.training.standing import Standing, clock


def standing(seconds: float, progress: float, training: float, fresh: float | None = None) -> Standing:
    """A run that trains."""
    found = Standing()
    found.on_phase("training")
    found.on_step(StepEvent(1, 0.1, progress, 1.0, training, 2048, seconds / 2, 900))
    found.on_step(StepEvent(2, 0.1, progress, 1.0, training, 2048, seconds, 900))
    if fresh is not None:
        found.on_validation(ValidationEvent(2, 1.0, 1.0, training, fresh, True, seconds))
    return found


def text(pieces: list) -> str:
    return "".join(piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (40, " 57%  0:26 left  loss 1.745  fresh 1.802"),
        (80, f"{'━' * 11}{'─' * 9}   57%  0:26 left  training 1.745  fresh 1.802  120 tokens/s"),
        (120, f"{'━' * 13}{'─' * 11}   57%  0:26 left  training 1.745  fresh 1.802  120 tokens/s  bits per character"),
    ],
)
def test_what_is_said_is_chosen_by_the_width(width: int, line: str) -> None:
    shown = text(standing_line(standing(34, 0.57, 1.745, 1.802), width))
    assert shown == line
    assert len(shown) <= width


@given(
    width=st.integers(40, 200),
    seconds=st.floats(0.01, 90_000),
    progress=st.floats(0.001, 1),
    training=st.floats(0, 99),
    fresh=st.none() | st.floats(0, 99),
    ascii_only=st.booleans(),
)
def test_the_needed_is_never_cut_off(
    width: int, seconds: float, progress: float, training: float, fresh: float | None, ascii_only: bool
) -> None:
    run = standing(seconds, progress, training, fresh)
    shown = text(standing_line(run, width, ascii_only))
    assert len(shown) <= width or run.seconds_left > 360_000  # a hundred hours
    assert f"{progress:.0%} " in shown
    assert f"{clock(run.seconds_left)} left" in shown
    assert f"{training:.3f}" in shown
    assert not ascii_only or shown.isascii()


@given(width=st.integers(40, 200), doing=st.text("abc ", max_size=90), seconds=st.floats(0, 90_000))
def test_a_phase_is_named_with_the_time_that_it_has_taken(width: int, doing: str, seconds: float) -> None:
    shown = text(phase_line(doing, seconds, ["training 1.745", "fresh 1.802"], width))
    assert len(shown) <= width
    assert clock(int(seconds)) in shown
    assert shown.startswith(doing[: width - 20].rstrip())


def test_before_the_first_step_and_after_the_last_the_phase_stands_there() -> None:
    run = Standing()
    assert text(standing_line(run, 40)).startswith("starting  0:0")
    run.on_phase("data")
    run.on_encoded(34_000_000)
    assert text(standing_line(run, 40)).startswith("reading the data, 34 MB  0:0")
    run = standing(34, 1.0, 1.745, 1.802)
    run.on_phase("closing")
    assert text(standing_line(run, 60)).startswith("measuring the model  0:0")
    assert "fresh 1.802" in text(standing_line(run, 60))


def test_a_resumed_run_without_an_update_keeps_its_validation() -> None:
    run = Standing()
    run.on_phase("training")
    run.on_validation(ValidationEvent(9, float("nan"), 1.0, float("nan"), 1.5, False, 3.0))
    assert (run.training, run.fresh, run.seconds_left, run.progress) == (None, 1.5, None, 0.0)


def test_more_is_said_where_there_is_room() -> None:
    assert text(fraction_line(0.5, ["0:10 left"], ["5 of 10 texts"], 80)).endswith(" 50%  0:10 left  5 of 10 texts")
    assert text(fraction_line(0.5, ["0:10 left"], ["5 of 10 texts"], 20)) == " 50%  0:10 left"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (8.2, "0:09"), (60, "1:00"), (754, "12:34"), (3723, "1:02:03")]
)
def test_times_are_shown_as_clocks_show_them(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown

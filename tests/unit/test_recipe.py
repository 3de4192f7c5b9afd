"""What nobody gave is chosen, and what was given is kept."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.engines.base import Machine
from unspool.errors import UsageError
from unspool.tasks.recipe import Size, choose_recipe, filled, grouped, merged, section_of

ORDINARY = Machine("bfloat16", 2)

sizes = st.builds(
    Size,
    tokens=st.integers(18, 10**11),
    vocabulary=st.integers(5, 2_000_000),
    minutes=st.floats(0.001, 1e6),
    machine=st.builds(
        Machine,
        precision=st.sampled_from(["float32", "bfloat16"]),
        threads=st.integers(1, 256),
        rows=st.integers(1, 1024),
        compiled=st.booleans(),
        rate=st.floats(1e9, 1e15),
    ),
)


@given(sizes)
def test_a_recipe_can_be_chosen_for_any_text_and_time(size: Size) -> None:
    recipe, reasons = choose_recipe(size, grouped({}))
    assert recipe.training.precision == size.machine.precision
    assert 0 <= recipe.training.dropout < 1
    assert any(recipe.network.cell in line for line in reasons)


@given(sizes)
def test_more_time_never_chooses_a_smaller_network(size: Size) -> None:
    longer = replace(size, minutes=size.minutes * 4)
    widths = [choose_recipe(s, grouped({}))[0].network.hidden_size for s in (size, longer)]
    assert widths[0] <= widths[1]


def test_what_was_given_is_kept() -> None:
    given_values = {"hidden_size": 77, "dropout": 0.25, "steps": 9, "tokenizer": "bpe", "cell": None}
    recipe, _ = choose_recipe(Size(10**6, 100, 3.0, ORDINARY), grouped(given_values))
    assert (recipe.network.hidden_size, recipe.training.dropout, recipe.budget.steps) == (77, 0.25, 9)
    assert recipe.data.tokenizer == "bpe"
    assert recipe.network.cell == "lstm"


def test_the_quick_cell_is_chosen_where_it_is_quick_and_the_text_is_read_few_times() -> None:
    def cell(minutes: float, **machine: Any) -> str:
        return choose_recipe(Size(10**6, 70, minutes, ORDINARY._replace(**machine)), grouped({}))[0].network.cell

    assert [cell(minutes, compiled=True) for minutes in (0.5, 1, 8)] == ["gru", "gru", "lstm"]
    assert [cell(minutes) for minutes in (0.5, 1, 8)] == ["lstm"] * 3


def test_a_machine_that_is_twice_as_fast_is_given_what_another_is_in_twice_the_time() -> None:
    fast = ORDINARY._replace(rate=2 * ORDINARY.rate)
    one, other = (choose_recipe(Size(10**7, 70, *given), grouped({}))[0] for given in ((2.0, fast), (4.0, ORDINARY)))
    assert (one.network, one.training.dropout) == (other.network, other.training.dropout)


def test_settings_are_sorted_into_sections() -> None:
    assert [section_of(name) for name in ("lines", "cell", "seed", "minutes")] == [
        "data",
        "network",
        "training",
        "budget",
    ]
    with pytest.raises(UsageError, match="there is no setting 'speed'") as caught:
        section_of("speed")
    assert "hidden_size" in caught.value.hint


def test_the_higher_settings_win_and_one_budget_replaces_another() -> None:
    lower, higher = grouped({"minutes": 3.0, "seed": 1, "cell": "gru"}), grouped({"steps": 5, "seed": 2})
    result = merged(lower, higher)
    assert result["budget"] == {"steps": 5}
    assert result["training"] == {"seed": 2}
    assert result["network"] == {"cell": "gru"}


def test_dropout_follows_the_passes_that_the_budget_means() -> None:
    size = Size(64_000, 100, 3.0, ORDINARY)

    def dropout(**given: float) -> float:
        return choose_recipe(size, grouped(given))[0].training.dropout

    shares = [dropout(epochs=epochs) for epochs in (6.0, 8.0, 20.0, 100.0)]
    assert shares[0] == 0 < shares[1] < shares[2] < shares[3] < 0.5
    assert dropout(steps=250, batch_size=32, sequence_length=64) == dropout(epochs=8.0) > 0
    assert dropout(steps=500, batch_size=16, sequence_length=64) == dropout(epochs=8.0)


def test_short_texts_fill_a_batch_as_windows_of_a_long_one_do() -> None:
    def rows(texts: int, length: int) -> int:
        return filled(ORDINARY, texts, texts * length).rows

    assert rows(100_000, 16) * 16 == ORDINARY.rows * 64  # tokens of a window
    assert rows(100_000, 2) == 256
    assert rows(400, 2) == 400 // 8
    assert rows(100_000, 64) == rows(10, 5_000) == ORDINARY.rows
    assert rows(3, 2) == 1

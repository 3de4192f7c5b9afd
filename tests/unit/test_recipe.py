"""What nobody gave is chosen, and what was given is kept."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.engines.base import ORDINARY_RATE, Machine
from unspool.specs.shapes import CellName, CountedDecoderShape
from unspool.specs.training import BudgetSpec, WindowTrainingSpec
from unspool.tasks.conditional.specs import ConditionalRecipe
from unspool.tasks.language.specs import LanguageRecipe
from unspool.tasks.recipe import Choice, Size, choose, filled
from unspool.tasks.settings import grouped

ORDINARY = Machine("bfloat16", 2)


def choice(size: Size, **given: Any) -> Choice:
    """What is chosen for a language model."""
    return choose(LanguageRecipe, size, grouped(given))


def steady(rate: float) -> Callable[[CellName], float]:
    """The rate of a machine that trains all cells equally fast."""
    return lambda cell: rate


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
        rate_of=st.floats(1e8, 1e14).map(steady),
    ),
)


@given(sizes)
def test_a_recipe_can_be_chosen_for_any_text_and_time(size: Size) -> None:
    chosen = choice(size)
    assert chosen.training.precision == size.machine.precision
    assert 0 <= chosen.training.dropout < 1
    assert any(chosen.network.cell in line for line in chosen.reasons)


@given(sizes)
def test_more_time_never_chooses_a_smaller_network(size: Size) -> None:
    longer = replace(size, minutes=size.minutes * 4)
    widths = [choice(s).network.hidden_size for s in (size, longer)]
    assert widths[0] <= widths[1]


def test_what_was_given_is_kept() -> None:
    chosen = choice(Size(10**6, 100, 3.0, ORDINARY), hidden_size=77, dropout=0.25, steps=9, cell=None)
    assert (chosen.network.hidden_size, chosen.training.dropout, chosen.budget.steps) == (77, 0.25, 9)
    assert chosen.network.cell == "lstm"


def test_what_is_chosen_is_of_the_specs_of_the_task() -> None:
    chosen = choice(Size(10**6, 100, 3.0, ORDINARY)).sections
    assert {name: type(spec) for name, spec in chosen.items()} == {
        "network": CountedDecoderShape,
        "training": WindowTrainingSpec,
        "budget": BudgetSpec,
    }
    fields = ConditionalRecipe.model_fields
    other = choose(ConditionalRecipe, Size(10**5, 100, 3.0, ORDINARY), grouped({"decoder_input": "none"}))
    assert [type(other.network), type(other.training)] == [fields["network"].annotation, fields["training"].annotation]
    assert other.network.model_dump()["decoder_input"] == "none"


def test_the_sizes_of_a_model_to_start_from_are_kept() -> None:
    shape = CountedDecoderShape(cell="mingru", num_layers=3, hidden_size=40, embedding_size=12)
    assert choose(LanguageRecipe, Size(10**6, 100, 3.0, ORDINARY), grouped({}), shape).network == shape


def test_the_quick_cell_is_chosen_where_it_is_quick_and_the_text_is_read_few_times() -> None:
    def cell(minutes: float, **machine: Any) -> str:
        return choice(Size(10**6, 70, minutes, ORDINARY._replace(**machine))).network.cell

    assert [cell(minutes, compiled=True) for minutes in (0.5, 1, 8)] == ["gru", "gru", "lstm"]
    assert [cell(minutes) for minutes in (0.5, 1, 8)] == ["lstm"] * 3


def test_a_machine_that_is_twice_as_fast_is_given_what_another_is_in_twice_the_time() -> None:
    fast = ORDINARY._replace(rate_of=steady(2 * ORDINARY_RATE))
    one, other = (choice(Size(10**7, 70, *given)) for given in ((2.0, fast), (4.0, ORDINARY)))
    assert (one.network, one.training.dropout) == (other.network, other.training.dropout)


def test_each_cell_has_its_own_rate_and_no_other_is_measured_than_what_is_chosen_from() -> None:
    asked: set[str] = set()

    def rate_of(cell: CellName) -> float:
        asked.add(cell)
        return ORDINARY_RATE / (4 if cell == "gru" else 1)

    machine = Machine("bfloat16", 2, compiled=True, rate_of=rate_of)
    size = Size(10**7, 70, 1.0, machine)
    usual = choice(replace(size, machine=machine._replace(rate_of=steady(ORDINARY_RATE)))).network
    slower = choice(size).network
    assert (slower.cell, asked) == ("gru", {"gru"})
    assert slower.hidden_size < usual.hidden_size
    asked.clear()
    assert choice(size, cell="lstm").network.hidden_size
    assert asked == {"lstm"}


def test_dropout_follows_the_passes_that_the_budget_means() -> None:
    size = Size(64_000, 100, 3.0, ORDINARY)

    def dropout(**given: float) -> float:
        return choice(size, **given).training.dropout

    shares = [dropout(epochs=epochs) for epochs in (4.0, 8.0, 20.0, 100.0)]
    assert shares[0] == 0 < shares[1] < shares[2] < shares[3] < 0.5
    assert dropout(steps=250, batch_size=32, sequence_length=64) == dropout(epochs=8.0) > 0
    assert dropout(steps=500, batch_size=16, sequence_length=64) == dropout(epochs=8.0)


def test_a_network_that_is_narrower_than_would_be_chosen_has_less_dropout() -> None:
    size = Size(500_000, 60, 3.0, ORDINARY)
    chosen = choice(size, epochs=50.0)
    width, usual = chosen.network.hidden_size, chosen.training.dropout
    assert choice(size, epochs=50.0, hidden_size=width).training.dropout == usual
    assert choice(size, epochs=50.0, hidden_size=2 * width).training.dropout == usual
    shares = [choice(size, epochs=50.0, hidden_size=width // part).training.dropout for part in (1, 2, 4)]
    assert usual == shares[0] > 2.5 * shares[1] > 6 * shares[2] > 0


def test_short_texts_fill_a_batch_as_windows_of_a_long_one_do() -> None:
    def rows(texts: int, length: int) -> int:
        return filled(ORDINARY, texts, texts * length).rows

    assert rows(100_000, 16) * 16 == ORDINARY.rows * 64  # tokens of a window
    assert rows(100_000, 2) == 256
    assert rows(400, 2) == 400 // 8
    assert rows(100_000, 64) == rows(10, 5_000) == ORDINARY.rows
    assert rows(3, 2) == 1


@pytest.mark.parametrize(
    ("requested", "optimizer", "rate"),
    [
        ({"cell": "lstm"}, "muon", 0.032),
        ({"cell": "gru"}, "normuon", 0.032),
        ({"cell": "rnn"}, "muon", 0.004),
        ({"cell": "mingru"}, "muon", 0.004),
        ({"cell": "gru", "optimizer": "muon"}, "muon", 0.032),
        ({"cell": "gru", "optimizer": "adamw"}, "adamw", 0.004),
        ({"cell": "gru", "learning_rate": 0.01}, "normuon", 0.01),
    ],
)
def test_the_rate_of_adamw_is_that_of_what_it_trains(requested: dict[str, Any], optimizer: str, rate: float) -> None:
    training = choice(Size(10**6, 100, 3.0, ORDINARY), **requested).training
    assert (training.optimizer, training.learning_rate) == (optimizer, rate)


@pytest.mark.parametrize(
    ("vocabulary", "epochs", "rate"),
    [(100, 200, 0.032), (100, 240, 0.004), (5000, 4, 0.032), (5000, 12, 0.004)],
)
def test_what_is_read_often_is_learnt_slowly(vocabulary: int, epochs: float, rate: float) -> None:
    chosen = choice(Size(10**6, vocabulary, 3.0, ORDINARY), epochs=float(epochs))
    assert chosen.training.learning_rate == rate

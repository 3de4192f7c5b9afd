"""What a key costs while a text is typed, and that what is kept of it is right."""

from itertools import pairwise

import pytest

from helpers.typed import TALE, CountedSteps, counted_network, open_session
from unspool.decode.reading import start_reading
from unspool.decode.session import MIN_POSITIONS, Session
from unspool.errors import UsageError
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer


@pytest.fixture(scope="module")
def characters() -> Tokenizer:
    return make_tokenizer("char", [TALE])


@pytest.fixture
def network(characters: Tokenizer) -> CountedSteps:
    return counted_network(characters)


@pytest.fixture
def session(network: CountedSteps, characters: Tokenizer) -> Session:
    return open_session(network, characters)


@pytest.mark.parametrize("length", [10, 3000])
def test_a_key_costs_one_step_whatever_the_length_before_it(
    network: CountedSteps, session: Session, length: int
) -> None:
    text = (TALE * 4)[:length]
    session.edit(text)
    network.stepped = network.unrolled = 0
    for more in ("s", "sh", "she"):
        session.edit(text + more)
    assert (network.stepped, network.unrolled) == (3, 0)


def test_a_deleted_key_costs_nothing_even_where_completions_are_shown(network: CountedSteps, session: Session) -> None:
    shown = []
    for text in ("she w", "she wa", "she was"):
        session.edit(text)
        shown.append(session.completions())
    network.stepped = 0
    for text, completions in zip(("she wa", "she w"), shown[-2::-1], strict=True):
        session.edit(text)
        assert session.completions() == completions
    assert (network.stepped, network.unrolled) == (0, 0)


def test_a_key_that_matches_what_is_suggested_costs_nothing(network: CountedSteps, session: Session) -> None:
    session.edit("she was cons")
    (suggestion,) = session.suggestions(1)
    assert suggestion.written == "idering "
    network.stepped = 0
    for end in range(1, len(suggestion.text) + 1):
        session.edit(f"she was cons{suggestion.text[:end]}")
    assert network.stepped == 0


def test_a_text_in_the_middle_of_which_something_changes_is_read_from_there(
    network: CountedSteps, session: Session
) -> None:
    session.edit("she was")
    network.stepped = 0
    session.edit("she had")
    assert network.stepped == 3
    assert session.completions() == completions_of(network, session, "she had")


def completions_of(network: CountedSteps, session: Session, text: str) -> object:
    """What a session says that has read nothing else."""
    fresh = open_session(network, session._tokenizer)
    fresh.edit(text)
    return fresh.completions()


def test_what_the_states_take_is_bounded_and_old_places_are_the_sparser(
    network: CountedSteps, characters: Tokenizer
) -> None:
    session = open_session(network, characters, max_bytes=0)
    text = (TALE * 4)[:1000]
    for end in range(len(text) + 1):
        session.edit(text[:end])
        assert len(session.positions) <= MIN_POSITIONS
    positions = session.positions
    gaps = [after - before for before, after in pairwise(positions)]
    assert positions[0] == 0
    assert positions[-1] == len(text)
    assert gaps[-1] == 1
    assert max(gaps[:4]) > max(gaps[-4:])


def test_the_states_of_all_positions_stay_within_the_bytes(network: CountedSteps, characters: Tokenizer) -> None:
    start = start_reading(network)
    size = start.logits.nbytes + sum(array.nbytes for array in network.state_to_arrays(start.state).values())
    session = open_session(network, characters, max_bytes=50 * size)
    for end in range(0, 600, 3):
        session.edit((TALE * 2)[:end])
        assert len(session.positions) * size <= 50 * size
    assert len(session.positions) > 20


@pytest.mark.parametrize("length", [999, 700, 301, 5, 0])
def test_what_was_dropped_is_read_again_from_the_nearest_place(
    network: CountedSteps, characters: Tokenizer, length: int
) -> None:
    session = open_session(network, characters, max_bytes=0)
    text = (TALE * 4)[:1000]
    for end in range(len(text) + 1):
        session.edit(text[:end])
    nearest = max(position for position in session.positions if position <= length)
    network.stepped = network.unrolled = 0
    session.edit(text[:length])
    assert network.stepped + network.unrolled == length - nearest
    assert session.completions() == completions_of(network, session, text[:length])


def test_a_pasted_text_has_places_to_go_back_to(session: Session) -> None:
    session.edit(TALE)
    gaps = [after - before for before, after in pairwise(session.positions)]
    assert max(gaps) == 64
    assert gaps[-1] == 1


@pytest.mark.parametrize(("n", "until"), [(0, "word"), (3, "sentence")])
def test_what_cannot_be_asked_for_is_refused(session: Session, n: int, until: str) -> None:
    with pytest.raises(UsageError, match="n must be an integer, at least 1, and until word or line"):
        session.completions(n, until)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="n must be an integer, at least 1, and until word or line"):
        session.suggestions(n, until)  # type: ignore[arg-type]

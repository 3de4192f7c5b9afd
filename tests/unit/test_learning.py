"""A network that learns what is typed: its states stay, its predictions follow."""

import numpy as np
import pytest

from helpers.typed import TALE, counted_network, open_session
from unspool.decode.reading import start_reading
from unspool.engines.ngram import learning
from unspool.engines.ngram.learning import TOKENS, LearningNetwork
from unspool.errors import ModelFolderError
from unspool.text.vocabulary import make_tokenizer

TOKENIZER = make_tokenizer("char", [TALE])
NETWORK = counted_network(TOKENIZER, order=4)
OWN = "a banished wizard\nis a banished wizard\n"


def test_before_it_has_learnt_it_predicts_as_its_network_does() -> None:
    tokens = TOKENIZER.encode(TALE[:80])[None]
    found, _ = LearningNetwork(NETWORK, 4).unroll(tokens, LearningNetwork(NETWORK, 4).initial_state(1))
    expected, _ = NETWORK.unroll(tokens, NETWORK.initial_state(1))
    possible = expected > -19  # what is less likely is taken to be so likely
    np.testing.assert_allclose(found[possible], expected[possible], atol=1e-3)


def test_what_it_has_learnt_is_likelier_and_its_distribution_sums_to_one() -> None:
    network, own = LearningNetwork(NETWORK, 6), TOKENIZER.encode(OWN)
    before, _ = network.nll(own[None, :-1], own[None, 1:], network.initial_state(1))
    network.learn(own)
    network.learn(own)
    after, _ = network.nll(own[None, :-1], own[None, 1:], network.initial_state(1))
    assert after.mean() < 0.7 * before.mean()
    logits, _ = network.unroll(own[None], network.initial_state(1))
    np.testing.assert_allclose(np.exp(logits.astype(np.float64)).sum(-1), 1, atol=1e-5)


def test_unroll_equals_steps_and_rows_do_not_depend_on_each_other() -> None:
    network = LearningNetwork(NETWORK, 5)
    network.learn(TOKENIZER.encode(OWN))
    rows = np.stack([TOKENIZER.encode(OWN)[start : start + 9] for start in (0, 7)])  # (2, 9)
    unrolled, after = network.unroll(rows, network.initial_state(2))
    state = network.initial_state(2)
    for time in range(rows.shape[1]):
        logits, state = network.step(rows[:, time], state)
        np.testing.assert_array_equal(logits, unrolled[:, time])
    for name, array in network.state_to_arrays(after).items():
        np.testing.assert_array_equal(array, network.state_to_arrays(state)[name])
    parted = [network.select(after, np.array([row])) for row in (1, 0)]
    joined = network.join(parted)
    again = network.state_from_arrays(network.state_to_arrays(joined))
    one, _ = network.step(rows[::-1, 0], again)
    other, _ = network.step(rows[:, 0], after)
    np.testing.assert_array_equal(one, other[::-1])


def test_a_session_suggests_what_was_learnt_a_moment_ago() -> None:
    network = LearningNetwork(NETWORK, 6)
    session = open_session(network, TOKENIZER)
    session.edit("a ban")
    assert "ished" not in [one.text for one in session.suggestions(1)]
    network.learn(TOKENIZER.encode(OWN * 3))
    session.renew(start_reading(network))
    assert session.suggestions(1)[0].written == "ished "
    session.edit("a bani")
    assert session.suggestions(1)[0].written == "shed "


@pytest.mark.parametrize("by_document", [False, True])
def test_after_learning_every_position_is_completed_as_in_a_new_session(by_document: bool) -> None:
    network, typed = LearningNetwork(NETWORK, 5), f"{TALE[:150]}\na banished"
    session = open_session(network, TOKENIZER, by_document, word_cache=False)  # its weights are of what was predicted
    session.edit(TALE[:70])  # at once, and then key by key, with what was found at each
    for end in range(70, len(typed) + 1):
        session.edit(typed[:end])
        session.completions(2)
    network.learn(TOKENIZER.encode(OWN), begins=by_document)
    session.renew(start_reading(network))
    fresh = open_session(network, TOKENIZER, by_document, word_cache=False)
    for end in (len(typed), len(typed) - 2, 151, 150, 90, 40, 1, 0, 3):
        for one in (session, fresh):
            one.edit(typed[:end])
        found, expected = session.completions(3), fresh.completions(3)
        assert [one.text for one in found] == [one.text for one in expected]
        np.testing.assert_allclose([one.probability for one in found], [one.probability for one in expected], rtol=1e-6)


def test_a_long_text_is_learnt_in_pieces_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, pieces, own = LearningNetwork(NETWORK, 5), LearningNetwork(NETWORK, 5), TOKENIZER.encode(OWN)
    whole.learn(own)
    monkeypatch.setattr(learning, "MAX_LOGITS", 7 * TOKENIZER.vocabulary_size)
    pieces.learn(own)
    one, other = (network.unroll(own[None], network.initial_state(1))[0] for network in (whole, pieces))
    np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("damage", ["missing", "shape", "token", "rows"])
def test_a_damaged_state_is_refused(damage: str) -> None:
    network = LearningNetwork(NETWORK, 5)
    arrays = network.state_to_arrays(network.initial_state(2))
    tokens = arrays.pop(TOKENS)
    wrong = {"missing": {}, "shape": {TOKENS: tokens[:, :, 1:]}, "token": {TOKENS: tokens + 9999}}
    with pytest.raises(ModelFolderError):
        network.state_from_arrays(arrays | wrong.get(damage, {TOKENS: tokens[:, :1]}))

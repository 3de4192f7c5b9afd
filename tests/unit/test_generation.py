"""Generation with a network whose logits are known: when rows end, what they may never draw, how they come and go."""

import math
from typing import Any

import numpy as np
import pytest

from unspool.arrays import Flags
from unspool.decode.generation import Generation, generate
from unspool.decode.reading import Reading, read, sample_seeds, start_reading
from unspool.decode.row import Piece
from unspool.errors import UsageError
from unspool.specs.sampling import SamplingSpec
from unspool.text.tokenizer import BEGIN, END
from unspool.text.vocabulary import make_tokenizer

TOKENIZER = make_tokenizer("char", ["abc"])  # a 4, b 5, c 6


class Cycle:
    """Likes the special tokens best, `<eos>` most, then the next letter of a, b, c; the state counts."""

    vocabulary_size = 7

    def __init__(self, end_after: int = 0) -> None:
        self.end_after = end_after

    def initial_state(self, rows: int) -> Any:
        return np.zeros(rows, np.int64)

    def step(self, tokens: Any, state: Any) -> tuple[Any, Any]:
        state = state + 1
        logits = np.full((len(tokens), 7), -20.0, np.float32)
        logits[:, :3] = 30.0
        logits[state > self.end_after, END] = 40.0
        logits[np.arange(len(tokens)), np.where(tokens < 4, 4, (tokens - 3) % 3 + 4)] = 20.0
        return logits, state

    def unroll(self, tokens: Any, state: Any) -> tuple[Any, Any]:
        found = []
        for column in tokens.T:
            logits, state = self.step(column, state)
            found.append(logits)
        return np.stack(found, axis=1), state

    def select(self, state: Any, rows: Any) -> Any:
        return state[rows]

    def join(self, states: Any) -> Any:
        return np.concatenate(states)


class Word:
    """Allows the letters of a word in turn, then only `<eos>`."""

    def __init__(self, word: str, first: int = 0) -> None:
        self.word, self.first = word, first

    def allowed(self) -> Flags:
        found = np.zeros(7, np.bool_)
        found[TOKENIZER.encode(self.word[self.first])[0] if self.first < len(self.word) else END] = True
        return found

    def advance(self, token: int) -> None:
        assert self.allowed()[token]
        self.first += 1

    def fork(self) -> "Word":
        return Word(self.word, self.first)


def reading_of(network: Cycle, prompt: str = "") -> Reading:
    return read(network, TOKENIZER.encode(prompt), start_reading(network))  # type: ignore[arg-type]


def settings(**values: Any) -> SamplingSpec:
    return SamplingSpec(**{"seed": 0, "temperature": 0.0, "max_new_tokens": 9, **values})


def pieces(network: Cycle, prompt: str = "", by_document: bool = False, **values: Any) -> list[Piece]:
    spec, reading = settings(**values), reading_of(network, prompt)
    return list(generate(network, TOKENIZER, reading, spec, sample_seeds(spec), by_document))  # type: ignore[arg-type]


def generation(network: Cycle | None = None, by_document: bool = False) -> Generation:
    return Generation(network or Cycle(), TOKENIZER, by_document)  # type: ignore[arg-type]


def test_special_tokens_are_never_drawn_from_a_stream() -> None:
    found = pieces(Cycle())
    assert "".join(piece.text for piece in found) == "abcabcabc"
    assert found[-1].finish_reason == "length"
    assert [piece.ids for piece in found] == [(4,), (5,), (6,)] * 3


def test_a_document_ends_with_eos_which_is_no_text() -> None:
    found = pieces(Cycle(end_after=4), by_document=True)
    assert "".join(piece.text for piece in found) == "abca"
    assert (found[-1].finish_reason, found[-1].ids) == ("stop", (END,))


def test_eos_can_be_ignored() -> None:
    found = pieces(Cycle(), by_document=True, ignore_eos=True)
    assert "".join(piece.text for piece in found) == "abcabcabc"


def test_generation_goes_on_after_the_prompt() -> None:
    assert "".join(piece.text for piece in pieces(Cycle(), prompt="ab", max_new_tokens=2)) == "ca"


@pytest.mark.parametrize("samples", [1, 2])
def test_nothing_is_generated_when_nothing_is_requested(samples: int) -> None:
    expected = [Piece(row, "", (), None, "length") for row in range(samples)]
    assert pieces(Cycle(), max_new_tokens=0, num_samples=samples) == expected


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize(("stop", "text", "reason"), [("ca", "ab", "stop"), ("cb", "abcabcabc", "length")])
def test_a_stop_string_is_found_across_tokens(stop: str, text: str, reason: str, samples: int) -> None:
    found = pieces(Cycle(), stop=(stop,), num_samples=samples)
    for row in range(samples):
        own = [piece for piece in found if piece.row == row]
        assert "".join(piece.text for piece in own) == text
        assert [piece.finish_reason for piece in own] == [None] * (len(own) - 1) + [reason]


def test_text_that_may_begin_a_stop_string_is_held_and_given_out_at_the_end() -> None:
    found = pieces(Cycle(), stop=("cabcabcabc",))
    assert [piece.text for piece in found] == ["a", "b", "", "", "", "", "", "", "cabcabc"]


def test_samples_draw_with_seeds_that_count_up_and_wrap() -> None:
    assert sample_seeds(SamplingSpec(seed=5, num_samples=3)) == [5, 6, 7]
    assert sample_seeds(SamplingSpec(seed=2**63 - 1, num_samples=2)) == [2**63 - 1, 0]


class Remembering(Cycle):
    """The same, and its state is what it was fed."""

    def initial_state(self, rows: int) -> Any:
        return np.zeros((rows, 0), np.int64)

    def step(self, tokens: Any, state: Any) -> tuple[Any, Any]:
        logits, _ = super().step(tokens, np.zeros(len(tokens)))
        logits[:, :3] = -np.arange(3)
        logits[np.arange(len(tokens)), tokens] += 100  # so that logits say what was fed last
        return logits, np.concatenate([state, tokens[:, None]], axis=1)


def test_a_reading_starts_with_begin_and_is_fed_each_token_once() -> None:
    reading = start_reading(Remembering())  # type: ignore[arg-type]
    assert reading.ids == []
    assert reading.logits.shape == (1, 7)
    assert reading.logits.argmax() == BEGIN
    assert reading.state.tolist() == [[BEGIN]]
    further = reading_of(Remembering(), "abc")
    assert further.ids == [4, 5, 6]
    assert further.logits.argmax() == 6
    assert further.state.tolist() == [[BEGIN, 4, 5, 6]]


def test_a_row_is_fed_begin_its_prompt_and_what_it_drew() -> None:
    fed: list[list[int]] = []

    class Noting(Remembering):
        def step(self, tokens: Any, state: Any) -> tuple[Any, Any]:
            _logits, after = super().step(tokens, state)
            fed.extend(after.tolist())
            return Cycle.step(self, tokens, np.zeros(len(tokens)))[0], after

    assert "".join(piece.text for piece in pieces(Noting(), prompt="bc", max_new_tokens=4)) == "abca"
    assert fed[0] == [BEGIN]
    drawn = [BEGIN, 5, 6, 4, 5, 6, 4]
    assert all(one == drawn[: len(one)] for one in fed)
    assert max(map(len, fed)) in (len(drawn) - 1, len(drawn))  # the last token need not be fed


def test_a_network_without_encoder_refuses_a_source() -> None:
    with pytest.raises(ValueError, match="no encoder"):
        start_reading(Cycle(), source=object())  # type: ignore[arg-type]


def test_rows_come_and_go_at_any_tick() -> None:
    network = Cycle()
    rows = generation(network)
    first = rows.add(reading_of(network), settings(max_new_tokens=5), 0)
    assert rows.tick(2) == [Piece(first, "ab", (4, 5), None, None)]
    second = rows.add(reading_of(network, "b"), settings(stop=("b",)), 0)
    third = rows.add(reading_of(network), settings(), 0)
    assert [(piece.row, piece.text) for piece in rows.tick(1)] == [(first, "c"), (second, "c"), (third, "a")]
    rows.cancel(third)
    assert len(rows) == 2
    assert rows.tick(4) == [
        Piece(first, "ab", (4, 5), None, "length"),
        Piece(second, "a", (4, 5), None, "stop"),
    ]
    assert len(rows) == 0
    assert rows.tick(3) == []
    rows.cancel(first)
    fourth = rows.add(reading_of(network), settings(), 0)
    rows.cancel(fourth)
    assert rows.tick(3) == []
    assert fourth == 3


def test_a_constraint_is_followed_and_its_end_ends_the_row() -> None:
    rows, constraint = generation(), Word("cab")
    spare = constraint.fork()
    rows.add(reading_of(Cycle()), settings(), 0, constraint)
    rows.add(reading_of(Cycle()), settings(), 0)
    constrained, free = rows.tick(6)
    assert constrained == Piece(0, "cab", (6, 4, 5, END), None, "stop")
    assert free.text == "abcabc"
    assert spare.first == 0


def test_a_constraint_that_allows_nothing_is_an_error_and_the_others_go_on() -> None:
    class Nothing(Word):
        def allowed(self) -> Flags:
            return np.zeros(7, np.bool_) if self.first else super().allowed()

    rows = generation()
    rows.add(reading_of(Cycle()), settings(), 0, Nothing("cc"))
    rows.add(reading_of(Cycle()), settings(), 0, Word("bb"))
    rows.add(reading_of(Cycle()), settings(), 0)
    with pytest.raises(UsageError, match=r"must allow a token .* Received: none in row 0"):
        rows.tick(3)
    assert len(rows) == 2
    assert [(piece.row, piece.text) for piece in rows.tick(2)] == [(0, "c"), (1, "bb"), (2, "ab")]


def test_special_tokens_are_not_drawn_even_where_a_constraint_allows_them() -> None:
    class Anything(Word):
        def allowed(self) -> Flags:
            return np.ones(7, np.bool_)

        def advance(self, token: int) -> None:
            assert token > END

    rows = generation()
    rows.add(reading_of(Cycle()), settings(), 0, Anything(""))
    assert rows.tick(3)[0].text == "abc"


def test_log_probabilities_are_those_of_the_network_whatever_the_settings() -> None:
    rows = generation()
    rows.add(reading_of(Cycle()), settings(temperature=0.3, top_k=1), 0, log_probabilities=True)
    rows.add(reading_of(Cycle()), settings(), 0)
    scored, plain = rows.tick(2)
    total = 40 + math.log(1 + 3 * math.exp(-10))  # <eos> at 40, three at 30, a letter at 20
    assert scored.log_probabilities == pytest.approx([20 - total] * 2, abs=1e-6)
    assert plain.log_probabilities is None

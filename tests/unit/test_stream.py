"""Generation with a network whose logits are known: when samples end, and what they may never draw."""

from typing import Any

import numpy as np
import pytest

from unspool.decode.stream import Piece, generate, read, sample_seeds, start_reading
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.sampling import SamplingSpec
from unspool.text.tokenizer import BEGIN, END
from unspool.text.vocabulary import make_tokenizer

TOKENIZER = make_tokenizer("char", ["abc"])  # a 4, b 5, c 6


class Cycle:
    """Likes the special tokens best, `<eos>` most, then the next letter of a, b, c; the state counts."""

    spec = NetworkSpec(decoder=DecoderSpec(vocabulary_size=7))

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


def pieces(network: Cycle, prompt: str = "", by_document: bool = False, **settings: Any) -> list[Piece]:
    spec = SamplingSpec(**{"seed": 0, "temperature": 0.0, "max_new_tokens": 9, **settings})
    reading = read(network, TOKENIZER.encode(prompt), start_reading(network))  # type: ignore[arg-type]
    return list(generate(network, TOKENIZER, reading, spec, sample_seeds(spec), by_document))  # type: ignore[arg-type]


def test_special_tokens_are_never_written_from_a_stream() -> None:
    found = pieces(Cycle())
    assert "".join(piece.text for piece in found) == "abcabcabc"
    assert found[-1].finish_reason == "length"
    assert [piece.tokens for piece in found] == list(range(1, 10))


def test_a_document_ends_with_eos_which_is_no_text() -> None:
    found = pieces(Cycle(end_after=4), by_document=True)
    assert "".join(piece.text for piece in found) == "abca"
    assert (found[-1].finish_reason, found[-1].tokens) == ("stop", 5)


def test_eos_can_be_ignored() -> None:
    found = pieces(Cycle(), by_document=True, ignore_eos=True)
    assert "".join(piece.text for piece in found) == "abcabcabc"


def test_generation_goes_on_after_the_prompt() -> None:
    assert "".join(piece.text for piece in pieces(Cycle(), prompt="ab", max_new_tokens=2)) == "ca"


def test_nothing_is_written_when_nothing_is_asked_for() -> None:
    assert pieces(Cycle(), max_new_tokens=0, num_samples=2) == [Piece(i, "", 0, "length") for i in range(2)]


@pytest.mark.parametrize(("stop", "text", "reason"), [("ca", "ab", "stop"), ("cb", "abcabcabc", "length")])
def test_a_stop_string_is_found_across_tokens(stop: str, text: str, reason: str) -> None:
    found = pieces(Cycle(), stop=(stop,))
    assert "".join(piece.text for piece in found) == text
    assert found[-1].finish_reason == reason


def test_text_that_may_begin_a_stop_string_is_held_and_given_out_at_the_end() -> None:
    found = pieces(Cycle(), stop=("cabcabcabc",))
    assert [piece.text for piece in found] == ["a", "b", "", "", "", "", "", "", "cabcabc"]


def test_samples_draw_with_seeds_that_count_up_and_wrap() -> None:
    assert sample_seeds(SamplingSpec(seed=5, num_samples=3)) == [5, 6, 7]
    assert sample_seeds(SamplingSpec(seed=2**63 - 1, num_samples=2)) == [2**63 - 1, 0]


def test_a_reading_starts_with_begin() -> None:
    reading = start_reading(Cycle())  # type: ignore[arg-type]
    assert reading.ids == []
    assert reading.logits.shape == (1, 7)
    assert BEGIN not in read(Cycle(), TOKENIZER.encode("abc"), reading).ids  # type: ignore[arg-type]

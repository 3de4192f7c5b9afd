"""Networks of counts that are made at once, say how much they have read, and complete a text."""

from pathlib import Path
from typing import Any

import unspool
from unspool.decode.boundaries import TokenTexts
from unspool.decode.reading import start_reading
from unspool.decode.session import Session
from unspool.engines.ngram.counts import counts_of
from unspool.engines.ngram.model import build_model
from unspool.engines.ngram.network import NgramNetwork, build_network
from unspool.text.tokenizer import Tokenizer

TALE = (
    "Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do.\n"
    "Once or twice she had peeped into the book her sister was reading, but it had no pictures in it.\n"
    "So she was considering in her own mind whether the pleasure of making a daisy chain would be worth it.\n"
) * 3


class CountedSteps(NgramNetwork):
    """Counts the tokens that it reads, step by step and at once."""

    stepped = unrolled = 0

    def step(self, tokens: Any, state: Any) -> Any:
        self.stepped += len(tokens)
        return super().step(tokens, state)

    def unroll(self, tokens: Any, state: Any) -> Any:
        self.unrolled += tokens.size
        return super().unroll(tokens, state)


def counted_network(tokenizer: Tokenizer, text: str = TALE, order: int = 7) -> CountedSteps:
    """A network of the n-grams of a text."""
    model = build_model(counts_of([tokenizer.encode(text)], order, tokenizer.vocabulary_size))
    network = build_network(model, compiled=False)
    return CountedSteps(network.tables, network.order, network.lookups)


def open_session(network: NgramNetwork, tokenizer: Tokenizer, by_document: bool = False, **options: Any) -> Session:
    """A text to type, nothing of which is typed yet."""
    return Session(network, TokenTexts(tokenizer, by_document), start_reading(network), **options)


def learnt(folder: Path, pieces: list[str], typed: str) -> tuple[list[tuple[str, float]], bytes]:
    """What a model of counts suggests for what is typed after it has learnt pieces, and its weights after that."""
    model = unspool.load(folder)
    assert isinstance(model, unspool.TextModel)
    with model.session(learn=True) as session:
        for piece in pieces:
            session.learn(piece)
        session.edit(typed)
        suggested = [(one.text, one.probability) for one in session.completions(3)]
    return suggested, (folder / "model.safetensors").read_bytes()

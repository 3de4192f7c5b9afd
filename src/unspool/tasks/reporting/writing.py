"""What a model writes after a prompt, at five temperatures, beside the symbols that may come next.

Shapes: V tokens of the vocabulary.
"""

from collections.abc import Sequence

import numpy as np

from unspool.arrays import FloatArray, softmax
from unspool.decode.generation import Generation, forbidden_tokens
from unspool.decode.reading import Reading
from unspool.engines.base import SequenceNetwork
from unspool.pages.bars import Bar, draw_bars
from unspool.pages.cells import generated, symbol
from unspool.pages.page import choice, paragraph
from unspool.specs.sampling import SamplingSpec
from unspool.text.tokenizer import Tokenizer

TEMPERATURES = (0.2, 0.5, 0.8, 1.0, 1.3)
USUAL = 2  # the index of the one that is chosen at first
SEED = 0
SHOWN = 12  # symbols
LENGTHS = {"char": 180, "byte": 180}  # tokens of a sample, by the kind of the tokenizer
LENGTH = 60  # of another


def writing_part(network: SequenceNetwork, tokenizer: Tokenizer, by_document: bool, start: Reading, prompt: str) -> str:
    """Return what a model writes after a prompt, at five temperatures, beside the bars of the next symbol.

    Args:
        network: generates.
        tokenizer: is that of what it generates.
        by_document: says whether it learnt where documents end.
        start: is the state after the prompt.
        prompt: is what was read.
    """
    texts = samples_at(network, tokenizer, by_document, start)
    named = [f"{temperature:g}" for temperature in TEMPERATURES]
    after = f"After “{prompt.strip()}”" if prompt.strip() else "Without a prompt"
    told = (
        f"{after}, always with the seed {SEED}. The temperature says how bold it is: at {named[0]} it takes what is "
        "likeliest, at 1 it draws as it has learnt, and above 1 it is wilder."
    )
    written = "\n".join(
        f"<h3>Temperature {name}</h3>\n{generated(prompt, text)}" for name, text in zip(named, texts, strict=True)
    )
    return (
        f'{paragraph(told)}\n<div class="halves">\n<div>\n{written}\n</div>\n<div>\n'
        f"<h3>What may come next</h3>\n{_bars(network, tokenizer, by_document, start)}\n</div>\n</div>"
    )


def samples_at(network: SequenceNetwork, tokenizer: Tokenizer, by_document: bool, start: Reading) -> list[str]:
    """Generate a text at each of the five temperatures, with the same seed."""
    generation, count = Generation(network, tokenizer, by_document), LENGTHS.get(tokenizer.kind, LENGTH)
    for temperature in TEMPERATURES:
        generation.add(start, SamplingSpec(temperature=temperature, max_new_tokens=count), SEED)
    texts = [""] * len(TEMPERATURES)
    while len(generation):
        for piece in generation.tick(count):
            texts[piece.row] += piece.text
    return texts


def _bars(network: SequenceNetwork, tokenizer: Tokenizer, by_document: bool, start: Reading) -> str:
    allowed = ~forbidden_tokens(SamplingSpec(), by_document, network.vocabulary_size)  # (V)
    logits = np.where(allowed, start.logits[0].astype(np.float64), -np.inf)  # (V)
    learnt = softmax(logits)
    tempered = [softmax(logits / temperature) for temperature in TEMPERATURES]
    best = np.argsort(-learnt, kind="stable")[: min(SHOWN, int(allowed.sum()))]
    bars = [Bar(symbol(tokenizer.show(int(token))), _of(token, learnt, tempered)) for token in best]
    others = [float(max(0.0, 1 - one[best].sum())) for one in (learnt, *tempered)]
    if max(others) > 0:
        bars.append(Bar("all others", others))
    drawn = draw_bars("Probabilities: above as learnt, below at the temperature", ("symbol", "probability"), bars)
    return choice("temperature", "Temperature", [f"{one:g}" for one in TEMPERATURES], USUAL, drawn)


def _of(token: int, learnt: FloatArray, tempered: Sequence[FloatArray]) -> list[float]:
    return [float(one[token]) for one in (learnt, *tempered)]

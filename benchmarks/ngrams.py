"""Counts alone: how well they predict words and characters, and how fast they are counted and looked up.

Words: the Penn Treebank, order 5, its own vocabulary with <unk>, the end of every sentence predicted. Characters:
tinyshakespeare, order 8, the last tenth held out, one text read from its beginning. Pruned, n-grams of three tokens or
more that occur once are left out. Bytes for each n-gram are those of the stored arrays, and of those in memory.
"""

import gzip
import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.claims import Claim, highest, lowest
from benchmarks.common import Bench
from unspool.arrays import Arrays, IntArray
from unspool.engines.ngram.counts import counts_of
from unspool.engines.ngram.model import build_model
from unspool.engines.ngram.network import NgramNetwork, build_network
from unspool.specs.network import NgramSpec
from unspool.text.tokenizer import BEGIN, END, SPECIAL_TOKENS, UNKNOWN
from unspool.text.vocabulary import character_tokenizer

WORDS, CHARACTERS = "words, order 5", "characters, order 8"
PRUNED = 2  # occurrences that n-grams must have to be kept
STEPS = 20_000  # whose time is measured
CLAIMS = (
    Claim("Penn Treebank test perplexity, published 141.2", 141.7, lowest("perplexity", what=WORDS), True),
    Claim(
        "tinyshakespeare, nats per character, 1.5740 with one discount per order",
        1.574,
        lowest("nats", what=CHARACTERS),
        True,
    ),
    Claim("seconds to count 1 MB at order 8", 2.0, lowest("count_seconds", what=CHARACTERS), True),
    Claim("microseconds for a distribution", 10.0, lowest("distribution_microseconds", what=CHARACTERS), True),
    Claim("bytes for each n-gram, stored", 8.0, highest("bytes_per_ngram"), True),
)


def run(bench: Bench) -> None:
    """Count, predict, and time both."""
    words, text = bench.text("ptb/ptb.train.txt.gz"), bench.text("tinyshakespeare/input.txt")
    if words is not None:
        learnt, held_out, vocabulary = sentences(words, words.with_name("ptb.test.txt"))
        for min_count in (1, PRUNED):
            measure(
                bench, WORDS, NgramSpec(order=5, vocabulary_size=len(vocabulary), min_count=min_count), learnt, held_out
            )
    if text is not None:
        characters = text.read_text(encoding="utf-8")
        border = len(characters) * 9 // 10
        tokenizer = character_tokenizer(sorted(set(characters[:border])))
        learnt, held_out = ([tokenizer.encode(part)] for part in (characters[:border], characters[border:]))
        for min_count in (1, PRUNED):
            spec = NgramSpec(order=8, vocabulary_size=tokenizer.vocabulary_size, min_count=min_count)
            measure(bench, CHARACTERS, spec, learnt, held_out)


def sentences(learnt: Path, held_out: Path) -> tuple[list[IntArray], list[IntArray], list[str]]:
    """The sentences of two files as token ids, and the vocabulary of the first."""
    lines = gzip.decompress(learnt.read_bytes()).decode().splitlines()
    known = dict.fromkeys(word for line in lines for word in line.split())
    known.pop("<unk>", None)
    ids = {word: token for token, word in enumerate(known, len(SPECIAL_TOKENS))} | {"<unk>": UNKNOWN}
    texts = (lines, held_out.read_text(encoding="utf-8").splitlines())
    first, second = ([np.array([*(ids[word] for word in line.split()), END]) for line in text] for text in texts)
    return first, second, [*SPECIAL_TOKENS, *known]


def measure(bench: Bench, what: str, spec: NgramSpec, learnt: Sequence[IntArray], held_out: Sequence[IntArray]) -> None:
    """Count documents, and score and time others."""
    started = time.perf_counter()
    counts = counts_of(learnt, spec.order, spec.vocabulary_size)
    counted = time.perf_counter()
    model = build_model(counts, spec.min_count)
    built = time.perf_counter()
    network = build_network(model)
    targets = np.concatenate(held_out)
    inputs = np.where((before := np.concatenate([[BEGIN], targets[:-1]])) == END, BEGIN, before)
    network.score(inputs[None, :1], targets[None, :1], network.initial_state(1))  # kernels are compiled, or loaded
    scoring = time.perf_counter()
    nats = float(network.score(inputs[None], targets[None], network.initial_state(1)).nll.mean(dtype=np.float64))
    scored = time.perf_counter()
    bench.add(
        what=what if spec.min_count == 1 else f"{what}, pruned",
        nats=nats,
        perplexity=math.exp(nats),
        count_seconds=counted - started,
        model_seconds=built - counted,
        score_microseconds=1e6 * (scored - scoring) / len(targets),
        distribution_microseconds=1e6 * seconds_of_distribution(network, inputs[:STEPS]),
        ngrams=len(model.tokens),
        bytes_per_ngram=bytes_of(model.to_arrays()) / len(model.tokens),
        memory_bytes_per_ngram=bytes_of(model._asdict()) / len(model.tokens),
    )


def seconds_of_distribution(network: NgramNetwork, tokens: IntArray) -> float:
    """Seconds for the distribution after one token of a text, in one call of some hundred."""
    network.unroll(tokens[None, :1], network.initial_state(1))
    state, started = network.initial_state(1), time.perf_counter()
    for start in range(0, len(tokens), 500):
        _, state = network.unroll(tokens[None, start : start + 500], state)
    return (time.perf_counter() - started) / len(tokens)


def bytes_of(arrays: Arrays) -> int:
    """Bytes of all arrays."""
    return sum(array.nbytes for array in arrays.values())

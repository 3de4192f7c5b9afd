"""Writing one stream, sampling included: every engine beside the loop of the tutorials, in turn, in one run.

The peer is the loop that tutorials show: `torch.nn.LSTM` called with one token, softmax, `torch.multinomial`.
Weights are random, which costs the same. `gigabytes_per_second` is the rate at which weights are read.
"""

import statistics
import time
from collections.abc import Callable

import torch
from torch import nn

from benchmarks.common import Bench
from unspool.decode.stream import generate, start_reading
from unspool.engines.base import Arrays
from unspool.engines.initial import initial_weights
from unspool.engines.parameters import parameter_count
from unspool.engines.registry import build_network
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.sampling import SamplingSpec
from unspool.text.vocabulary import make_tokenizer

CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:!?'-\n&$3"
BYTES = {"bfloat16": 2, "int8": 1}  # of a weight
TOKENS, ROUNDS = 1000, 5
SHAPES = ((1, 512), (2, 512))


class TutorialNetwork(nn.Module):
    """What a tutorial builds: an embedding, an LSTM, a linear layer."""

    def __init__(self, vocabulary: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 64)
        self.lstm = nn.LSTM(64, hidden, layers, batch_first=True)
        self.output = nn.Linear(hidden, vocabulary)

    @torch.no_grad()
    def write(self, count: int) -> list[int]:
        """Draw tokens one by one, at temperature 0.8."""
        token, state, tokens = torch.zeros(1, 1, dtype=torch.long), None, []
        for _ in range(count):
            values, state = self.lstm(self.embedding(token), state)  # (1, 1, H)
            probabilities = torch.softmax(self.output(values[:, -1]) / 0.8, dim=-1)  # (1, V)
            token = torch.multinomial(probabilities, 1)  # (1, 1)
            tokens.append(int(token))
        return tokens


def run(bench: Bench) -> None:
    """Time each writer in turn, several rounds."""
    tokenizer = make_tokenizer("char", [CHARACTERS])
    for layers, hidden in SHAPES:
        decoder = DecoderSpec(vocabulary_size=tokenizer.vocabulary_size, num_layers=layers, hidden_size=hidden)
        spec = NetworkSpec(decoder=decoder)
        weights = initial_weights(spec, 0)

        def writer(
            engine: str, precision: str = "float32", spec: NetworkSpec = spec, weights: Arrays = weights
        ) -> Callable[[], None]:
            network = build_network(engine, spec, weights, precision)

            def write() -> None:
                sampling = SamplingSpec(max_new_tokens=TOKENS)
                for _ in generate(network, tokenizer, start_reading(network), sampling, [0], by_document=False):
                    pass

            return write

        tutorial = TutorialNetwork(tokenizer.vocabulary_size, hidden, layers)
        writers: dict[str, Callable[[], object]] = {name: writer(name) for name in ("torch", "numpy", "numba")}
        writers |= {f"numba {kind}": writer("numba", kind) for kind in BYTES}
        writers["tutorial loop"] = lambda tutorial=tutorial: tutorial.write(TOKENS)  # type: ignore[misc]
        rates = _rates(writers)
        peer = statistics.median(rates["tutorial loop"])
        for name, found in rates.items():
            rate = statistics.median(found)
            bench.add(
                lstm=f"{layers} x {hidden}",
                writer=name,
                characters_per_second=rate,
                lowest=min(found),
                highest=max(found),
                times_tutorial=rate / peer,
                gigabytes_per_second=rate * BYTES.get(name.removeprefix("numba "), 4) * parameter_count(spec) / 1e9,
            )


def _rates(writers: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in writers}
    for write in writers.values():
        write()  # compiles, warms the caches
    for _ in range(ROUNDS):
        for name, write in writers.items():
            started = time.perf_counter()
            write()
            rates[name].append(TOKENS / (time.perf_counter() - started))
    return rates

"""Writing one stream and many, sampling included: every engine beside the loop of the tutorials, in turn, in one run.

The peer is the loop that tutorials show: `torch.nn.LSTM` called with one token a row, softmax, `torch.multinomial`.
Weights are random, which costs the same. `of_reading_floor` compares the rate at which weights are read with that of a
loop which only sums as many bytes, on as many threads, in the same run.
"""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numba
import numpy as np
import torch
from torch import nn

from benchmarks.claims import Claim, highest
from benchmarks.common import Bench
from unspool.decode.stream import generate, start_reading
from unspool.engines.initial import initial_weights
from unspool.engines.numba import network as numba_network
from unspool.engines.parameters import parameter_count
from unspool.engines.registry import build_network
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.sampling import SamplingSpec
from unspool.text.vocabulary import make_tokenizer

CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:!?'-\n&$3"
BYTES = {"float32": 4, "bfloat16": 2, "int8": 1}  # of a weight
TOKENS, ROUNDS = 1000, 5
SHAPES = ((1, 512), (2, 512))
STREAMS = 32
SEEDS = list(range(STREAMS))
NAN = float("nan")
CLAIMS = (
    *(
        Claim(f"one stream, {size}, {weights}, one thread, share of the reading floor", bound, share)
        for size in ("1 x 512", "2 x 512")
        for weights, bound in (("float32", 0.9), ("bfloat16", 0.75), ("int8", 0.45))
        for share in [highest("of_reading_floor", lstm=size, writer=f"numba {weights}, 1 threads")]
    ),
    *(
        Claim(f"one stream, {size}, times the tutorial loop", bound, highest("times_tutorial", lstm=size, streams=1))
        for size, bound in (("1 x 512", 15), ("2 x 512", 35))
    ),
    Claim("32 streams, 2 x 512, times the tutorial loop", 5, highest("times_tutorial", lstm="2 x 512", streams=32)),
)


class TutorialNetwork(nn.Module):
    """What a tutorial builds: an embedding, an LSTM, a linear layer."""

    def __init__(self, vocabulary: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 64)
        self.lstm = nn.LSTM(64, hidden, layers, batch_first=True)
        self.output = nn.Linear(hidden, vocabulary)

    @torch.no_grad()
    def write(self, count: int, rows: int) -> list[list[int]]:
        """Draw tokens one by one, at temperature 0.8, in rows side by side."""
        token, state, tokens = torch.zeros(rows, 1, dtype=torch.long), None, []
        for _ in range(count):
            values, state = self.lstm(self.embedding(token), state)  # (B, 1, H)
            probabilities = torch.softmax(self.output(values[:, -1]) / 0.8, dim=-1)  # (B, V)
            token = torch.multinomial(probabilities, 1)  # (B, 1)
            tokens.append(token[:, 0].tolist())
        return tokens


def run(bench: Bench) -> None:
    """Time each writer in turn, several rounds, one stream and then many."""
    for layers, hidden in SHAPES:
        for streams in (1, STREAMS):
            _compare(bench, layers, hidden, streams)


def _compare(bench: Bench, layers: int, hidden: int, streams: int) -> None:
    tokenizer = make_tokenizer("char", [CHARACTERS])
    decoder = DecoderSpec(vocabulary_size=tokenizer.vocabulary_size, num_layers=layers, hidden_size=hidden)
    spec = NetworkSpec(decoder=decoder)
    weights = initial_weights(spec, 0)
    tokens = TOKENS if streams == 1 else TOKENS // 4

    def writer(engine: str, precision: str = "float32", threads: int = 1) -> Callable[[], None]:
        network = build_network(engine, spec, weights, precision)
        sampling = SamplingSpec(max_new_tokens=tokens, num_samples=streams)

        def write() -> None:
            if engine == "numba":
                numba_network.THREADS = threads
            for _ in generate(network, tokenizer, start_reading(network), sampling, SEEDS[:streams], by_document=False):
                pass

        return write

    tutorial = TutorialNetwork(tokenizer.vocabulary_size, hidden, layers)
    writers: dict[str, Callable[[], object]] = {name: writer(name) for name in ("torch", "numpy")}
    for threads in sorted({1, numba_network.THREADS}):
        writers |= {f"numba {kind}, {threads} threads": writer("numba", kind, threads) for kind in BYTES}
    writers["tutorial loop"] = lambda: tutorial.write(tokens, streams)
    seconds = _seconds(writers)
    rates = {name: [streams * tokens / second for second in found] for name, found in seconds.items()}
    peer = statistics.median(rates["tutorial loop"])
    for name, found in rates.items():
        rate = statistics.median(found)
        kind, threads = (name.split()[1].rstrip(","), int(name.split()[2])) if "numba" in name else ("float32", 1)
        size = BYTES[kind] * parameter_count(spec)
        bench.add(
            lstm=f"{layers} x {hidden}",
            streams=streams,
            writer=name,
            characters_per_second=rate,
            lowest=min(found),
            highest=max(found),
            times_tutorial=rate / peer,
            of_reading_floor=rate * size / reading_rate(size, threads) if streams == 1 and "numba" in name else NAN,
        )


@cache
def reading_rate(size: int, threads: int) -> float:
    """Bytes per second at which threads read an array of a size again and again: each sums a part of its own."""
    parts = np.array_split(np.ones(size // 4, np.float32), threads)
    for part in parts:
        summed(part, 1)  # compiles
    times = max(10, 2_000_000_000 // size)
    best = float("inf")
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(ROUNDS):
            started = time.perf_counter()
            list(pool.map(summed, parts, [times] * threads))
            best = min(best, time.perf_counter() - started)
    return size * times / best


@numba.njit(fastmath=True, nogil=True)
def summed(numbers: Any, times: int) -> Any:
    """The sum of an array, so many times."""
    total = np.float32(0)
    for _ in range(times):
        one = np.float32(0)
        for i in range(numbers.shape[0]):
            one += numbers[i]
        total = max(total, one)  # depends on every pass, so that none is left out
        numbers[0] = np.float32(1) - numbers[0]
    return total


def _seconds(writers: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in writers}
    for write in writers.values():
        write()  # compiles, warms the caches
    for _ in range(ROUNDS):
        for name, write in writers.items():
            started = time.perf_counter()
            write()
            seconds[name].append(time.perf_counter() - started)
    return seconds

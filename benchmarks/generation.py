"""Generating one stream and many, sampling included: every engine and the loop of the tutorials, in turn, in one run.

Networks are opened as `unspool.load` opens them. The peer is the loop that tutorials show: `torch.nn.LSTM` called with
one token a row, softmax, `torch.multinomial`; and, where it is installed, Keras with a step as a `tf.function`. Weights
are random, which costs the same. `of_reading_floor` compares the rate at which weights are read with that of a loop
which only sums as many bytes, on as many threads, medians of the rounds of both; that loop does not ask for memory
ahead, so a fraction can pass 1. What counts is what a token has to read: the recurrent matrices, the input matrices
above the first layer, the output matrix, their biases, and one row of what the first layer makes of each token; the
embedding and the first input matrix are in that row.
"""

import math
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numba
import numpy as np
import torch
from torch import nn

from benchmarks.claims import Claim, highest
from benchmarks.common import Bench
from benchmarks.trainers import Worker, installed
from unspool.decode.generation import generate
from unspool.decode.reading import start_reading
from unspool.engines.initial import initial_weights
from unspool.engines.numba.network import available_threads
from unspool.engines.parameters import parameter_shapes
from unspool.engines.registry import build_network
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.sampling import SamplingSpec
from unspool.text.vocabulary import make_tokenizer

CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:!?'-\n&$3"
BYTES = {"float32": 4, "bfloat16": 2, "int8": 1}  # of an entry of a matrix
TOKENS, ROUNDS = 1000, 7
READ_AT_ONCE, REPEATS = 2_000_000_000, 5  # bytes, of one measurement of the floor, and how many there are in a round
SHAPES = ((1, 512), (2, 512))
STREAMS = 32
SEEDS = list(range(STREAMS))
CLAIMS = (
    *(
        Claim(f"one stream, {size}, {weights}, one thread, fraction of the reading floor", bound, share)
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
        """Draw tokens one by one, at temperature 0.8, in rows of one batch."""
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

    def writer(engine: str, precision: str = "float32", threads: int = 0) -> Callable[[], None]:
        network = build_network(engine, spec, weights, precision, threads)
        sampling = SamplingSpec(max_new_tokens=tokens, num_samples=streams)

        def write() -> None:
            for _ in generate(network, tokenizer, start_reading(network), sampling, SEEDS[:streams], by_document=False):
                pass

        return write

    tutorial = TutorialNetwork(tokenizer.vocabulary_size, hidden, layers)
    writers: dict[str, Callable[[], object]] = {name: writer(name) for name in ("torch", "numpy")}
    kernels = {
        f"numba {kind}, {threads} threads": (kind, threads)
        for threads in sorted({1, available_threads()})
        for kind in BYTES
    }
    writers |= {name: writer("numba", *settings) for name, settings in kernels.items()}
    writers["tutorial loop"] = lambda: tutorial.write(tokens, streams)
    keras = Worker("keras_steps", str(layers), str(streams)) if installed("keras") else None
    if keras:
        writers["keras, a step as tf.function"] = partial(keras.seconds, tokens)
    floors = {(bytes_of_a_token(spec, kind), threads) for kind, threads in kernels.values() if streams == 1}
    seconds, reading = _measured(writers, floors)
    if keras:
        keras.close()
    rates = {name: [streams * tokens / second for second in found] for name, found in seconds.items()}
    tutorial_rate = statistics.median(rates["tutorial loop"])
    for name, found in rates.items():
        rate = statistics.median(found)
        kind, threads = kernels.get(name, ("float32", 0))
        size = bytes_of_a_token(spec, kind)
        floor = reading.get((size, threads))  # bytes per second
        bench.add(
            lstm=f"{layers} x {hidden}",
            streams=streams,
            writer=name,
            characters_per_second=rate,
            lowest=min(found),
            highest=max(found),
            times_tutorial=rate / tutorial_rate,
            of_reading_floor=rate * size / floor if floor else None,
        )


def bytes_of_a_token(spec: NetworkSpec, precision: str) -> int:
    """What has to be read to write one more token, in a precision of the matrices; all else is float32."""
    size = 0
    for name, shape in parameter_shapes(spec).items():
        if name.endswith(("embedding.weight", "weight_ih_l0")):
            continue
        size += math.prod(shape) * (BYTES[precision] if len(shape) > 1 else 4)
    return size  # the first input bias stands for the row that it is part of, of the same length


def reading_rate(size: int, threads: int) -> float:
    """Bytes per second at which threads read an array of a size again and again: each sums a part of its own."""
    parts = np.array_split(np.ones(size // 8, np.int64), threads)
    times, best = max(1, READ_AT_ONCE // size), float("inf")
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(REPEATS + 1):  # the first one compiles and warms the caches
            started = time.perf_counter()
            list(pool.map(summed, parts, [times] * threads))
            best = min(best, time.perf_counter() - started)
    return size * times / best


@numba.njit(nogil=True)
def summed(numbers: Any, times: int) -> Any:
    """The sum of an array of whole numbers, so many times.

    The compiler keeps four vectors of sums, and an addition of whole numbers takes one cycle, so that what limits is
    reading.
    """
    total = np.int64(0)
    for _ in range(times):
        one = np.int64(0)
        for i in range(numbers.shape[0]):
            one += numbers[i]
        total ^= one  # depends on every pass, so that none is left out
        numbers[0] += 1
    return total


def _measured(
    writers: dict[str, Callable[[], object]], floors: set[tuple[int, int]]
) -> tuple[dict[str, list[float]], dict[tuple[int, int], float]]:
    """Seconds of each writer, and the median rate of reading for each size and number of threads, in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in writers}
    reading: dict[tuple[int, int], list[float]] = {floor: [] for floor in floors}
    for write in writers.values():
        write()  # compiles, warms the caches
    for _ in range(ROUNDS):
        for name, write in writers.items():
            started = time.perf_counter()
            write()
            seconds[name].append(time.perf_counter() - started)
        for size, threads in floors:
            reading[size, threads].append(reading_rate(size, threads))
    return seconds, {floor: statistics.median(found) for floor, found in reading.items()}

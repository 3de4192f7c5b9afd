"""Training rate on the CPU: Unspool's learner beside the loop of the tutorials, in turn, in one run.

The peer is what tutorials show: an embedding, `nn.LSTM` (or GRU, RNN), a linear layer, Adam, float32. Unspool runs
with AdamW too, so that both do the same work, and once more with Muon, its default. 64 rows of 128 steps.
The peer runs in the same process and so profits from the settings of glibc's allocator that Unspool makes: in a
process of its own it is slower. `of_bf16_peak` is the share of the best rate of a large bfloat16 product, measured in
the same run, that forward and backward reach (6 operations a weight and token; the optimizer's are not counted).
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from benchmarks.common import Bench
from unspool.data.batches import Batch
from unspool.engines.parameters import parameter_count
from unspool.engines.registry import build_learner, training_machine
from unspool.specs.network import CellName, DecoderSpec, NetworkSpec
from unspool.specs.training import TrainingSpec

VOCABULARY, HIDDEN, ROWS, STEPS, ROUNDS = 69, 512, 64, 128, 4
PEERS: dict[str, Callable[..., nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


def run(bench: Bench) -> None:
    """Time single updates in turn."""
    precision, threads = training_machine("torch")
    peak = bfloat16_peak()
    tokens = np.random.default_rng(0).integers(4, VOCABULARY, (ROWS, STEPS + 1))
    batch = Batch(tokens[:, :-1].copy(), tokens[:, 1:].copy(), np.ones(ROWS, np.bool_))
    for cell, layers in (("lstm", 2), ("gru", 2), ("rnn", 2), ("mingru", 4)):
        spec = _spec(cell, layers)  # type: ignore[arg-type]
        updates: dict[str, Callable[[], object]] = {}
        for optimizer in ("adamw", "muon"):
            values = {"optimizer": optimizer, "precision": precision, "threads": threads}
            training = TrainingSpec().changed(**values, dropout=0.0, input_dropout=0.0)
            learner = build_learner("torch", spec, training)
            updates[optimizer] = lambda learner=learner: learner.train_step(batch, 1.0, 0)  # type: ignore[misc]
        if cell in PEERS:
            updates["tutorial loop"] = tutorial_update(PEERS[cell], layers, batch)
        rates = _rates(updates)
        peer = statistics.median(rates["tutorial loop"]) if cell in PEERS else float("nan")
        for name, found in rates.items():
            rate = statistics.median(found)
            bench.add(
                network=f"{cell} {layers} x {HIDDEN}",
                trainer=name,
                precision="float32" if name == "tutorial loop" else precision,
                tokens_per_second=rate,
                lowest=min(found),
                highest=max(found),
                times_tutorial=rate / peer,
                of_bf16_peak=rate * 6 * parameter_count(spec) / peak,
            )


def tutorial_update(kind: Callable[..., nn.RNNBase], layers: int, batch: Batch) -> Callable[[], None]:
    """One update as in a tutorial."""
    embedding, output = nn.Embedding(VOCABULARY, 64), nn.Linear(HIDDEN, VOCABULARY)
    network = kind(64, HIDDEN, layers, batch_first=True)
    optimizer = torch.optim.Adam([*embedding.parameters(), *network.parameters(), *output.parameters()], lr=2e-3)
    inputs, targets = torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets)

    def update() -> None:
        optimizer.zero_grad()
        logits = output(network(embedding(inputs))[0])  # (B, T, V)
        F.cross_entropy(logits.flatten(0, 1), targets.flatten()).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return update


def bfloat16_peak() -> float:
    """The best of ten products of 2,048 x 2,048 matrices, in operations per second."""
    size = 2048
    a, b = torch.randn(size, size).bfloat16(), torch.randn(size, size).bfloat16()
    best = float("inf")
    for _ in range(10):
        started = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - started)
    return 2 * size**3 / best


def _spec(cell: CellName, layers: int) -> NetworkSpec:
    sizes = DecoderSpec(cell=cell, vocabulary_size=VOCABULARY, num_layers=layers, hidden_size=HIDDEN)
    return NetworkSpec(decoder=sizes)


def _rates(updates: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in updates}
    for number in range(ROUNDS + 1):
        for name, update in updates.items():
            started = time.perf_counter()
            update()
            if number:  # the first round compiles and warms the caches
                rates[name].append(ROWS * STEPS / (time.perf_counter() - started))
    return rates

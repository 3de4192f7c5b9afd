"""What is timed against what in training, and a peer in writing: each makes a function that does so many steps.

    python -m benchmarks.trainers NAME [ARGUMENT]...

runs one in a process of its own, so that none profits from settings of another, and no two frameworks share one: it
reads a number of steps from a line of standard input, makes them, and answers with the seconds that they took.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, TypeVar

import numpy as np

VOCABULARY, EMBEDDING, HIDDEN, ROWS, STEPS = 69, 64, 512, 64, 128  # 65 characters and 4 special tokens

Updates = Callable[[int], object]
Name = TypeVar("Name", bound=Hashable)  # of a trainer in a comparison


def repeated(update: Callable[[], object]) -> Updates:
    """Make one update so many times."""

    def updates(count: int) -> None:
        for _ in range(count):
            update()

    return updates


def tokens(rows: int = ROWS, steps: int = STEPS) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Inputs and targets, each [rows, steps]."""
    drawn = np.random.default_rng(0).integers(4, VOCABULARY, (rows, steps + 1))
    return drawn[:, :-1].copy(), drawn[:, 1:].copy()


def unspool(
    cell: str,
    layers: str,
    optimizer: str,
    engine: str = "torch",
    precision: str = "",
    rows: str = str(ROWS),
    steps: str = str(STEPS),
) -> Updates:
    """The learner of an engine, with the threads and, unless another is given, the precision that it chooses itself."""
    from unspool.data.batches import Batch
    from unspool.engines.registry import build_learner, training_machine
    from unspool.specs.network import DecoderSpec, NetworkSpec
    from unspool.specs.training import TrainingSpec

    shape: dict[str, Any] = {"cell": cell, "num_layers": int(layers), "hidden_size": HIDDEN}
    spec = NetworkSpec(decoder=DecoderSpec(vocabulary_size=VOCABULARY, embedding_size=EMBEDDING, **shape))
    machine = training_machine(engine)
    values = {"optimizer": optimizer, "precision": precision or machine.precision, "threads": machine.threads}
    training = TrainingSpec().changed(**values, dropout=0.0, input_dropout=0.0)
    learner = build_learner(engine, spec, training)
    batch = Batch(*tokens(int(rows), int(steps)), np.ones(int(rows), np.bool_))
    return repeated(lambda: learner.train_step(batch, 1.0, 0))


def tutorial(cell: str, layers: str) -> Updates:
    """The loop of the tutorials: an embedding, `nn.LSTM` (or GRU, RNN), a linear layer, Adam, float32."""
    import torch
    from torch import nn
    from torch.nn import functional as F

    kinds: dict[str, Callable[..., nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
    embedding, output = nn.Embedding(VOCABULARY, EMBEDDING), nn.Linear(HIDDEN, VOCABULARY)
    network = kinds[cell](EMBEDDING, HIDDEN, int(layers), batch_first=True)
    optimizer = torch.optim.Adam([*embedding.parameters(), *network.parameters(), *output.parameters()], lr=2e-3)
    inputs, targets = (torch.from_numpy(array) for array in tokens())

    def update() -> None:
        optimizer.zero_grad()
        logits = output(network(embedding(inputs))[0])  # (B, T, V)
        F.cross_entropy(logits.flatten(0, 1), targets.flatten()).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return repeated(update)


def keras(cell: str, layers: str) -> Updates:
    """The same network in Keras, trained by `train_on_batch`."""
    model, (inputs, targets) = sequential(cell, int(layers)), tokens()
    return repeated(lambda: model.train_on_batch(inputs, targets))


def keras_fit(cell: str, layers: str, rows: str, steps: str) -> Updates:
    """The same network in Keras, trained by `model.fit`: an epoch of as many batches as there are updates."""
    model = sequential(cell, int(layers))

    def updates(count: int) -> None:
        inputs, targets = tokens(count * int(rows), int(steps))
        model.fit(inputs, targets, batch_size=int(rows), verbose=0)

    return updates


def sequential(cell: str, layers: int) -> Any:
    """The network of the Keras trainers, in float32, compiled with Adam."""
    import keras as k

    kinds = {"lstm": k.layers.LSTM, "gru": k.layers.GRU, "rnn": k.layers.SimpleRNN}
    stack = [kinds[cell](HIDDEN, return_sequences=True) for _ in range(layers)]
    model = k.Sequential([k.layers.Embedding(VOCABULARY, EMBEDDING), *stack, k.layers.Dense(VOCABULARY)])
    model.compile("adam", k.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def keras_steps(layers: str, rows: str) -> Updates:
    """The LSTM in Keras writing: a step of all rows as a `tf.function`, which draws the next tokens at 0.8."""
    import keras as k
    import tensorflow as tf

    embedding, output = k.layers.Embedding(VOCABULARY, EMBEDDING), k.layers.Dense(VOCABULARY)
    cells = [k.layers.LSTMCell(HIDDEN) for _ in range(int(layers))]

    def step(tokens: Any, states: Any) -> Any:
        values, after = embedding(tokens), []  # (B, E)
        for cell, state in zip(cells, states, strict=True):
            values, state = cell(values, state)  # (B, H)
            after.append(state)
        drawn = tf.random.categorical(output(values) / 0.8, 1)[:, 0]  # (B,)
        return drawn, after

    compiled = tf.function(step, autograph=False)
    zeros = tf.zeros((int(rows), HIDDEN))
    going = [tf.zeros(int(rows), tf.int64), [[zeros, zeros] for _ in cells]]

    def update() -> None:
        going[:] = compiled(*going)
        going[0].numpy()

    return repeated(update)


def bfloat16_peak() -> Updates:
    """Five products of 2,048 x 2,048 matrices in bfloat16, of 17.2 billion operations each."""
    import torch

    a, b = (torch.randn(2048, 2048).bfloat16() for _ in range(2))
    return repeated(lambda: [a @ b for _ in range(5)])


TRAINERS: dict[str, Callable[..., Updates]] = {
    "unspool": unspool,
    "tutorial": tutorial,
    "keras": keras,
    "keras_fit": keras_fit,
    "keras_steps": keras_steps,
    "bfloat16_peak": bfloat16_peak,
}


class Worker:
    """A trainer in a process of its own.

    Args:
        *command: its name and arguments.
    """

    def __init__(self, *command: str) -> None:
        self.command = command
        arguments = [sys.executable, "-m", "benchmarks.trainers", *command]
        self._process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds(self, updates: int = 1) -> float:
        """The time that some updates take."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(updates, file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)


def seconds_in_turn(commands: Mapping[Name, Sequence[str]], rounds: int, updates: int = 1) -> dict[Name, list[float]]:
    """Time trainers in turn, each in a process of its own.

    Args:
        commands: are their names and arguments, by what to call them.
        rounds: is how often each has its turn, after a first one that compiles and warms the caches.
        updates: is the number of updates in a turn.

    Returns:
        the seconds of each turn, by what the trainers are called.
    """
    workers = {name: Worker(*command) for name, command in commands.items()}
    seconds: dict[Name, list[float]] = {name: [] for name in workers}
    for number in range(rounds + 1):
        for name, worker in workers.items():
            found = worker.seconds(updates)
            if number:
                seconds[name].append(found)
    for worker in workers.values():
        worker.close()
    return seconds


def installed(name: str) -> bool:
    """Whether what a trainer needs is installed."""
    return name != "keras" or (find_spec("keras") is not None and find_spec("tensorflow") is not None)


def main() -> None:
    """Serve one trainer."""
    answers, sys.stdout = sys.stdout, sys.stderr
    updates = TRAINERS[sys.argv[1]](*sys.argv[2:])
    for line in sys.stdin:
        started = time.perf_counter()
        updates(int(line))
        print(time.perf_counter() - started, file=answers, flush=True)


if __name__ == "__main__":
    main()

"""Training rate of Unspool's keras and torch engines and of `keras.Sequential`, in turn, in one run

One layer of 512 hidden units, an embedding of 64, a vocabulary of 69, 32 rows of 64 steps. Each contender trains in a
process of its own. The peer is what Keras users write: Embedding, LSTM (or GRU), Dense, Adam, float32, `model.fit`.
Unspool's engines run with AdamW, so that all do the same work, in the precision that suits the processor and in
float32, and with Muon, their default. `of_torch` compares with the torch engine of the same optimizer and precision.
The claims take each contender in its fastest precision, with AdamW; those on the torch engine are aims.
"""

import statistics

from benchmarks.claims import Claim, Figure, highest, quotient
from benchmarks.common import Bench
from benchmarks.trainers import HIDDEN, seconds_in_turn
from unspool.engines.registry import training_machine
from unspool.specs.shapes import CellName

ROUNDS, UPDATES = 5, 10  # updates of a turn
LAYERS, ROWS, STEPS = 1, 32, 64
CELLS: tuple[CellName, ...] = ("lstm", "gru", "rnn", "mingru")
PEERS = ("lstm", "gru")  # the cells of the peer
KERAS, TORCH, FIT = "Unspool, keras", "Unspool, torch", "keras.Sequential, fit"
ENGINES = {KERAS: "keras", TORCH: "torch"}


def fastest(cell: str, trainer: str, optimizer: str) -> Figure:
    """The rate of a trainer in its fastest precision."""
    return highest("tokens_per_second", network=name_of(cell), trainer=trainer, optimizer=optimizer)


def name_of(cell: str) -> str:
    """What the table calls the network of a cell."""
    return f"{cell} {LAYERS} x {HIDDEN}"


CLAIMS = (
    *(
        Claim(f"{cell}, times {FIT}", 4, quotient(fastest(cell, KERAS, "adamw"), fastest(cell, FIT, "adam")))
        for cell in PEERS
    ),
    *(
        Claim(
            f"{cell}, of the torch engine's rate",
            0.8,
            quotient(fastest(cell, KERAS, "adamw"), fastest(cell, TORCH, "adamw")),
        )
        for cell in CELLS
    ),
)


def run(bench: Bench) -> None:
    """Time the contenders of each cell in turn."""
    if not bench.has("tensorflow", "keras"):
        return
    native = training_machine("torch").precision
    for cell in CELLS:
        for (trainer, optimizer, precision), compared in _compared(cell, native).items():
            bench.add(network=name_of(cell), trainer=trainer, optimizer=optimizer, precision=precision, **compared)


def _compared(cell: str, native: str) -> dict[tuple[str, str, str], dict[str, float | None]]:
    """The figures of each contender: its trainer, optimizer and precision."""
    shape, size = (cell, str(LAYERS)), (str(ROWS), str(STEPS))
    commands: dict[tuple[str, str, str], tuple[str, ...]] = {}
    if cell in PEERS:
        commands[FIT, "adam", "float32"] = ("keras_fit", *shape, *size)
    for optimizer, precision in dict.fromkeys((("adamw", native), ("muon", native), ("adamw", "float32"))):
        for trainer, engine in ENGINES.items():
            commands[trainer, optimizer, precision] = ("unspool", *shape, optimizer, engine, precision, *size)
    seconds = seconds_in_turn(commands, ROUNDS, UPDATES)
    tokens = UPDATES * ROWS * STEPS
    rates = {contender: [tokens / second for second in found] for contender, found in seconds.items()}
    middle = {contender: statistics.median(found) for contender, found in rates.items()}
    fit = middle.get((FIT, "adam", "float32"))
    compared: dict[tuple[str, str, str], dict[str, float | None]] = {}
    for contender, rate in middle.items():
        torch = middle.get((TORCH, *contender[1:]))
        compared[contender] = {
            "tokens_per_second": rate,
            "lowest": min(rates[contender]),
            "highest": max(rates[contender]),
            "times_fit": rate / fit if fit else None,
            "of_torch": rate / torch if torch else None,
        }
    return compared

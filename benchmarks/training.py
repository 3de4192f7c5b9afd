"""Training rate on the CPU: Unspool's learner and the loop of the tutorials, in turn, in one run.

Each trains in a process of its own (`benchmarks/trainers.py`). The peer is what tutorials show: an embedding, `nn.LSTM`
(or GRU, RNN), a linear layer, Adam, float32; and Keras where it is installed. Unspool runs with AdamW too, so that both
do the same work, and once more with Muon, its default. 64 rows of 128 steps.
`of_bf16_peak` is the fraction of the rate of a large bfloat16 product, measured between the rounds, that forward and
backward reach (6 operations a weight and token; the optimizer's are not counted).
"""

import statistics

from benchmarks.claims import Claim, highest
from benchmarks.common import Bench
from benchmarks.trainers import EMBEDDING, HIDDEN, ROWS, STEPS, VOCABULARY, installed, seconds_in_turn
from unspool.engines.parameters import parameter_count
from unspool.engines.registry import training_machine
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.shapes import CellName

ROUNDS = 5
PEAK, PEAK_OPERATIONS = "bfloat16_peak", 5 * 2 * 2048**3
NETWORKS: tuple[tuple[CellName, int], ...] = (("lstm", 2), ("gru", 2), ("rnn", 2), ("mingru", 4))
CLAIMS = (
    *(
        Claim(
            f"{cell}, times the tutorial loop",
            bound,
            highest("times_tutorial", network=f"{cell} 2 x 512", trainer="adamw"),
        )
        for cell, bound in (("lstm", 2.2), ("gru", 3.5), ("rnn", 3.5))
    ),
    Claim("mingru, fraction of the bfloat16 peak", 0.6, highest("of_bf16_peak", network="mingru 4 x 512")),
)


def run(bench: Bench) -> None:
    """Time single updates in turn."""
    precision = training_machine("torch").precision
    for cell, layers in NETWORKS:
        network = (cell, str(layers))
        trainers: dict[str, tuple[str, ...]] = {name: ("unspool", *network, name) for name in ("adamw", "muon")}
        if cell != "mingru":
            trainers |= {"tutorial loop": ("tutorial", *network)}
            trainers |= {"keras": ("keras", *network)} if installed("keras") else {}
        seconds = seconds_in_turn({**trainers, PEAK: (PEAK,)}, ROUNDS)
        peak = PEAK_OPERATIONS / min(seconds.pop(PEAK))
        rates = {name: [ROWS * STEPS / second for second in found] for name, found in seconds.items()}
        decoder = DecoderSpec(
            cell=cell, vocabulary_size=VOCABULARY, embedding_size=EMBEDDING, num_layers=layers, hidden_size=HIDDEN
        )
        operations = 6 * parameter_count(NetworkSpec(decoder=decoder))
        for name, found in rates.items():
            rate = statistics.median(found)
            peer = statistics.median(rates["tutorial loop"]) if "tutorial loop" in rates else None
            bench.add(
                network=f"{cell} {layers} x {HIDDEN}",
                trainer=name,
                precision=precision if name in ("adamw", "muon") else "float32",
                tokens_per_second=rate,
                lowest=min(found),
                highest=max(found),
                times_tutorial=rate / peer if peer else None,
                of_bf16_peak=rate * operations / peak,
            )

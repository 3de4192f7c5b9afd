"""What fewer bits cost in quality: bfloat16 in training, bfloat16 and int8 in the weights of a trained model

The same steps in float32 and in bfloat16, loss on the held-out part of tinyshakespeare from fresh starts. Means of
three seeds: two runs with one seed differ by chance too, a minGRU's by a hundredth.

`weights_bfloat16` and `weights_int8` are what the last model trained in float32 loses when its weights are rounded, as
`unspool evaluate --weights` measures it over the whole held-out part.
"""

import tempfile
from pathlib import Path
from statistics import mean

from benchmarks.claims import Claim, highest
from benchmarks.common import Bench, unspool

STEPS, SEEDS = 400, 3
NETWORKS = (("gru", 1, 320), ("lstm", 1, 256), ("mingru", 2, 256), ("rnn", 1, 320))  # cell, layers, width
CLAIMS = (
    Claim("bfloat16 above float32 at equal steps, nats", 0.01, highest("cost"), True),
    Claim("weights in bfloat16, nats", 0.002, highest("weights_bfloat16"), True),
    Claim("weights in int8, nats", 0.01, highest("weights_int8"), True),
)


def run(bench: Bench) -> None:
    """Train each kind of network in float32 and in bfloat16, and round the weights of the first."""
    text = bench.text("tinyshakespeare/input.txt")
    if text is None:
        return
    for cell, layers, width in NETWORKS:
        shape = ("--cell", cell, "--num-layers", layers, "--hidden-size", width)
        found: dict[str, list[float]] = {"float32": [], "bfloat16": []}
        lost: dict[str, float] = {}
        with tempfile.TemporaryDirectory() as place:
            for seed in range(SEEDS):
                for precision, figures in found.items():
                    options = (*shape, "--steps", STEPS, "--precision", precision, "--seed", seed, "--overwrite")
                    out = Path(place) / precision
                    trained = unspool("train", text, "--out", out, *options, report=f"{cell} in {precision}")
                    figures.append(trained["fresh_nats_per_token"])
            for weights in ("bfloat16", "int8"):
                evaluated = unspool("evaluate", Path(place) / "float32", "--weights", weights)
                lost[f"weights_{weights}"] = evaluated["nats_per_token_lost_to_weights"]
        costs = [short - long for long, short in zip(found["float32"], found["bfloat16"], strict=True)]
        means = {precision: mean(figures) for precision, figures in found.items()}
        spread = {"cost": mean(costs), "lowest": min(costs), "highest": max(costs)}
        bench.add(network=f"{cell} {layers} x {width}", steps=STEPS, seeds=SEEDS, **means, **spread, **lost)

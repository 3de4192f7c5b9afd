"""What fewer bits cost in quality: bfloat16 in training, bfloat16 and int8 in the weights of a trained model

The same steps in float32 and in bfloat16 with one seed, loss on the held-out part of tinyshakespeare from fresh starts.
`weights_bfloat16` and `weights_int8` are what the model trained in float32 loses when its weights are rounded, as
`unspool evaluate --weights` measures it over the whole held-out part. One seed each: what bfloat16 costs a minGRU
varies by a hundredth from seed to seed.
"""

import tempfile
from pathlib import Path

from benchmarks.claims import Claim, highest
from benchmarks.common import Bench, unspool

STEPS = 400
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
        found, lost = {}, {}
        with tempfile.TemporaryDirectory() as place:
            for precision in ("float32", "bfloat16"):
                options = (*shape, "--steps", STEPS, "--precision", precision)
                out = Path(place) / precision
                figures = unspool("train", text, "--out", out, *options, report=f"{cell} in {precision}")
                found[precision] = figures["fresh_nats_per_token"]
            for weights in ("bfloat16", "int8"):
                figures = unspool("evaluate", Path(place) / "float32", "--weights", weights)
                lost[f"weights_{weights}"] = figures["nats_per_token_lost_to_weights"]
        name = f"{cell} {layers} x {width}"
        bench.add(network=name, steps=STEPS, **found, cost=found["bfloat16"] - found["float32"], **lost)

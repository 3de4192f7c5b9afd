"""What bfloat16 costs in quality: the same steps in both precisions, validation loss on tinyshakespeare."""

import tempfile
from pathlib import Path

from benchmarks.claims import Claim, highest
from benchmarks.common import Bench, unspool

STEPS = 400
CLAIMS = (Claim("bfloat16 above float32 at equal steps, nats", 0.01, highest("cost"), True),)


def run(bench: Bench) -> None:
    """Train each kind of network in float32 and in bfloat16, with one seed."""
    text = bench.text("tinyshakespeare/input.txt")
    if text is None:
        return
    for cell, width in (("gru", 320), ("lstm", 256)):
        found = {}
        with tempfile.TemporaryDirectory() as place:
            for precision in ("float32", "bfloat16"):
                options = ("--cell", cell, "--hidden-size", width, "--steps", STEPS, "--precision", precision)
                out = Path(place) / precision
                figures = unspool("train", text, "--out", out, *options, report=f"{cell} in {precision}")
                found[precision] = figures["fresh_nats_per_token"]
        bench.add(network=f"{cell} 1 x {width}", steps=STEPS, **found, cost=found["bfloat16"] - found["float32"])

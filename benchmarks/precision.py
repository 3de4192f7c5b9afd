"""What bfloat16 costs in quality: the same steps in both precisions, validation loss on tinyshakespeare."""

import tempfile
from pathlib import Path

from benchmarks.common import Bench, unspool

STEPS = 400


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

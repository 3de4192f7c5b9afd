"""Long runs stay sound: 100,000 characters read and 100,000 written, in every precision.

For each model, after a minute of training: nats per character of the first and the last 10,000 of 100,000 characters
read with the state passed along, the highest and lowest of all ten stretches, and the same for the first and the
last 10,000 of 100,000 characters that it wrote itself at temperature 1 (about its own entropy, if nothing drifts).
"""

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.common import Bench, unspool
from unspool import load
from unspool.data.corpus import open_part
from unspool.evaluate.bits import token_nats
from unspool.folder.model_folder import ModelFolder

CHARACTERS, STRETCH = 100_000, 10_000
NETWORKS: dict[str, tuple[str, ...]] = {
    "as chosen": (),
    "lstm": ("--cell", "lstm"),
    "mingru": ("--cell", "mingru", "--num-layers", "2"),
}


def run(bench: Bench) -> None:
    """Train, read, write."""
    text = bench.text("tinyshakespeare/input.txt")
    if text is None:
        return
    for name, options in NETWORKS.items():
        with tempfile.TemporaryDirectory() as place:
            out = Path(place) / "model"
            unspool("train", text, "--minutes", "1", "--out", out, *options, report=f"training a minute: {name}")
            tokens = open_part(ModelFolder(out).training, "validation").tokens[:CHARACTERS]
            for precision in ("float32", "bfloat16", "int8"):
                model = load(out, "numba", precision)
                read = token_nats(model.network, tokens).reshape(-1, STRETCH).mean(axis=1)  # (stretches)
                written = model.generate(max_new_tokens=CHARACTERS, temperature=1.0, seed=0)
                own = token_nats(model.network, model.tokenizer.encode(written)).reshape(-1, STRETCH).mean(axis=1)
                bench.add(
                    network=name,
                    weights=precision,
                    read_first=float(read[0]),
                    read_last=float(read[-1]),
                    read_lowest=float(read.min()),
                    read_highest=float(read.max()),
                    written_first=float(own[0]),
                    written_last=float(own[-1]),
                    finite=bool(np.isfinite(read).all() and np.isfinite(own).all()),
                )

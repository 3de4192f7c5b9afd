"""Three minutes of training on tinyshakespeare, on the CPU, with nothing but the defaults.

The held-out part is the last 10 %. `carried` reads all of it with the state passed along; `fresh` is the
mean over characters 64 to 256 after 2,000 fresh starts at random places, of which `stuck` never find
into the text. nanoGPT (10.7 million parameters, A100, 3 minutes) publishes 1.4697, and 1.88 for 3 minutes
on a laptop's CPU.
"""

import tempfile
from pathlib import Path

from benchmarks.common import Bench, unspool
from unspool.data.corpus import open_part
from unspool.engines.registry import build_network
from unspool.evaluate.bits import STUCK, evaluate_part, fresh_means
from unspool.folder.model_folder import ModelFolder

MINUTES = 3.0
STARTS = 2000


def run(bench: Bench) -> None:
    """Train in a process of its own, measure the folder that it leaves."""
    text = bench.text("tinyshakespeare/input.txt")
    if text is None:
        return
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "shakespeare"
        trained = unspool("train", text, "--minutes", str(MINUTES), "--out", out, report=f"training {MINUTES} minutes")
        folder = ModelFolder(out)
        network = build_network("torch", folder.read_config().network, folder.read_weights())
        part = open_part(folder.training, "validation")
        figures = evaluate_part(network, part)
        means = fresh_means(network, part.tokens, STARTS, seed=1)
    bench.add(
        minutes=MINUTES,
        wall_seconds=trained["wall_seconds"],
        carried_nats=figures.nats_per_token,
        fresh_nats=float(means.mean()),
        stuck=int((means > STUCK).sum()),
        starts=STARTS,
        bits_per_byte=figures.bits_per_byte,
        published_a100=1.4697,
        published_laptop=1.88,
    )

"""One, three and eight minutes of training on tinyshakespeare, on the CPU, with nothing but the defaults.

The shortest run is made three times; what counts is the median.
The held-out part is the last 10 %. `carried` reads all of it with the state passed along; `fresh` is the
mean over characters 64 to 256 after 2,000 fresh starts at random places, of which `stuck` never find
into the text. nanoGPT (10.7 million parameters, A100, 3 minutes) publishes 1.4697, and 1.88 for 3 minutes
on a laptop's CPU.
"""

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.claims import Claim, highest, middle
from benchmarks.common import Bench, training_rate, unspool
from unspool.data.tokens import open_part
from unspool.engines.registry import build_network
from unspool.evaluate.bits import STUCK, evaluate_part, fresh_means
from unspool.folder.model_folder import ModelFolder
from unspool.tasks.opening import read_config

RUNS = (1.0, 1.0, 1.0, 3.0, 8.0)  # minutes
STARTS = 2000
CLAIMS = (
    *(
        Claim(f"{minutes:g} min, nats per character, carried", bound, middle("carried_nats", minutes=minutes), True)
        for minutes, bound in ((1.0, 1.48), (3.0, 1.44), (8.0, 1.42))
    ),
    Claim("fresh starts above carried, nats", 0.03, highest("fresh_above_carried"), True),
    Claim("fresh starts that stay stuck", 0, highest("stuck"), True),
)


def run(bench: Bench) -> None:
    """Train in a process of its own, measure the folder that it leaves."""
    text = bench.text("tinyshakespeare/input.txt")
    if text is None:
        return
    for minutes in RUNS:
        bench.add(minutes=minutes, **after(text, minutes))


def after(text: Path, minutes: float, *options: str) -> dict[str, Any]:
    """The figures of a network that was trained for so many minutes, with the defaults or other options."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "shakespeare"
        settings = ("--minutes", str(minutes), *options)
        trained = unspool("train", text, *settings, "--out", out, report=f"training: {' '.join(settings)}")
        folder = ModelFolder(out)
        spec = read_config(folder).network
        decoder = spec.decoder
        assert decoder is not None
        network = build_network("torch", spec, folder.read_weights())
        part = open_part(folder.training, "validation")
        figures = evaluate_part(network, part)
        means = fresh_means(network, part.tokens, STARTS, seed=1)
        rate = training_rate(out)
    return {
        "network": f"{decoder.cell} {decoder.num_layers} x {decoder.hidden_size}",
        "wall_seconds": trained["wall_seconds"],
        "tokens_per_second": rate,
        "carried_nats": figures.nats_per_token,
        "fresh_nats": float(means.mean()),
        "fresh_above_carried": float(means.mean()) - figures.nats_per_token,
        "stuck": int((means > STUCK).sum()),
        "starts": STARTS,
        "bits_per_byte": figures.bits_per_byte,
    }

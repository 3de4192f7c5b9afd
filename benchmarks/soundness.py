"""Long runs stay sound: 100,000 characters read and 100,000 written, in every precision, by the kernels themselves.

Every network trains for half a minute; `as chosen, 8 minutes` has the size that the recipe chooses for 8. The held-out
characters are read with the state passed along, and so is what the network wrote itself at temperature 1 (about its own
entropy, if nothing drifts): by compiled layers, in the precision that writes. Nats per
character of the first and the last 10,000. `drift` is the largest difference from NumPy in float32 over the ten
stretches of the held-out text, `drift_change` how much that difference grew from the first stretch to the last. `stuck`
counts, of 512 fresh starts, those above 4 nats and twice the carried figure.
"""

import tempfile
from functools import cache, partial
from pathlib import Path

import numpy as np

from benchmarks.claims import Claim, highest
from benchmarks.common import Bench, unspool
from unspool import TextModel, load
from unspool.arrays import FloatArray
from unspool.data.tokens import open_part
from unspool.engines.registry import training_machine
from unspool.evaluate.bits import STUCK, fresh_means, token_nats
from unspool.folder.model_folder import ModelFolder
from unspool.tasks.language.specs import LanguageRecipe
from unspool.tasks.opening import read_config
from unspool.tasks.recipe import Size, choose
from unspool.tasks.settings import grouped
from unspool.text.tokenizer import SPECIAL_TOKENS
from unspool.training.speed import training_rate

CHARACTERS, STRETCH = 100_000, 10_000
MINUTES = "0.5"
PRECISIONS = ("float32", "bfloat16", "int8")
WIDER = 8.0  # minutes
NETWORKS: dict[str, tuple[str | int, ...]] = {
    "mingru": ("--cell", "mingru", "--num-layers", 2),
    "as chosen": (),
}
CLAIMS = (
    Claim("figures that are not finite", 0, highest("not_finite"), True),
    Claim("fresh starts that are stuck", 0, highest("stuck"), True),
    Claim("growth of the difference from NumPy, nats", 0.01, highest("drift_change"), True),
    Claim("written, last stretch from the first, nats", 0.1, highest("written_change"), True),
)


def run(bench: Bench) -> None:
    """Train, read, write."""
    text = bench.text("tinyshakespeare/input.txt")
    if text is None:
        return
    networks = {**NETWORKS, f"as chosen, {WIDER:g} minutes": chosen(text, WIDER)}
    for name, options in networks.items():
        with tempfile.TemporaryDirectory() as place:
            out = Path(place) / "model"
            unspool("train", text, "--minutes", MINUTES, "--out", out, *options, report=f"training: {name}")
            _measure(bench, name, ModelFolder(out))


def chosen(text: Path, minutes: float) -> tuple[str | int, ...]:
    """The options of the network that the recipe chooses for so many minutes."""
    characters = text.read_text(encoding="utf-8")
    vocabulary = len(set(characters)) + len(SPECIAL_TOKENS)
    machine = training_machine("torch")
    machine = machine._replace(rate_of=cache(partial(training_rate, machine, "torch")))
    size = Size(int(0.9 * len(characters)), vocabulary, minutes, machine)
    network = choose(LanguageRecipe, size, grouped({"minutes": minutes})).network
    return ("--cell", network.cell, "--num-layers", network.num_layers, "--hidden-size", network.hidden_size)


def _measure(bench: Bench, name: str, folder: ModelFolder) -> None:
    decoder = read_config(folder).network.decoder
    assert decoder is not None
    tokens = open_part(folder.training, "validation").tokens
    expected = stretches(token_nats(load(folder.path, "numpy").network, tokens[:CHARACTERS]))
    for precision in PRECISIONS:
        model = load(folder.path, "numba", precision)
        assert isinstance(model, TextModel)
        network = model.network
        read = stretches(token_nats(network, tokens[:CHARACTERS]))
        fresh = fresh_means(network, tokens)
        written = model.generate(max_new_tokens=CHARACTERS, temperature=1.0, seed=0)
        own = stretches(token_nats(network, model.tokenizer.encode(written)))
        beyond = read - expected
        bench.add(
            network=f"{name}: {decoder.cell} {decoder.num_layers} x {decoder.hidden_size}",
            weights=precision,
            read_first=float(read[0]),
            read_last=float(read[-1]),
            drift=float(np.abs(beyond).max()),
            drift_change=float(abs(beyond[-1] - beyond[0])),
            fresh=float(fresh.mean()),
            stuck=int(np.sum(fresh > max(STUCK, 2 * float(read.mean())))),
            written_first=float(own[0]),
            written_last=float(own[-1]),
            written_change=float(abs(own[-1] - own[0])),
            not_finite=int(sum(np.sum(~np.isfinite(found)) for found in (read, fresh, own))),
        )


def stretches(nats: FloatArray) -> FloatArray:
    """The mean of each stretch of a text."""
    means: FloatArray = nats.reshape(-1, STRETCH).mean(axis=1, dtype=np.float64)
    return means

"""Loss at equal steps, and time to a loss: the keras engine beside the torch engine, on tinyshakespeare

The same command trains with either engine, in turn: one layer of 512 hidden units, 32 rows of 64 steps, three seeds. An
engine has the same initial weights, batches and dropout masks as the other with a seed, so that what differs is
rounding, in the precision that suits the processor. `carried_nats` is that of the model that a run keeps, on the whole
held-out tenth; `above_torch` is the mean over the seeds of the difference from the torch engine. The seconds to a loss
are the median of the seeds, from the first update to the first of the validations (from fresh starts) that found it,
the validations included.
"""

import tempfile
from pathlib import Path
from statistics import mean, median
from typing import Any

from benchmarks.claims import Claim, highest, magnitude
from benchmarks.common import Bench, unspool
from unspool.training.history import History

STEPS, SEEDS, VALIDATIONS = 600, 3, 30
CELLS = ("lstm", "gru")
ENGINES = ("torch", "keras")
LEVELS = (2.0, 1.8, 1.7, 1.6)  # nats per character
SHAPE = ("--num-layers", 1, "--hidden-size", 512, "--batch-size", 32, "--sequence-length", 64)
CLAIMS = tuple(
    Claim(
        f"{cell}, difference of the losses at equal steps, nats",
        0.01,
        magnitude(highest("above_torch", cell=cell, engine="keras")),
        True,
    )
    for cell in CELLS
)


def run(bench: Bench) -> None:
    """Train with both engines in turn, seed by seed."""
    text = bench.text("tinyshakespeare/input.txt")
    if text is None:
        return
    if not bench.has("tensorflow", "keras"):
        return
    for cell in CELLS:
        runs: dict[str, list[dict[str, Any]]] = {engine: [] for engine in ENGINES}
        for seed in range(SEEDS):
            for engine, found in runs.items():
                found.append(trained(text, cell, engine, seed))
        losses = {engine: [one["carried_nats"] for one in found] for engine, found in runs.items()}
        for engine, found in runs.items():
            apart = [one - torch for one, torch in zip(losses[engine], losses["torch"], strict=True)]
            bench.add(
                cell=cell,
                engine=engine,
                steps=STEPS,
                seeds=SEEDS,
                carried_nats=mean(losses[engine]),
                lowest=min(losses[engine]),
                highest=max(losses[engine]),
                above_torch=mean(apart),
                tokens_per_second=median(one["tokens_per_second"] for one in found),
                **{f"seconds_to_{level:g}": _median([one["seconds"][level] for one in found]) for level in LEVELS},
            )


def trained(text: Path, cell: str, engine: str, seed: int) -> dict[str, Any]:
    """The loss that a run ends with, its rate, and its seconds to each level; none to one that it does not reach."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "model"
        regular = ("--steps", STEPS, "--validations", VALIDATIONS, "--patience", VALIDATIONS, "--seed", seed)
        told = f"{cell}, engine {engine}, seed {seed}"
        end = unspool("train", text, "--engine", engine, "--cell", cell, *SHAPE, *regular, "--out", out, report=told)
        validations = [event for event in History(out / "history.jsonl").events() if event["event"] == "validation"]
    return {
        "carried_nats": end["nats_per_token"],
        "tokens_per_second": end["tokens_per_second"],
        "seconds": {level: seconds_to(validations, level) for level in LEVELS},
    }


def seconds_to(validations: list[dict[str, Any]], level: float) -> float | None:
    """When the loss was first found at or below a level; none if it never was."""
    return next((event["seconds"] for event in validations if event["fresh"] <= level), None)


def _median(seconds: list[float | None]) -> float | None:
    """The median; none unless all runs reached the level."""
    reached = [second for second in seconds if second is not None]
    return median(reached) if len(reached) == len(seconds) else None

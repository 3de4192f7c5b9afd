"""Whether the keras engine computes what NumPy and the torch engine compute, from equal weights, in float32

Each framework computes in a process of its own. Logits: the largest difference from those of NumPy, over networks of
every cell, encoder, attention and head. Gradients: the largest difference from those of the torch engine, relative to
the largest gradient of the same array (or to a hundredth of the largest of the network, if that is more); read from the
moments of AdamW after one update that clips nothing. Losses: 200 updates of one layer, with dropout and the decay of
the learning rate, on the embedded corpus, from the same weights and with the same dropout masks: the largest difference
of an update's loss, relative to that of the torch engine.
"""

from dataclasses import dataclass
from itertools import product
from typing import get_args

import numpy as np

from benchmarks.claims import Claim, highest
from benchmarks.common import Bench, in_own_process
from benchmarks.parity_networks import HIDDEN, batch_of, networks, used_weights
from unspool.arrays import Array, Arrays
from unspool.data.sources import embedded_corpus
from unspool.data.stream_batches import StreamBatches
from unspool.data.tokens import part_of_text
from unspool.engines.registry import build_learner, build_network
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.shapes import CellName
from unspool.specs.training import OptimizerName, TrainingSpec
from unspool.text.vocabulary import make_tokenizer
from unspool.training.schedule import rate_at

UPDATES, ROWS, WINDOW, CHARACTERS = 200, 16, 32, 120_000  # of the loss curves
CURVES: list[tuple[CellName, OptimizerName]] = list(product(get_args(CellName), get_args(OptimizerName)))
NO_CLIP = 1e9
FIRST_SHARE = 0.1  # of the gradient, that AdamW's first moment is after one update: 1 - 0.9
FLOOR = 0.01  # of the network's largest gradient: arrays whose gradients are nothing but rounding are not compared
CLAIMS = (
    Claim("logits, difference from NumPy", 1e-4, highest("keras", compared="logits"), True),
    Claim("gradients, relative difference from torch", 1e-4, highest("keras", compared="gradients"), True),
    Claim("losses, relative difference from torch", 1e-2, highest("keras", compared="losses"), True),
)


@dataclass(frozen=True)
class Computed:
    """What an engine computes.

    Attributes:
        logits: are those of each network, or the scores of labels, by group.
        gradients: are those of each network's arrays by name, by group.
        losses: are those of each update, of each curve.
    """

    logits: dict[str, list[Array]]
    gradients: dict[str, list[Arrays]]
    losses: list[Array]


def run(bench: Bench) -> None:
    """Compute with each engine, and compare."""
    if not bench.has("tensorflow", "keras"):
        return
    engines = {engine: in_own_process(computed, engine, UPDATES) for engine in ("keras", "torch")}
    keras, torch = engines["keras"], engines["torch"]
    for name, specs in networks().items():
        expected = [logits_of("numpy", spec) for spec in specs]
        apart = {engine: max(map(difference, found.logits[name], expected)) for engine, found in engines.items()}
        largest = max(float(np.abs(logits).max()) for logits in expected)
        bench.add(compared="logits", beside="NumPy", of=name, count=len(specs), largest=largest, **apart)
    for name, gradients in keras.gradients.items():
        relative = max(map(relative_difference, gradients, torch.gradients[name]))
        bench.add(compared="gradients", beside="torch", of=name, count=len(gradients), keras=relative)
    for (cell, optimizer), own, other in zip(CURVES, keras.losses, torch.losses, strict=True):
        relative = float((np.abs(own - other) / other).max())
        bench.add(compared="losses", beside="torch", of=f"{cell}, {optimizer}", count=len(own), keras=relative)


def computed(engine: str, updates: int) -> Computed:
    """Compute everything with one engine."""
    groups = networks()
    return Computed(
        {name: [logits_of(engine, spec) for spec in group] for name, group in groups.items()},
        {name: [gradients_of(engine, spec) for spec in group] for name, group in groups.items()},
        [losses_of(engine, *curve, updates) for curve in CURVES],
    )


def logits_of(engine: str, spec: NetworkSpec) -> Array:
    """The logits of all steps, [B, T, V], or the scores of labels, [B, C]."""
    network, batch = build_network(engine, spec, used_weights(spec)), batch_of(spec)
    if spec.head is not None:
        scores: Array = network.classify(batch.source)
        return scores
    state = network.initial_state(len(batch.inputs)) if batch.source is None else network.encode(batch.source)
    logits: Array = network.unroll(batch.inputs, state)[0]
    return logits


def gradients_of(engine: str, spec: NetworkSpec) -> Arrays:
    """The gradients of an update, as AdamW's moments have them."""
    training = TrainingSpec(optimizer="adamw", precision="float32", clip=NO_CLIP, dropout=0.0, input_dropout=0.0)
    learner = build_learner(engine, spec, training, used_weights(spec))
    learner.train_step(batch_of(spec), 1.0, 0)
    moments, saved = "moments.exp_avg.", learner.training_state()
    return {
        name.removeprefix(moments): array / FIRST_SHARE for name, array in saved.items() if name.startswith(moments)
    }


def losses_of(engine: str, cell: CellName, optimizer: OptimizerName, updates: int) -> Array:
    """The losses of some updates on the embedded corpus, in nats, [updates]."""
    text = embedded_corpus()[:CHARACTERS]
    tokenizer = make_tokenizer("char", [text])
    training = TrainingSpec(optimizer=optimizer, precision="float32", recurrent_dropout=0.04)
    decoder = DecoderSpec(cell=cell, hidden_size=HIDDEN, vocabulary_size=tokenizer.vocabulary_size)
    learner = build_learner(engine, NetworkSpec(decoder=decoder), training)
    batches = StreamBatches(part_of_text(tokenizer, text), ROWS, WINDOW, reset_probability=0.02, seed=0)
    losses = [
        learner.train_step(batches.batch(0, step), rate_at(step / updates, training.warmup, training.final_rate), step)
        for step in range(updates)
    ]
    return np.array(losses)


def difference(one: Array, other: Array) -> float:
    """The largest difference of two arrays."""
    return float(np.abs(one - other).max())


def relative_difference(one: Arrays, other: Arrays) -> float:
    """The largest difference of arrays by name, relative to the largest entry of the array."""
    floor = FLOOR * max(float(np.abs(array).max()) for array in other.values())
    return max(difference(one[name], array) / max(float(np.abs(array).max()), floor) for name, array in other.items())

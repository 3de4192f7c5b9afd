"""Read a text some times over, and learn it: a few passes, on top of what a network has learnt before."""

import math
import time

from unspool.data.batches import BatchSource
from unspool.engines.announcing import advance
from unspool.engines.base import Learner
from unspool.errors import TrainingError
from unspool.specs.adaptation import ReadingSpec
from unspool.specs.base import build
from unspool.specs.training import WindowTrainingSpec
from unspool.training.schedule import rate_at

ROWS, STEPS, DROPOUT, FINAL_RATE = 8, 64, 0.1, 0.01


def reading_training(spec: ReadingSpec) -> WindowTrainingSpec:
    """Return the settings of the learner that reads."""
    return build(
        WindowTrainingSpec,
        {
            "optimizer": "adamw",
            "learning_rate": spec.learning_rate,
            "weight_decay": 0.0,
            "batch_size": ROWS,
            "sequence_length": STEPS,
            "dropout": DROPOUT,
            "input_dropout": DROPOUT,
            "seed": spec.seed,
        },
        "adapt",
    )


def read_passes(learner: Learner, batches: BatchSource, spec: ReadingSpec) -> list[float]:
    """Learn the batches of a text, pass by pass.

    Args:
        learner: is changed.
        batches: are those of the text.
        spec: says how often, and how long at most.

    Returns:
        the mean loss of each pass, in nats per token, of every batch before it was learnt; the last pass may have been
        cut off.

    Raises:
        TrainingError: the loss did not stay finite.
    """
    steps = [batches.steps(epoch) for epoch in range(spec.epochs)]
    end, step, means = time.monotonic() + 60 * spec.minutes, 0, list[float]()
    for epoch, count in enumerate(steps):
        nats, tokens = 0.0, 0
        for index in range(count):
            batch = batches.batch(epoch, index)
            loss = learner.train_step(batch, rate_at(step / sum(steps), 0.0, FINAL_RATE), step)
            if not math.isfinite(loss):
                raise TrainingError(
                    f"the loss must stay finite. It became NaN or infinite at update {step + 1:,}.",
                    "lower --learning-rate, for example to a third.",
                )
            nats, tokens, step = nats + loss * batch.size, tokens + batch.size, step + 1
            advance(step, sum(steps), "batches read and learnt")
            if time.monotonic() > end:
                return [*means, nats / max(tokens, 1)]
        means.append(nats / max(tokens, 1))
    return means

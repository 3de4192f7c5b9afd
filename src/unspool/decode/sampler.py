"""Choose the next token: logits in, an id out, the caller's random number in between.

Everything works on one row at a time, in this order: penalties, forbidden tokens, temperature, top-k,
typical, top-p, min-p, draw.

Shapes: V tokens.
"""

from typing import Any

import numpy as np

from unspool.errors import ModelFolderError
from unspool.specs.sampling import SamplingSpec

Vector = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]


class Sampler:
    """Draws the tokens of one sample.

    Args:
        spec: the settings.
        vocabulary_size: V.
        forbidden: ids that are never drawn.
        prompt: ids that the repetition penalty already counts.
        seed: of this sample's draws.
    """

    def __init__(
        self,
        spec: SamplingSpec,
        vocabulary_size: int,
        forbidden: tuple[int, ...],
        prompt: list[int],
        seed: int,
    ) -> None:
        self._spec, self._forbidden = spec, list(forbidden)
        self._generator = np.random.Generator(np.random.PCG64(seed))
        self._written = np.zeros(vocabulary_size, np.int64)
        self._seen = np.zeros(vocabulary_size, bool)
        self._seen[prompt] = True

    def choose(self, logits: np.ndarray[Any, np.dtype[np.float32]]) -> int:
        """The next token after logits [V].

        Raises:
            ModelFolderError: a logit is not a number, so the weights are damaged.
        """
        values = penalised(logits.astype(np.float64), self._spec, self._written, self._seen)
        values[self._forbidden] = -np.inf
        if np.isnan(values).any() or values.max() == np.inf:
            raise ModelFolderError(
                "the network's logits must be numbers. Received: NaN or infinity.",
                "the weights are damaged: restore the folder from a copy.",
            )
        if self._spec.temperature == 0:
            token = int(values.argmax())  # the lowest id on a tie
        else:
            token = draw(distribution(values, self._spec), self._generator.random())
        self._written[token] += 1
        self._seen[token] = True
        return token


def penalised(logits: Vector, spec: SamplingSpec, written: Counts, seen: np.ndarray[Any, Any]) -> Vector:
    """Logits [V] less the penalties; counts [V] of the tokens written, and whether each was seen at all."""
    if spec.repetition_penalty != 1:
        factor = np.where(logits > 0, 1 / spec.repetition_penalty, spec.repetition_penalty)
        logits = np.where(seen, logits * factor, logits)
    if spec.frequency_penalty:
        logits = logits - spec.frequency_penalty * written
    if spec.presence_penalty:
        logits = logits - spec.presence_penalty * (written > 0)
    return logits


def distribution(logits: Vector, spec: SamplingSpec) -> Vector:
    """Logits [V], of which at least one is finite, to probabilities [V] that sum to 1."""
    with np.errstate(over="ignore"):  # a tiny temperature sends all but the highest to minus infinity
        scaled = (logits - logits.max()) / spec.temperature
    probabilities = normalised(np.exp(scaled))
    if 0 < spec.top_k < len(logits):
        probabilities = keep_first(probabilities, np.argsort(-probabilities, kind="stable"), spec.top_k)
    if spec.typical_p < 1:
        with np.errstate(divide="ignore"):
            surprise = -np.log(probabilities)
        finite = np.where(probabilities > 0, surprise, 0)
        distance = np.abs(surprise - (probabilities * finite).sum())
        probabilities = keep_mass(probabilities, np.argsort(distance, kind="stable"), spec.typical_p)
    if spec.top_p < 1:
        probabilities = keep_mass(probabilities, np.argsort(-probabilities, kind="stable"), spec.top_p)
    if spec.min_p > 0:
        probabilities = np.where(probabilities >= spec.min_p * probabilities.max(), probabilities, 0)
    return normalised(probabilities)


def keep_first(probabilities: Vector, order: Counts, count: int) -> Vector:
    """Zero all but the first `count` tokens of an order, and normalise."""
    kept = np.zeros_like(probabilities)
    kept[order[:count]] = probabilities[order[:count]]
    return normalised(kept)


def keep_mass(probabilities: Vector, order: Counts, mass: float) -> Vector:
    """Keep the first tokens of an order that together reach a probability, at least one, and normalise."""
    reached = np.cumsum(probabilities[order])
    return keep_first(probabilities, order, int(np.searchsorted(reached, mass)) + 1)


def normalised(weights: Vector) -> Vector:
    """Weights [V] that are not all zero, to sum 1."""
    result: Vector = weights / weights.sum()
    return result


def draw(probabilities: Vector, uniform: float) -> int:
    """The token at a place between 0 and 1 in the cumulated probabilities; never one of probability 0."""
    cumulated = np.cumsum(probabilities)
    return int(np.searchsorted(cumulated, uniform * cumulated[-1], side="right"))

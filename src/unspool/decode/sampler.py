"""Choose the next token: logits in, an id out, the caller's random number in between.

Everything works on one row at a time, in this order: penalties, forbidden tokens, temperature, top-k,
typical, top-p, min-p, draw. The functions below the class are plain arithmetic on arrays and numbers, so that
an engine may compile them as they stand; `COMPILABLE` lists them, callees first.

Shapes: V tokens.
"""

from typing import Any

import numpy as np

from unspool.arrays import Flags
from unspool.errors import ModelFolderError
from unspool.specs.sampling import SamplingSpec

Vector = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]
Parameters = tuple[float, int, float, float, float, float, float, float]

DAMAGED = -1
COLDEST = 1e-290  # a temperature below this would overflow; it is as good as 0


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
        self, spec: SamplingSpec, vocabulary_size: int, forbidden: tuple[int, ...], prompt: list[int], seed: int
    ) -> None:
        self._generator = np.random.Generator(np.random.PCG64(seed))
        self.forbidden = np.array(forbidden, np.int64)
        self.written = np.zeros(vocabulary_size, np.int64)
        self.seen = np.zeros(vocabulary_size, np.bool_)
        self.seen[prompt] = True
        self.parameters: Parameters = (
            spec.temperature,
            spec.top_k,
            spec.top_p,
            spec.min_p,
            spec.typical_p,
            spec.repetition_penalty,
            spec.frequency_penalty,
            spec.presence_penalty,
        )

    def uniforms(self, count: int) -> Vector:
        """The next random numbers, [count] in [0, 1)."""
        return self._generator.random(count)

    def choose(self, logits: np.ndarray[Any, np.dtype[np.float32]]) -> int:
        """The next token after logits [V].

        Raises:
            ModelFolderError: a logit is not a number, so the weights are damaged.
        """
        uniform = float(self.uniforms(1)[0])
        token = choose(logits.astype(np.float64), self.written, self.seen, self.forbidden, self.parameters, uniform)
        return checked(int(token))


def checked(token: int) -> int:
    """The token itself.

    Raises:
        ModelFolderError: there is none, because a logit was not a number.
    """
    if token == DAMAGED:
        raise ModelFolderError(
            "the network's logits must be numbers. Received: NaN or infinity.",
            "the weights are damaged: restore the folder from a copy.",
        )
    return token


def normalised(weights: Vector) -> Vector:
    """Weights [V] that are not all zero, to sum 1."""
    result: Vector = weights / weights.sum()
    return result


def keep_first(probabilities: Vector, order: Counts, count: int) -> Vector:
    """Zero all but the first `count` tokens of an order, and normalise."""
    kept = np.zeros_like(probabilities)
    kept[order[:count]] = probabilities[order[:count]]
    return normalised(kept)


def keep_mass(probabilities: Vector, order: Counts, mass: float) -> Vector:
    """Keep the first tokens of an order that together reach a probability, at least one, and normalise."""
    reached = np.cumsum(probabilities[order])
    return keep_first(probabilities, order, int(np.searchsorted(reached, mass)) + 1)


def penalised(logits: Vector, written: Counts, seen: Flags, parameters: Parameters) -> Vector:
    """Logits [V] less the penalties; counts [V] of the tokens written, and whether each was seen at all."""
    _, _, _, _, _, repetition, frequency, presence = parameters
    if repetition != 1:
        factor = np.where(logits > 0, 1 / repetition, repetition)
        logits = np.where(seen, logits * factor, logits)
    if frequency != 0:
        logits = logits - frequency * written
    if presence != 0:
        logits = logits - presence * (written > 0)
    return logits.copy()


def distribution(logits: Vector, parameters: Parameters) -> Vector:
    """Logits [V], of which at least one is finite, to probabilities [V] that sum to 1."""
    temperature, top_k, top_p, min_p, typical_p, _, _, _ = parameters
    probabilities = normalised(np.exp((logits - logits.max()) / max(temperature, COLDEST)))
    if 0 < top_k < len(logits):
        probabilities = keep_first(probabilities, np.argsort(-probabilities, kind="mergesort"), top_k)
    if typical_p < 1:
        nll = -np.log(np.maximum(probabilities, 1e-300))
        distance = np.abs(nll - (probabilities * nll).sum())
        probabilities = keep_mass(probabilities, np.argsort(distance, kind="mergesort"), typical_p)
    if top_p < 1:
        probabilities = keep_mass(probabilities, np.argsort(-probabilities, kind="mergesort"), top_p)
    if min_p > 0:
        probabilities = np.where(probabilities >= min_p * probabilities.max(), probabilities, 0.0)
    return normalised(probabilities)


def draw(probabilities: Vector, uniform: float) -> int:
    """The token at a place between 0 and 1 in the cumulated probabilities; never one of probability 0."""
    cumulated = np.cumsum(probabilities)
    return int(np.searchsorted(cumulated, uniform * cumulated[-1], side="right"))


def choose(
    logits: Vector, written: Counts, seen: Flags, forbidden: Counts, parameters: Parameters, uniform: float
) -> int:
    """The next token after logits [V], noted in `written` and `seen`; -1 where a logit is not a number."""
    values = penalised(logits, written, seen, parameters)
    values[forbidden] = -np.inf
    highest = values.max()
    if not np.isfinite(highest):
        return DAMAGED
    token = int(np.argmax(values)) if parameters[0] == 0 else draw(distribution(values, parameters), uniform)
    written[token] += 1
    seen[token] = True
    return token


COMPILABLE = (normalised, keep_first, keep_mass, penalised, distribution, draw, choose)

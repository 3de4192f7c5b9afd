"""Choose the next token: logits in, an id out, the caller's random number in between.

Everything works on one row at a time, in this order: penalties, forbidden tokens, temperature, top-k,
typical, top-p, min-p, draw. The functions below the class are plain arithmetic on arrays and numbers, so that
an engine may compile them as they stand; `COMPILABLE` lists them, callees first.

Shapes: B rows, V tokens, N tokens of a block.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unspool.arrays import Flags, IntArray, Logits
from unspool.engines.base import SampledRows
from unspool.errors import ModelFolderError
from unspool.specs.sampling import SamplingSpec
from unspool.text.tokenizer import END

Vector = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]
Parameters = Vector  # [8], the fields of `SamplingSpec` that `PARAMETERS` names

PARAMETERS = (
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "typical_p",
    "repetition_penalty",
    "frequency_penalty",
    "presence_penalty",
)
DAMAGED = -1
COLDEST = 1e-290  # a temperature below this would overflow; it is as good as 0


@dataclass(frozen=True)
class Samplers:
    """What draws the tokens of B rows, each with settings and random numbers of its own.

    Attributes:
        counts: [B, V], how often each token was drawn.
        seen: [B, V], whether each token is in the prompt or was drawn, which the repetition penalty asks.
        forbidden: [B, V], tokens that are not drawn.
        parameters: [B, 8].
        generators: B of random numbers.
    """

    counts: Counts
    seen: Flags
    forbidden: Flags
    parameters: Vector
    generators: tuple[np.random.Generator, ...]

    @classmethod
    def one(cls, spec: SamplingSpec, forbidden: Flags, prompt: Sequence[int], seed: int) -> "Samplers":
        """Make the sampler of one row.

        Args:
            spec: the settings.
            forbidden: [V], tokens that are never drawn.
            prompt: ids that the repetition penalty already counts.
            seed: of the row's draws.
        """
        seen = np.zeros((1, len(forbidden)), np.bool_)
        seen[0, list(prompt)] = True
        values = {name: getattr(spec, name) for name in PARAMETERS} | {"top_k": min(spec.top_k, len(forbidden))}
        return cls(
            counts=np.zeros((1, len(forbidden)), np.int64),
            seen=seen,
            forbidden=forbidden[None].copy(),
            parameters=np.array([[values[name] for name in PARAMETERS]], np.float64),
            generators=(np.random.Generator(np.random.PCG64(seed)),),
        )

    @classmethod
    def join(cls, samplers: Sequence["Samplers"]) -> "Samplers":
        """Batch the rows of several, in order."""
        names = ("counts", "seen", "forbidden", "parameters")
        arrays = {name: np.concatenate([getattr(one, name) for one in samplers]) for name in names}
        return cls(**arrays, generators=tuple(generator for one in samplers for generator in one.generators))

    def select(self, rows: IntArray) -> "Samplers":
        """Take some rows."""
        arrays = (self.counts[rows], self.seen[rows], self.forbidden[rows], self.parameters[rows])
        return Samplers(*arrays, tuple(self.generators[row] for row in rows))

    def choose(self, logits: Logits) -> IntArray:
        """Draw the next token of each row: logits [B, V] to ids [B].

        Raises:
            ModelFolderError: a logit is not a number, so the weights are damaged.
        """
        rows = zip(logits.astype(np.float64), self.counts, self.seen, self.forbidden, self.parameters, strict=True)
        uniforms = [generator.random() for generator in self.generators]
        return np.array([checked(choose(*row, u)) for row, u in zip(rows, uniforms, strict=True)], np.int64)

    def for_block(self, limits: IntArray, scored: Flags) -> SampledRows:
        """Give what an engine needs to draw up to `limits` [B] tokens a row; `scored` [B] rows with their nats."""
        uniforms = np.zeros((len(limits), limits.max()))  # (B, N)
        for row, limit, generator in zip(uniforms, limits, self.generators, strict=True):
            row[:limit] = generator.random(limit)
        return SampledRows(self.counts, self.seen, self.forbidden, self.parameters, uniforms, limits, scored, END)


def checked(token: int) -> int:
    """Give back the token.

    Raises:
        ModelFolderError: there is none, because a logit was not a number.
    """
    if token == DAMAGED:
        raise ModelFolderError(
            "the network's logits must be numbers. Received: NaN or infinity.",
            "the weights are damaged: restore the folder from a copy.",
        )
    return token


def log_probability(logits: Vector, token: int) -> float:
    """Compute the log-probability of a token under logits [V], in nats."""
    shifted = logits - logits.max()
    return float(shifted[token] - np.log(np.exp(shifted).sum()))


def normalised(weights: Vector) -> Vector:
    """Scale weights [V] that are not all zero to sum 1."""
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


def penalised(logits: Vector, counts: Counts, seen: Flags, parameters: Parameters) -> Vector:
    """Subtract the penalties from logits [V].

    Args:
        logits: [V]; they stay as they are.
        counts: [V], how often each token was drawn.
        seen: [V], whether each token was read or drawn.
        parameters: [8].
    """
    repetition, frequency, presence = parameters[5], parameters[6], parameters[7]
    if repetition != 1:
        factor = np.where(logits > 0, 1 / repetition, repetition)
        logits = np.where(seen, logits * factor, logits)
    if frequency != 0:
        logits = logits - frequency * counts
    if presence != 0:
        logits = logits - presence * (counts > 0)
    return logits.copy()


def distribution(logits: Vector, parameters: Parameters) -> Vector:
    """Compute the probabilities [V], of sum 1, that logits [V] come to; at least one logit is finite."""
    temperature, top_k = parameters[0], int(parameters[1])
    top_p, min_p, typical_p = parameters[2], parameters[3], parameters[4]
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
    """Find the token at a position between 0 and 1 in the cumulated probabilities; never one of probability 0."""
    cumulated = np.cumsum(probabilities)
    return int(np.searchsorted(cumulated, uniform * cumulated[-1], side="right"))


def choose(
    logits: Vector, counts: Counts, seen: Flags, forbidden: Flags, parameters: Parameters, uniform: float
) -> int:
    """Draw the next token after logits [V], noted in `counts` and `seen`; -1 where a logit is not a number."""
    values = penalised(logits, counts, seen, parameters)
    values[forbidden] = -np.inf
    peak = values.max()
    if not np.isfinite(peak):
        return DAMAGED
    token = int(np.argmax(values)) if parameters[0] == 0 else draw(distribution(values, parameters), uniform)
    counts[token] += 1
    seen[token] = True
    return token


COMPILABLE = (normalised, keep_first, keep_mass, penalised, distribution, draw, choose, log_probability)

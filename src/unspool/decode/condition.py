"""Convert a condition from what a person gives to what the encoder reads: weights of labels, or numbers.

    "Italian"                         one label
    "Italian=0.7,German=0.3"          a blend, the same as {"Italian": 0.7, "German": 0.3}
    1999                              a number

Of a model with several columns, a condition is a sequence of these, one for each column, in order.
"""

from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np

from unspool.data.batches import VectorSource
from unspool.data.conditions import first_weights, value_of
from unspool.errors import UsageError
from unspool.specs.condition import ConditionSpec

OneCondition = str | float | Mapping[str, float]
Condition = OneCondition | Sequence[OneCondition]


def condition_source(condition: Condition, specs: Sequence[ConditionSpec]) -> VectorSource:
    """Make the source of a condition, of 1 row; the weights of a blend are scaled to sum to 1.

    Args:
        condition: is what a person gives.
        specs: say what the columns hold.

    Raises:
        UsageError: a label is not known, a weight is not above 0, a number is none, or a column has no condition.
    """
    given = [condition] if isinstance(condition, str | float | int | Mapping) else list(condition)
    if len(given) != len(specs):
        raise UsageError(
            f"a condition must be given for each of {', '.join(spec.name for spec in specs)}, in this order. "
            f"Received: {len(given)}.",
            _hint(specs),
        )
    if not specs[0].labels:
        numbers = [value_of(str(one), spec, UsageError) for one, spec in zip(given, specs, strict=True)]
        return VectorSource(np.array([numbers], np.float32))  # (1, F)
    first = first_weights(specs)
    values = np.zeros((1, first[-1]), np.float32)  # (1, F)
    for one, spec, start in zip(given, specs, first, strict=False):
        weights = _weights(one, spec)
        peak = max(weights.values())  # the sum of the weights themselves may be beyond any float
        total = sum(weight / peak for weight in weights.values())
        for label, weight in weights.items():
            values[0, start + int(value_of(label, spec, UsageError))] += weight / peak / total
    return VectorSource(values)


def missing_condition(specs: Sequence[ConditionSpec]) -> UsageError:
    """Make the error for a condition that is needed and not given."""
    names = ", ".join(spec.name for spec in specs)
    return UsageError(f"this model's texts depend on {names}, and no condition is given.", _hint(specs))


def usual_condition(specs: Sequence[ConditionSpec]) -> list[str]:
    """Choose the most frequent label of each column, or the mean of its numbers."""
    return [max(zip(spec.counts, spec.labels, strict=True))[1] if spec.labels else f"{spec.mean:g}" for spec in specs]


def _weights(one: OneCondition, spec: ConditionSpec) -> Mapping[str, float]:
    if isinstance(one, str) and one not in spec.labels and "=" in one:
        found: dict[str, float] = {}
        for piece in one.split(","):
            label, _, weight = piece.rpartition("=")
            found[label.strip()] = found.get(label.strip(), 0) + _weight(weight, piece)
        return found
    if isinstance(one, Mapping):
        if not one:
            raise UsageError("a blend must have at least one label. Received: {}.", _hint([spec]))
        return {label: _weight(weight, f"{label}={weight}") for label, weight in one.items()}
    return {str(one): 1.0}


def _weight(value: object, piece: str) -> float:
    try:
        weight = float(str(value))
    except ValueError:
        weight = 0.0
    if not isfinite(weight) or weight <= 0:
        raise UsageError(
            f"the weight of a label must be a number above 0. Received: {piece!r:.60}.",
            "write LABEL, or LABEL=WEIGHT,LABEL=WEIGHT.",
        )
    return weight


def _hint(specs: Sequence[ConditionSpec]) -> str:
    return f"such as {' '.join(f'--condition {one!r}' for one in usual_condition(specs))}."

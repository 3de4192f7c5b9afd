"""A condition, as a person gives it, as what the encoder reads: labels, shares of labels, or numbers.

    "Italian"                         one label
    "Italian=0.7,German=0.3"          a blend, as {"Italian": 0.7, "German": 0.3} is
    1999                              a number

Of a model with several columns, a condition is a sequence of these, one for each column, in order.
"""

from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np

from unspool.data.batches import Source
from unspool.data.conditions import first_weights, value_of
from unspool.errors import UsageError
from unspool.specs.condition import ConditionSpec

OneCondition = str | float | Mapping[str, float]
Condition = OneCondition | Sequence[OneCondition]


def condition_source(condition: Condition, specs: Sequence[ConditionSpec]) -> Source:
    """What the encoder reads of a condition, 1 row; shares are made to sum to 1.

    Raises:
        UsageError: a label is not known, a share not above 0, a number not one, or there is not one for each column.
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
        return Source(values=np.array([numbers], np.float32))  # (1, F)
    first = first_weights(specs)
    values = np.zeros((1, first[-1]), np.float32)  # (1, F)
    for one, spec, start in zip(given, specs, first, strict=False):
        shares = _shares(one, spec)
        largest = max(shares.values())  # the sum of the shares themselves may be beyond any float
        whole = sum(share / largest for share in shares.values())
        for label, share in shares.items():
            values[0, start + int(value_of(label, spec, UsageError))] += share / largest / whole
    return Source(values=values)


def missing_condition(specs: Sequence[ConditionSpec]) -> UsageError:
    """What to say where a condition is needed and none is given."""
    names = ", ".join(spec.name for spec in specs)
    return UsageError(f"this model's texts depend on {names}, and nothing is said of it.", _hint(specs))


def usual_condition(specs: Sequence[ConditionSpec]) -> list[str]:
    """The commonest label of each column, or the mean of its numbers."""
    return [max(zip(spec.counts, spec.labels, strict=True))[1] if spec.labels else f"{spec.mean:g}" for spec in specs]


def _shares(one: OneCondition, spec: ConditionSpec) -> Mapping[str, float]:
    if isinstance(one, str) and one not in spec.labels and "=" in one:
        found: dict[str, float] = {}
        for piece in one.split(","):
            label, _, share = piece.rpartition("=")
            found[label.strip()] = found.get(label.strip(), 0) + _share(share, piece)
        return found
    if isinstance(one, Mapping):
        if not one:
            raise UsageError("a blend must have at least one label. Received: {}.", _hint([spec]))
        return {label: _share(share, f"{label}={share}") for label, share in one.items()}
    return {str(one): 1.0}


def _share(value: object, piece: str) -> float:
    try:
        share = float(str(value))
    except ValueError:
        share = 0.0
    if not isfinite(share) or share <= 0:
        raise UsageError(
            f"the share of a label must be a number above 0. Received: {piece!r:.60}.",
            "write LABEL, or LABEL=SHARE,LABEL=SHARE.",
        )
    return share


def _hint(specs: Sequence[ConditionSpec]) -> str:
    return f"such as {' '.join(f'--condition {one!r}' for one in usual_condition(specs))}."

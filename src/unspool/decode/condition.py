"""Convert a condition from what a person gives to what the encoder reads: weights of labels, or numbers.

    "Italian"                         one label
    "Italian=0.7,German=0.3"          a blend, the same as {"Italian": 0.7, "German": 0.3}
    1999, "18,5"                      a number

Of a model with several columns, a condition is a sequence of these, one for each column, in order. Labels may hold
anything, also commas, equals signs and line ends: a blend is read by the labels that the model knows.
"""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np

from unspool.data.batches import VectorSource
from unspool.data.conditions import first_weights, value_of
from unspool.data.numbers import THOUSANDS
from unspool.errors import UsageError, nearest
from unspool.specs.condition import ConditionSpec
from unspool.text.incoming import clean_text

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
        numbers = [value_of(_number(one, spec), spec, UsageError) for one, spec in zip(given, specs, strict=True)]
        return VectorSource(np.array([numbers], np.float32))  # (1, F)
    first = first_weights(specs)
    values = np.zeros((1, first[-1]), np.float32)  # (1, F)
    for one, spec, start in zip(given, specs, first, strict=False):
        weights = _weights(one, spec)
        peak = max(weights.values())  # the sum of the weights themselves may be beyond any float
        total = sum(weight / peak for weight in weights.values())
        for label, weight in weights.items():
            values[0, start + spec.labels.index(label)] += weight / peak / total
    return VectorSource(values)


def missing_condition(specs: Sequence[ConditionSpec]) -> UsageError:
    """Make the error for a condition that is needed and not given."""
    names = ", ".join(spec.name for spec in specs)
    return UsageError(f"this model's texts depend on {names}, and no condition is given.", _hint(specs))


def usual_condition(specs: Sequence[ConditionSpec]) -> list[str]:
    """Choose the most frequent label of each column, or the mean of its numbers."""
    return [max(zip(spec.counts, spec.labels, strict=True))[1] if spec.labels else f"{spec.mean:g}" for spec in specs]


def _number(one: OneCondition, spec: ConditionSpec) -> str:
    """Return a number as it is written; its comma may be a decimal one.

    Raises:
        UsageError: its comma may be one between thousands, too.
    """
    text = str(one).strip()
    if THOUSANDS.fullmatch(text):
        raise UsageError(
            f"{spec.name} must be a number without a thousands separator. Received: {text!r:.60}.",
            f"write {text.replace(',', '')}, or with a decimal point {text.replace(',', '.', 1)}.",
        )
    return text


def _weights(one: OneCondition, spec: ConditionSpec) -> Mapping[str, float]:
    """Return the weight of each label of a condition, all of them labels that the model knows."""
    if isinstance(one, Mapping):
        if not one:
            raise UsageError("a blend must have at least one label. Received: {}.", _hint([spec]))
        found = [(str(label), _weight(weight, f"{label}={weight}")) for label, weight in one.items()]
    else:
        text = _text(one)
        if text in spec.labels or "=" not in text:
            return {_label(text, spec): 1.0}
        found = [(label, _weight(weight, piece)) for label, weight, piece in _blend(text, spec)]
    weights: dict[str, float] = {}
    for name, weight in found:
        label = _label(name, spec)
        weights[label] = weights.get(label, 0.0) + weight
    return weights


def _blend(text: str, spec: ConditionSpec) -> list[tuple[str, str, str]]:
    """Split a blend into its labels, their weights, and the pieces of text that hold both."""
    known = "|".join(map(re.escape, sorted(spec.labels, key=len, reverse=True)))
    piece = re.compile(rf"\s*({known})\s*=([^,=]*)(?:,|$)")
    found, position = [], 0
    while position < len(text):
        match = piece.match(text, position)
        if match is None:  # an unknown label, which ends at the next comma
            one, position = text[position:].partition(",")[0], len(text)
            label, _, weight = one.rpartition("=")
            found.append((label.strip(), weight, one))
        else:
            found.append((match[1], match[2], match[0].rstrip(",").strip()))
            position = match.end()
    return found


def _label(label: str | float, spec: ConditionSpec) -> str:
    """Return a label that the model knows.

    Raises:
        UsageError: it does not know it.
    """
    clean = _text(label)
    if clean not in spec.labels:
        raise UsageError(
            f"{spec.name} must be a label that the model has learnt. Received: {clean!r:.60}.",
            nearest(clean, spec.labels, quoted=True),
        )
    return clean


def _text(label: str | float) -> str:
    return clean_text(str(label), "a condition")


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
    return f"such as {' '.join(map(_option, usual_condition(specs)))}."


def _option(condition: str) -> str:
    """Write a condition as an option that can be pasted into a shell."""
    if condition.isprintable():
        return f"--condition {shlex.quote(condition)}"
    return f"--condition-json {shlex.quote(json.dumps(condition))}"

"""Conditions as people give them: labels that hold anything, numbers with a comma, hints that can be pasted."""

import json
import shlex

import numpy as np
import pytest

from unspool.decode.condition import condition_source, missing_condition
from unspool.errors import DataWarning, UsageError
from unspool.specs.condition import ConditionSpec

ODD = ConditionSpec(name="c", labels=("a, local", "b\nc", "x=1"), counts=(1, 1, 1))
YEAR = ConditionSpec(name="year", mean=1900.0, deviation=50.0)


@pytest.mark.parametrize(
    ("condition", "spec", "expected"),
    [
        ("a, local", ODD, [1, 0, 0]),
        ("x=1", ODD, [0, 0, 1]),
        ("a, local=0.25,x=1=0.5,b\nc=0.25", ODD, [0.25, 0.25, 0.5]),
        ("a, local=1, x=1=1, a, local=2", ODD, [0.75, 0, 0.25]),
        ({"a, local": 1, "b\r\nc": 1}, ODD, [0.5, 0.5, 0]),
        ("\ufeffb\r\nc", ODD, [0, 1, 0]),
        ("1850,0", YEAR, [-1.0]),
        ("1950", YEAR, [1.0]),
        ("0,125", ConditionSpec(name="n", mean=0.0, deviation=0.125), [1.0]),
    ],
)
def test_labels_may_hold_anything_and_numbers_a_comma(condition: object, spec: ConditionSpec, expected: object) -> None:
    values = condition_source(condition, [spec]).values  # type: ignore[arg-type]
    assert values is not None
    np.testing.assert_allclose(values, [expected], atol=1e-6)


@pytest.mark.parametrize(
    ("condition", "spec", "message"),
    [
        ("1,900", YEAR, "without a thousands separator. Received: '1,900'.\nhint: write 1900, or .* 1[.]900"),
        ("x=1=1,b=2", ODD, "a label that the model has learnt. Received: 'b'"),
        ("x=1=1,b", ODD, "must be a number above 0. Received: 'b'"),
        ("a, locals", ODD, "Received: 'a, locals'.\nhint: the nearest: 'a, local'"),
        ("zz", ODD, r"known: 'a, local', 'b\\nc', 'x=1'"),
    ],
)
def test_what_cannot_be_is_quoted(condition: str, spec: ConditionSpec, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        condition_source(condition, [spec])


def test_half_of_a_pair_in_a_label_is_replaced_as_in_training() -> None:
    spec = ConditionSpec(name="c", labels=("x\ufffd",), counts=(1,))
    with pytest.warns(DataWarning, match="a condition: 1 character that no Unicode text can have became U"):
        condition_source("x\ud83d", [spec])


def test_a_hint_can_be_pasted_whatever_the_label_holds() -> None:
    odd = ConditionSpec(name="c", labels=("it's\n2",), counts=(1,))
    typed = shlex.split(missing_condition([odd]).hint.removeprefix("such as ").removesuffix("."))
    assert typed[0] == "--condition-json"
    assert json.loads(typed[1]) == "it's\n2"

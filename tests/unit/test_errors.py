"""Errors carry a message, a hint and an exit code of their own."""

import pytest

from unspool import errors
from unspool.errors import MissingExtraError, UnspoolError, UsageError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, UnspoolError)]


def test_every_error_has_its_own_exit_code() -> None:
    codes = [kind.exit_code for kind in KINDS]
    assert sorted(codes) == list(range(1, len(KINDS) + 1))


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_stands_in_the_tree_of_the_docstring(kind: type[UnspoolError]) -> None:
    line = next(line for line in str(errors.__doc__).splitlines() if f" {kind.__name__} " in line)
    assert f" {kind.exit_code}" in line


def test_the_text_of_an_error_is_rule_and_hint() -> None:
    assert str(UsageError("n must be even. Received: 3.", "try 4.")) == "n must be even. Received: 3.\nhint: try 4."


def test_a_missing_extra_is_named_with_its_command() -> None:
    assert "pip install 'unspool[logs]'" in MissingExtraError("tensorboard", "logs", "--tensorboard").hint

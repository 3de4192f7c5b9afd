"""Errors carry a message, a hint and an exit code of their own."""

import pytest

from unspool import errors
from unspool.errors import MissingExtraError, UnspoolError, UsageError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, UnspoolError)]


def test_every_kind_of_error_has_its_own_exit_code_and_kinds_of_a_kind_have_its() -> None:
    own = [kind for kind in KINDS if kind is UnspoolError or UnspoolError in kind.__bases__]
    assert sorted(kind.exit_code for kind in own) == list(range(1, len(own) + 1))
    for kind in set(KINDS) - set(own):
        assert kind.exit_code == kind.__bases__[0].exit_code


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_stands_in_the_tree_of_the_docstring(kind: type[UnspoolError]) -> None:
    line = next(line for line in str(errors.__doc__).splitlines() if f" {kind.__name__} " in line)
    assert f" {kind.exit_code}" in line


def test_the_text_of_an_error_is_rule_and_hint() -> None:
    assert str(UsageError("n must be even. Received: 3.", "try 4.")) == "n must be even. Received: 3.\nhint: try 4."


def test_a_missing_extra_is_named_with_its_command() -> None:
    assert "pip install 'unspool[logs]'" in MissingExtraError("tensorboard", "logs", "--tensorboard").hint

"""Errors carry a message, a hint and an exit code of their own."""

import os
import subprocess
from pathlib import Path
from shutil import which

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unspool import errors
from unspool.errors import MissingExtraError, UnspoolError, UsageError, in_python, shell_command, shell_word

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


@pytest.mark.parametrize(
    ("shell", "python"),
    [
        ("choose another place with --out.", "choose another place with out=."),
        ("replace it with --overwrite.", "replace it with overwrite=True."),
        ("train with --cell lstm or gru.", "train with cell='lstm' or gru."),
        ("lower --learning-rate and --matrix-rate, for example", "lower learning_rate= and matrix_rate=, for example"),
        ("train again, without --resume.", "train again, without unspool.resume."),
        ("leave out --from.", "leave out start_from=."),
        ("start a new model from it: --from 'runs/a b'.", "start a new model from it: start_from='runs/a b'."),
        ("name other endings with --suffixes, such as --suffixes .py.", None),
        ("without --no-counts, train counts, too.", "without counts=False, train counts, too."),
        ("`unspool train --resume 'runs/a b'` goes on from there.", "`unspool.resume('runs/a b')` goes on from there."),
        ("`/x/bin/unspool train --resume runs/x`", "`unspool.resume('runs/x')`"),
        ("write `unspool evaluate --copying`.", "write `unspool evaluate --copying`."),
        ("a--b and -- stay", "a--b and -- stay"),
    ],
)
def test_in_python_an_error_names_keywords(shell: str, python: str | None) -> None:
    expected = python or "name other endings with suffixes=, such as suffixes='.py'."
    assert in_python(shell) == expected
    assert str(UsageError("a rule.", shell)) == f"a rule.\nhint: {expected}"
    assert UsageError("a rule.", shell).hint == shell


def test_a_missing_extra_is_named_with_its_command() -> None:
    assert "pip install 'unspool[logs]'" in MissingExtraError("tensorboard", "logs", "--tensorboard").hint


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1).filter(lambda name: name != ".")


@pytest.mark.skipif(which("bash") is None, reason="there is no bash")
@settings(max_examples=30)
@given(st.lists(NAMES, min_size=1, max_size=8))
def test_a_quoted_path_is_what_a_shell_makes_of_it(names: list[str]) -> None:
    line = " ".join(shell_word(Path(name)) for name in names)
    assert len(f"{line}|".splitlines()) == 1
    script = f"printf '%s\\0' {line}"
    found = subprocess.run(["bash", "-c", script], capture_output=True, check=True, env={**os.environ, "LC_ALL": "C"})
    expected = [f"./{name}" if name.startswith("-") else name for name in names]
    assert found.stdout.decode().split("\0")[:-1] == expected


def test_a_command_is_quoted_only_where_it_must_be() -> None:
    words = ("train", "--resume", Path("my runs/it's"))
    assert shell_command(*words).endswith("""unspool train --resume 'my runs/it'"'"'s'""")
    assert shell_word(Path("-x")) == "./-x"
    assert shell_word(Path("runs/alice-2")) == "runs/alice-2"

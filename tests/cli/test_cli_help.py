"""Help is instant, because it imports nothing heavy."""

import subprocess
import sys

import pytest

HEAVY = ["torch", "numba", "tensorflow", "fastapi", "rich", "numpy"]
COMMANDS = ["train", "generate", "score", "evaluate", "demo"]
PROBE = """
import sys
from unspool.cli.main import main
try:
    main()
except SystemExit as wish:
    assert not wish.code, wish.code
print("LOADED", *[name for name in {heavy!r} if name in sys.modules])
"""


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["generate", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    code = PROBE.format(heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split() == ["LOADED"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(call, command):
    result = call(command, "--help")
    assert result.code == 0
    assert result.out.startswith("Usage: ")
    assert f"unspool {command} " in result.out.splitlines()[0]
    assert "--help" in result.out
    assert result.err == ""


def test_the_main_help_names_every_command(run):
    result = run("--help")
    assert result.code == 0
    assert all(f" {command} " in result.out for command in COMMANDS)


def test_no_arguments_show_the_help_and_no_traceback(run):
    result = run()
    assert result.out.startswith("Usage: ")
    assert "unspool [OPTIONS] COMMAND" in result.out
    assert "Traceback" not in result.err


def test_the_version_is_that_of_the_package(run):
    import unspool

    assert run("--version").out == f"unspool {unspool.__version__}\n"

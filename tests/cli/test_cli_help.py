"""Help is instant, opens with examples, and says all there is in groups, in the words of the specs."""

import ast
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import unspool.cli
from unspool.cli.commands import commands, load_command
from unspool.cli.train import SECTIONS
from unspool.specs.base import meanings, option_of
from unspool.specs.sampling import SamplingSpec

COMMANDS = commands()
SPECS = [fields.spec for fields in SECTIONS]
HEAVY = ["torch", "numba", "tensorflow", "keras", "fastapi", "rich", "numpy"]
PROBE = """
import sys
from unspool.cli.main import main
try:
    main()
except SystemExit as wish:
    assert not wish.code, wish.code
print("LOADED", *[name for name in {names!r} if name in sys.modules])
"""
GROUPS = ["Data", "Tables", "Pairs", "Network", "Training", "Budget", "Pictures", "Output"]


def loaded(names: list[str], *arguments: str) -> list[str]:
    """Which of some modules a process has imported after a command."""
    code = PROBE.format(names=names)
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()[1:]


def sections(text: str) -> dict[str, list[str]]:
    """The headings of a help, in order, and the flags that stand below each."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if re.fullmatch(r"[A-Z]\w+:", line):
            found[line[:-1]] = []
        elif line.startswith("  -") and found:
            found[list(found)[-1]].append(line.split("  ")[1])
    return found


def flags(text: str) -> Counter[str]:
    """The long flags that a help lists, each as often as it does."""
    listed = [flag for lines in sections(text).values() for flag in lines]
    return Counter(flag for line in listed for flag in re.findall(r"--[a-z-]+", line))


@pytest.mark.parametrize("flag", ["--help", "--help-all"])
@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_nothing_heavy(command, flag):
    assert loaded(HEAVY, command, flag) == []


def test_the_main_help_imports_no_command_and_no_specs():
    modules = [*HEAVY, "pydantic", "unspool.specs.base", *(row.path.split(":")[0] for row in COMMANDS.values())]
    assert loaded(modules, "--help") == []
    assert "unspool.cli.train" in loaded(modules, "train", "--help")  # the probe sees what is imported


def test_the_main_help_has_every_command_with_its_summary(run):
    result = run("--help")
    assert result.code == 0
    said = " ".join(result.out.split())
    assert all(f" {name} {row.summary}" in said for name, row in COMMANDS.items())


def test_no_arguments_show_the_help_and_no_traceback(run):
    result = run()
    assert result.out.startswith("Usage: ")
    assert "unspool [OPTIONS] COMMAND" in result.out
    assert "Traceback" not in result.err


def test_the_version_is_that_of_the_package(run):
    assert run("--version").out == f"unspool {unspool.__version__}\n"


@pytest.mark.parametrize(("name", "row"), COMMANDS.items(), ids=COMMANDS)
def test_every_command_explains_itself_with_three_examples_first(call, name, row):
    result = call(name, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: unspool {name} ")
    assert row.summary in " ".join(result.out.split())
    assert next(iter(sections(result.out))) == "Examples"
    examples = result.out.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    assert len(examples) == 3
    assert all(f"unspool {name}" in line for line in examples)


@pytest.mark.parametrize(("name", "row"), COMMANDS.items(), ids=COMMANDS)
def test_the_examples_can_be_parsed(call, name, row):
    command = load_command(name, row)
    examples = command.help.partition("Examples:\n")[2].splitlines()
    for example in filter(None, examples):
        words = shlex.split(example.rpartition("|")[2])
        assert words[:2] == ["unspool", name]
        command.make_context(name, words[2:])


@pytest.mark.parametrize(("name", "row"), COMMANDS.items(), ids=COMMANDS)
def test_the_whole_help_has_every_option_once_and_no_flag_means_two_things(call, name, row):
    command = load_command(name, row)
    listed = flags(call(name, "--help-all").out)
    assert {f"--{param.name.replace('_', '-')}" for param in command.options} - set(listed) <= {
        "--as-json",
        "--start-from",
    }
    assert set(listed.values()) <= {1}
    every = Counter(flag for param in command.params for flag in (*param.opts, *param.secondary_opts))
    assert set(every.values()) == {1}


def test_the_whole_help_of_train_shows_every_field_of_every_spec_in_its_group(call):
    shown = sections(call("train", "--help-all").out)
    assert [name for name in shown if name not in ("Examples", "Arguments")] == GROUPS
    for spec in SPECS:
        for field in spec.model_fields:
            option = option_of(spec, field)
            place = [
                name
                for name, lines in shown.items()
                if any(f"--{field.replace('_', '-')}" in re.split("[ ,]", line) for line in lines)
            ]
            assert place == ([] if option.hidden else [option.group]), field


def test_the_help_of_train_is_a_dozen_options_in_groups(call):
    result = call("train", "--help")
    shown = sections(result.out)
    assert [name for name in shown if name not in ("Examples", "Arguments")] == GROUPS
    listed = flags(result.out)
    assert 10 <= sum(listed.values()) <= 16
    assert {"--minutes", "--out", "--text", "--label", "--source", "--target", "--hidden-size"} <= set(listed)
    assert "--weight-decay" not in listed
    assert "unspool train --help-all shows all " in " ".join(result.out.split())


def test_a_command_of_few_options_shows_all_of_them_at_once(call):
    for name in ("classify", "inspect", "demo"):
        assert call(name, "--help").out == call(name, "--help-all").out
    assert call("generate", "--help").out != call("generate", "--help-all").out


def test_an_option_has_the_words_the_range_and_the_default_of_its_field(call):
    said = " ".join(call("generate", "--help-all").out.split())
    for field in SamplingSpec.model_fields:
        assert meanings(SamplingSpec)[field][1:].replace("`", "") in said, field
    assert "[at least 0; default: 0.8]" in said
    assert "[above 0 and at most 1; default: 1]" in said
    assert "-t, --temperature, --temp NUMBER" in said


@pytest.mark.parametrize("name", COMMANDS)
def test_the_environment_is_one_sentence(call, name):
    for flag in ("--help", "--help-all"):
        result = call(name, flag)
        assert "env var" not in result.out
        assert result.out.count("UNSPOOL_") == 1


def test_old_flags_are_not_shown(call):
    assert not {"--seq-len", "--vocab-size", "--suffix", "--feed", "--keep-case"} & set(
        flags(call("train", "--help-all").out)
    )


def test_no_option_is_written_by_hand_twice():
    written: Counter[str] = Counter()
    for file in Path(next(iter(unspool.cli.__path__))).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "typer.Option":
                words = [one.value for one in node.args if isinstance(one, ast.Constant)]
                written.update(word for word in words if str(word).startswith("--"))
    assert written["--json"] == 1
    assert [flag for flag, times in written.items() if times > 1] == []


def complete(*words: str) -> list[str]:
    """What a shell is offered for the last word."""
    env = {
        **os.environ,
        "_UNSPOOL_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    done = subprocess.run([sys.executable, "-m", "unspool"], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_shell_completes_commands_options_and_choices():
    assert complete("unspool", "t") == ["train", "translate"]
    assert "--temperature" in complete("unspool", "generate", "m", "--te")
    assert complete("unspool", "train", "--cell", "g") == ["gru"]
    assert set(complete("unspool", "")) == set(COMMANDS)


def test_completion_can_be_installed(tmp_path):
    env = {**os.environ, "HOME": str(tmp_path)}
    command = f"{shlex.quote(sys.executable)} -m unspool --install-completion; true"
    done = subprocess.run(["bash", "-c", command], env=env, capture_output=True, text=True, timeout=60)
    assert "completion installed" in done.stdout, done.stderr
    script = (tmp_path / ".bash_completions" / "unspool.sh").read_text(encoding="utf-8")
    assert "complete -o default -F _unspool_completion unspool" in script
    assert str(tmp_path / ".bash_completions" / "unspool.sh") in (tmp_path / ".bashrc").read_text(encoding="utf-8")

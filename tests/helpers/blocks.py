"""The blocks of code in a page of the documentation, and how they are run: as they stand, with small budgets."""

import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from helpers.commands import Result, call_main, environment, run_process

ROOT = Path(__file__).parent.parent.parent
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$(?:\n+^```text\n(.*?)^```$)?", re.M | re.S)
CODE = ("sh", "console", "python")
MINUTES = 0.005
SMALL = {"UNSPOOL_DEMO_MINUTES": "0.01", "UNSPOOL_GENERATE_MAX_NEW_TOKENS": "20"}
BUDGET = {"MINUTES": str(MINUTES), "THREADS": "1"}
DECODER, ENCODER, COUNTS = {"HIDDEN_SIZE": "16", "EMBEDDING_SIZE": "8"}, {"ENCODER_SIZE": "16"}, {"COUNTS": "0"}
SIZES: dict[str, dict[str, str]] = {  # by a word of the command that trains, the first that it has
    "ngram": {},
    "--source": BUDGET | DECODER | ENCODER,
    "--source-file": BUDGET | DECODER | ENCODER,
    "--condition": BUDGET | DECODER | ENCODER | COUNTS,
    "--features": BUDGET | ENCODER,
    "--label": BUDGET | ENCODER | COUNTS,
    "photos": BUDGET | ENCODER,
    "captioned": BUDGET | DECODER | ENCODER,
    "train": BUDGET | DECODER | COUNTS,
}
CHOSEN = re.compile(r"lstm|gru|(nor)?muon")  # by the minutes, which are fewer here
FIXED = 3  # words at the start of a line that is shown, which the real line has too, but for its numbers

INSTALLS = "needs a network: tests/cli/test_installation.py runs these"
LEFT_OUT = {  # what is in a command that cannot run here, and why
    "--interactive": "needs a terminal: tests/cli/test_cli_turns.py and test_cli_complete.py type in one",
    **dict.fromkeys(("git clone", "pip install", "pip wheel", "-m venv", "jupyter lab"), INSTALLS),
}


class Block(NamedTuple):
    """A block of code of a page.

    Attributes:
        language: is what it is written in.
        lines: are those of the code.
        shown: are those of the block of text right below it, which the code prints; none where there is no such block.
    """

    language: str
    lines: list[str]
    shown: list[str] | None

    @property
    def demonstrates(self) -> bool:
        """Whether it learns the whole embedded corpus, which takes long."""
        return any(" demo" in line for line in self.lines)

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Each command, and the lines that are shown below it."""
        prompt = "$ " if self.language == "console" else ""
        starts = [index for index, line in enumerate(self.lines) if line.startswith(prompt)]
        for start, end in zip(starts, [*starts[1:], len(self.lines)], strict=True):
            yield self.lines[start].removeprefix(prompt), self.lines[start + 1 : end]


def blocks_of(page: Path) -> list[Block]:
    """The blocks of code of a page, in order."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [
        Block(language, text.splitlines(), shown.splitlines() or None)
        for language, text, shown in found
        if language in CODE
    ]


def run_blocks(blocks: list[Block], page: str, separate: bool = False) -> dict[str, Any]:
    """Run blocks in the folder that is the current one, and compare what they print with what they show.

    Args:
        blocks: are run in order; those of Python share their names.
        page: is the name of their page.
        separate: runs each command and each block of Python in a process of its own.

    Returns:
        the names that the blocks of Python have made.
    """
    names: dict[str, Any] = {"__name__": page}
    for block in blocks:
        if block.language == "python":
            printed = run_alone(small(block)) if separate else run_here(small(block), names)
            assert shown_in(block.shown or [], printed), (block, printed)
        else:
            for command, shown in block.commands():
                check_command(command, shown, separate)
    return names


def check_command(command: str, shown: list[str], separate: bool) -> None:
    """Run a command, unless it cannot run here, and compare what it prints."""
    if any(word in command for word in LEFT_OUT):
        return
    result = run_command(command, separate)
    assert result.code == 0, (command, result.err)
    if " generate " in command:  # what a network writes is its own
        assert len(result.out.splitlines()) >= min(1, len(shown)), command
    else:
        assert shown_in(shown, result.err + result.out), (command, shown, result)


def run_command(command: str, separate: bool = False) -> Result:
    """A command, with few minutes, in this process unless it is to be separate; of make, what it would run."""
    before, _, last = re.sub(r"--minutes \d+", f"--minutes {MINUTES}", command).rpartition(" | ")
    words = [name for word in shlex.split(last, comments=True) for name in _expanded(word)]
    if words[0] == "make":
        dry = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert dry.returncode == 0, dry.stderr
        words = dry.stdout.splitlines()[-1].split()
        if words[:3] != [".venv/bin/python", "-m", "unspool"]:
            return Result(0, "", "")
        words = words[2:]
    assert Path(words[0]).name == "unspool", command
    reading = shlex.split(before)
    assert not before or reading[0] == "cat", command
    given = "".join(Path(name).read_text(encoding="utf-8") for name in reading[1:])
    sizes = next((SIZES[word] for word in SIZES if word in words), {})
    trains = {f"UNSPOOL_TRAIN_{name}": value for name, value in sizes.items()} if words[1] == "train" else {}
    return (run_process if separate else call_main)(*words[1:], input=given, env=SMALL | trains)


def _expanded(word: str) -> list[str]:
    """The files that a word stands for in a shell."""
    return sorted(map(str, Path().glob(word))) if "*" in word else [word]


def small(block: Block) -> str:
    """The code of a block, whose runs are short, and whose networks of texts are small."""
    code = re.sub(r"minutes=\d+", f"minutes={MINUTES}, threads=1", "\n".join(block.lines))
    return re.sub(r'(unspool\.train\("\w+\.txt", )', r"\1hidden_size=16, embedding_size=8, ", code)


def run_here(code: str, names: dict[str, Any]) -> str:
    """Run code with some names, and return what it prints."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(code, str(names["__name__"]), "exec"), names)
    return printed.getvalue()


def run_alone(code: str) -> str:
    """Run code as a program, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def shape(line: str) -> list[str]:
    """The first words of a line, whose numbers and chosen names may be others."""
    words = line.split()[:FIXED]
    return [re.sub(r"[\d.,]*\d[\d.,]*", "#", CHOSEN.sub("chosen", word)) for word in words]


def shown_in(lines: list[str], text: str) -> bool:
    """Whether some lines begin as those of a text, in their order, with others in between."""
    printed = iter(map(shape, text.splitlines()))
    return all(any(one == shape(line) for one in printed) for line in lines if line.strip() != "...")

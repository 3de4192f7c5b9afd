"""Every block of the README runs, with small budgets, and prints what it shows, in shape."""

import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from helpers.commands import SENTENCE, Result, call_main

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SMALL = {
    "UNSPOOL_DEMO_MINUTES": "0.01",
    "UNSPOOL_TRAIN_MINUTES": "0.005",
    "UNSPOOL_TRAIN_THREADS": "1",
    "UNSPOOL_TRAIN_COUNTS": "0",
    "UNSPOOL_GENERATE_MAX_NEW_TOKENS": "20",
}
SIZES = {"UNSPOOL_TRAIN_HIDDEN_SIZE": "16", "UNSPOOL_TRAIN_EMBEDDING_SIZE": "8"}
ENCODER = {"UNSPOOL_TRAIN_ENCODER_SIZE": "16"}
NAMES = ["anna", "bertha", "clara", "dora", "emma", "frieda", "greta", "hanna"]
CHOSEN = re.compile(r"lstm|gru|(nor)?muon")  # by the minutes, which are fewer here
FIXED = 3  # words at the start of a line that is shown, which the real line has too, but for its numbers


class Block(NamedTuple):
    """A block of code of the README."""

    language: str
    lines: list[str]

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


BLOCKS = [
    Block(language, text.splitlines()) for language, text in re.findall(r"^```(\w+)\n(.*?)^```$", README, re.M | re.S)
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the README names."""
    (tmp_path / "alice.txt").write_text(SENTENCE * 60, encoding="utf-8")
    (tmp_path / "your-own-text.txt").write_text(SENTENCE * 60, encoding="utf-8")
    (tmp_path / "names.txt").write_text("".join(f"{name}\n" for name in NAMES * 20), encoding="utf-8")
    rows = [f"{text},{kind}\n" for text, kind in (("where is it", "parcel"), ("send it back", "return"))]
    (tmp_path / "posts.csv").write_text("body,kind\n" + "".join(rows * 30), encoding="utf-8")
    (tmp_path / "new.csv").write_text("body\nwhere is my parcel\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: str) -> Result:
    """A command of the README, in this process; those of git and make are looked at."""
    words = shlex.split(command, comments=True)
    if words[0] == "git":
        assert words[:3] == ["git", "clone", "ADDRESS"]
        return Result(0, "", "")
    if words[0] == "make":
        dry = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True, timeout=60)
        made = dry.stdout.splitlines()[-1].split()
        assert dry.returncode == 0, dry.stderr
        assert made[:3] == [".venv/bin/python", "-m", "unspool"]
        return call_main(*made[3:], env=SMALL)
    assert Path(words[0]).name == "unspool", command
    return call_main(*words[1:], env=SMALL | (ENCODER if "--label" in words else SIZES))


def shape(line: str) -> list[str]:
    """The first words of a line, whose numbers and chosen names may be others."""
    return [re.sub(r"[\d.,]*\d[\d.,]*", "#", CHOSEN.sub("chosen", word)) for word in line.split()[:FIXED]]


def shown_in(lines: list[str], result: Result) -> bool:
    """Whether some lines begin as those that were printed, in their order, with others in between."""
    printed = iter(map(shape, (result.err + result.out).splitlines()))
    return all(any(one == shape(line) for one in printed) for line in lines if line.strip() != "...")


@pytest.mark.parametrize(
    "block",
    [pytest.param(block, id=block.lines[0][:40], marks=[pytest.mark.slow] * block.demonstrates) for block in BLOCKS],
)
def test_a_block_runs_and_prints_what_it_shows(block: Block, place: Path) -> None:
    if block.language == "python":
        code = re.sub(
            r"minutes=\d+",
            "minutes=0.005, hidden_size=16, embedding_size=8, counts=False, threads=1",
            "\n".join(block.lines),
        )
        exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
        return
    if "pip install" in block.lines[0]:
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
            "optional-dependencies"
        ]
        named = [word for line in block.lines for word in re.findall(r"\[(\w+)\]", line.partition("#")[0])]
        assert len(named) == len(block.lines) - 1
        assert set(named) <= set(extras)
        return
    for command, shown in block.commands():
        result = run(command)
        assert result.code == 0, (command, result.err)
        if " generate " in command:  # what a network writes is its own
            assert len(result.out.splitlines()) >= min(1, len(shown))
        else:
            assert shown_in(shown, result), (command, shown, result)
        if "labelled.csv" in command:
            assert (place / "labelled.csv").read_text(encoding="utf-8").startswith("body,predicted_label\nwhere is my")


def test_every_page_and_picture_that_is_linked_is_there() -> None:
    for page in (ROOT / "README.md", ROOT / "docs" / "figures.md", ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page, target)


def test_what_is_claimed_to_run_was_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    claimed = set(re.findall(r"Python :: (3\.\d+)", " ".join(project["classifiers"])))
    tested = {
        version
        for line in README.splitlines()
        if re.match(r"\| Linux.*\| yes", line)
        for version in re.findall(r"3\.\d+", line)
    }
    assert claimed == tested
    assert "Operating System :: OS Independent" not in project["classifiers"]

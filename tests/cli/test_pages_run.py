"""Every block of code in the documentation runs, with small budgets, and prints what it shows, in shape."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from helpers.arpa import ARPA
from helpers.blocks import ROOT, Block, blocks_of, run_blocks
from helpers.commands import SENTENCE, call_main

README = (ROOT / "README.md").read_text(encoding="utf-8")
NAMES = ["anna", "bertha", "clara", "dora", "emma", "frieda", "greta", "hanna"]


class Page(NamedTuple):
    """How the blocks of a page are run.

    Attributes:
        apart: runs each block by itself, in a folder of its own.
        slow: leaves the page to the slow tests.
        separate: runs each command and each block of Python in a process of its own, as they import several frameworks.
        before: are commands whose models the page presupposes.
    """

    apart: bool = False
    slow: bool = True
    separate: bool = False
    before: tuple[tuple[str, ...], ...] = ()


PAGES = {
    "README.md": Page(apart=True, slow=False),
    "CONTRIBUTING.md": Page(slow=False),
    "docs/index.md": Page(),
    "docs/how-to/own-data.md": Page(),
    "docs/how-to/settings.md": Page(),
    "docs/how-to/completion.md": Page(before=(("train", "alice.txt", "--model", "ngram"),)),
    "docs/how-to/counts.md": Page(slow=False),
    "docs/how-to/serve-elsewhere.md": Page(separate=True),
    "docs/how-to/from-python.md": Page(),
    "docs/tutorials/index.md": Page(slow=False),
    "docs/tutorials/teacher.md": Page(slow=False),
}
ELSEWHERE = {"docs/how-to/keras.md": "tests/conformance/test_keras_how_to.py"}  # which needs TensorFlow in its process
GENERATED = ("docs/reference/commands.md", "docs/reference/python.md")  # signatures and help
LINKED = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])


def runs() -> list[object]:
    """The blocks that are run together, with the names of their pages."""
    found = []
    for name, page in PAGES.items():
        blocks = blocks_of(ROOT / name)
        for number, some in enumerate([[one] for one in blocks] if page.apart else [blocks]):
            slow = page.slow or any(block.demonstrates for block in some)
            identity = f"{name}-{number}" if page.apart else name
            found.append(pytest.param(name, some, id=identity, marks=[pytest.mark.slow] * slow))
    return found


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the pages name."""
    lines = [f"{name}{ending}" for name in NAMES for ending in ("", "lies", "rike", "tine")]
    kinds = [("where is it", "parcel"), ("send it back", "return")] * 30
    files = {
        "alice.txt": f"Alice was beginning to get very tired. Dear me! Once, {SENTENCE}" * 30,
        "your-own-text.txt": SENTENCE * 60,
        "names.txt": "\n".join([*lines * 5, ""]),
        "more.txt": "\n".join([*lines[::2], ""]),
        "withdrawn.txt": "\n".join([*lines[:6:2], ""]),
        "part1.txt": "\n".join([*lines[:20], ""]),
        "part2.txt": "\n".join([*lines[20:], ""]),
        "held.txt": "\n".join([*lines[::5], ""]),
        "words.arpa": ARPA.replace("a.b", "a").replace("c\\d", "b"),
        "posts.csv": "body,kind\n" + "".join(f"{text},{kind}\n" for text, kind in kinds),
        "new.csv": "body\nwhere is my parcel\n",
        "people.csv": "name,language\n" + "".join(f"{name},{('Italian', 'German')[len(name) % 2]}\n" for name in lines),
        "verses.txt": "\n\n".join(f"{name}\nsings" for name in lines),
        "pairs.tsv": "en\tde\n" + "".join(f"two {name}\tzwei {name}\n" for name in lines),
        "en.txt": "".join(f"two {name}\n" for name in lines),
        "de.txt": "".join(f"zwei {name}\n" for name in lines),
        "wine.csv": "alcohol,hue,kind\n" + "".join(f"{12 + n % 3},{n % 7}.5,{'ab'[n % 3 > 1]}\n" for n in range(60)),
        "recipe.toml": "[network]\nnum_layers = 1\n\n[training]\ndropout = 0.1\n",
        **{f"letters/{name}.txt": f"Dear {name}, {SENTENCE}" for name in lines},
        **{f"names/{kind}.txt": "\n".join([*lines, ""]) for kind in ("german", "italian")},
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def pictures(place: Path) -> Callable[[], None]:
    """A function that writes pictures in classes, and pictures with captions."""

    def write() -> None:
        image = pytest.importorskip("PIL.Image")
        from helpers.pictures import captioned_folder

        captioned_folder(place / "captioned", copies=2)
        for kind, shade in (("cat", 40), ("dog", 200)):
            (place / "photos" / kind).mkdir(parents=True)
            for number in range(12):
                image.new("L", (8, 8), shade + number).save(place / "photos" / kind / f"{number}.png")

    return write


@pytest.mark.parametrize(("name", "blocks"), runs())
def test_the_blocks_run_and_print_what_they_show(
    name: str, blocks: list[Block], place: Path, pictures: Callable[[], None]
) -> None:
    if "photos" in str(blocks):
        pictures()
    for command in PAGES[name].before:
        assert call_main(*command).code == 0
    names = run_blocks(blocks, name, PAGES[name].separate)
    if "labelled.csv" in str(blocks):
        assert (place / "labelled.csv").read_text(encoding="utf-8").startswith("body,predicted_label\nwhere is my")
    if "both" in names:  # the counts of both texts know more than those of one
        assert names["both"].score("anna").bits_per_byte < names["words"].score("anna").bits_per_byte


def test_the_blocks_of_every_page_are_run() -> None:
    """Those of notebooks run as notebooks, and those that show a signature or a help are no commands."""
    for page in LINKED:
        name = page.relative_to(ROOT).as_posix()
        known = name in PAGES or name in ELSEWHERE or name in GENERATED
        assert known or not blocks_of(page), f"{name} has blocks of code: name it in PAGES"
    for name, test in ELSEWHERE.items():
        assert Path(name).name in (ROOT / test).read_text(encoding="utf-8")


def test_what_is_installed_are_the_extras() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    pages = {page: page.read_text(encoding="utf-8") for page in LINKED}
    named = {page: re.findall(r"'(?:\.|unspool)\[([\w,]+)\]'", text) for page, text in pages.items()}
    assert len(named[ROOT / "README.md"]) >= 5
    for page, found in named.items():
        assert {one for names in found for one in names.split(",")} <= set(extras), page


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.name)
def test_every_page_picture_and_section_that_is_linked_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target, _, anchor in (link.partition("#") for link in re.findall(r"\]\(([^)\s]+)\)", text)):
        if re.match(r"[a-z]+:", target):
            continue
        found = (page.parent / target) if target else page
        assert found.exists(), (page, target)
        if anchor:
            titles = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.M)
            assert anchor in {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


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

"""The documentation says what the code says, and has a place for whatever the code offers."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import unspool
from docs.generate import pages
from docs.symbols import line_of
from unspool.cli.commands import commands, load_command
from unspool.engines.base import Machine
from unspool.folder import model_folder
from unspool.tasks.language.specs import LanguageRecipe
from unspool.tasks.recipe import Size, choose
from unspool.tasks.settings import grouped

DOCS = Path(__file__).parents[2] / "docs"
WRITTEN = [DOCS.parent / "README.md", DOCS / "index.md", *(DOCS / "how-to").glob("*.md")]  # by hand
ORDINARY = Machine("bfloat16", 2, compiled=True)


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def section(page: str, title: str, level: str) -> str:
    """What stands below a heading of a page, up to the next one of its level."""
    _, found, rest = f"\n{page}".partition(f"\n{level} {title}\n")
    assert found, f"no {level} {title}"
    return rest.partition(f"\n{level} ")[0]


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_the_reference_is_what_make_docs_would_write(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == pages()[path], "run `make docs`"


@pytest.mark.parametrize("name", unspool.__all__)
def test_every_public_name_has_its_place_and_so_have_its_methods(name: str) -> None:
    found = getattr(unspool, name)
    told = section(read("reference/python.md"), f"unspool.{name}", "###")
    if not inspect.isclass(found):
        assert f"unspool.{name}(" in told
        assert any(re.search(rf"\bunspool\.{name}\(", page.read_text(encoding="utf-8")) for page in WRITTEN)
        return
    for method, value in inspect.getmembers(found):
        if method.startswith("_") or not (inspect.isroutine(value) or isinstance(value, property)):
            continue
        home = next(base for base in found.__mro__ if method in vars(base))
        if home.__module__.startswith("unspool.") and home.__name__ != "Spec":
            assert f"#### {name}.{method}\n" in told or re.search(rf"^As .*`{method}`", told, re.M), method


@pytest.mark.parametrize("name", list(commands()))
def test_every_command_and_option_has_its_place(name: str) -> None:
    page = read("reference/commands.md")
    told = page.partition("\n## ")[0] + section(page, f"unspool {name}", "##")
    for option in load_command(name, commands()[name]).params:
        if not getattr(option, "hidden", False):
            assert any(re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", told) for flag in shown(option)), option.name
    assert any(f"unspool {name}" in page.read_text(encoding="utf-8") for page in WRITTEN), f"no page uses {name}"


def shown(option: object) -> list[str]:
    """The flags of an option, or the name of an argument, as a help has them."""
    flags = [flag for flag in getattr(option, "opts", []) if flag.startswith("-")]
    name = getattr(option, "metavar", None) or str(getattr(option, "name", ""))
    return flags or [name, name.upper()]


def test_every_page_has_its_place_in_the_navigation() -> None:
    navigation = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    named = re.findall(r"\S+\.md", navigation)
    assert len(named) == len(set(named))
    written = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert written <= set(named)
    assert {name for name in named if not name.startswith(("tutorials/", "source/"))} <= written


def entries() -> Iterator[object]:
    for entry in re.split(r"^## ", read("glossary.md"), flags=re.M)[1:]:
        title, _, text = entry.partition("\n")
        yield pytest.param(text.strip(), id=title)


@pytest.mark.parametrize("text", list(entries()))
def test_a_word_of_the_glossary_is_short_and_leads_to_its_code(text: str) -> None:
    assert len(text.splitlines()) <= 3
    links = re.findall(r"\[`([\w.]+)`\]\(([^)]+)\)", text)
    assert links
    for symbol, target in links:
        assert line_of(DOCS / target, symbol), f"{target} has no {symbol}"


def test_the_glossary_is_in_order() -> None:
    titles = re.findall(r"^## (.+)$", read("glossary.md"), re.M)
    assert titles == sorted(titles, key=str.lower)
    assert len(titles) >= 50


def test_every_picture_is_made_by_a_script() -> None:
    scripts = "".join(path.read_text(encoding="utf-8") for path in DOCS.glob("*.py"))
    pictures = [path for ending in ("svg", "webp", "png") for path in DOCS.rglob(f"*.{ending}")]
    assert len(pictures) >= 5
    for picture in pictures:
        drawn = re.sub(r"-\d+-(dark|light)", "-{width}-{'dark' if dark else 'light'}", picture.name)
        assert f'"{drawn}"' in scripts, picture


def test_names_that_pages_link_to_are_where_they_say() -> None:
    for page in [*DOCS.rglob("*.md")]:
        for symbol, target in re.findall(r"\[`([\w.]+)`\]\(([^)]+\.py)\)", page.read_text(encoding="utf-8")):
            assert line_of(page.parent / target, symbol), f"{page.name}: {target} has no {symbol}"


def test_every_file_of_a_model_folder_is_told_of() -> None:
    listed = re.findall(r"^    (\S+)  ", model_folder.__doc__ or "", re.M)
    assert len(listed) >= 12
    told = read("reference/formats.md")
    assert [name for name in listed if f"| `{name}` |" not in told] == []


def test_the_table_of_what_is_chosen_is_what_is_chosen() -> None:
    rows = re.findall(r"^\| ([\d,]+) \| (.+) \| (.+) \| (.+) \|$", read("how-to/settings.md"), re.M)
    assert len(rows) == 5
    for tokens, *cells in rows:
        for minutes, cell in zip((1, 3, 10), cells, strict=True):
            found = choose(LanguageRecipe, Size(int(tokens.replace(",", "")), 80, minutes, ORDINARY), grouped({}))
            assert cell == f"{found.network.cell} {found.network.hidden_size}, {found.training.dropout:g}"

"""The site, built as `make docs` builds it, and opened in Chromium from its files: nothing is asked for elsewhere."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.browser import AXE, Browser, chromium
from helpers.blocks import ROOT

pytest.importorskip("material")
PAGES = (
    "index.html",
    "tutorials/pytorch/2-character-generator.html",
    "tutorials/quiz-before.html",
    "how-to/settings.html",
    "reference/python.html",
    "glossary.html",
    "source/src/unspool/engines/numpy/cells.py.html",
)
# The buttons that copy code are landmarks of one name; and axe does not know that browsers let keys scroll wide code.
OF_THE_THEME = ("landmark-unique:", "scrollable-region-focusable:")


def in_chromium(test: Callable[..., None]) -> Callable[..., None]:
    """Leave a test to the slow ones, and skip it where there is no Chromium."""
    skipped = pytest.mark.skipif(chromium() is None, reason="Chromium is not installed")
    return pytest.mark.slow(skipped(test))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built where broken links and anchors are errors."""
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(place)]
    silent = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=silent, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as found:
        yield found


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 50
    loaded = r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"(\w+:)?//|<link\b[^>]*\bhref=\"(\w+:)?//"
    for page in pages:
        assert not re.search(loaded, page.read_text(encoding="utf-8")), page


def test_the_search_knows_every_page(site: Path) -> None:
    found = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    places = {entry["location"].partition("#")[0] for entry in found["docs"]}
    assert {"glossary.html", "how-to/own-data.html", "reference/commands.html"} <= places


def test_a_word_of_the_glossary_leads_to_the_line_of_its_code(site: Path) -> None:
    page = (site / "glossary.html").read_text(encoding="utf-8")
    (line,) = set(re.findall(r'cells\.py\.html#(__span-0-\d+)"><code>lstm_step', page))
    source = (site / "source/src/unspool/engines/numpy/cells.py.html").read_text(encoding="utf-8")
    (code,) = re.findall(rf'<span id="{line}">(.*?)\n', source)
    assert "lstm_step" in re.sub("<[^>]*>", "", code)


@in_chromium
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_elsewhere_and_fits_its_window(
    site: Path, browser: Browser, name: str, width: int, dark: bool
) -> None:
    browser.open(site / name, width=width, dark=dark)
    browser.run("new Promise(done => setTimeout(done, 300))")
    assert browser.messages == []
    assert [one for one in browser.requests if not one.startswith((site.as_uri(), "about:", "blob:"))] == []
    assert browser.run("document.documentElement.scrollWidth") <= width
    paper = browser.run("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(20, 23, 26)" if dark else "rgb(255, 255, 255)")


@in_chromium
@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci --prefix benchmarks")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_fault(site: Path, browser: Browser, name: str, dark: bool) -> None:
    """But for `OF_THE_THEME`."""
    browser.open(site / name, dark=dark)
    browser.run("new Promise(done => setTimeout(done, 300))")
    assert [fault for fault in browser.violations() if not fault.startswith(OF_THE_THEME)] == []


@in_chromium
def test_the_search_finds_a_word_in_pages_that_are_files(site: Path, browser: Browser) -> None:
    browser.open(site / "index.html")
    browser.run(
        "(() => { const field = document.querySelector('.md-search__input'); field.focus(); field.value = 'perplexity';"
        "field.dispatchEvent(new KeyboardEvent('keyup', {key: 'y', bubbles: true}));"
        "field.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    found = browser.run(
        "new Promise(done => { let left = 50; const look = () => {"
        "const links = [...document.querySelectorAll('.md-search-result__link')].map(one => one.href);"
        "if (links.length || !left--) done(links); else setTimeout(look, 100); }; look(); })"
    )
    assert any(re.search(r"glossary\.html\S*#perplexity$", link) for link in found), found
    assert browser.messages == []


@in_chromium
def test_the_switch_of_colours_goes_round(site: Path, browser: Browser) -> None:
    browser.open(site / "index.html")
    papers = []
    for _ in range(3):
        browser.run("[...document.querySelectorAll('label[for^=__palette]')].find(one => !one.hidden).click()")
        papers.append(browser.run("getComputedStyle(document.body).backgroundColor"))
    assert papers == ["rgb(255, 255, 255)", "rgb(20, 23, 26)", "rgb(255, 255, 255)"]
    browser.run("localStorage.clear()")

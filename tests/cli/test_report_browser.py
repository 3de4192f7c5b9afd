"""The report of every task, opened in Chromium: nothing is asked for, nothing goes wrong, keys reach every cell."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.browser import AXE, Browser, chromium
from helpers.reports import TASKS, train_one

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as found:
        yield found


@pytest.fixture(scope="module", params=TASKS)
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param in ("images", "captions"):
        pytest.importorskip("PIL.Image")
    return train_one(request.param, tmp_path_factory.mktemp(request.param)).path / "report.html"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_a_report_asks_for_nothing_and_fits_its_window(report: Path, browser: Browser, width: int, dark: bool) -> None:
    browser.open(report, width=width, dark=dark)
    assert browser.messages == []
    assert browser.requests == []
    assert browser.run("document.documentElement.scrollWidth") <= width
    paper = browser.run("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(20, 23, 26)" if dark else "rgb(255, 255, 255)")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci --prefix benchmarks")
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_fault(report: Path, browser: Browser, dark: bool) -> None:
    browser.open(report, dark=dark)
    browser.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert browser.violations() == []


def test_keys_reach_every_cell_and_a_focused_one_says_more(report: Path, browser: Browser) -> None:
    browser.open(report)
    groups = browser.run("[...document.querySelectorAll('[data-cells]')].filter(one => one.checkVisibility()).length")
    if not groups:
        return
    reached = set()
    for _ in range(300):
        browser.press("Tab")
        place = browser.run(
            "(() => { const group = document.activeElement.closest('[data-cells]');"
            "return group ? [...document.querySelectorAll('[data-cells]')].indexOf(group) : -1; })()"
        )
        if place >= 0:
            reached.add(place)
            assert browser.run("document.activeElement.dataset.tip === document.querySelector('#tip').textContent")
        elif browser.run("document.activeElement === document.body"):
            break
    assert len(reached) == groups
    browser.run(
        "[...document.querySelectorAll('[data-cells]')].find(one => one.checkVisibility())"
        ".querySelector('[tabindex=\"0\"]').focus()"
    )
    first = browser.run("document.querySelector('#tip').textContent")
    browser.press("End")
    assert browser.run("document.activeElement.dataset.tip === document.querySelector('#tip').textContent")
    browser.press("Home")
    assert browser.run("document.querySelector('#tip').textContent") == first
    browser.press("Escape")
    assert browser.run("document.querySelector('#tip').textContent") == ""


def test_the_switch_of_colours_is_remembered(report: Path, browser: Browser) -> None:
    browser.open(report)
    browser.run("document.querySelector('.bar button').click()")
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
    browser.open(report)
    assert browser.run("document.querySelector('.bar button').textContent") == "Light colours"
    browser.run("localStorage.clear()")

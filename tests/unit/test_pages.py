"""The parts that pages are made of: they escape what they are given, and draw what they say."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.pages import check_page
from unspool.pages.bars import Bar, draw_bars
from unspool.pages.cells import Cell, generated, key, shade, symbol, text_cells
from unspool.pages.charts import Chart, Line, Mark, draw_chart, ticks
from unspool.pages.grids import attention_grid, confusion_grid
from unspool.pages.page import choice, contents, examples, folded, lead, optional, page, paragraph, section, table

HOSTILE = '<i onclick="x">&\n'


def drawn(*parts: str) -> str:
    return page("T", section("Q?", *parts))


def test_every_part_escapes_what_it_is_given() -> None:
    line = Line(HOSTILE, "fresh", [(0.0, 1.0), (1.0, 0.5)])
    parts = [
        table(HOSTILE, (HOSTILE, HOSTILE), [(HOSTILE, HOSTILE)]),
        paragraph(HOSTILE),
        lead(HOSTILE, HOSTILE, HOSTILE),
        folded(HOSTILE, ""),
        examples([[(HOSTILE, HOSTILE)]]),
        choice("c", HOSTILE, (HOSTILE, HOSTILE), 0, optional(0, "p", "")),
        text_cells(HOSTILE, [Cell(HOSTILE, HOSTILE, 1.0)], HOSTILE),
        generated(HOSTILE, HOSTILE),
        key((HOSTILE, 0.5, "warm")),
        draw_chart(Chart([line], [Mark(0.0, 1.0, HOSTILE)], HOSTILE, HOSTILE, HOSTILE)),
        draw_bars(HOSTILE, (HOSTILE, HOSTILE), [Bar(HOSTILE, [0.5, 0.25])]),
        attention_grid(HOSTILE, [HOSTILE], [HOSTILE], [[1.0]]),
        confusion_grid(HOSTILE, [HOSTILE], [[1]], HOSTILE),
    ]
    for number, part in enumerate(parts):
        shown = check_page(page(HOSTILE, section(HOSTILE, part), HOSTILE))
        assert not [one for one in shown.all("i") if "onclick" in one], number


def test_a_page_leads_to_its_sections_and_empty_ones_are_left_out() -> None:
    sections = [section("What is it?", "<p>a</p>"), section("Nothing?", "", ""), section("Why, then?", "<p>b</p>")]
    assert sections[1] == ""
    shown = check_page(page("T", contents(sections) + "".join(sections)))
    assert [one["href"] for one in shown.all("a")] == ["#content", "#what-is-it", "#why-then"]


def test_blanks_are_seen_where_they_matter() -> None:
    assert [symbol(one) for one in (" dog", "\n", "\t", "d ")] == ["␣dog", "⏎", "\\t", "d␣"]
    shown = check_page(drawn(generated("", "a\nb  "), generated("", "a\\n\tb"))).text
    assert "a⏎\nb··" in shown
    assert "a\\n\tb" in shown
    assert "\\x07" in generated("", "\x07")


def test_a_shade_is_between_none_and_full() -> None:
    assert [shade(strength) for strength in (-1, 0.5, 2)] == ["--a:0.00", "--a:0.50", "--a:1.00"]


def test_a_chart_has_its_units_and_the_names_of_its_lines() -> None:
    lines = [
        Line("training 2.00", "training", [(1.0, 9.0), (50.0, 3.0), (100.0, 2.0)]),
        Line("fresh 2.01", "fresh", [(50.0, 3.0), (100.0, 2.01)]),
    ]
    html = draw_chart(Chart(lines, [Mark(50.0, 3.0, "half", "best")], "s", "bits", "It falls."))
    shown = check_page(drawn(html))
    assert "bits" in shown.text
    assert "100 s" in shown.text
    assert html.count("<path") == 3  # the grid and two lines
    places = [float(one) for one in re.findall(r'class="name \w+" style="top:([\d.]+)%', html)]
    assert abs(places[0] - places[1]) >= 6.9  # so that neither covers the other
    first = float(re.findall(r'class="training" d="M[\d.]+ (-?[\d.]+)', html)[0])
    assert first < 0  # what comes first is far above, and is cut off


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_and_within(low: float, size: float) -> None:
    high = low + size
    if high > low:
        found = ticks(low, high)
        assert len(found) <= 6
        assert all(low - 1e-6 * size <= one <= high + 1e-6 * size for one in found)


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(-1e3, 1e3)), min_size=1, max_size=20))
def test_any_curve_can_be_drawn(points: list[tuple[float, float]]) -> None:
    line = Line("a", "training", sorted(points))
    assert "nan" not in draw_chart(Chart([line], [], "s", "bits", "d"))


def test_bars_are_as_long_as_what_they_say() -> None:
    html = draw_bars("c", ("symbol", "probability"), [Bar("a", [0.5, 0.8]), Bar("b", [0.1, 0.0])])
    assert re.findall(r"--w:([\d.]+)", html) == ["0.625", "1.000", "0.125", "0.000"]
    assert re.findall(r"</i></span>([\d.]+%)", html) == ["50.0%", "80.0%", "10.0%", "0.0%"]


def test_a_grid_of_attention_says_who_looked_where() -> None:
    html = attention_grid("c", ["a", " dog"], ["ein", " Hund"], [[0.96, 0.04], [0.25, 0.75]])
    assert re.findall(r'data-tip="([^"]*)">(\d*)<', html) == [
        ("ein ← a: 96.0%", "96"),
        ("ein ← dog: 4.0%", ""),
        ("Hund ← a: 25.0%", "25"),
        ("Hund ← dog: 75.0%", "75"),
    ]
    assert "standing" not in html
    assert '<span class="standing">a longer one</span>' in attention_grid("c", ["a longer one"], ["x"], [[1.0]])


def test_a_confusion_matrix_has_the_numbers_in_its_cells() -> None:
    html = confusion_grid("c", ["cat", "dog"], [[8, 2], [0, 10], [1, 0]], "(unknown)")
    assert re.findall(r">(\d+)</td>", html) == ["8", "2", "0", "10", "1", "0"]
    assert 'data-tip="cat, taken for dog: 2 of 10 (20.0%)"' in html
    assert html.count("cool right") == 2


@pytest.mark.parametrize("checked", [0, 1])
def test_a_choice_shows_one_of_its_parts(checked: int) -> None:
    html = choice("c", "Against", ("time", "passes"), checked, optional(0, "p", "a") + optional(1, "p", "b", "k"))
    assert re.findall(r'class="o(\d)" checked', html) == [str(checked + 1)]
    assert '<p class="of f1">a</p><p class="of f2 k">b</p>' in html

"""Pictures in pages: captions and where their words looked, and the mistakes of a classifier."""

from base64 import b64decode
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.pages import check_page
from unspool.decode.captioning import Caption
from unspool.decode.translation import Translation
from unspool.errors import MissingExtraError
from unspool.evaluate.captions import caption_figures
from unspool.pages import pictures
from unspool.pages.cells import shown_token
from unspool.pages.page import page, table
from unspool.pages.pictures import PictureMistake, picture_mistakes, png_address, worst_mistakes
from unspool.tasks.captioning.drawing import CaptionedPicture
from unspool.tasks.captioning.page import caption_page, inspect_captions
from unspool.tasks.captioning.regions import Grid, grid_of, region_weights
from unspool.tasks.translation.page import attention_page

HOSTILE = '<script>alert("x")</script> & \n'


def picture(height: int = 8, width: int = 8, channels: int = 3) -> Any:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)


def peaked(position: int, positions: int = 4) -> tuple[float, ...]:
    """Attention weights of which one position has 70 %."""
    return tuple(0.7 if index == position else 0.3 / (positions - 1) for index in range(positions))


CAPTION = Caption("a dog", -0.5, -1.5, ("a", " dog", "<eos>"), (peaked(0), peaked(3), peaked(2)))
ITEM = CaptionedPicture("dogs/1.jpg", picture(), CAPTION, ("a dog sits", "one brown dog"))
FIGURES = caption_figures(["a dog", "a cat"], [True, False], [["a dog sits"], ["a horse"]], 1.0)


def decoded(address: str) -> Any:
    image = pytest.importorskip("PIL.Image")
    return np.asarray(image.open(BytesIO(b64decode(address.removeprefix("data:image/png;base64,")))))


@pytest.mark.parametrize("channels", [1, 3])
def test_an_address_holds_the_very_pixels(channels: int) -> None:
    pixels = picture(5, 9, channels)
    assert (decoded(png_address(pixels)) == pixels.squeeze()).all()


def test_a_large_picture_is_made_smaller() -> None:
    assert decoded(png_address(picture(300, 900))).shape == (75, 224, 3)


def test_without_pillow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "find_spec", lambda package: None)
    with pytest.raises(MissingExtraError, match="a page with pictures needs pillow") as caught:
        png_address(picture())
    assert "unspool[images]" in caught.value.hint


def test_a_caption_is_shown_with_what_each_word_looked_at() -> None:
    rows, text, html = inspect_captions([ITEM, ITEM._replace(name="2.jpg")])
    assert rows[1] == {"picture": "2.jpg", **CAPTION.to_dict()}
    lines = text.splitlines()
    assert lines[0] == "dogs/1.jpg -> a dog"
    assert [line.split() for line in lines[1:4]] == [
        ["a", *["top", "left", "70%,", "top", "right", "10%,", "bottom", "left", "10%"]],
        ["dog", *["bottom", "right", "70%,", "top", "left", "10%,", "top", "right", "10%"]],
        ["<eos>", *["bottom", "left", "70%,", "top", "left", "10%,", "top", "right", "10%"]],
    ]
    shown = check_page(html)
    assert [one["href"] for one in shown.all("use")] == ["#picture-1"] * 3 + ["#picture-2"] * 3
    assert html.count("data:image/png") == 2  # a picture is held once
    assert shown.all("svg")[2]["aria-label"] == "For dog it looked most at the bottom right, 70%."
    assert "bottom right 70%" in shown.text


def test_a_word_is_bright_where_it_looked() -> None:
    cells = check_page(inspect_captions([ITEM])[2]).all("rect")[:4]  # of the first word
    assert [(one["x"], one["y"]) for one in cells] == [("0", "0"), ("1", "0"), ("0", "1"), ("1", "1")]
    assert [float(one["opacity"] or "") for one in cells] == [0, 0.6, 0.6, 0.6]


@pytest.mark.parametrize("attention", [None, ((1.0,),) * 3])
def test_without_attention_there_are_a_picture_and_a_caption(attention: Any) -> None:
    """Nor is there anything to say of a single position."""
    rows, text, html = inspect_captions([ITEM._replace(caption=replace(CAPTION, attention=attention))])
    assert text == "dogs/1.jpg -> a dog\n"
    assert rows[0]["attention"] == attention
    shown = check_page(html)
    assert len(shown.all("svg")) == 1
    assert not shown.all("use")


def test_without_a_picture_the_positions_are_drawn_alone() -> None:
    shown = check_page(inspect_captions([ITEM._replace(pixels=None)])[2])
    assert not shown.all("image")
    assert len(shown.all("svg")) == 3


def test_positions_that_form_no_grid_have_numbers() -> None:
    flat = replace(CAPTION, attention=(peaked(2, 5),) * 3)
    _, text, html = inspect_captions([ITEM._replace(caption=flat)])
    assert "position 3 70%, position 1 8%" in text
    shown = check_page(html)
    assert len(shown.all("svg")) == 1
    assert "position 3 70%" in shown.text


def test_names_and_words_are_shown_as_they_are() -> None:
    hostile = Caption(HOSTILE, -1.0, -1.0, (HOSTILE,), (peaked(0),))
    item = CaptionedPicture(HOSTILE, picture(), hostile, (HOSTILE,))
    figures = caption_figures([HOSTILE, "x"], [True, True], [["a"], ["b"]], 1.0)
    mistake = PictureMistake(HOSTILE, picture(), HOSTILE, HOSTILE, 0.5)
    for html in (
        inspect_captions([item])[2],
        caption_page(figures, [item]),
        page("Mistakes", picture_mistakes([mistake])),
    ):
        shown = check_page(html)
        assert len(shown.all("script")) == 1  # the switch of colours
        assert '<script>alert("x")</script> &' in shown.text
    assert len(inspect_captions([item])[1].splitlines()) == 2


@pytest.mark.parametrize("shown", [[], [ITEM]])
def test_the_page_of_figures(shown: list[CaptionedPicture]) -> None:
    found = check_page(caption_page(FIGURES, shown))
    assert f"{FIGURES.cider:.2f} is the CIDEr-D" in found.text
    assert f"{FIGURES.bleu4:.2f}" in found.text
    assert f"{FIGURES.shuffled_cider:.2f} if every picture had the caption of another one" in found.text
    assert "perplexity" not in found.text
    assert ("one brown dog" in found.text) == bool(shown)
    assert "perplexity" in caption_page(replace(FIGURES, perplexity=12.0), shown)


def test_the_page_of_figures_of_a_single_picture() -> None:
    figures = caption_figures(["a dog"], [True], [["a dog sits"]], 1.0)
    assert "another one" not in check_page(caption_page(figures, [])).text


@pytest.mark.parametrize(
    ("positions", "height", "width", "grid"),
    [
        (49, 224, 224, Grid(7, 7)),
        (49, 200, 300, Grid(7, 7)),  # a picture that the network read as a square
        (32, 32, 64, Grid(4, 8)),
        (64, 32, 128, Grid(4, 16)),
        (6, 20, 30, Grid(2, 3)),
        (10, 64, 64, None),
        (36, 10, 1000, None),
    ],
)
def test_the_grid_of_positions(positions: int, height: int, width: int, grid: Grid | None) -> None:
    assert grid_of(positions, height, width) == grid


def test_regions_are_thirds() -> None:
    names = [name for name, _ in region_weights([9, 8, 7, 6, 5, 4, 3, 2, 1], Grid(3, 3))]
    assert names == ["top left", "top", "top right", "left", "centre", "right", "bottom left", "bottom", "bottom right"]
    assert dict(region_weights([1.0] * 49, Grid(7, 7)))["centre"] == 9


@given(st.integers(1, 9), st.integers(1, 9), st.randoms(use_true_random=False))
def test_regions_share_all_weights(rows: int, columns: int, random: Any) -> None:
    weights = [random.random() for _ in range(rows * columns)]
    found = region_weights(weights, Grid(rows, columns))
    assert len(found) == min(rows, 3) * min(columns, 3)
    assert sum(weight for _, weight in found) == pytest.approx(sum(weights))
    assert found == sorted(found, key=lambda one: -one[1])


def test_the_worst_mistakes_are_the_most_certain() -> None:
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7], [1.0, 0.0]])
    truth = np.array([1, 0, 1, 1, -1])  # the last label is not known
    assert worst_mistakes(probabilities, truth).tolist() == [4, 0, 1, 2]
    assert worst_mistakes(probabilities, truth, most=2).tolist() == [4, 0]
    assert worst_mistakes(probabilities[3:4], truth[3:4]).tolist() == []


def test_mistakes_are_shown_with_their_labels() -> None:
    mistakes = [
        PictureMistake("7.png", picture(28, 28, 1), "boot", "sandal", 0.987),
        PictureMistake("x", picture(200, 200), "a", "b", 0.5),
    ]
    shown = check_page(page("Confusion", picture_mistakes(mistakes)))
    first, second = shown.all("img")
    assert first["alt"] == "7.png, which is boot and was taken for sandal."
    assert (first["class"], second["class"]) == ("small", "photo")
    assert "sandal 98.7%" in shown.text
    assert picture_mistakes([]) == ""


def test_tokens_of_spaces_are_visible() -> None:
    assert [shown_token(one) for one in (" dog", " ", "\n", "\t", "d")] == ["dog", "␣", "\\n", "\\t", "d"]


def test_a_table_has_a_caption_and_scopes() -> None:
    shown = check_page(page("T", table("What <it> is", ("a", "b"), [("x & y", "1"), ("z", "2")])))
    assert [one["scope"] for one in shown.all("th")] == ["col", "col", "row", "row"]
    assert "What <it> is" in shown.text
    assert "x & y" in shown.text


def test_the_page_of_a_translation_stands_alone() -> None:
    found = Translation("a b", -1.0, -1.0, ("x", "y", "<eos>"), ("a", "b", "<eos>"), ((0.2, 0.3, 0.5),) * 3)
    check_page(attention_page([("x y", found), (HOSTILE, found)]))

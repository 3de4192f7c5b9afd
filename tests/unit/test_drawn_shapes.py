"""Pictures of shapes: a caption is the one right description of its picture."""

import re
from collections import Counter

import numpy as np
import pytest

from unspool.arrays import Flags, IntArray
from unspool.data.pictures.shapes import COLOURS, SHAPES, SIDE, shape_pictures

ITEM = rf"(?:an? )?(?:(small|large) )?({'|'.join(COLOURS)}) ({'|'.join(SHAPES)})"
ONE = re.compile(ITEM)
SEVERAL = re.compile(rf"(two|three|four) {ITEM}e?s")
PAIR = re.compile(rf"{ITEM} (above|below|left of|right of) {ITEM}")
SIDES = {"small": 10, None: 16, "large": 24.5}  # pixels
COUNT = 150

Item = tuple[str | None, str, str]


def read(caption: str) -> tuple[list[Item], str]:
    """The shapes that a caption names, and how they are arranged."""
    if found := PAIR.fullmatch(caption):
        first, relation, second = found.groups()[:3], found[4], found.groups()[4:]
        return [first, second], relation
    if found := SEVERAL.fullmatch(caption):
        return [found.groups()[1:]] * {"two": 2, "three": 3, "four": 4}[found[1]], ""
    found = ONE.fullmatch(caption)
    assert found, caption
    return [found.groups()], ""


def regions(pixels: IntArray) -> list[Flags]:
    """Connected regions that differ from the background, which the corners show, the largest first."""
    background = np.median(pixels[[0, 0, -1, -1], [0, -1, 0, -1]], axis=0)
    left = np.abs(pixels - background).max(axis=2) > 35
    found = []
    while left.any():
        region = np.zeros_like(left)
        region[tuple(np.argwhere(left)[0])] = True
        while True:
            grown = region.copy()
            for down in (-1, 0, 1):
                for right in (-1, 0, 1):
                    grown |= np.roll(region, (down, right), (0, 1))
            grown &= left
            if (grown == region).all():
                break
            region = grown
        found.append(region)
        left &= ~region
    return sorted(found, key=lambda region: -region.sum())


def colour_of(pixels: IntArray, region: Flags) -> str:
    """The colour of the table that is the nearest to the middle of a region's colours."""
    middle = np.median(pixels[region], axis=0)
    return min(COLOURS, key=lambda name: float(np.abs(middle - np.array(COLOURS[name])).sum()))


def box_of(region: Flags) -> tuple[IntArray, IntArray]:
    """The lowest and the highest row and column."""
    where = np.argwhere(region)
    return where.min(axis=0), where.max(axis=0)


@pytest.fixture(scope="module")
def drawn() -> list[tuple[str, IntArray]]:
    return [(one.texts[0], np.asarray(one.picture.open(), np.int64)) for one in shape_pictures(COUNT, seed=3)]


def test_captions_name_what_is_seen(drawn: list[tuple[str, IntArray]]) -> None:
    """As many regions as shapes, of the colours and sizes that the caption says."""
    for caption, pixels in drawn:
        items, _ = read(caption)
        seen = regions(pixels)
        assert len(seen) == len(items), caption
        assert Counter(colour_of(pixels, one) for one in seen) == Counter(colour for _, colour, _ in items), caption
        for (size, colour, _), region in pairs(items, seen, pixels):
            low, high = box_of(region)
            side = float((high - low + 1).max())
            assert min(SIDES, key=lambda name: abs(SIDES[name] - side)) == size, (caption, colour, side)


def pairs(items: list[Item], seen: list[Flags], pixels: IntArray) -> list[tuple[Item, Flags]]:
    """Each shape with the region of its colour."""
    by_colour = [(colour_of(pixels, one), one) for one in seen]
    return [(item, region) for item in dict.fromkeys(items) for colour, region in by_colour if colour == item[1]]


def test_relations_hold_between_boxes(drawn: list[tuple[str, IntArray]]) -> None:
    """The first is beyond the other in the direction that is named, nearer to it than to the other direction."""
    held = 0
    for caption, pixels in drawn:
        items, relation = read(caption)
        if not relation:
            continue
        (_, first), (_, second) = pairs(items, regions(pixels), pixels)
        boxes = {True: (box_of(first), box_of(second)), False: (box_of(second), box_of(first))}
        (_, before), (after, _) = boxes[relation in ("above", "left of")]
        axis = 0 if relation in ("above", "below") else 1
        assert before[axis] < after[axis], caption
        offset = np.abs(np.mean(box_of(first), axis=0) - np.mean(box_of(second), axis=0))
        assert offset[axis] > 2 * offset[1 - axis], caption
        held += 1
    assert held > COUNT / 3


def test_the_smaller_is_named_first() -> None:
    order = ["small", None, "large"]
    for one in shape_pictures(COUNT, seed=4):
        items, relation = read(one.texts[0])
        if relation:
            assert order.index(items[0][0]) < order.index(items[1][0])
            assert items[0][1] != items[1][1]


def test_shapes_differ_from_each_other(drawn: list[tuple[str, IntArray]]) -> None:
    """The part of its box that a shape fills, and whether it fills the centre and the corners, tell its name."""
    seen: dict[str, set[tuple[bool, ...]]] = {name: set() for name in SHAPES}
    for caption, pixels in drawn:
        items, _ = read(caption)
        for (size, _, name), region in pairs(items, regions(pixels), pixels):
            if size != "large":
                continue
            (top, left), (bottom, right) = box_of(region)
            box = region[top : bottom + 1, left : right + 1]
            height, width = box.shape
            at = [(0.5, 0.5), (0.08, 0.08), (0.92, 0.08), (0.5, 0.08), (0.25, 0.25), (0.85, 0.2)]
            seen[name].add(tuple(bool(box[int(y * height), int(x * width)]) for y, x in at))
    assert all(seen.values())
    for name, looks in seen.items():
        others = set().union(*(found for other, found in seen.items() if other != name))
        assert not looks & others, name


def test_the_same_seed_draws_the_same() -> None:
    one, again, other = (shape_pictures(30, seed) for seed in (1, 1, 2))
    assert [p.texts for p in one] == [p.texts for p in again] != [p.texts for p in other]
    for first, second in zip(one, again, strict=True):
        assert first.picture.content() == second.picture.content()
        assert np.array_equal(np.asarray(first.picture.open()), np.asarray(second.picture.open()))
    assert len({p.picture.content() for p in one}) == len(one)


def test_most_held_out_pairs_are_new() -> None:
    captions = [one.texts[0] for one in shape_pictures()]
    known, held_out = set(captions[:-1000]), [one for one in captions[-1000:] if read(one)[1]]
    assert np.mean([one not in known for one in held_out]) > 0.6


def test_pictures_are_small_and_coloured(drawn: list[tuple[str, IntArray]]) -> None:
    assert {pixels.shape for _, pixels in drawn} == {(SIDE, SIDE, 3)}

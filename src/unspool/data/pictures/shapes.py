"""Draw pictures of coloured shapes with captions: an example of data that are pictures with texts.

    "a small red circle above a blue square",  "three yellow stars",  "an orange ring left of a large black cross"

Each caption is the one right description of its picture. The grammar:

    caption  = one | several | pair
    one      = a [small | large] COLOUR SHAPE
    several  = (two | three | four) [small] COLOUR SHAPEs     of one colour, shape and size
    pair     = one (above | below | left of | right of) one   the smaller comes first; two sizes and two colours

A shape that is neither small nor large has no word for its size.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, pi, sin
from typing import TYPE_CHECKING

import numpy as np

from unspool.data.pictures.decoding import require_pillow
from unspool.data.pictures.picture import DescribedPicture, Picture

if TYPE_CHECKING:
    from PIL.Image import Image

SHAPES_DRAWN = "pictures of shapes drawn by Unspool"
COUNT = 12_000
SIDE = 48  # pixels of a picture's height and width
SCALE = 4  # it is drawn larger by this factor, and reduced, so that edges are smooth
MARGIN, GAP = 1.0, 2.0  # pixels between a shape and the edge, and between two shapes
TILT = 0.3  # how far a shape may be beside the other that it is above or below, as a part of their distance

SIZES = {"small": (9.0, 11.0), "": (15.0, 17.0), "large": (23.0, 26.0)}  # pixels of the height and width
COLOURS = {
    "red": (210, 35, 35),
    "orange": (245, 140, 25),
    "yellow": (245, 225, 50),
    "green": (40, 155, 65),
    "blue": (40, 75, 215),
    "purple": (130, 45, 165),
    "black": (20, 20, 20),
    "white": (240, 240, 240),
}
VARIATION = 15  # how much red, green and blue may differ from the table, of 255
BACKGROUND = (115, 165)  # the darkest and the lightest grey of a background
COUNTS = {2: "two", 3: "three", 4: "four"}
RELATIONS = {"above": (0, -1), "below": (0, 1), "left of": (-1, 0), "right of": (1, 0)}  # where the first one is: x, y
KINDS = {"one": 0.15, "several": 0.25, "pair": 0.6}  # how often each is drawn

Corners = tuple[tuple[float, float], ...]
_TIPS = [(sin(n * pi / 5) * (1, 0.42)[n % 2], -cos(n * pi / 5) * (1, 0.42)[n % 2]) for n in range(10)]
_ARM = 0.36
# Corners from -1 to 1 across the box that a shape fills; round shapes have none.
SHAPES: dict[str, Corners] = {
    "circle": (),
    "ring": (),
    "square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "triangle": ((0, -1), (1, 1), (-1, 1)),
    "star": tuple((x / sin(2 * pi / 5), 2 * (y + 1) / (1 + cos(pi / 5)) - 1) for x, y in _TIPS),
    "cross": tuple(
        (x * sign, y * sign)
        for sign in (1, -1)
        for x, y in ((_ARM, -1), (_ARM, -_ARM), (1, -_ARM), (1, _ARM), (_ARM, _ARM), (_ARM, 1))
    ),
}


@dataclass(frozen=True)
class Shape:
    """One shape of a picture.

    Attributes:
        name: is one of SHAPES.
        colour: is red, green and blue, 0 to 255.
        x: is the column of its centre, in pixels.
        y: is the row of its centre.
        side: is the height and width of the box that it fills.
    """

    name: str
    colour: tuple[int, int, int]
    x: float
    y: float
    side: float


@dataclass(frozen=True)
class Scene:
    """A picture before it is drawn.

    Attributes:
        background: is red, green and blue, 0 to 255.
        shapes: are drawn on it, and do not touch each other.
    """

    background: tuple[int, int, int]
    shapes: tuple[Shape, ...]

    def draw(self) -> "Image":
        """Draw the picture, SIDE by SIDE pixels, in red, green and blue.

        Raises:
            MissingExtraError: Pillow is not installed.
        """
        require_pillow()
        from PIL import Image, ImageDraw

        image = Image.new("RGB", (SIDE * SCALE, SIDE * SCALE), self.background)
        pen = ImageDraw.Draw(image)
        for shape in self.shapes:
            x, y, half = shape.x * SCALE, shape.y * SCALE, shape.side * SCALE / 2
            box = (x - half, y - half, x + half, y + half)
            if shape.name == "circle":
                pen.ellipse(box, fill=shape.colour)
            elif shape.name == "ring":
                pen.ellipse(box, outline=shape.colour, width=round(half * 0.45))
            else:
                pen.polygon([(x + half * cx, y + half * cy) for cx, cy in SHAPES[shape.name]], fill=shape.colour)
        return image.reduce(SCALE)


def shape_pictures(count: int = COUNT, seed: int = 0) -> list[DescribedPicture]:
    """Make pictures of shapes, each with its caption.

    They are drawn from some 25,000 captions, most of which occur once or never, so that most held-out ones are new.

    Args:
        count: is the number of pictures.
        seed: starts the random numbers of what they show, and where.
    """
    generator = np.random.default_rng(seed)
    kinds = generator.choice(list(KINDS), size=count, p=list(KINDS.values()))
    described = []
    for number, kind in enumerate(kinds, 1):
        caption, shapes = _MAKERS[kind](generator)
        grey = int(generator.integers(*BACKGROUND))
        scene = Scene(_varied((grey, grey, grey), generator), shapes)
        picture = Picture(f"picture {number} of the {SHAPES_DRAWN}", repr(scene).encode, scene.draw)
        described.append(DescribedPicture(picture, texts=(caption,)))
    return described


def _one(generator: np.random.Generator) -> tuple[str, tuple[Shape, ...]]:
    size, colour, name = _chosen(SIZES, generator), _chosen(COLOURS, generator), _chosen(SHAPES, generator)
    return _with_article(_words(size, colour, name)), _placed(1, size, colour, name, generator)


def _several(generator: np.random.Generator) -> tuple[str, tuple[Shape, ...]]:
    size, colour, name = _chosen(("small", ""), generator), _chosen(COLOURS, generator), _chosen(SHAPES, generator)
    count = tuple(COUNTS)[generator.integers(len(COUNTS))]
    plural = f"{name}es" if name.endswith("s") else f"{name}s"
    return f"{COUNTS[count]} {_words(size, colour, plural)}", _placed(count, size, colour, name, generator)


def _pair(generator: np.random.Generator) -> tuple[str, tuple[Shape, ...]]:
    sizes = [list(SIZES)[index] for index in sorted(generator.permutation(len(SIZES))[:2])]  # the smaller first
    colours = [list(COLOURS)[index] for index in generator.permutation(len(COLOURS))[:2]]
    names = [_chosen(SHAPES, generator) for _ in range(2)]
    relation = _chosen(RELATIONS, generator)
    sides = [generator.uniform(*SIZES[size]) for size in sizes]
    across = np.array(RELATIONS[relation], float)  # from the second to the first
    apart = sum(sides) / 2 + GAP
    farthest = SIDE - 2 * MARGIN - sum(sides) / 2
    distance = generator.uniform(apart, farthest)
    beside = generator.uniform(-TILT, TILT) * distance * across[::-1]
    offset = across * distance + beside  # of the first from the second
    # where the second may be so that both are within the margins
    low = np.maximum(MARGIN + sides[1] / 2, MARGIN + sides[0] / 2 - offset)
    high = np.minimum(SIDE - MARGIN - sides[1] / 2, SIDE - MARGIN - sides[0] / 2 - offset)
    second = generator.uniform(low, high)
    shapes = tuple(
        Shape(name, _varied(COLOURS[colour], generator), float(centre[0]), float(centre[1]), float(side))
        for name, colour, centre, side in zip(names, colours, (second + offset, second), sides, strict=True)
    )
    first, other = (_with_article(_words(*one)) for one in zip(sizes, colours, names, strict=True))
    return f"{first} {relation} {other}", shapes


_MAKERS = {"one": _one, "several": _several, "pair": _pair}


def _placed(count: int, size: str, colour: str, name: str, generator: np.random.Generator) -> tuple[Shape, ...]:
    """Place shapes that look the same: one anywhere, several each in a quarter of the picture."""
    side = float(generator.uniform(*SIZES[size]))
    across = 1 if count == 1 else 2  # quarters along a side
    width = (SIDE - 2 * MARGIN) / across
    room = (side + (0 if count == 1 else GAP)) / 2  # from the centre of a shape to the edge of its quarter
    quarters = generator.permutation(across**2)[:count]
    corners = MARGIN + width * np.stack([quarters % across, quarters // across], axis=1)  # (count, 2)
    centres = corners + generator.uniform(room, width - room, (count, 2))
    shade = _varied(COLOURS[colour], generator)
    return tuple(Shape(name, shade, float(x), float(y), side) for x, y in centres)


def _varied(colour: tuple[int, int, int], generator: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in np.array(colour) + generator.integers(-VARIATION, VARIATION + 1, 3))
    return red, green, blue


def _chosen(names: Iterable[str], generator: np.random.Generator) -> str:
    found = tuple(names)
    return found[generator.integers(len(found))]


def _words(size: str, colour: str, name: str) -> str:
    return " ".join(word for word in (size, colour, name) if word)


def _with_article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"

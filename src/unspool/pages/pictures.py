"""Pictures in pages, and the pictures that a classifier is most wrong about.

Shapes: N pictures, C labels, h x w pixels of 1 channel (grey) or 3 (red, green, blue).
"""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from importlib.util import find_spec
from io import BytesIO
from typing import NamedTuple

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.data.pictures.pixels import Pixels
from unspool.errors import MissingExtraError
from unspool.text.escapes import escaped

MAX_SIDE = 224  # pixels of a picture in a page, each way
SMALL = 96  # pixels, up to which each is shown as a square


class PictureMistake(NamedTuple):
    """A picture that was given a wrong label.

    Attributes:
        name: is that of the picture.
        pixels: are uint8, [h, w, 1 or 3].
        right: is its label.
        predicted: is the label that it was given.
        probability: is that of the label that it was given.
    """

    name: str
    pixels: Pixels
    right: str
    predicted: str
    probability: float


def png_address(pixels: Pixels) -> str:
    """Return a picture as an address that holds it, a PNG in base 64; one that is large is made smaller.

    Args:
        pixels: are uint8, [h, w, 1 or 3].

    Raises:
        MissingExtraError: Pillow is not installed.
    """
    if not find_spec("PIL"):
        raise MissingExtraError("pillow", "images", "a page with pictures")
    from PIL import Image

    picture, written = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels), BytesIO()
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    picture.save(written, "PNG", optimize=True)
    return f"data:image/png;base64,{b64encode(written.getvalue()).decode()}"


def rendering(pixels: Pixels) -> str:
    """Return the class of a picture in a page: one of few pixels is enlarged without blurring them."""
    return "small" if max(pixels.shape[:2]) <= SMALL else "photo"


def picture_image(pixels: Pixels, alternative: str) -> str:
    """Return the HTML of a picture.

    Args:
        pixels: are uint8, [h, w, 1 or 3].
        alternative: is the text for people who do not see it.
    """
    return f'<img src="{png_address(pixels)}" alt="{escape(alternative)}" class="{rendering(pixels)}">'


def worst_mistakes(probabilities: FloatArray, truth: IntArray, most: int = 24) -> IntArray:
    """Find the pictures that were given a wrong label with the highest probability.

    Args:
        probabilities: are those of N pictures, [N, C].
        truth: holds the indices of the right labels, [N]; one that is none of the C labels is always mistaken.
        most: is the maximum number to return.

    Returns:
        Their indices, the worst first.
    """
    predicted = probabilities.argmax(axis=1)  # (N)
    wrong = np.flatnonzero(predicted != truth)
    order = np.argsort(-probabilities[wrong, predicted[wrong]], kind="stable")
    return wrong[order[:most]]


def picture_mistakes(mistakes: Sequence[PictureMistake]) -> str:
    """Draw pictures with a wrong label; nothing where there are none.

    Args:
        mistakes: are in the order in which they are shown.
    """
    if not mistakes:
        return ""
    items = "\n".join(_mistake(one) for one in mistakes)
    return f'<p>Those first whose wrong label it finds most probable.</p>\n<ul class="pictures">\n{items}\n</ul>'


def _mistake(one: PictureMistake) -> str:
    right, predicted, name = escaped(one.right), escaped(one.predicted), escaped(one.name)
    image = picture_image(one.pixels, f"{name}, which is {right} and was taken for {predicted}.")
    return (
        f"<li>{image}<br><strong>{escape(predicted)}</strong> {one.probability:.1%}<br>is {escape(right)}<br>"
        f"<small>{escape(name)}</small></li>"
    )

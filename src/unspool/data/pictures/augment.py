"""Small random changes to pictures while they are learnt, so that they are not memorised pixel by pixel.

Shapes: B pictures, H rows of pixels, W pixels in a row, C channels.
"""

import numpy as np

from unspool.data.pictures.pixels import Pixels


def augmented(pixels: Pixels, generator: np.random.Generator, flip: bool, shift: int) -> Pixels:
    """Return pictures that are shifted, and half of them flipped from left to right, each at random.

    Args:
        pixels: are the pictures, [B, H, W, C].
        generator: draws the random numbers, as many as there are pictures.
        flip: says whether a picture may be flipped, which makes another letter of a letter.
        shift: is the maximum shift along each axis, in pixels; what comes in repeats the edge.

    Returns:
        the changed pictures, [B, H, W, C]; those that were given stay as they are.
    """
    rows, height, width, _ = pixels.shape
    flipped = generator.random(rows) < 0.5 if flip else np.zeros(rows, np.bool_)  # (B)
    places = generator.integers(0, 2 * shift + 1, (rows, 2))  # (B, 2)
    padded = np.pad(pixels, ((0, 0), (shift, shift), (shift, shift), (0, 0)), mode="edge")
    changed = np.empty_like(pixels)
    for row, (down, right) in enumerate(places.tolist()):
        piece = padded[row, down : down + height, right : right + width]  # (H, W, C)
        changed[row] = piece[:, ::-1] if flipped[row] else piece
    return changed

"""Small random changes to pictures while they are learnt, so that they are not memorised pixel by pixel.

Shapes: B pictures, H rows of pixels, W pixels in a row, C channels, G x G positions of F features.
"""

import numpy as np

from unspool.arrays import Array
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


def mirrored_features(features: Array, generator: np.random.Generator) -> Array:
    """Return the features of pictures, those of half of them as if the picture were flipped from left to right.

    The positions change places. What an extractor computes of a mirrored picture is nearly that.

    Args:
        features: are those at G x G positions, [B, G G, F]; others stay as they are.
        generator: draws the random numbers, as many as there are pictures.
    """
    rows, positions, size = features.shape
    grid = round(positions**0.5)
    if grid * grid != positions:
        return features
    flipped = features.reshape(rows, grid, grid, size)[:, :, ::-1].reshape(features.shape)  # (B, G G, F)
    return np.where((generator.random(rows) < 0.5)[:, None, None], flipped, features)

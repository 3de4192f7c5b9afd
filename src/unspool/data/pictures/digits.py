"""The handwritten digits that scikit-learn ships: 1,797 grey pictures of 8 x 8 pixels, for a run without data."""

from importlib.util import find_spec

import numpy as np

from unspool.data.pictures.picture import DescribedPicture, picture_of_pixels
from unspool.errors import MissingExtraError

DIGITS = "handwritten digits of scikit-learn"  # what a sentence calls them
HIGHEST = 16  # of their values


def digit_pictures() -> list[DescribedPicture]:
    """Return the digits with their labels, in the order in which they are shipped.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    if not find_spec("sklearn"):
        raise MissingExtraError("scikit-learn", "baselines", "learning to read digits without other data")
    from sklearn.datasets import load_digits

    values, labels = load_digits(return_X_y=True)
    pixels = np.round(values.reshape(-1, 8, 8) * (255 / HIGHEST)).astype(np.uint8)  # (1797, 8, 8)
    return [
        DescribedPicture(picture_of_pixels(f"digit {number:,}", one[:, :, None]), label=str(label))
        for number, (one, label) in enumerate(zip(pixels, labels, strict=True), 1)
    ]

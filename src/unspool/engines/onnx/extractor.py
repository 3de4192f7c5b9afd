"""An extractor: any ONNX image network, frozen, turns a picture into features at positions.

    picture -> pixels [H, W, C] -> (pixel x scale - mean) / deviation -> onnxruntime -> map [h, w, F] -> grid [S, F]

One picture is computed at a time, on one thread, so that its features do not depend on what else is computed; several
threads may call an extractor at once.

Shapes: B pictures, H rows of pixels, W pixels in a row, C channels, S positions, F features.
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from unspool.arrays import Array
from unspool.data.pictures.pixels import pixels_of
from unspool.engines.onnx.maps import as_map, choose_output, reduced
from unspool.engines.onnx.session import PictureInput, open_session, picture_input, read_network, run_network
from unspool.errors import DataError
from unspool.specs.pictures import ExtractorSpec

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST = float(np.finfo(np.float16).max)


class Extractor:
    """Computes the features of pictures.

    Args:
        path: is that of the ONNX file.
        spec: says how the network is run.

    Attributes:
        spec: is the same, with what was left to the file.
        positions: is S.
        features: is F.
        key: identifies the network and how it is run: what it computes is the same where the key is.
        description: says how the network is run, in a sentence.

    Raises:
        DataError: the file is no ONNX network, damaged, reads no pictures or returns no features.
        UsageError: a setting does not fit the network.
        MissingExtraError: onnxruntime is not installed.
    """

    def __init__(self, path: Path, spec: ExtractorSpec) -> None:
        content = read_network(path)
        self._path, self._session = path, open_session(content, path)
        self._input = picture_input(self._session, path, spec.size)
        height, width, channels = self._input.height, self._input.width, self._input.channels
        self.spec = spec.changed(size=height if height == width else 0)
        self._mean, self._deviation = (np.array(one[:channels], np.float32) for one in (spec.mean, spec.deviation))
        grey = np.full((height, width, channels), 127, np.uint8)
        names = [one.name for one in self._session.get_outputs()]
        found = dict(zip(names, self._run(grey, names), strict=True))
        output = choose_output(found, spec.output, self._input.channels_first, path.name)
        self.spec = self.spec.changed(output=output)
        rows, columns, self.features = as_map(found[output], self._input.channels_first).shape
        self.positions = len(self._reduced(found[output]))
        self.key = sha256(content + self.spec.model_dump_json().encode()).hexdigest()
        self.description = _description(path.name, self.spec, self._input, (rows, columns, self.positions))

    def __call__(self, images: Sequence["Image"]) -> Array:
        """Compute the features of pictures.

        Args:
            images: are B images of Pillow, in mode L or RGB; they are resized whole.

        Returns:
            the features, [B, S, F] float16.

        Raises:
            DataError: they are not numbers, or too large.
        """
        shape = (self._input.height, self._input.width, self._input.channels)
        rows = [self._of_pixels(pixels_of(image, *shape)) for image in images]
        return np.array(rows, np.float16).reshape(len(images), self.positions, self.features)

    def _of_pixels(self, pixels: Array) -> Array:
        (output,) = self._run(pixels, [self.spec.output])
        found = self._reduced(output)
        if not np.abs(found).max() <= LARGEST:  # not a number is not, either
            raise DataError(
                f"{self._path.name} must return finite numbers, at most {LARGEST:,.0f}. Received: output "
                f"{self.spec.output} with {np.abs(found).max()} for a picture.",
                "check its --extractor-scale, --extractor-mean and --extractor-deviation, or choose another "
                "--extractor-output.",
            )
        return found

    def _reduced(self, output: Array) -> Array:
        return reduced(as_map(output, self._input.channels_first), self.spec.grid)

    def _run(self, pixels: Array, names: list[str]) -> list[Array]:
        ordered = pixels[..., ::-1] if self.spec.channels == "bgr" else pixels  # (H, W, C)
        values = (ordered * np.float32(self.spec.scale) - self._mean) / self._deviation
        return run_network(self._session, self._input, values, names, self._path)


def _description(name: str, spec: ExtractorSpec, given: PictureInput, shape: tuple[int, int, int]) -> str:
    rows, columns, positions = shape
    order = spec.channels if given.channels == 3 else "grey"
    mean, deviation = (" ".join(f"{value:g}" for value in one) for one in (spec.mean, spec.deviation))
    learnt = f"{rows} x {columns} positions" if rows * columns > 1 else "the whole picture"
    averaged = f", averaged to {positions}" if positions < rows * columns else ""
    return (
        f"{name} reads {given.height} x {given.width} {order}, (pixel x {spec.scale:g} - [{mean}]) / [{deviation}]; "
        f"learnt from is its output {spec.output}: {learnt}{averaged}."
    )

"""Open an ONNX file with onnxruntime, and find its input of pictures.

Shapes: B pictures, H rows of pixels, W pixels in a row, C channels.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unspool.arrays import Array
from unspool.errors import DataError, MissingExtraError, UsageError

USUAL_SIZE = 224
TYPES: dict[str, type[np.floating[Any]]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
}
FETCH = "export or download it again; it must be one file that holds its weights."


@dataclass(frozen=True)
class PictureInput:
    """The input of an image network.

    Attributes:
        name: is what the file calls it.
        type: is that of its numbers.
        channels_first: says that it is [B, C, H, W], and not [B, H, W, C].
        channels: is C, 1 or 3.
        height: is H.
        width: is W.
        batch: is the number of pictures that it must be given at once; 1 where it is free.
    """

    name: str
    type: type[np.floating[Any]]
    channels_first: bool
    channels: int
    height: int
    width: int
    batch: int

    def of_pixels(self, values: Array) -> Array:
        """Return what the network reads of one picture, [H, W, C]; it is repeated if it must be given several times."""
        ordered = values.transpose(2, 0, 1) if self.channels_first else values  # (C, H, W) or (H, W, C)
        return np.repeat(ordered.astype(self.type)[None], self.batch, axis=0)


def read_network(path: Path) -> bytes:
    """Read an ONNX file.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise DataError(f"{path} cannot be read: {reason}.", "name an image network in the format ONNX.") from None


def open_session(content: bytes, path: Path) -> Any:
    """Open a network on the processor, with one thread: pictures are what is computed in parallel.

    Args:
        content: is that of the file.
        path: is that of the file, for errors.

    Raises:
        DataError: it is no ONNX file, or damaged.
        MissingExtraError: onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as problem:
        reason = "is not installed" if isinstance(problem, ModuleNotFoundError) else f"cannot be imported: {problem}"
        raise MissingExtraError("onnxruntime", "images", "an extractor", reason) from None

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what matters is raised; it would also be written to standard error
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # the classes of its errors have no base of their own
        raise DataError(f"{path} must be a sound ONNX file. Received: {_reason(problem)}.", FETCH) from None


def picture_input(session: Any, path: Path, size: int) -> PictureInput:
    """Find the input that takes pictures, in either order of its axes.

    Args:
        session: is that of the network.
        path: is that of the file, for errors.
        size: is H and W where the file leaves them free; 0 takes the usual one.

    Raises:
        DataError: the network takes something else, or more.
        UsageError: the file has another size than was requested.
    """
    found = session.get_inputs()
    described = ", ".join(f"{one.name} {one.type} {one.shape}" for one in found) or "no input"
    if len(found) != 1 or len(found[0].shape) != 4 or found[0].type not in TYPES:
        raise _no_pictures(path, described)
    (one,) = found
    fixed = [dim if isinstance(dim, int) and dim > 0 else None for dim in one.shape]
    batch, first, middle, last = fixed
    channels_first = first == 3 or (last != 3 and first == 1) or (last not in (1, 3) and first is None)
    channels = first if channels_first else last
    height, width = (middle, last) if channels_first else (first, middle)
    if channels not in (1, 3, None):
        raise _no_pictures(path, described)
    for side in (height, width):
        if size and side not in (size, None):
            raise UsageError(
                f"extractor_size must be what {path.name} reads: {height} x {width}. Received: {size}.",
                "leave it out; the file says it.",
            )
    usual = size or height or width or USUAL_SIZE
    kind = TYPES[one.type]
    return PictureInput(one.name, kind, channels_first, channels or 3, height or usual, width or usual, batch or 1)


def run_network(session: Any, given: PictureInput, values: Array, names: list[str], path: Path) -> list[Any]:
    """Run the network on one picture.

    Args:
        session: is that of the network.
        given: is its input.
        values: are the pixels as it reads them, [H, W, C].
        names: are the outputs to return.
        path: is that of the file, for errors.

    Raises:
        DataError: it fails.
    """
    try:
        return list(session.run(names, {given.name: given.of_pixels(values)}))
    except Exception as problem:
        raise DataError(
            f"{path} must run on pictures of {given.height} x {given.width}. Received: {_reason(problem)}.",
            "choose the size that it was exported for with --extractor-size, or export it again.",
        ) from None


def _no_pictures(path: Path, received: str) -> DataError:
    return DataError(
        f"{path} must have one input, of pictures: floating-point numbers [B, C, H, W] or [B, H, W, C] of 1 or 3 "
        f"channels. Received: {received:.200}.",
        "export it with pictures as its only input.",
    )


def _reason(problem: Exception) -> str:
    """Return the error of onnxruntime in one line, without its codes."""
    line = " ".join(str(problem).split())
    return re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", line)[:160].rstrip(". ")

"""An extractor computes what its ONNX file says, of any layout, and its errors name what is wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from helpers.onnx_files import FEATURES, kernel, write_network, write_text_network
from unspool.engines.onnx.extractor import Extractor
from unspool.engines.onnx.maps import as_map, reduced
from unspool.errors import DataError, UsageError
from unspool.specs.base import build
from unspool.specs.pictures import ExtractorSpec

NORMAL = {"scale": 0.5, "mean": (10.0, 20.0, 30.0), "deviation": (1.0, 2.0, 4.0)}


def picture(size: int = 16, seed: int = 0, mode: str = "RGB") -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)).convert(mode)


def expected(image: Image.Image, spec: ExtractorSpec) -> np.ndarray:
    """The map of the tiny network, [h, w, F], computed cell by cell."""
    pixels = np.asarray(image.convert("RGB"), np.float64)
    pixels = pixels[..., ::-1] if spec.channels == "bgr" else pixels
    values = (pixels * spec.scale - spec.mean) / spec.deviation
    side = len(values) // 4
    found = np.empty((side, side, FEATURES))
    for row in range(side):
        for column in range(side):
            cell = values[4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
            found[row, column] = np.einsum("hwc,fchw->f", cell, kernel())
    return found


@pytest.mark.parametrize("channels", ["rgb", "bgr"])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize(
    ("shape", "channels_first"),
    [
        (("n", 3, 16, 16), True),
        (("n", 3, "h", "w"), True),
        (("n", "c", "h", "w"), True),
        ((1, 3, 16, 16), True),
        ((4, 3, 16, 16), True),
        (("n", 16, 16, 3), False),
        ((2, "h", "w", 3), False),
    ],
)
def test_the_features_are_those_of_the_network(
    tmp_path: Path, shape: tuple[Any, ...], channels_first: bool, dtype: Any, channels: str
) -> None:
    path = write_network(tmp_path / "n.onnx", shape=shape, channels_first=channels_first, dtype=dtype)
    spec = build(ExtractorSpec, {**NORMAL, "channels": channels, "size": 16}, "test")
    extractor = Extractor(path, spec)
    images = [picture(seed=seed) for seed in range(3)]
    found = extractor(images)
    assert (extractor.positions, extractor.features) == (16, FEATURES)
    assert found.shape == (3, 16, FEATURES)
    assert found.dtype == np.float16
    for image, one in zip(images, found, strict=True):
        assert np.allclose(one, expected(image, spec).reshape(16, FEATURES), atol=0.02)


def test_a_large_map_is_averaged_to_the_grid_and_a_small_one_stays(tmp_path: Path) -> None:
    path = write_network(tmp_path / "n.onnx", shape=("n", 3, "h", "w"))
    for grid, positions in ((2, 4), (3, 9), (4, 16), (7, 16)):
        extractor = Extractor(path, ExtractorSpec(size=16, grid=grid))
        assert extractor.positions == positions
        assert extractor([picture()]).shape == (1, positions, FEATURES)
        assert ("averaged" in extractor.description) == (grid < 4)


@pytest.mark.parametrize(("height", "width", "grid"), [(13, 13, 7), (14, 10, 7), (5, 20, 7), (8, 3, 3), (9, 9, 1)])
def test_the_bins_of_the_grid_are_those_of_adaptive_average_pooling(height: int, width: int, grid: int) -> None:
    values = np.random.default_rng(0).normal(size=(height, width, 2)).astype(np.float32)
    rows, columns = min(height, grid), min(width, grid)
    by_hand = [
        values[i * height // rows : -(-(i + 1) * height // rows), j * width // columns : -(-(j + 1) * width // columns)]
        for i in range(rows)
        for j in range(columns)
    ]
    assert np.allclose(reduced(values, grid), [cell.mean((0, 1)) for cell in by_hand], atol=1e-6)


def test_an_output_becomes_a_map_whatever_its_axes_are() -> None:
    numbers = np.arange(2 * 6 * 6 * 5).reshape(2, 6, 6, 5)
    assert np.array_equal(as_map(numbers, True), numbers[0])  # square in the first two axes
    assert np.array_equal(as_map(np.moveaxis(numbers, 3, 1), False), numbers[0])
    cube = np.arange(216).reshape(1, 6, 6, 6)
    assert np.array_equal(as_map(cube, False), cube[0])  # the input's order decides
    assert np.array_equal(as_map(cube, True), np.moveaxis(cube[0], 0, -1))
    assert as_map(numbers.reshape(2, 36, 5), True).shape == (6, 6, 5)
    assert np.array_equal(
        as_map(numbers.reshape(2, 36, 5)[:, :17], True), numbers[0].reshape(36, 5)[1:17].reshape(4, 4, 5)
    )
    assert as_map(numbers.reshape(2, 36, 5)[:, :7], True).shape == (7, 1, 5)
    assert as_map(numbers.reshape(2, 180), True).shape == (1, 1, 180)


def test_the_first_output_with_several_positions_is_read_unless_one_is_named(tmp_path: Path) -> None:
    outputs = ("best", "pooled", "classed", "map", "tokens")
    path = write_network(tmp_path / "n.onnx", outputs=outputs)
    assert Extractor(path, ExtractorSpec()).spec.output == "classed"
    same = [Extractor(path, ExtractorSpec(output=name))([picture()]) for name in ("classed", "map", "tokens")]
    assert np.array_equal(same[0], same[1])
    assert np.array_equal(same[1], same[2])
    pooled = Extractor(path, ExtractorSpec(output="pooled"))
    assert pooled.positions == 1
    assert np.allclose(pooled([picture()])[0, 0], same[0][0].astype(np.float32).mean(0), atol=0.01)
    only = Extractor(write_network(tmp_path / "p.onnx", outputs=("best", "pooled")), ExtractorSpec())
    assert only.spec.output == "pooled"


def test_a_batch_gives_what_single_pictures_give_whatever_their_size_and_mode(tmp_path: Path) -> None:
    extractor = Extractor(write_network(tmp_path / "n.onnx"), ExtractorSpec())
    images = [picture(16), picture(40, mode="L"), picture(9), Image.new("L", (30, 3), 7)]
    assert np.array_equal(extractor(images), np.concatenate([extractor([image]) for image in images]))
    assert extractor([]).shape == (0, 16, FEATURES)


def test_a_grey_network_reads_colours_as_grey(tmp_path: Path) -> None:
    extractor = Extractor(write_network(tmp_path / "n.onnx", shape=("n", 1, 16, 16)), ExtractorSpec())
    assert np.array_equal(extractor([picture()]), extractor([picture(mode="L")]))


def test_the_key_changes_with_the_file_and_with_every_setting(tmp_path: Path) -> None:
    one = write_network(tmp_path / "one.onnx")
    other = write_network(tmp_path / "other.onnx", slow=1)
    specs = [ExtractorSpec(), ExtractorSpec(scale=2.0), ExtractorSpec(mean=(1.0, 0.0, 0.0)), ExtractorSpec(grid=2)]
    specs += [ExtractorSpec(deviation=(2.0, 1.0, 1.0)), ExtractorSpec(channels="bgr"), ExtractorSpec(output="pooled")]
    keys = [Extractor(one, spec).key for spec in specs] + [Extractor(other, ExtractorSpec()).key]
    assert len(set(keys)) == len(keys)
    resolved = Extractor(one, ExtractorSpec()).spec
    assert (resolved.size, resolved.output) == (16, "map")
    assert Extractor(one, resolved).key == keys[0]
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(one.read_bytes())
    assert Extractor(copy, ExtractorSpec()).key == keys[0]


def test_what_is_no_image_network_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    good = write_network(tmp_path / "good.onnx")
    text = tmp_path / "text.onnx"
    text.write_text("not a network")
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(good.read_bytes()[:-40])
    empty = tmp_path / "empty.onnx"
    empty.touch()
    cases: list[tuple[Path, str]] = [
        (tmp_path / "missing.onnx", "missing.onnx cannot be read: No such file"),
        (tmp_path, "cannot be read: Is a directory"),
        (text, "text.onnx must be a sound ONNX file"),
        (cut, "cut.onnx must be a sound ONNX file"),
        (empty, "empty.onnx must be a sound ONNX file"),
        (write_text_network(tmp_path / "ids.onnx"), r"must have one input, of pictures.*ids tensor\(int64\)"),
        (write_network(tmp_path / "five.onnx", shape=("n", 5, 16, 16)), "of 1 or 3 channels"),
        (write_network(tmp_path / "best.onnx", outputs=("best",)), r"must return features.*best \[1, 1\]"),
    ]
    for path, message in cases:
        with pytest.raises(DataError, match=message) as error:
            Extractor(path, ExtractorSpec())
        assert "\n" not in error.value.message


def test_a_damaged_network_is_an_error_or_works(tmp_path: Path) -> None:
    content = write_network(tmp_path / "good.onnx").read_bytes()
    generator = np.random.default_rng(0)
    said = []
    for _ in range(150):
        damaged = bytearray(content)
        for place in generator.integers(0, len(content), 4):
            damaged[place] ^= 1 << int(generator.integers(8))
        (tmp_path / "bad.onnx").write_bytes(damaged)
        try:
            Extractor(tmp_path / "bad.onnx", ExtractorSpec())([picture()])
        except (DataError, UsageError) as error:
            said.append(error.message)
    assert len(said) > 20
    assert not any("\n" in message for message in said)


def test_settings_that_do_not_fit_the_network_are_refused(tmp_path: Path) -> None:
    path = write_network(tmp_path / "n.onnx")
    with pytest.raises(UsageError, match=r"extractor_size must be what n.onnx reads: 16 x 16. Received: 32"):
        Extractor(path, ExtractorSpec(size=32))
    with pytest.raises(UsageError, match=r"must be an output of n.onnx. Received: 'mapp'") as error:
        Extractor(path, ExtractorSpec(output="mapp"))
    assert "map" in error.value.hint
    too_small = write_network(tmp_path / "free.onnx", shape=("n", 3, "h", "w"))
    with pytest.raises(DataError, match="must run on pictures of 2 x 2"):
        Extractor(too_small, ExtractorSpec(size=2))


def test_features_that_are_no_numbers_or_too_large_are_refused(tmp_path: Path) -> None:
    nan = Extractor(write_network(tmp_path / "nan.onnx", nan=True), ExtractorSpec())
    assert np.isfinite(nan([picture()])).all()
    with pytest.raises(DataError, match=r"nan.onnx must return finite numbers.* with nan"):
        nan([Image.new("RGB", (16, 16))])
    large = Extractor(write_network(tmp_path / "n.onnx"), ExtractorSpec(scale=1e6))
    with pytest.raises(DataError, match="must return finite numbers, at most 65,504"):
        large([picture()])


@pytest.fixture
def without_onnxruntime(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return lambda: monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)


def test_a_missing_onnxruntime_is_named_with_its_extra(tmp_path: Path, without_onnxruntime: Callable[[], None]) -> None:
    from unspool.errors import MissingExtraError

    path = write_network(tmp_path / "n.onnx")
    without_onnxruntime()
    with pytest.raises(MissingExtraError, match="an extractor needs onnxruntime") as error:
        Extractor(path, ExtractorSpec())
    assert "unspool[images]" in error.value.hint

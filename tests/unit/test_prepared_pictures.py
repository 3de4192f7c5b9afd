"""Pictures are prepared once and read again: as features of an extractor, as given features, as pixels."""

import json
import shutil
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from helpers.onnx_files import FEATURES, write_network, write_pictures
from helpers.prepared import files, prepared, spec_of
from unspool.data.batches import FeatureSource
from unspool.data.findings import Findings
from unspool.data.pictures.picture import (
    DescribedPicture,
    as_picture,
    picture_in_bytes,
    picture_in_file,
)
from unspool.errors import DataError, ModelFolderError, ModelFolderWarning, PictureError, UsageError
from unspool.folder.lock import locked
from unspool.folder.model_folder import ModelFolder
from unspool.specs.pictures import ExtractorSpec
from unspool.specs.shapes import PictureEncoderShape
from unspool.tasks.pictures.cache import CACHE, cache_folder
from unspool.tasks.pictures.encoding import PictureEncoding
from unspool.tasks.pictures.inputs import encoder_spec, with_given_features
from unspool.tasks.pictures.reader import PictureReader, open_pictures


@pytest.fixture
def folder(tmp_path: Path) -> ModelFolder:
    found = ModelFolder(tmp_path / "runs" / "m")
    found.create()
    return found


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return write_network(tmp_path / "net.onnx")


def values(reader: PictureReader) -> np.ndarray:
    source = reader.source(np.arange(len(reader)))
    assert isinstance(source, FeatureSource)
    return source.values


def test_features_are_read_again_as_they_were_computed(folder: ModelFolder, network: Path, tmp_path: Path) -> None:
    pictures = files(tmp_path / "p")
    kept, seen, findings = prepared(folder, pictures, spec_of(network, extractor_mean="1,2,3"))
    assert kept == [0, 1, 2, 3, 4]
    assert (seen.kind, seen.positions, seen.features) == ("onnx", 16, FEATURES)
    assert seen.extractor == ExtractorSpec(size=16, mean=(1.0, 2.0, 3.0), output="map")
    assert "features of the training part: 5 computed, 0 found." in findings.lines
    reader = open_pictures(folder, "training", seen, verify=True)
    assert len(reader) == 5
    assert reader.name(2) == str(tmp_path / "p" / "00002.png")
    found = PictureEncoding(folder, seen).source(pictures)
    assert isinstance(found, FeatureSource)
    assert np.array_equal(values(reader), found.values)
    chosen = reader.source(np.array([3, 1, 3]), np.random.default_rng(0))
    assert isinstance(chosen, FeatureSource)
    assert np.array_equal(chosen.values, found.values[[3, 1, 3]])
    mirrored = open_pictures(folder, "training", seen, True, spec_of(network, flip=True))
    chosen = mirrored.source(np.zeros(20, np.int64), np.random.default_rng(0))
    assert isinstance(chosen, FeatureSource)
    plain, turned = found.values[0], found.values[0].reshape(4, 4, FEATURES)[:, ::-1].reshape(16, FEATURES)
    assert {row.tobytes() for row in chosen.values} == {plain.tobytes(), turned.tobytes()}
    assert encoder_spec(seen, PictureEncoderShape(encoder_size=12)).model_dump()["positions"] == 16


def test_another_run_finds_the_features_of_the_first(folder: ModelFolder, network: Path, tmp_path: Path) -> None:
    pictures = files(tmp_path / "p", 8)
    prepared(folder, pictures[:5], spec_of(network))
    other = ModelFolder(tmp_path / "runs" / "other")
    other.create()
    for spec, expected in (
        (spec_of(network), "3 computed, 5 found"),
        (spec_of(network), "0 computed, 8 found"),
        (spec_of(network, extractor_grid=2), "8 computed, 0 found"),
    ):
        _, _, findings = prepared(other, pictures, spec)
        assert f"features of the training part: {expected}." in findings.lines


def test_a_changed_picture_and_a_changed_network_are_computed_again(
    folder: ModelFolder, network: Path, tmp_path: Path
) -> None:
    pictures = files(tmp_path / "p", 3)
    _, seen, _ = prepared(folder, pictures, spec_of(network))
    before = values(open_pictures(folder, "training", seen, verify=True))
    Image.new("RGB", (16, 16), "red").save(tmp_path / "p" / "00001.png")
    _, seen, findings = prepared(folder, pictures, spec_of(network))
    assert "features of the training part: 1 computed, 2 found." in findings.lines
    after = values(open_pictures(folder, "training", seen, verify=True))
    assert [np.array_equal(*pair) for pair in zip(before, after, strict=True)] == [True, False, True]
    write_network(network, slow=1)
    _, changed, findings = prepared(folder, pictures, spec_of(network))
    assert "features of the training part: 3 computed, 0 found." in findings.lines
    assert changed.key != seen.key


def test_settings_come_from_the_options_then_from_the_file_beside(
    folder: ModelFolder, network: Path, tmp_path: Path
) -> None:
    beside = tmp_path / "net.json"
    beside.write_text(json.dumps({"mean": [1, 2.5, 3], "channels": "bgr", "grid": 2}))
    pictures = files(tmp_path / "p", 2)
    _, seen, findings = prepared(folder, pictures, spec_of(network, extractor_grid=3, extractor_deviation="2"))
    assert seen.extractor == ExtractorSpec(
        size=16, mean=(1.0, 2.5, 3.0), channels="bgr", grid=3, deviation=(2.0, 2.0, 2.0), output="map"
    )
    assert findings.lines[0] == (
        "extractor: net.onnx reads 16 x 16 bgr, (pixel x 1 - [1 2.5 3]) / [2 2 2]; learnt from is its output map: "
        "4 x 4 positions, averaged to 9."
    )
    assert not findings.warnings
    for text, message in (
        ("[1]", r"net.json must hold the settings of the extractor"),
        ("{", r"net.json must hold the settings of the extractor"),
        ('{"men": 1}', r"net.json: men is not a known setting"),
        ('{"mean": [1, 2]}', r"net.json: mean"),
        ('{"deviation": [1, 0, 1]}', r"net.json: deviation.1: input should be greater than 0"),
    ):
        beside.write_text(text)
        with pytest.raises((DataError, UsageError), match=message):
            prepared(folder, pictures, spec_of(network))
    beside.unlink()
    _, _, findings = prepared(folder, pictures, spec_of(network))
    assert "nothing says how net.onnx expects its pixels" in findings.warnings[0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"extractor": "a.h5"}, "must be a file that ends with .onnx or .npy"),
        ({"extractor_mean": "1"}, "extractor_mean needs an extractor that ends with .onnx"),
        ({"extractor": "a.npy", "extractor_grid": 3}, "extractor_grid needs an extractor that ends with .onnx"),
        ({"extractor": "a.onnx", "extractor_mean": "1,2"}, "must be one number, or three"),
        ({"extractor": "a.onnx", "extractor_mean": "a,b,c"}, "must be one number, or three"),
        ({"extractor": "a.onnx", "extractor_mean": "nan"}, "must be one number, or three"),
        ({"extractor": "a.onnx", "shift": 1}, "shift needs a network that is trained on pictures"),
        ({"extractor": "a.onnx", "picture_size": 32}, "picture_size needs a network that is trained on pictures"),
    ],
)
def test_settings_that_mean_nothing_together_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        spec_of(**settings)


def test_broken_pictures_are_left_out_and_counted_once(folder: ModelFolder, network: Path, tmp_path: Path) -> None:
    pictures = files(tmp_path / "p")
    (tmp_path / "p" / "00001.png").write_bytes(b"")
    (tmp_path / "p" / "00003.png").write_bytes(b"no picture")
    kept, seen, findings = prepared(folder, pictures, spec_of(network), "validation")
    assert kept == [0, 2, 4]
    assert sum("left out" in line and ": 1, the first 0000" in line for line in findings.lines) == 2
    reader = open_pictures(folder, "validation", seen, verify=True)
    assert [Path(reader.name(index)).name for index in range(3)] == ["00000.png", "00002.png", "00004.png"]
    thumbnail = reader.thumbnail(1)
    assert thumbnail is not None
    assert thumbnail.shape == (96, 96, 3)
    larger = PictureEncoding(folder, seen).read_all([pictures[2]]).thumbnail(0)
    assert larger is not None
    assert larger.shape == (224, 224, 3)


def test_only_the_held_out_part_has_pictures_to_show(folder: ModelFolder, network: Path, tmp_path: Path) -> None:
    _, seen, _ = prepared(folder, files(tmp_path / "p"), spec_of(network))
    assert open_pictures(folder, "training", seen, verify=True).thumbnail(0) is None


def test_features_that_are_gone_are_computed_again_from_the_files(
    folder: ModelFolder, network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "p", 4)
    pictures = [picture_in_file(Path("p") / f"0000{number}.png") for number in range(4)]
    _, seen, _ = prepared(folder, pictures, spec_of(network))
    before = values(open_pictures(folder, "training", seen, verify=True)).copy()
    network.unlink()  # the folder has a copy
    shutil.rmtree(tmp_path / "runs" / CACHE)
    monkeypatch.chdir("/")
    with pytest.warns(ModelFolderWarning, match="the features of 4 pictures are gone"):
        reader = open_pictures(folder, "training", seen, verify=True)
    assert np.array_equal(values(reader), before)
    rows = cache_folder(folder, seen.key) / "features"
    content = bytearray(rows.read_bytes())
    content[100] ^= 1
    rows.write_bytes(content)
    with pytest.warns(ModelFolderWarning, match="the features of 1 pictures are gone"):
        reader = open_pictures(folder, "training", seen, verify=True)
    assert np.array_equal(values(reader), before)


def test_features_that_cannot_be_computed_again_are_a_damaged_folder(
    folder: ModelFolder, network: Path, tmp_path: Path
) -> None:
    pictures = files(tmp_path / "p", 3)
    content = (tmp_path / "p" / "00000.png").read_bytes()

    def fails(message: str) -> None:
        shutil.rmtree(tmp_path / "runs" / CACHE, ignore_errors=True)
        with pytest.warns(ModelFolderWarning), pytest.raises(ModelFolderError, match=message):
            open_pictures(folder, "training", seen, verify=False)

    _, seen, _ = prepared(folder, [picture_in_bytes("train.parquet, row 7", lambda: content)], spec_of(network))
    fails("train.parquet, row 7 is needed again, and is not in a file of its own")
    _, seen, _ = prepared(folder, pictures, spec_of(network))
    Image.new("RGB", (16, 16), "red").save(tmp_path / "p" / "00001.png")
    fails("features of the training part are missing or damaged")
    for path in (tmp_path / "p").iterdir():
        path.unlink()
    fails("no picture can be read")
    (folder.path / "extractor.onnx").unlink()
    fails("extractor.onnx cannot be read")
    for text in (None, "{", '{"names": [1]}'):
        listed = folder.training / "training.pictures.json"
        listed.unlink() if text is None else listed.write_text(text)
        with pytest.raises(ModelFolderError, match=r"training.pictures.json cannot be read"):
            open_pictures(folder, "training", seen, verify=False)


def test_the_extractor_in_the_folder_must_be_the_one_that_was_used(
    folder: ModelFolder, network: Path, tmp_path: Path
) -> None:
    _, seen, _ = prepared(folder, files(tmp_path / "p"), spec_of(network))
    assert (folder.path / "extractor.onnx").read_bytes() == network.read_bytes()
    write_network(folder.path / "extractor.onnx", slow=1)
    with pytest.raises(ModelFolderError, match="is not the extractor that the model was trained with"):
        PictureEncoding(folder, seen)
    (folder.path / "extractor.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelFolderError, match="must be a sound ONNX file"):
        PictureEncoding(folder, seen)


def test_a_second_process_waits_for_the_first_and_says_so(folder: ModelFolder, network: Path, tmp_path: Path) -> None:
    pictures = files(tmp_path / "p")
    _, seen, _ = prepared(folder, pictures[:1], spec_of(network))
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with locked(cache_folder(folder, seen.key)):
            held.set()
            free.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(30)
    said: list[str] = []

    def show(message: Warning | str, *about: Any) -> None:
        said.append(str(message))
        free.set()

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = show
        kept, _, _ = prepared(folder, pictures, spec_of(network))
    holder.join()
    assert kept == [0, 1, 2, 3, 4]
    (line,) = said
    assert "are being computed by another thread" in line


def test_a_person_names_pictures_of_which_some_cannot_be_read(
    folder: ModelFolder, network: Path, tmp_path: Path
) -> None:
    pictures = files(tmp_path / "p")
    _, seen, _ = prepared(folder, pictures, spec_of(network))
    encoding = PictureEncoding(folder, seen)
    (tmp_path / "p" / "00002.png").write_bytes(b"")
    findings = Findings()
    kept, reader = encoding.read(pictures, findings)
    assert (kept.tolist(), len(reader)) == ([0, 1, 3, 4], 4)
    assert Path(reader.name(2)).name == "00003.png"
    assert len(findings.lines) == 1
    with pytest.raises(PictureError, match=r"00002.png"):
        encoding.source(pictures)
    array = np.asarray(pictures[1].open())
    same = encoding.source([pictures[1], as_picture(array), as_picture(Image.fromarray(array))])
    assert isinstance(same, FeatureSource)
    assert np.array_equal(same.values[0], same.values[1])
    assert np.array_equal(same.values[0], same.values[2])


@pytest.mark.parametrize("shape", [(5, 6), (5, 4, 3), (5, 2, 2, 3)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_given_features_are_read_in_the_order_of_the_pictures(
    folder: ModelFolder, tmp_path: Path, shape: tuple[int, ...], dtype: Any
) -> None:
    given = np.random.default_rng(0).normal(size=shape).astype(dtype)
    np.save(tmp_path / "f.npy", given)
    described = [DescribedPicture(one) for one in files(tmp_path / "p")]
    spec = spec_of(tmp_path / "f.npy")
    rows, _ = with_given_features(spec, described, None)
    held_out, learnt = rows[3:4], rows[:3] + rows[4:]
    kept, seen, _ = prepared(folder, [one.picture for one in learnt], spec)
    prepared(folder, [one.picture for one in held_out], spec, "validation")
    (tmp_path / "f.npy").unlink()
    expected = given.astype(np.float16).reshape(5, -1, shape[-1])
    assert kept == [0, 1, 2, 3]
    assert (seen.kind, seen.positions, seen.features) == ("features", expected.shape[1], shape[-1])
    assert np.array_equal(values(open_pictures(folder, "training", seen, True)), expected[[0, 1, 2, 4]])
    reader = open_pictures(folder, "validation", seen, True)
    assert np.array_equal(values(reader), expected[[3]])
    assert reader.thumbnail(0) is not None


@pytest.mark.parametrize("ending", [".txt", ".json"])
def test_given_features_are_found_by_the_names_beside_them(folder: ModelFolder, tmp_path: Path, ending: str) -> None:
    names = [f"0000{number}.png" for number in (4, 2, 0, 1, 3, 9)]
    given = np.arange(6, dtype=np.float32)[:, None]
    np.save(tmp_path / "f.npy", given)
    (tmp_path / f"f{ending}").write_text("\n".join(names) + "\n" if ending == ".txt" else json.dumps(names))
    _, seen, _ = prepared(folder, files(tmp_path / "p"), spec_of(tmp_path / "f.npy"))
    assert values(open_pictures(folder, "training", seen, True)).ravel().tolist() == [2, 3, 1, 4, 0]
    with pytest.raises(DataError, match=r"must have a row for each picture. Received: none for '.*other.png'"):
        prepared(folder, [picture_in_file(tmp_path / "other.png")], spec_of(tmp_path / "f.npy"))


def test_given_features_that_do_not_fit_are_refused(folder: ModelFolder, tmp_path: Path) -> None:
    pictures = files(tmp_path / "p")
    path = tmp_path / "f.npy"
    for given, message in (
        (np.zeros((4, 2), np.float32), "4 rows for 5 pictures"),
        (np.zeros((5, 2), np.int64), r"must hold a row of features for each picture. Received: int64 \[5, 2\]"),
        (np.zeros(5, np.float32), r"Received: float32 \[5\]"),
        (np.zeros((0, 2), np.float32), r"Received: float32 \[0, 2\]"),
        (np.array([[1.0, np.nan]] * 5), "row 0 of .*f.npy must hold finite numbers.*Received: nan"),
        (np.array([[1.0, 1e9]] * 5), "must hold finite numbers, at most 65,504"),
        (np.array([{}] * 5), "must be an array of features. Received:"),
    ):
        np.save(path, given)
        with pytest.raises(DataError, match=message):
            prepared(folder, pictures, spec_of(path))
    for content in (b"", b"no array", b"\x93NUMPY\x01\x00"):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"f.npy must be an array of features"):
            prepared(folder, pictures, spec_of(path))
    path.unlink()
    with pytest.raises(DataError, match="No such file"):
        prepared(folder, pictures, spec_of(path))
    np.save(path, np.zeros((5, 2)))
    (tmp_path / "f.txt").write_text("a\nb\n")
    with pytest.raises(DataError, match="5 rows and 2 names"):
        prepared(folder, pictures, spec_of(path))


def test_a_model_of_given_features_reads_files_of_them(folder: ModelFolder, tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.arange(30, dtype=np.float32).reshape(5, 3, 2))
    pictures = files(tmp_path / "p")
    _, seen, _ = prepared(folder, pictures, spec_of(tmp_path / "f.npy"))
    encoding = PictureEncoding(folder, seen)
    np.save(tmp_path / "one.npy", np.arange(6.0).reshape(3, 2))
    reader = encoding.read_all([picture_in_file(tmp_path / "one.npy")])
    assert values(reader).tolist() == [[[0, 1], [2, 3], [4, 5]]]
    assert reader.thumbnail(0) is None
    np.save(tmp_path / "two.npy", np.arange(6.0).reshape(2, 3))
    with pytest.raises(PictureError, match=r"must hold 2 features at each of 3 positions. Received: float64 \[2, 3\]"):
        encoding.source([picture_in_file(tmp_path / "two.npy")])
    with pytest.raises(PictureError, match=r"00000.png must hold the features of a picture"):
        encoding.source(pictures)

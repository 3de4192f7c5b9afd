"""Features that are computed while the process is killed are those of one that was not, and none is computed twice."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.commands import environment
from helpers.onnx_files import write_network, write_pictures
from unspool.data.findings import Findings
from unspool.data.pictures.features import COMMIT, FeatureStore, compute_features, picture_key
from unspool.data.pictures.picture import picture_in_file
from unspool.engines.onnx.extractor import Extractor
from unspool.specs.pictures import ExtractorSpec

PICTURES = 400
CODE = """
import sys
from pathlib import Path
from typing import Any
from unspool.data.findings import Findings
from unspool.data.pictures.picture import picture_in_file
from unspool.folder.model_folder import ModelFolder
from unspool.specs.pictures import ExtractorSpec
from unspool.engines.onnx.extractor import Extractor
from unspool.tasks.pictures.cache import cached_features

folder = ModelFolder(Path(sys.argv[1]))
folder.create()
pictures = [picture_in_file(path) for path in sorted(Path(sys.argv[3]).iterdir())]
extractor = Extractor(Path(sys.argv[2]), ExtractorSpec())
print(cached_features(folder, extractor, pictures, Findings()).new)
"""


class Place:
    """A network, pictures, and processes that compute the features of the ones by the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.network = write_network(folder / "net.onnx", shape=("n", 3, 96, 96), slow=4)
        self.paths = write_pictures(folder / "p", PICTURES, size=96)
        self.extractor = Extractor(self.network, ExtractorSpec())
        self.keys = [picture_key(picture_in_file(path)) for path in self.paths]

    def start(self, name: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", CODE, self.folder / name / "m", self.network, self.folder / "p"]
        return subprocess.Popen(
            [*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        )

    def finish(self, process: "subprocess.Popen[str]") -> int:
        """Return the number of rows that a process computed."""
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        return int(out)

    def store(self, name: str) -> FeatureStore:
        folder = self.folder / name / ".unspool-features" / self.extractor.key[:16]
        return FeatureStore(folder, self.extractor.positions, self.extractor.features)

    def found(self, name: str) -> dict[bytes, np.ndarray]:
        """The rows that can be found by now, by their keys."""
        store = self.store(name)
        rows = {key: store.row(key) for key in self.keys}
        return {key: store.values[row] for key, row in rows.items() if row is not None}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    found = Place(tmp_path_factory.mktemp("extraction"))
    assert found.finish(found.start("whole")) == PICTURES
    return found


def assert_sound(place: Place, name: str) -> int:
    """Check the rows that are there, and return how many they are."""
    whole, found = place.found("whole"), place.found(name)
    assert all(np.array_equal(row, whole[key]) for key, row in found.items())
    return len(found)


def test_a_killed_extraction_goes_on_with_whole_rows(place: Place) -> None:
    generator, kills, before = random.Random(0), 0, 0
    while kills < 8:
        process = place.start("killed")
        wanted = before + COMMIT * generator.choice((1, 2))
        while process.poll() is None and len(place.store("killed")) < wanted:
            time.sleep(0.002)
        time.sleep(generator.uniform(0, 0.08))
        process.kill()
        _, err = process.communicate()
        after = assert_sound(place, "killed")
        assert after >= before
        before = after
        if process.returncode == 0:  # it was done before
            break
        assert process.returncode == -signal.SIGKILL, err
        kills += 1
    assert kills
    assert place.finish(place.start("killed")) == PICTURES - before
    assert assert_sound(place, "killed") == PICTURES
    assert place.finish(place.start("killed")) == 0


def test_two_processes_at_once_compute_each_picture_once(place: Place) -> None:
    started = [place.start("rivals") for _ in range(3)]
    assert sum(place.finish(process) for process in started) == PICTURES
    assert assert_sound(place, "rivals") == PICTURES


def test_one_of_two_processes_is_killed_and_the_other_goes_on(place: Place) -> None:
    first = place.start("heir")
    while first.poll() is None and len(place.store("heir")) < COMMIT:
        time.sleep(0.002)
    second = place.start("heir")
    time.sleep(0.2)
    first.kill()
    first.communicate()
    assert place.finish(second) <= PICTURES - COMMIT
    assert assert_sound(place, "heir") == PICTURES


def test_the_same_rows_come_out_in_any_order(place: Place, tmp_path: Path) -> None:
    pictures = [picture_in_file(path) for path in reversed(place.paths[:50])]
    compute_features(tmp_path, place.extractor, pictures, Findings(), lambda done, total: None)
    store, whole = FeatureStore(tmp_path, place.extractor.positions, place.extractor.features), place.found("whole")
    for key in place.keys[:50]:
        row = store.row(key)
        assert row is not None
        assert np.array_equal(store.values[row], whole[key])


def test_a_run_that_is_killed_while_it_extracts_and_while_it_trains_ends_with_the_same_weights(
    faults: Any, place: Place, tmp_path: Path
) -> None:
    captions = [f"{number % 3} {'red' if number % 2 else 'blue'} dots" for number in range(PICTURES)]
    lines = [
        json.dumps({"file_name": path.name, "text": text}) for path, text in zip(place.paths, captions, strict=True)
    ]
    shutil.copytree(place.folder / "p", tmp_path / "data")
    (tmp_path / "data" / "metadata.jsonl").write_text("\n".join(lines), encoding="utf-8")
    options = ["--extractor", place.network, "--steps", 60, "--validations", 6, "--patience", 1000, *faults.small]
    options += ["--encoder-size", 8, "--batch-size", 16]
    whole, killed = tmp_path / "whole" / "m", tmp_path / "killed" / "m"
    assert faults.call("train", tmp_path / "data", "--out", whole, *options).code == 0
    last = killed / "training" / "last.safetensors"
    caches = killed.parent / ".unspool-features"
    for arguments, reached in (
        (["train", tmp_path / "data", "--out", killed, *options], lambda: any(caches.glob("*/keys"))),
        (["train", "--resume", killed], last.exists),
    ):
        process = faults.start(*arguments)
        faults.wait_for(process, reached)
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    assert faults.call("train", "--resume", killed).code == 0
    assert (killed / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()

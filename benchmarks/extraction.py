"""Features of pictures: SqueezeNet 1.1 at 224 x 224, pictures a second with decoding, on all cores

JPEG files are decoded and go through the ONNX network, as in a training run before its minutes begin; the features are
written to the cache. Each round computes the same pictures in a new folder. From the cache: the same pictures again.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.claims import Claim, middle
from benchmarks.common import Bench
from benchmarks.flickr8k import EXTRACTOR
from unspool.data.findings import Findings
from unspool.data.pictures.features import compute_features
from unspool.data.pictures.picture import picture_in_file
from unspool.engines.onnx.extractor import Extractor
from unspool.specs.pictures import ExtractorSpec

ROUNDS, PICTURES = 5, 512
SPEC = ExtractorSpec(channels="bgr", mean=(103.939, 116.779, 123.68), output="fire9")
COMPUTED, KEPT = "decoded and computed", "from the cache"
CLAIMS = (Claim("pictures per second, decoded and computed", 60.0, middle("pictures_per_second", work=COMPUTED)),)


def run(bench: Bench) -> None:
    """Compute the features of the same pictures in every round, and read them again."""
    source, network = bench.text("flickr8k"), bench.text(EXTRACTOR)
    if source is None or network is None:
        return
    extractor = Extractor(network, SPEC)
    pictures = [picture_in_file(path) for path in sorted((source / "images").iterdir())[:PICTURES]]
    seconds: dict[str, list[float]] = {COMPUTED: [], KEPT: []}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as place:
            for spent in seconds.values():
                started = time.perf_counter()
                compute_features(Path(place), extractor, pictures, Findings(), lambda done, total: None)
                spent.append(time.perf_counter() - started)
    for work, spent in seconds.items():
        rate = len(pictures) / statistics.median(spent)
        bench.add(work=work, pictures=len(pictures), cores=os.cpu_count(), pictures_per_second=rate)

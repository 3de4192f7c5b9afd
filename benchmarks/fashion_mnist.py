"""Classification of pictures: Fashion-MNIST, 60,000 pictures to learn, 5 minutes, a network trained from nothing

The settings are the defaults, chosen on a part of the training pictures, and --flip, as grey pictures are not flipped
unless it is said. A twentieth of the training pictures is held out to choose the weights. The 10,000 test pictures are
read once. The authors of the data set list two plain convolutional layers between 87.6 and 93.2 %, and a person at
83.5 %.
"""

import gzip
import shutil
import tempfile
from pathlib import Path

from benchmarks.claims import Claim, highest
from benchmarks.common import Bench, unspool

MINUTES = 5.0
CLAIMS = (Claim("accuracy on the test pictures", 0.925, highest("accuracy")),)
PARTS = ("train", "t10k")


def run(bench: Bench) -> None:
    """Train, and read the test once."""
    source = bench.text("fashion_mnist")
    if source is None:
        return
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        training, test = (part_of(source, part, place) for part in PARTS)
        out = place / "model"
        options = (
            "--task",
            "image-classification",
            "--flip",
            "--validation-split",
            "0.05",
            "--minutes",
            f"{MINUTES:g}",
            "--out",
            out,
        )
        trained = unspool("train", training, *options, report="training")
        tested = unspool("evaluate", out, test, "--engine", "torch")
        bench.add(
            model="cnn",
            minutes=MINUTES,
            accuracy=tested["accuracy"],
            macro_f1=tested["macro_f1"],
            held_out_accuracy=trained["accuracy"],
            wall_seconds=trained["wall_seconds"],
            peak_mb=trained["peak_mb"],
        )


def part_of(source: Path, part: str, place: Path) -> Path:
    """Unpack the pictures and labels of a part into a folder of their own."""
    folder = place / part
    folder.mkdir()
    for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"):
        with gzip.open(source / f"{part}-{kind}.gz") as packed, (folder / f"{part}-{kind}").open("wb") as file:
            shutil.copyfileobj(packed, file)
    return folder

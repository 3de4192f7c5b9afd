"""A text of one gigabyte: the most memory that training takes, and its rate against a text of a megabyte."""

import tempfile
from pathlib import Path

from benchmarks.claims import Claim, middle, quotient
from benchmarks.common import Bench, training_rate, unspool
from unspool.data.sources import embedded_corpus

STEPS = 200
SIZES = {"1 MB": 10**6, "1 GB": 10**9}
RATE = "tokens_per_second"
CLAIMS = (
    Claim("resident memory, MB", 1500, middle("peak_mb", text="1 GB"), True),
    Claim("rate, of that of 1 MB", 0.9, quotient(middle(RATE, text="1 GB"), middle(RATE, text="1 MB"))),
)


def run(bench: Bench) -> None:
    """Train a few steps on the embedded corpus, repeated to each size."""
    text = embedded_corpus()
    with tempfile.TemporaryDirectory() as place:
        for name, size in SIZES.items():
            path = Path(place) / "text.txt"
            with path.open("w", encoding="utf-8") as file:
                for _ in range(-(-size // len(text.encode()))):
                    file.write(text)
            out = Path(place) / name.replace(" ", "")
            trained = unspool(
                "train", path, "--out", out, "--steps", STEPS, "--hidden-size", 512, "--validations", 1,
                report=f"training on {name}",
            )  # fmt: skip
            bench.add(
                text=name,
                bytes=path.stat().st_size,
                peak_mb=trained["peak_mb"],
                tokens_per_second=training_rate(out),
                wall_seconds=trained["wall_seconds"],
            )

"""A text of one gigabyte: the most memory that training takes, and its rate against a text of a megabyte."""

import json
import tempfile
from pathlib import Path

from benchmarks.common import Bench, unspool
from unspool.data.sources import embedded_corpus

STEPS = 200
SIZES = {"1 MB": 10**6, "1 GB": 10**9}


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
            events = [json.loads(line) for line in (out / "history.jsonl").read_text(encoding="utf-8").splitlines()]
            bench.add(
                text=name,
                bytes=path.stat().st_size,
                peak_mb=trained["peak_mb"],
                tokens_per_second=next(event for event in events if event["event"] == "end")["tokens_per_second"],
                wall_seconds=trained["wall_seconds"],
            )

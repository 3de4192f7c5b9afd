"""A small model of every task, trained in a moment, for its report."""

from pathlib import Path
from typing import Any

import unspool
from helpers.pictures import captioned_folder
from helpers.small import TINY, small_text

QUICK: dict[str, Any] = {"steps": 20, "threads": 1, "precision": "float32", "validations": 2, "batch_size": 8}
TASKS = (
    "language",
    "documents",
    "ngram",
    "conditional",
    "translation",
    "classification",
    "vectors",
    "images",
    "captions",
)


def train_one(task: str, place: Path, **more: Any) -> unspool.Model:
    """Train a model of a task in a folder, from what is written beside it."""
    lines = small_text(120, seed=3).splitlines()
    (place / "t.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = [f"{one}\t{one.replace('cat', 'dog')}\t{('red', 'blue')[number % 2]}" for number, one in enumerate(lines)]
    (place / "t.tsv").write_text("\n".join(["one\tother\tcolour", *rows, ""]), encoding="utf-8")
    numbers = [f"{number % 7}.5,{number % 3},{'ab'[number % 7 > 3]}" for number in range(60)]
    (place / "n.csv").write_text("\n".join(["size,weight,kind", *numbers, ""]), encoding="utf-8")
    encoder, decoder = {"encoder_size": 8}, {"hidden_size": 8, "embedding_size": 4}
    given: dict[str, tuple[Any, dict[str, Any]]] = {
        "language": (place / "t.txt", {**TINY, "steps": 20}),
        "documents": (place / "t.txt", {**TINY, "steps": 20, "lines": True}),
        "ngram": (place / "t.txt", {"model": "ngram"}),
        "conditional": (place / "t.tsv", {**QUICK, **decoder, "text": "one", "condition": "colour", "encoder_size": 4}),
        "translation": (place / "t.tsv", {**QUICK, **decoder, **encoder, "source": "one", "target": "other"}),
        "classification": (place / "t.tsv", {**QUICK, **encoder, "text": "one", "label": "colour"}),
        "vectors": (place / "n.csv", {**QUICK, **encoder, "features": ("size", "weight"), "label": "kind"}),
        "images": (None, {**QUICK, **encoder, "task": "image-classification"}),
        "captions": (None, {**QUICK, **decoder, **encoder}),
    }
    data, settings = given[task]
    if task == "captions":
        data = captioned_folder(place / "squares", copies=2)
    return unspool.train(data, out=place / task, **settings, **more)

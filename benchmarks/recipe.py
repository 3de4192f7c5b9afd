"""The recipe that is chosen beside its neighbours: texts of several kinds and sizes, in the same time.

Each text is trained with the defaults, and then narrower and wider. `fresh` is the loss
on the held-out tenth from fresh starts, in bits per character; `above_best` says how far a run is from the best of
its text. Loss alone is compared, so a run on a busy machine counts against all of its text alike.
"""

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.common import Bench, unspool
from unspool.folder.model_folder import ModelFolder

TEXTS: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    ("udhr/rus.txt", 1, ()),
    ("names", 1, ("--lines", "--suffix", ".txt")),
    ("irish_abc/irish.abc", 1, ()),
    ("books/nietzsche_en.txt", 1, ()),
    ("ptb/ptb.char.train.txt.gz", 3, ()),
)
WIDER = 1.5


def run(bench: Bench) -> None:
    """Train each text three times, one after the other."""
    for name, minutes, options in TEXTS:
        text = bench.text(name)
        if text is not None:
            _study(bench, name, text, minutes, options)


def _study(bench: Bench, name: str, text: Path, minutes: float, options: tuple[str, ...]) -> None:
    with tempfile.TemporaryDirectory() as place:

        def train(about: str, *more: str) -> dict[str, Any]:
            out = Path(place) / about.replace(" ", "-")
            time = ("--minutes", str(minutes), "--out", str(out))
            figures = unspool("train", text, *options, *time, *more, report=f"{name}: {about}")
            recipe = ModelFolder(out).read_recipe()
            sizes = {"width": recipe.writer.hidden_size, "dropout": recipe.training.dropout}
            return {"run": about, **sizes, "figures": figures}

        rows = [train("as chosen")]
        width, dropout = rows[0]["width"], rows[0]["dropout"]
        for about, hidden in (("narrower", width / WIDER), ("wider", width * WIDER)):
            rows.append(train(about, "--hidden-size", str(round(hidden / 16) * 16), *_dropout(dropout)))
    best = min(row["figures"]["fresh_bits_per_character"] for row in rows)
    for row in rows:
        fresh = row["figures"]["fresh_bits_per_character"]
        bench.add(
            text=name,
            minutes=minutes,
            **{name: row[name] for name in ("run", "width", "dropout")},
            carried=row["figures"]["bits_per_character"],
            fresh=fresh,
            above_best=fresh - best,
        )


def _dropout(share: float) -> tuple[str, ...]:
    return "--dropout", f"{share:.2f}", "--input-dropout", f"{share:.2f}"

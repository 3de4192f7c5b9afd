"""The recipe that is chosen and others near it: texts of five kinds, from 23 KB to 10 MB, for 1 to 10 minutes.

Each text is trained with the defaults; then without dropout of the recurrent matrices or, where there is none, wider
with the same dropout. `fresh` is the loss on the held-out tenth from fresh starts, in bits per character;
`above_best` says how far a run is from the best of its text. One run each, with one seed: differences of a hundredth
are chance. Loss alone is compared, so a run on a busy machine counts against all of its text alike.
"""

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.claims import Claim, highest
from benchmarks.common import Bench, training_rate, unspool
from unspool.folder.model_folder import ModelFolder
from unspool.tasks.opening import read_recipe

TEXTS: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    ("udhr/rus.txt", 1, ()),
    ("names", 1, ("--lines", "--suffix", ".txt")),
    ("irish_abc/irish.abc", 3, ()),
    ("books/nietzsche_en.txt", 3, ()),
    ("ptb/ptb.char.train.txt.gz", 10, ()),
)
WIDER = 1.5
CHOSEN = "as chosen"
CLAIMS = (
    Claim(f"{CHOSEN}, above the best of its text, bits per character", 0.05, highest("above_best", run=CHOSEN), True),
)


def run(bench: Bench) -> None:
    """Train each text in turn."""
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
            recipe = read_recipe(ModelFolder(out))
            network, training = recipe.network, recipe.training
            sizes = {"network": f"{network.cell} {network.num_layers} x {network.hidden_size}"}
            shares = {"dropout": training.dropout, "recurrent_dropout": training.recurrent_dropout}
            about_run = {"run": about, **sizes, **shares, "tokens_per_second": training_rate(out)}
            return {"row": about_run, "recipe": recipe, "figures": figures}

        rows = [train(CHOSEN)]
        recipe = rows[0]["recipe"]
        same = _same(recipe.network.cell, recipe.training.dropout, recipe.training.recurrent_dropout)
        width = round(recipe.network.hidden_size * WIDER / 16) * 16
        if recipe.training.recurrent_dropout:
            rows.append(train("no recurrent dropout", "--recurrent-dropout", "0"))
        else:
            rows.append(train("wider", "--hidden-size", str(width), *same))
    best = min(row["figures"]["fresh_bits_per_character"] for row in rows)
    for row in rows:
        fresh = row["figures"]["fresh_bits_per_character"]
        carried = row["figures"]["bits_per_character"]
        bench.add(text=name, minutes=minutes, **row["row"], carried=carried, fresh=fresh, above_best=fresh - best)


def _same(cell: str, dropout: float, recurrent: float) -> tuple[str, ...]:
    shares = {"--dropout": dropout, "--input-dropout": dropout, "--recurrent-dropout": recurrent}
    return ("--cell", cell, *(text for name, share in shares.items() for text in (name, f"{share:.2f}")))

"""Sums and dates, character by character: the fraction of unseen ones that come out exactly right.

50,000 sums of two numbers of up to three digits ("16+75" to "91") and 50,000 dates in free form to ISO 8601. The first
nine tenths of each file are learnt (a tenth of them chooses the weights), the last tenth is translated once, with
nothing but the defaults.
"""

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.claims import Claim, highest
from benchmarks.common import Bench, unspool

MINUTES = {"date": 1.0, "addition": 2.0}
CLAIMS = (Claim("dates, fraction exactly right", 0.99, highest("exact", pairs="date")),)


def run(bench: Bench) -> None:
    """Train on each file and translate its end."""
    for name, minutes in MINUTES.items():
        source = bench.text(f"seq2seq_toys/{name}.txt")
        if source is not None:
            bench.add(pairs=name, minutes=minutes, **after(source, minutes))


def after(source: Path, minutes: float, *options: str) -> dict[str, Any]:
    """What is exact after so many minutes of training, with the defaults or other options."""
    rows = [line.split("_", 1) for line in source.read_text(encoding="utf-8").splitlines()]
    lines = [f"{asked.strip()}\t{answer.strip()}\n" for asked, answer in rows]
    most = len(lines) * 9 // 10
    with tempfile.TemporaryDirectory() as place:
        tables = [Path(place) / "training.tsv", Path(place) / "test.tsv"]
        for table, part in zip(tables, (lines[:most], lines[most:]), strict=True):
            table.write_text("asked\tanswer\n" + "".join(part), encoding="utf-8")
        columns = ("--source", "asked", "--target", "answer")
        out = Path(place) / "model"
        settings = ("--tokenizer", "char", "--minutes", f"{minutes:g}", *options)
        told = f"training {minutes:g} minutes on {source.stem}"
        unspool("train", tables[0], *columns, *settings, "--out", out, report=told)
        tested = unspool("evaluate", out, tables[1], *columns)
    return {"learnt": most, "tested": tested["pairs"], "exact": tested["exact"]}

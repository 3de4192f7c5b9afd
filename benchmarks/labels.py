"""Classification of texts: three more tables, and tuned linear classifiers of the same rows

The language of a surname (18), of two words out of a declaration (12), and the author of a line of English prose (3).
A tenth of the distinct examples is the test set, which each classifier reads once. This is repeated three times, each
with another tenth, because a few texts could decide a single comparison. Figures are means over the three;
`first_accuracy` is that of the first.
Unspool, with the defaults, holds a tenth of the others out, and chooses its weights by them; how the linear
classifiers are tuned is in benchmarks/linear.py. scikit-learn is optional: pip install 'unspool[baselines]'.
"""

import csv
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.claims import Claim, Figure, Row, difference, highest, middle
from benchmarks.common import Bench, unspool
from benchmarks.linear import MODELS, Rows, tuned

TEST, DIVISIONS = 0.1, 3
LINES, LONG = 3_000, 30  # lines of each book, of at least so many characters
AUTHORS = ("alice_en", "nietzsche_en", "war_and_peace_en")
UNSPOOL = "Unspool"
COMPONENTS = ("network", "counts")


def surnames(data: Path) -> Rows:
    """The different names of each language."""
    return [(name, path.stem) for path in sorted((data / "names").glob("*.txt")) for name in _lines(path)]


def declarations(data: Path) -> Rows:
    """Two words in a row, without any overlap, of each language; where words are not parted, six characters."""
    rows = []
    for path in sorted((data / "udhr").glob("*.txt")):
        words = path.read_text(encoding="utf-8").split()
        if len(words) < 1000:
            text = "".join(words)
            pairs = [text[start : start + 6] for start in range(0, len(text) - 5, 6)]
        else:
            pairs = [" ".join(words[start : start + 2]) for start in range(0, len(words) - 1, 2)]
        rows += [(pair, path.stem) for pair in dict.fromkeys(pairs)]
    return rows


def prose(data: Path) -> Rows:
    """Lines of three books, evenly spread."""
    rows = []
    for author in AUTHORS:
        lines = [line for line in _lines(data / "books" / f"{author}.txt") if len(line) >= LONG]
        places = np.linspace(0, len(lines) - 1, min(LINES, len(lines))).astype(int)
        rows += [(lines[place], author) for place in places]
    return rows


TABLES: dict[str, Callable[[Path], Rows]] = {
    "language of a surname": surnames,
    "language of two words": declarations,
    "author of a line": prose,
}


def _above_all(table: str) -> Figure:
    """The accuracy of Unspool above that of the best linear classifier."""
    return difference(middle("accuracy", table=table, model=UNSPOOL), highest("accuracy", table=table, kind="linear"))


CLAIMS = tuple(Claim(f"{table}: above the best linear classifier", 0.0, _above_all(table)) for table in TABLES)


def run(bench: Bench) -> None:
    """Train on each table, and read its test once with each classifier."""
    if bench.data is None or not bench.has("sklearn", "baselines"):
        return
    if any(bench.text(name) is None for name in ("names", "udhr", "books")):
        return
    for table, read in TABLES.items():
        divisions = [measured(table, *parts) for parts in divided(read(bench.data))]
        for model in (UNSPOOL, *MODELS):
            bench.add(table=table, model=model, **mean([division[model] for division in divisions]))


def measured(table: str, training: Rows, test: Rows) -> dict[str, Row]:
    """Train on a table, and read its test once with each classifier."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        known, unknown = (write(rows, place / f"{part}.csv") for part, rows in (("train", training), ("test", test)))
        trained = unspool("train", known, "--text", "text", "--label", "label", "--out", place / "m", report=table)
        tested = unspool("evaluate", place / "m", unknown, "--engine", "torch")
    components = {f"{one}_accuracy": tested[f"{one}_accuracy"] for one in COMPONENTS if f"{one}_accuracy" in tested}
    found = {
        UNSPOOL: {
            "accuracy": tested["accuracy"],
            "macro_f1": tested["macro_f1"],
            "held_out_accuracy": trained["accuracy"],
            "seconds": trained["wall_seconds"],
            **components,
        }
    }
    for model in MODELS:
        found[model] = {"kind": "linear", **tuned(model, training, test)}
    for row in found.values():
        row["rows"] = len(training)
    return found


def mean(divisions: list[Row]) -> Row:
    """The mean of each figure over the divisions that have it; of what is no number, the different ones."""
    found: Row = {}
    for name in dict.fromkeys(name for division in divisions for name in division):
        values = [division[name] for division in divisions if name in division]
        numbers = all(isinstance(value, int | float) for value in values)
        found[name] = float(np.mean(values)) if numbers else "; ".join(dict.fromkeys(values))
    return found | {"first_accuracy": divisions[0]["accuracy"]}


def divided(rows: Rows) -> Iterator[tuple[Rows, Rows]]:
    """Shuffle the rows by a fixed seed, and hold out one tenth after another as the test of the others."""
    order = np.random.default_rng(0).permutation(len(rows))
    count = round(TEST * len(rows))
    for start in range(0, DIVISIONS * count, count):
        test = set(order[start : start + count].tolist())
        yield [rows[index] for index in order if index not in test], [rows[index] for index in order if index in test]


def write(rows: Rows, path: Path) -> Path:
    """Write a table of texts and labels."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    return path


def _lines(path: Path) -> list[str]:
    """The different lines of a file, without what a table of separated cells would change."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return list(dict.fromkeys(filter(None, (re.sub(r"\s+", " ", line).strip() for line in lines))))

"""Classification: AG News, 10,000 rows to learn, and what tuned linear classifiers make of the same rows

Unspool from nothing, from nothing in one direction, and from a language model of the same rows, at once and layer by
layer, each with its network alone and its counts alone beside it; logistic regression, linear SVM and naive Bayes,
tuned on held-out training rows (benchmarks/linear.py); fastText where it is installed. Every setting of Unspool is the
default, which was chosen on held-out training rows; the 7,600 test rows are read once by each. Unspool holds a tenth of
the rows out to choose its weights by. scikit-learn is optional: pip install 'unspool[baselines]'.
"""

import csv
import re
import tempfile
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.claims import Claim, difference, highest, middle
from benchmarks.common import Bench, unspool
from benchmarks.linear import MODELS, Rows, tuned

COLUMNS = ("--text", "2", "--text", "3", "--label", "1")
LANGUAGE = ("--text", "2", "--text", "3", "--tokenizer", "word", "--cell", "gru", "--minutes", "4")
SIZES = ("--hidden-size", "256", "--embedding-size", "200")
LIKE = ("--encoder-size", "256", "--one-direction")  # the shape of the language model
FAST_TEXT = {"epoch": 25, "lr": 0.5, "wordNgrams": 2, "dim": 50, "bucket": 200_000, "thread": 1, "verbose": 0}

NOTHING = "Unspool, from nothing"
STARTED = "Unspool, from the language model"  # both ways
MARGIN = 0.005  # of the accuracy above the best of the three
CLAIMS = (
    Claim(
        "from nothing, above the best linear classifier",
        MARGIN,
        difference(middle("accuracy", model=NOTHING), highest("accuracy", kind="linear")),
    ),
    Claim(
        "from nothing, above its network alone",
        0.0,
        difference(middle("accuracy", model=NOTHING), middle("network_accuracy", model=NOTHING)),
    ),
    Claim(
        "from the language model at once, above the same shape from nothing",
        0.0,
        difference(
            middle("accuracy", model=f"{STARTED}, at once"), middle("accuracy", model=f"{NOTHING}, one direction")
        ),
    ),
    Claim(
        "from the language model at once, above from nothing",
        0.0,
        difference(middle("accuracy", model=f"{STARTED}, at once"), middle("accuracy", model=NOTHING)),
    ),
)


def run(bench: Bench) -> None:
    """Train all on the same rows, and read the test once with each."""
    source = bench.text("ag_news")
    if source is None:
        return
    training, test = source / "train_10000.csv", source / "test.csv"
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        language = unspool("train", training, *LANGUAGE, *SIZES, "--out", place / "language", report="language model")
        began = ("--from", place / "language")
        runs: dict[str, tuple[str | Path, ...]] = {
            "from nothing": (),
            "from nothing, one direction": LIKE,
            "from the language model, at once": began,
            "from the language model, layer by layer": (*began, "--unfreeze", "gradual"),
        }
        for number, (how, options) in enumerate(runs.items()):
            out = place / str(number)
            trained = unspool("train", training, *COLUMNS, *options, "--out", out, report=how)
            tested = unspool("evaluate", out, test, "--engine", "torch")
            before = language["wall_seconds"] if options and "--from" in options else 0.0
            bench.add(
                model=f"Unspool, {how}",
                accuracy=tested["accuracy"],
                macro_f1=tested["macro_f1"],
                **{name: tested[name] for name in ("network_accuracy", "counts_accuracy") if name in tested},
                held_out_accuracy=trained["accuracy"],
                seconds=trained["wall_seconds"] + before,
            )
    if find_spec("fasttext") is None:
        print("ag_news: fastText skipped: pip install fasttext-wheel, where there is one")
    else:
        bench.add(model="fastText, one- and two-word terms", **fast_text(_rows(training), _rows(test)))
    if find_spec("sklearn") is None:
        print("ag_news: scikit-learn skipped: pip install 'unspool[baselines]'")
        return
    for name in MODELS:
        bench.add(model=name, kind="linear", **tuned(name, _rows(training), _rows(test)))


def fast_text(training: Rows, test: Rows) -> dict[str, float]:
    """Accuracy of fastText (Joulin et al., 2017), and the seconds that it took to learn."""
    library: Any = import_module("fasttext")
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name) / part for part in ("training", "test")]
        for file, rows in zip(files, (training, test), strict=True):
            words = (" ".join(re.findall(r"\w+|[^\w\s]", text.lower())) for text, _ in rows)
            lines = (f"__label__{label} {text}\n" for (_, label), text in zip(rows, words, strict=True))
            file.write_text("".join(lines), encoding="utf-8")
        started = time.perf_counter()
        model = library.train_supervised(str(files[0]), **FAST_TEXT)
        seconds = time.perf_counter() - started
        return {"accuracy": float(model.test(str(files[1]))[1]), "seconds": seconds}


def _rows(path: Path) -> Rows:
    """Texts and labels."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(f"{title} {text}", label) for label, title, text in csv.reader(file)]

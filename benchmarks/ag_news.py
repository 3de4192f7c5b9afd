"""AG News: news in four classes from 10,000 rows, beside the classic of counted words, on the 7,600 test rows

Unspool learns from nothing, and from a language model of the same texts (their classes unseen), with its defaults; a
tenth of the training rows chooses the weights. The peers, scikit-learn's, count one- and two-word terms: TF-IDF with
logistic regression, and multinomial naive Bayes; they learn from all 10,000 rows. scikit-learn is optional:
pip install scikit-learn.
"""

import csv
import tempfile
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.claims import Claim, difference, middle
from benchmarks.common import Bench, unspool

LANGUAGE_MINUTES, MINUTES = 3.0, 2.0
COLUMNS = ("--text", "2", "--text", "3", "--label", "1")
NOTHING, STARTED = "Unspool, from nothing", "Unspool, from a language model"
REGRESSION = "TF-IDF and logistic regression"
CLAIMS = (
    Claim(
        "above logistic regression",
        0.0,
        difference(middle("accuracy", way=STARTED), middle("accuracy", way=REGRESSION)),
    ),
    Claim(
        "above itself from nothing", 0.0, difference(middle("accuracy", way=STARTED), middle("accuracy", way=NOTHING))
    ),
)


def run(bench: Bench) -> None:
    """Train all of them and test each once."""
    source = bench.text("ag_news")
    if source is None:
        return
    training, test = source / "train_10000.csv", source / "test.csv"
    with tempfile.TemporaryDirectory() as place:
        language = Path(place) / "language"
        text = ("--text", "2", "--text", "3", "--tokenizer", "word")
        own = ("--cell", "gru", "--num-layers", 1, "--hidden-size", 256, "--embedding-size", 200)
        minutes = ("--minutes", f"{LANGUAGE_MINUTES:g}")
        unspool("train", training, *text, *own, *minutes, "--out", language, report="training a language model")
        for way, start in ((NOTHING, ()), (STARTED, ("--from", language))):
            out, began = Path(place) / way, time.monotonic()
            unspool("train", training, *COLUMNS, *start, "--minutes", f"{MINUTES:g}", "--out", out, report=way)
            seconds = time.monotonic() - began
            tested = unspool("evaluate", out, test, *COLUMNS)
            bench.add(way=way, accuracy=tested["accuracy"], macro_f1=tested["macro_f1"], seconds=seconds)
    if find_spec("sklearn") is None:
        print("ag_news: peers skipped: pip install scikit-learn")
        return
    for way, kind in ((REGRESSION, "linear_model.LogisticRegression"), ("naive Bayes", "naive_bayes.MultinomialNB")):
        began = time.monotonic()
        accuracy, macro_f1 = counted_words(kind, read(training), read(test))
        bench.add(way=way, accuracy=accuracy, macro_f1=macro_f1, seconds=time.monotonic() - began)


def counted_words(kind: str, training: list[list[str]], test: list[list[str]]) -> tuple[float, float]:
    """Accuracy and macro F1 of one of scikit-learn's classifiers on terms of one and two words."""
    text, metrics, pipeline = (
        import_module(f"sklearn.{name}") for name in ("feature_extraction.text", "metrics", "pipeline")
    )
    module, name = kind.split(".")
    settings: dict[str, Any] = {"max_iter": 1000} if module == "linear_model" else {}
    classifier = getattr(import_module(f"sklearn.{module}"), name)(**settings)
    terms = text.TfidfVectorizer if module == "linear_model" else text.CountVectorizer
    model = pipeline.make_pipeline(terms(ngram_range=(1, 2)), classifier)
    model.fit([f"{title} {body}" for _, title, body in training], [label for label, _, _ in training])
    found = model.predict([f"{title} {body}" for _, title, body in test])
    truth = [label for label, _, _ in test]
    return float(metrics.accuracy_score(truth, found)), float(metrics.f1_score(truth, found, average="macro"))


def read(path: Path) -> list[list[str]]:
    """Rows of class, title and text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))

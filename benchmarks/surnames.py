"""Surnames of 18 languages: names written under a language, and languages told from names

Eight tenths of the different names of each language are learnt, one tenth chooses the weights, one tenth is the test,
which is read once. A model that is given the language stands beside one of the same recipe that is not: bits per
character, ends of names included. Samples are counted that are names of the training part. Languages are told by Bayes'
rule from the first model: which language makes this name likeliest.
"""

import csv
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.common import Bench, unspool
from unspool.api import load
from unspool.evaluate.bayes import BayesClassifier

MINUTES = 1.0
PARTS = {"train": 0.8, "validation": 0.1, "test": 0.1}
SAMPLES, SHOWN = 100, 5  # of each language
ROWS = 256  # of a batch, of both models

Name = tuple[str, str]  # language and name


def run(bench: Bench) -> None:
    """Train with the language and without, write, and tell the languages of the test's names."""
    source = bench.text("names")
    if source is None:
        return
    parts = split(source)
    with tempfile.TemporaryDirectory() as place:
        tables = write_tables(parts, Path(place))
        for model, condition in (("given the language", ("--condition", "language")), ("not given it", ())):
            out = Path(place) / ("conditional" if condition else "language")
            held_out = ("--validation", tables["validation"], "--batch-size", ROWS)
            budget = ("--minutes", f"{MINUTES:g}", "--out", out)
            unspool(
                "train", tables["train"], "--text", "name", *condition, *held_out, *budget, report=f"training, {model}"
            )
            tested = unspool("evaluate", out, tables["test"], "--text", "name")
            bench.add(model=model, minutes=MINUTES, bits_per_character=tested["bits_per_character"])
        truth = [language for language, _ in parts["test"]]
        told = by_bayes(Path(place) / "conditional", [name for _, name in parts["test"]])
        accuracy, scores = figures(truth, told)
        bench.add(model="Bayes' rule", accuracy=accuracy, macro_f1=float(np.mean(list(scores.values()))))
        # a classifier that is trained to tell languages goes here, with the same split and the same two figures
        for language, f1 in scores.items():
            learnt = {name for other, name in parts["train"] if other == language}
            samples = written(Path(place) / "conditional", language)
            share = float(np.mean([name in learnt for name in samples]))
            shown = ", ".join(samples[:SHOWN])
            bench.add(language=language, names=len(learnt), f1_by_bayes=f1, samples_learnt=share, samples=shown)


def split(source: Path) -> dict[str, list[Name]]:
    """The different names of each language, shuffled by a fixed seed and cut in the same proportions."""
    parts: dict[str, list[Name]] = {part: [] for part in PARTS}
    generator = np.random.default_rng(0)
    for path in sorted(source.glob("*.txt")):
        names = sorted(set(filter(None, map(str.strip, path.read_text(encoding="utf-8").split("\n")))))
        shuffled = [names[number] for number in generator.permutation(len(names))]
        cuts = np.round(np.cumsum([0, *PARTS.values()]) * len(names)).astype(int)
        for part, first, last in zip(PARTS, cuts, cuts[1:], strict=False):
            parts[part] += [(path.stem, name) for name in shuffled[first:last]]
    return parts


def write_tables(parts: dict[str, list[Name]], place: Path) -> dict[str, Path]:
    """A table of each part."""
    paths = {}
    for part, names in parts.items():
        paths[part] = place / f"{part}.csv"
        with paths[part].open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("language", "name"), *names])
    return paths


def by_bayes(folder: Path, names: Sequence[str]) -> list[str]:
    """The likeliest language of each name."""
    model = load(folder)
    classifier = BayesClassifier(model.network, model.tokenizer, model.config.conditions or ())
    return [classifier.labels[best] for best in classifier.probabilities(names).argmax(axis=1)]


def written(folder: Path, language: str) -> list[str]:
    """Names that the model writes at temperature 0.8."""
    samples = unspool("generate", folder, "--condition", language, "-n", SAMPLES, "--seed", 0)["samples"]
    return [sample["text"] for sample in samples]


def figures(truth: Sequence[str], told: Sequence[str]) -> tuple[float, dict[str, float]]:
    """The accuracy, and the F1 of each language: twice the hits by the names that are it and those called it."""
    pairs = list(zip(truth, told, strict=True))
    scores = {}
    for language in sorted(set(truth)):
        hits = pairs.count((language, language))
        scores[language] = 2 * hits / (truth.count(language) + told.count(language))
    return sum(one == other for one, other in pairs) / len(pairs), scores

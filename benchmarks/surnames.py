"""Surnames of 18 languages: names generated given a language, and languages inferred from names

Eight tenths of the different names of each language are learnt, one tenth chooses the weights, one tenth is the test,
which is read once. A model that is given the language is compared with one of the same recipe that is not: bits per
character, ends of names included. Samples are counted that are names of the training part. Languages are inferred in
two ways, with the same command: by a classifier that was trained for it, and by Bayes' rule from the first model (which
language makes this name likeliest).
"""

import csv
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.common import Bench, unspool
from unspool import ConditionalTextModel, TextClassifier, load
from unspool.evaluate.labels import ClassificationFigures, classification_figures

MINUTES = 1.0
PARTS = {"train": 0.8, "validation": 0.1, "test": 0.1}
SAMPLES, SHOWN = 100, 5  # of each language
ROWS = 256
MODELS: dict[str, tuple[str | int, ...]] = {
    "given the language": ("--condition", "language"),
    "not given it": ("--batch-size", ROWS),  # as many as the first fills its batches with
    "classifier": ("--label", "language"),
}

Name = tuple[str, str]  # language and name


def run(bench: Bench) -> None:
    """Train with the language, without, and to tell it; write, and tell the languages of the test's names."""
    source = bench.text("names")
    if source is None:
        return
    parts = split(source)
    with tempfile.TemporaryDirectory() as place:
        tables = write_tables(parts, Path(place))
        for model in MODELS:
            train(model, tables, Path(place) / model, MINUTES)
        for model in ("given the language", "not given it"):
            bits = bits_of(Path(place) / model, tables["test"])
            bench.add(model=model, minutes=MINUTES, bits_per_character=bits)
        for model, way in (("classifier", "classifier"), ("given the language", "Bayes' rule")):
            told = languages_told(Path(place) / model, parts["test"])
            bench.add(model=way, minutes=MINUTES, accuracy=told.accuracy, macro_f1=told.macro_f1)
        for language in sorted({language for language, _ in parts["train"]}):
            learnt = {name for other, name in parts["train"] if other == language}
            samples = written(Path(place) / "given the language", language)
            share = float(np.mean([name in learnt for name in samples]))
            shown = ", ".join(samples[:SHOWN])
            bench.add(language=language, names=len(learnt), samples_learnt=share, samples=shown)


def train(model: str, tables: dict[str, Path], out: Path, minutes: float, *options: str) -> None:
    """Train one of the models, with its options and others."""
    parts = (tables["train"], "--validation", tables["validation"], "--text", "name")
    settings = (*MODELS[model], "--minutes", f"{minutes:g}", *options)
    unspool("train", *parts, *settings, "--out", out, report=f"training, {model}")


def bits_of(folder: Path, test: Path) -> float:
    """The bits per character of a table of names."""
    bits: float = unspool("evaluate", folder, test, "--text", "name")["bits_per_character"]
    return bits


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


def languages_told(folder: Path, names: list[Name]) -> ClassificationFigures:
    """How often a model tells the language of a name."""
    classifier = load(folder)
    assert isinstance(classifier, ConditionalTextModel | TextClassifier)
    truth = np.array([classifier.labels.index(language) for language, _ in names])
    return classification_figures(classifier.probabilities([name for _, name in names]), truth, classifier.labels, 0.0)


def written(folder: Path, language: str) -> list[str]:
    """Names that the model writes at temperature 0.8."""
    samples = unspool("generate", folder, "--condition", language, "-n", SAMPLES, "--seed", 0)["samples"]
    return [sample["text"] for sample in samples]

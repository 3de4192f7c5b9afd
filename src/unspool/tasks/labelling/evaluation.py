"""Measure a classifier: on the examples that its run held out, or on others."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.data.findings import Findings
from unspool.data.labelled import Labelled, LabelledPart, SizedReader
from unspool.decode.classification import NetworkClassifier
from unspool.evaluate.labels import UNKNOWN, ClassificationFigures, classification_figures
from unspool.folder.model_folder import ModelFolder
from unspool.tasks.evaluation import nothing_to_evaluate, read_as_in_training, say_findings
from unspool.tasks.opening import read_recipe


class Examples(NamedTuple):
    """Examples to measure on.

    Attributes:
        rows: are the examples with their labels.
        sources: are what an encoder reads of them.
    """

    rows: Sequence[Labelled[Any]]
    sources: SizedReader


class Reading(NamedTuple):
    """How a task reads the examples to measure on.

    Attributes:
        read: reads those of some data, with the settings of their spec; it counts what it leaves out.
        held_out: opens those that the run held out, encoded, so that the figures are those that closed it.
        lacking: says of data without any what their examples lack, such as `no row has a text and a label`.
    """

    read: Callable[[Any, Findings], Examples]
    held_out: Callable[[ModelFolder], LabelledPart]
    lacking: str


class Measured(NamedTuple):
    """What a classifier did with N examples of C labels.

    Attributes:
        figures: say how well.
        probabilities: are those of the labels, [N, C].
        truth: holds the indices of the right labels, [N], or UNKNOWN.
        sources: are what it read.
    """

    figures: ClassificationFigures
    probabilities: FloatArray
    truth: IntArray
    sources: SizedReader


def evaluate_labelled(
    classifier: NetworkClassifier, folder: ModelFolder, settings: Mapping[str, Any], reading: Reading
) -> Measured:
    """Classify examples, by default those that were held out, and compare with their labels.

    Args:
        classifier: is that of the model.
        folder: holds the recipe and the held-out examples.
        settings: are fields of the task's data spec; what is not given is as in training.
        reading: is that of the task.

    Raises:
        DataError: there is no example with a label.
    """
    unknown = Counter[str]()
    if settings["sources"]:
        findings = Findings()
        spec = read_as_in_training(read_recipe(folder).data, settings)
        rows, sources = reading.read(spec, findings)
        say_findings(findings)
        if not rows:
            raise nothing_to_evaluate(reading.lacking)
        known = {label: index for index, label in enumerate(classifier.labels)}
        unknown.update(row.label for row in rows if row.label not in known)
        truth: IntArray = np.array([known.get(row.label, UNKNOWN) for row in rows], np.int64)
    else:
        part = reading.held_out(folder)
        sources, truth = part.sources, part.labels
    started = time.perf_counter()
    found = classifier.of_sources(sources)
    seconds = time.perf_counter() - started
    figures = classification_figures(found, truth, classifier.labels, seconds, dict(unknown.most_common()))
    components = {
        name: classification_figures(one.of_sources(sources), truth, classifier.labels, 0.0)
        for name, one in classifier.components.items()
    }
    figures = replace(figures, components=components)
    return Measured(figures, found, truth, sources)

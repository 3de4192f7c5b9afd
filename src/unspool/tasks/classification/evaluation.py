"""Measure a classifier: on the rows that its run held out, or on another table."""

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from unspool.data.findings import Findings
from unspool.data.labelled import LABELS, open_labelled
from unspool.decode.classification import Classifier
from unspool.evaluate.labels import UNKNOWN, ClassificationFigures, classification_figures
from unspool.folder.model_folder import ModelFolder
from unspool.tasks.classification.task import labelled_rows
from unspool.tasks.evaluation import nothing_to_evaluate, read_as_in_training, say_findings
from unspool.tasks.opening import read_recipe


def evaluate_classification(
    classifier: Classifier, folder: ModelFolder, settings: Mapping[str, Any]
) -> ClassificationFigures:
    """Classify the texts of a table, by default with the columns of the training, and compare with their labels.

    Args:
        classifier: is that of the model.
        folder: holds the recipe and the held-out rows.
        settings: are fields of `ClassificationDataSpec`; without sources, the held-out rows are read, as tokens, so
            that the figures are those that closed the run.

    Raises:
        DataError: no row has a text and a label.
    """
    unknown = Counter[str]()
    if settings["sources"]:
        findings = Findings()
        spec = read_as_in_training(read_recipe(folder).data, settings)
        rows = labelled_rows(spec.sources, spec, findings)
        say_findings(findings)
        if not rows:
            raise nothing_to_evaluate("no row has a text and a label")
        known = {label: index for index, label in enumerate(classifier.labels)}
        unknown.update(row.label for row in rows if row.label not in known)
        truth = np.array([known.get(row.label, UNKNOWN) for row in rows], np.int64)
        started = time.perf_counter()
        found = classifier.probabilities([row.text for row in rows])
    else:
        part = open_labelled(folder.training, "validation", len(classifier.labels))
        truth, started = part.numbers[LABELS], time.perf_counter()
        found = classifier.of_tokens([part.text.document(index) for index in range(len(part))])
    seconds = time.perf_counter() - started
    return classification_figures(found, truth, classifier.labels, seconds, dict(unknown.most_common()))

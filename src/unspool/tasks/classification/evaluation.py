"""Measure a classifier: on the rows that its run held out, or on another table."""

import time
from collections.abc import Mapping
from typing import Any

from unspool.data.labelled import LABELS, label_indices, open_labelled
from unspool.decode.classification import Classifier
from unspool.evaluate.labels import ClassificationFigures, classification_figures
from unspool.folder.model_folder import ModelFolder
from unspool.tasks.classification.task import labelled_rows
from unspool.tasks.evaluation import read_as_in_training
from unspool.tasks.opening import read_recipe
from unspool.text.tokenizer import Tokenizer


def evaluate_classification(
    classifier: Classifier, tokenizer: Tokenizer, folder: ModelFolder, settings: Mapping[str, Any]
) -> ClassificationFigures:
    """Classify the texts of a table, by default with the columns of the training, and compare with their labels.

    Args:
        classifier: is that of the model.
        tokenizer: is that of the model.
        folder: holds the recipe and the held-out rows.
        settings: are fields of `ClassificationDataSpec`; without sources, the held-out rows are read.
    """
    if settings["sources"]:
        spec = read_as_in_training(read_recipe(folder).data, settings)
        rows = labelled_rows(spec.sources, spec)
        texts, truth = [row.text for row in rows], label_indices(rows, classifier.labels)
    else:
        part = open_labelled(folder.training, "validation", len(classifier.labels))
        texts, truth = [tokenizer.decode(part.text.document(i)) for i in range(len(part))], part.numbers[LABELS]
    started = time.perf_counter()
    found = classifier.probabilities(texts)
    return classification_figures(found, truth, classifier.labels, time.perf_counter() - started)

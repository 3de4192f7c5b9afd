"""A trained model with counts beside its network, without the minutes that fitting a gate takes; a model's files."""

import shutil
from pathlib import Path

import numpy as np

from unspool.data.tokens import open_part
from unspool.engines.gate import Gate
from unspool.engines.mixture import GATE, NGRAM, with_prefix
from unspool.engines.ngram.counts import counts_of, documents_of
from unspool.engines.ngram.model import build_model
from unspool.folder.model_folder import ModelFolder
from unspool.specs.network import NgramSpec
from unspool.tasks.opening import read_config


def with_counts(model: Path, path: Path, min_count: int = 1) -> Path:
    """Copy a model of a network, and put counts of order 4 beside it, at a gate that gives each the power of a half."""
    shutil.copytree(model, path)
    folder = ModelFolder(path)
    config = read_config(folder)
    ngram = NgramSpec(order=4, min_count=min_count, vocabulary_size=config.network.decoder.vocabulary_size)
    counts = counts_of(documents_of(open_part(folder.training, "training")), 4, ngram.vocabulary_size)
    arrays = build_model(counts, min_count)
    gate = Gate(np.tile([0.5, 0.5, 0.0], (4, 1)), np.zeros((6, 3)))
    folder.write_config(config.changed(network=config.network.model_copy(update={"ngram": ngram})))
    folder.write_counts(with_prefix(NGRAM, arrays.to_arrays()) | with_prefix(GATE, gate.to_arrays()))
    return path


def published(folder: Path) -> dict[str, bytes]:
    """The files of a model without what only training needs."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name != "training")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}

"""Build the network of a Markov chain, with compiled lookups where Numba is installed; the registry imports this."""

from collections.abc import Mapping

import numpy as np

from unspool.arrays import Array
from unspool.engines.ngram import network
from unspool.engines.ngram.backoff import BackoffModel, backoff_from_arrays, is_backoff
from unspool.engines.ngram.model import NgramModel, model_from_arrays
from unspool.errors import ModelFolderError
from unspool.specs.network import NetworkSpec, NgramSpec


def build_network(spec: NetworkSpec, weights: Mapping[str, Array]) -> network.NgramNetwork:
    """Build the network of arrays that `NgramModel.to_arrays` or `BackoffModel.to_arrays` returned.

    Raises:
        ModelFolderError: the arrays do not fit the spec.
    """
    return opened(spec, weights, compiled=True)


def opened(spec: NetworkSpec, weights: Mapping[str, Array], compiled: bool, shortest: int = 0) -> network.NgramNetwork:
    """Build a network; see `network.build_network`."""
    model, ngram = model_of(weights), spec.ngram
    if ngram is None or not _fits(model, ngram):
        raise ModelFolderError(
            f"n-grams must be those that config.json describes. Received: order {model.order} of "
            f"{model.vocabulary_size:,} tokens.",
            "restore the folder from a copy, or count the text again.",
        )
    return network.build_network(model, compiled, shortest, ngram.labels)


def _fits(model: NgramModel | BackoffModel, spec: NgramSpec) -> bool:
    """Return whether a model is the one that a spec describes, in which labels follow nothing but labels."""
    if (model.order, model.vocabulary_size) != (spec.order, spec.vocabulary_size + spec.labels):
        return False
    if not spec.labels:
        return True
    starts = model.first.astype(np.int64)
    children = starts[1:] - starts[:-1]
    parents = np.repeat(model.tokens[: len(children)], children)
    strange = (model.tokens[int(model.first[0]) :] >= spec.vocabulary_size) & (parents < spec.vocabulary_size)
    return isinstance(model, NgramModel) and not strange.any()


def model_of(weights: Mapping[str, Array]) -> NgramModel | BackoffModel:
    """Return the model of arrays, of whichever kind it is.

    Raises:
        ModelFolderError: they are those of none.
    """
    return backoff_from_arrays(weights) if is_backoff(weights) else model_from_arrays(weights)

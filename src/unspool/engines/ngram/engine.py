"""Build the network of a Markov chain, with compiled lookups where Numba is installed; the registry imports this."""

from collections.abc import Mapping

from unspool.arrays import Array, Arrays
from unspool.data.tokens import Part
from unspool.engines.ngram import network
from unspool.engines.ngram.counts import counts_of, documents_of
from unspool.engines.ngram.model import build_model, model_from_arrays
from unspool.errors import ModelFolderError
from unspool.specs.network import NetworkSpec, NgramSpec


def build_network(spec: NetworkSpec, weights: Mapping[str, Array]) -> network.NgramNetwork:
    """Build the network of arrays that `counted` returned.

    Raises:
        ModelFolderError: the arrays do not fit the spec.
    """
    return opened(spec, weights, compiled=True)


def opened(spec: NetworkSpec, weights: Mapping[str, Array], compiled: bool, shortest: int = 0) -> network.NgramNetwork:
    """Build a network; see `network.build_network`."""
    model, ngram = model_from_arrays(weights), spec.ngram
    if ngram is None or (model.order, model.vocabulary_size) != (ngram.order, ngram.vocabulary_size):
        raise ModelFolderError(
            f"n-grams must be those that config.json describes. Received: order {model.order} of "
            f"{model.vocabulary_size:,} tokens.",
            "restore the folder from a copy, or count the text again.",
        )
    return network.build_network(model, compiled, shortest)


def counted(spec: NgramSpec, part: Part) -> Arrays:
    """Count the documents of a part of a corpus, and return the arrays of the model."""
    return build_model(counts_of(documents_of(part), spec.order, spec.vocabulary_size), spec.min_count).to_arrays()

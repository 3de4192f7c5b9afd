"""The weights that training begins with: a pure function of the spec and the seed, alike in every engine."""

from collections.abc import Mapping

import numpy as np

from unspool.engines.base import Array, Arrays
from unspool.engines.parameters import parameter_shapes
from unspool.specs.network import NetworkSpec

EMBEDDING_DEVIATION = 0.1
LONGEST_MEMORY = 64  # steps


def initial_weights(spec: NetworkSpec, seed: int) -> Arrays:
    """Random weights.

    Matrices are uniform within 1 / sqrt(H), biases zero, embeddings normal with deviation 0.1. The LSTM's
    forget gate starts open, with bias 1 (Jozefowicz et al., 2015, section 3.2). The update gates of minGRU start so
    that the units remember for 1 to LONGEST_MEMORY steps (Tallec and Ollivier, 2018, section 2, for its one gate);
    what its branches add starts small, by 1 / sqrt(2 L) (Radford et al., 2019, section 2.3).

    Returns:
        float32 arrays by the names of `parameter_shapes`.
    """
    generator = np.random.default_rng(seed)
    decoder = spec.decoder
    bound = decoder.hidden_size**-0.5
    weights: Arrays = {}
    for name, shape in parameter_shapes(spec).items():
        if ".cell." in name and "norm" in name:
            weights[name] = np.ones(shape, np.float32)
        elif ".bias_in_" in name:
            memories = generator.uniform(1, LONGEST_MEMORY, decoder.hidden_size)
            weights[name] = np.zeros(shape, np.float32)
            weights[name][: decoder.hidden_size] = -np.log(memories)
        elif "bias" in name:
            weights[name] = np.zeros(shape, np.float32)
            if decoder.cell == "lstm" and ".bias_ih_" in name:
                weights[name][decoder.hidden_size : 2 * decoder.hidden_size] = 1
        elif name.endswith("embedding.weight"):
            weights[name] = generator.normal(0, EMBEDDING_DEVIATION, shape).astype(np.float32)
        else:
            small = (2 * decoder.num_layers) ** -0.5 if ".weight_out_" in name or ".weight_down_" in name else 1
            weights[name] = (generator.uniform(-bound, bound, shape) * small).astype(np.float32)
    return weights


def extended_weights(spec: NetworkSpec, seed: int, known: Mapping[str, Array]) -> Arrays:
    """Trained weights for a larger vocabulary: the known rows stay, the new ones are random.

    Args:
        spec: of the larger network; nothing but its vocabulary may differ.
        seed: of the new rows.
        known: the trained weights.
    """
    weights = initial_weights(spec, seed)
    for name, array in known.items():
        weights[name][tuple(slice(0, size) for size in array.shape)] = array
    return weights

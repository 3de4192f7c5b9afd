"""The weights that training begins with: a pure function of the spec and the seed, alike in every engine."""

from collections.abc import Mapping

import numpy as np

from unspool.arrays import Array, Arrays
from unspool.engines.parameters import parameter_shapes
from unspool.specs.network import NetworkSpec

EMBEDDING_DEVIATION = 0.1
LONGEST_MEMORY = 64  # steps


def initial_weights(spec: NetworkSpec, seed: int) -> Arrays:
    """Random weights.

    Matrices are uniform within 1 / sqrt(H), outside of the layers 1 / sqrt(their input's width), biases zero,
    embeddings normal with deviation 0.1. The LSTM's forget gate starts open, with bias 1 (Jozefowicz et al., 2015,
    section 3.2). The update gates of minGRU start so that the units remember for 1 to LONGEST_MEMORY steps (Tallec
    and Ollivier, 2018, section 2, for its one gate); what its branches add starts small, by 1 / sqrt(2 L) (Radford
    et al., 2019, section 2.3).

    Returns:
        float32 arrays by the names of `parameter_shapes`.
    """
    generator = np.random.default_rng(seed)
    weights: Arrays = {}
    for name, shape in parameter_shapes(spec).items():
        part = spec.encoder if name.startswith("encoder.") else spec.decoder
        if ".cell." in name and "norm" in name:
            weights[name] = np.ones(shape, np.float32)
        elif ".bias_in_" in name:
            size = shape[0] // 3
            memories = generator.uniform(1, LONGEST_MEMORY, size)
            weights[name] = np.zeros(shape, np.float32)
            weights[name][:size] = -np.log(memories)
        elif "bias" in name:
            weights[name] = np.zeros(shape, np.float32)
            if getattr(part, "cell", "") == "lstm" and ".bias_ih_" in name:
                size = shape[0] // 4
                weights[name][size : 2 * size] = 1
        elif name.endswith("embedding.weight"):
            weights[name] = generator.normal(0, EMBEDDING_DEVIATION, shape).astype(np.float32)
        else:
            small = (2 * _layers(part)) ** -0.5 if ".weight_out_" in name or ".weight_down_" in name else 1
            bound = _fan(name, shape, part) ** -0.5
            weights[name] = (generator.uniform(-bound, bound, shape) * small).astype(np.float32)
    return weights


def _layers(part: object) -> int:
    return int(getattr(part, "num_layers", 1))


def _fan(name: str, shape: tuple[int, ...], part: object) -> int:
    """What the bound of a matrix goes by: the width of the layers, or of what it multiplies outside of them."""
    return int(getattr(part, "hidden_size", shape[-1])) if ".cell." in name else shape[-1]


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

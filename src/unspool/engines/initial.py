"""Make the initial weights: a pure function of the spec and the seed, the same in every engine."""

from collections.abc import Mapping

import numpy as np

from unspool.arrays import Array, Arrays, FloatArray
from unspool.engines.parameters import Parameter, parameters
from unspool.specs.network import NetworkSpec

EMBEDDING_DEVIATION = 0.1
MAX_TIME_SCALE = 64  # steps


def initial_weights(spec: NetworkSpec, seed: int) -> Arrays:
    """Make random weights: float32 arrays by the names of `parameters`."""
    generator = np.random.default_rng(seed)
    return {name: initial_array(parameter, generator) for name, parameter in parameters(spec).items()}


def initial_array(parameter: Parameter, generator: np.random.Generator) -> FloatArray:
    """Make the initial float32 array of a parameter.

    The initialisers are `zeros`; `ones`; `uniform` within 1 / sqrt(fan_in); `normal` with deviation 0.1, for
    embeddings; `lstm_bias`, zeros but for the forget gate, which is 1 (Jozefowicz et al., 2015, section 3.2); and
    `mingru_bias`, zeros but for the update gate, whose time scales are 1 to MAX_TIME_SCALE steps (chrono
    initialisation, Tallec and Ollivier, 2018, section 2, for its one gate).
    """
    shape, scale = parameter.shape, parameter.scale
    match parameter.initialiser:
        case "zeros" | "ones" as name:
            return np.full(shape, name == "ones", np.float32)
        case "uniform":
            bound = parameter.fan_in**-0.5
            return (generator.uniform(-bound, bound, shape) * scale).astype(np.float32)
        case "normal":
            return (generator.normal(0, EMBEDDING_DEVIATION, shape) * scale).astype(np.float32)
        case "lstm_bias":
            gates = np.zeros((4, shape[0] // 4), np.float32)  # i f g o
            gates[1] = 1
            return gates.reshape(shape)  # (4 H)
        case "mingru_bias":
            gates = np.zeros((3, shape[0] // 3), np.float32)  # z c g
            gates[0] = -np.log(generator.uniform(1, MAX_TIME_SCALE, shape[0] // 3))
            return gates.reshape(shape)  # (3 H)


def extended_weights(spec: NetworkSpec, seed: int, known: Mapping[str, Array]) -> Arrays:
    """Extend trained weights to a larger vocabulary: the known rows stay, the new ones are random.

    Args:
        spec: describes the larger network, which differs in its vocabulary alone.
        seed: starts the random numbers of the new rows.
        known: are the trained weights by name.
    """
    weights = initial_weights(spec, seed)
    for name, array in known.items():
        weights[name][tuple(slice(0, size) for size in array.shape)] = array
    return weights

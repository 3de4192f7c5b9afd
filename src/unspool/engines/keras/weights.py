"""Copy arrays into the variables of a network and out of it, by the names of parameters."""

from collections.abc import Mapping

import tensorflow as tf

from unspool.arrays import Array, Arrays
from unspool.engines.checking import check_weights
from unspool.engines.keras.parts import Parts
from unspool.engines.keras.platform import as_array
from unspool.engines.parameters import module_name, parameter_shapes, parameters


def named_variables(parts: Parts) -> dict[str, tf.Variable]:
    """Return the variables by the names and in the order of `parameters`."""
    return {name: _attribute(parts, module_name(name)) for name in parameters(parts.spec)}


def load_weights(parts: Parts, weights: Mapping[str, Array]) -> None:
    """Copy arrays into the variables.

    Raises:
        ModelFolderError: the arrays do not fit the spec.
    """
    check_weights(parameter_shapes(parts.spec), weights)
    for name, variable in named_variables(parts).items():
        variable.assign(weights[name])


def read_weights(parts: Parts) -> Arrays:
    """Return a copy of the weights."""
    return {name: as_array(variable) for name, variable in named_variables(parts).items()}


def _attribute(parts: Parts, path: str) -> tf.Variable:
    """Return what a dotted path of attributes and indices leads to."""
    found = parts
    for step in path.split("."):
        found = found[int(step)] if step.isdigit() else getattr(found, step)
    return found

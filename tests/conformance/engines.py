"""Which engines this process compares: NumPy with all that are installed, or with the one that is named.

`make test` names each in a process of its own, so that two frameworks never share one.
"""

import os
import sys

from unspool.engines.registry import engine_names, installed_engines, training_engines

NAMED = os.environ.get("UNSPOOL_TEST_ENGINE", "")
FRAMEWORKS = {"jax", "tensorflow", "torch"}

if NAMED and NAMED not in engine_names():
    raise ValueError(f"UNSPOOL_TEST_ENGINE must be one of {', '.join(engine_names())}. Received: {NAMED!r}.")


def compared_engines() -> list[str]:
    return [engine for engine in installed_engines() if engine == "numpy" or NAMED in ("", engine)]


def compared_learners() -> list[str]:
    return [engine for engine in training_engines() if engine in compared_engines()]


def loaded_frameworks() -> set[str]:
    return FRAMEWORKS & sys.modules.keys()

"""Which engines this process compares: NumPy with all that may share a process, or with the one that is named.

`make test` names each in a process of its own, so that two frameworks never share one. TensorFlow shares none with
PyTorch, so without a name the engine `keras` is left out.
"""

import os
import sys

from unspool.engines.registry import engine_names, installed_engines, training_engines

NAMED = os.environ.get("UNSPOOL_TEST_ENGINE", "")
FRAMEWORKS = {"jax", "tensorflow", "torch"}
APART = "keras"

if NAMED and NAMED not in engine_names():
    raise ValueError(f"UNSPOOL_TEST_ENGINE must be one of {', '.join(engine_names())}. Received: {NAMED!r}.")


def compared_engines(kind: str = "recurrent") -> list[str]:
    chosen = {"numpy", NAMED} if NAMED else set(engine_names()) - {APART}
    return [engine for engine in installed_engines(kind) if engine in chosen]


def compared_learners() -> list[str]:
    return [engine for engine in training_engines() if engine in compared_engines()]


def trainer() -> str | None:
    """The engine that is named, if it trains; none leaves the choice to Unspool."""
    return NAMED if NAMED in training_engines() else None


def loaded_frameworks() -> set[str]:
    return {framework for framework in FRAMEWORKS if sys.modules.get(framework)}


def left_out() -> str:
    """A line about an engine that this process does not compare; empty where there is none to speak of."""
    if NAMED:
        return "" if NAMED in installed_engines() else f"{NAMED} is not installed here, so its tests are skipped"
    if APART in installed_engines():
        return f"{APART} is left out: TensorFlow needs a process of its own: UNSPOOL_TEST_ENGINE={APART} pytest"
    return ""

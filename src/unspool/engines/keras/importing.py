"""Import TensorFlow and Keras, and start them, without what they log as they do."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from unspool.errors import UsageError

BACKEND = "tensorflow"  # of Keras
SPINS = "20000"  # readings of a flag, about a tenth of a millisecond

# What TensorFlow's libraries write on standard error however little they are asked to log.
LOGGED = ("All log messages before absl::InitializeLog", "port.cc:", "cpu_feature_guard.cc:", "To enable the following")


def import_tensorflow() -> None:
    """Import TensorFlow.

    Raises:
        ImportError: it cannot be imported.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # warnings and errors are still shown
    # The compiled kernels run on OpenMP's threads, TensorFlow's operators on its own. A thread that spins for long
    # takes a core from the other library; one that sleeps at once is slow to wake. OpenMP reads this as it is loaded.
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    with without_logs():
        import_module("tensorflow")


def import_keras() -> Any:
    """Import Keras, and return it. What trains and generates needs TensorFlow alone.

    Raises:
        UsageError: it runs on another framework than TensorFlow, or is told to.
    """
    told = os.environ.get("KERAS_BACKEND") or BACKEND
    if "keras" not in sys.modules and told != BACKEND:  # before another framework is imported next to TensorFlow
        raise _another_backend(told)
    try:
        import keras
    except (ImportError, ValueError) as problem:  # its own file of settings names another one
        raise _another_backend(" ".join(str(problem).split())) from None
    if keras.backend.backend() != BACKEND:
        raise _another_backend(keras.backend.backend())
    return keras


def _another_backend(received: str) -> UsageError:
    return UsageError(
        f"Keras must run on TensorFlow here. Received: {received:.200}.",
        "set KERAS_BACKEND=tensorflow in the environment, before Keras is imported.",
    )


@contextmanager
def without_logs() -> Iterator[None]:
    """Hold back what native code writes on standard error, and then write what TensorFlow does not always log."""
    try:
        kept = os.dup(2)
    except OSError:  # standard error is closed
        yield
        return
    with tempfile.TemporaryFile() as written:
        if sys.stderr is not None:
            sys.stderr.flush()
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            written.seek(0)
            for line in written:
                if not any(word in line.decode(errors="replace") for word in LOGGED):
                    os.write(2, line)

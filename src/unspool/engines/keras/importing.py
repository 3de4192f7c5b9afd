"""Import TensorFlow, and start it, without what it logs as it does."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

# What TensorFlow's libraries write on standard error however little they are asked to log.
LOGGED = ("All log messages before absl::InitializeLog", "port.cc:", "cpu_feature_guard.cc:", "To enable the following")


def import_tensorflow() -> None:
    """Import TensorFlow.

    Raises:
        ImportError: it cannot be imported.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # warnings and errors are still shown
    # The compiled kernels run on OpenMP's threads, TensorFlow's operators on its own: a thread of one that spins while
    # it waits would take the core from the other. OpenMP reads this when it is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    with without_logs():
        import_module("tensorflow")


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

"""A callback of Keras that is told when training begins, and when an epoch ends."""

from collections.abc import Callable
from typing import Any

from unspool.engines.keras.importing import import_keras

keras = import_keras()


def epochs_callback(begin: Callable[[Any], object], end: Callable[[Any, int], object]) -> Any:
    """Make a callback that calls functions.

    Args:
        begin: receives the model before the first epoch, if it has weights by then.
        end: receives the model after each epoch, and the number of the epoch, which counts from 0.
    """
    callback: Any = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: callback.model.weights and begin(callback.model),
        on_epoch_end=lambda epoch, logs: end(callback.model, epoch),
    )
    return callback

"""A callback of Keras that is told the end of each epoch."""

from collections.abc import Callable
from typing import Any

import keras


def epoch_end(call: Callable[[Any, int], None]) -> Any:
    """Make a callback that calls a function with the model and the number of the epoch, which counts from 0."""
    callback: Any = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: call(callback.model, epoch))
    return callback

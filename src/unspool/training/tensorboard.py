"""Training curves for TensorBoard, with its own writer, so no framework is needed."""

from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from unspool.errors import MissingExtraError
from unspool.training.callback import StepEvent, ValidationEvent

EVERY = 10  # steps


class TensorBoard:
    """Writes losses, rate of reading and samples to a folder.

    Args:
        folder: where `tensorboard --logdir` will look.

    Raises:
        MissingExtraError: tensorboard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        if not find_spec("tensorboard"):
            raise MissingExtraError("tensorboard", "logs", "--tensorboard")
        self._folder = folder

    @cached_property
    def _writer(self) -> Any:
        """Made at the first event: the folder must not exist before the run has made the model folder."""
        from tensorboard.summary import Writer

        return Writer(str(self._folder))

    def on_step(self, event: StepEvent) -> None:
        """Every tenth loss."""
        if event.step % EVERY == 0:
            self._writer.add_scalar("loss/training", event.loss, event.step)

    def on_validation(self, event: ValidationEvent) -> None:
        """Each validation's figure."""
        self._writer.add_scalar("loss/fresh", event.fresh, event.step)
        self._writer.flush()

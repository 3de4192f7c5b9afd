"""Training curves and samples for TensorBoard, in its own event files, so that no framework is needed."""

import sys
import time
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from unspool.errors import MissingExtraError
from unspool.training.callback import Callback, StepEvent, ValidationEvent

EVERY = 10  # steps
WITHOUT_TENSORFLOW = "tensorboard.compat.notf"  # the module by which TensorBoard knows that it must do without


class TensorBoard(Callback):
    """Writes losses, tokens per second and samples to a folder.

    Args:
        folder: is the one to give to `tensorboard --logdir`.

    Raises:
        MissingExtraError: tensorboard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        if not find_spec("tensorboard"):
            raise MissingExtraError("tensorboard", "logs", "--tensorboard")
        self._folder = folder
        self._tokens, self._since = 0, -1.0  # read since these seconds of the run; below zero before the first step

    @cached_property
    def _events(self) -> Any:
        """The writer of event files, made at the first event: the model folder must exist before.

        TensorBoard would import TensorFlow wherever that is installed, which takes seconds.
        """
        if "tensorflow" not in sys.modules:
            sys.modules.setdefault(WITHOUT_TENSORFLOW, ModuleType(WITHOUT_TENSORFLOW))
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        return EventFileWriter(str(self._folder))

    def on_step(self, event: StepEvent) -> None:
        """Write every tenth loss, and the tokens per second since the one before, or since the first step."""
        if self._since < 0:  # what comes before is no reading: the data, or the parts of a run that is resumed
            self._tokens, self._since = -event.tokens, event.seconds
        self._tokens += event.tokens
        if event.step % EVERY == 0:
            self._scalar("loss/training", event.loss, event.step)
            if event.seconds > self._since:
                self._scalar("rate/tokens_per_second", self._tokens / (event.seconds - self._since), event.step)
            self._tokens, self._since = 0, event.seconds

    def on_validation(self, event: ValidationEvent) -> None:
        """Write each validation's figure."""
        self._scalar("loss/fresh", event.fresh, event.step)

    def on_sample(self, step: int, text: str) -> None:
        """Write the sample unchanged."""
        from tensorboard.plugins.text.metadata import create_summary_metadata

        metadata = create_summary_metadata("sample", "What the network generates after a validation.")
        self._add("sample", "    " + text.replace("\n", "\n    "), step, metadata)  # indented: no Markdown
        self._events.flush()

    def _scalar(self, tag: str, value: float, step: int) -> None:
        from tensorboard.compat.proto.summary_pb2 import DATA_CLASS_SCALAR, SummaryMetadata
        from tensorboard.plugins.scalar.metadata import PLUGIN_NAME

        plugin = SummaryMetadata.PluginData(plugin_name=PLUGIN_NAME)
        self._add(tag, value, step, SummaryMetadata(plugin_data=plugin, data_class=DATA_CLASS_SCALAR))

    def _add(self, tag: str, value: Any, step: int, metadata: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.util.tensor_util import make_tensor_proto

        event = Event(wall_time=time.time(), step=step)
        event.summary.value.add(tag=tag, tensor=make_tensor_proto(value), metadata=metadata)
        self._events.add_event(event)

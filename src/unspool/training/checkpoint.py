"""The state of a run in one file, which is replaced in one step: a crash leaves the old one or the new one."""

from pathlib import Path

from pydantic import Field

from unspool.arrays import Arrays
from unspool.engines.base import Learner
from unspool.errors import ModelFolderError
from unspool.folder.atomic import write_atomically
from unspool.folder.serialization import dump_safetensors, parse_safetensors
from unspool.specs.base import Spec, build


class Progress(Spec):
    """The state of the loop, besides that of the learner.

    Attributes:
        step: counts the updates so far.
        epoch: is the epoch of the next batch, from 0.
        index: is the index of the next batch in its epoch, from 0.
        seconds: is the wall time so far.
        validations: counts the validations that were due so far.
        validated_at: is the step of the last validation; -1 before the first.
        best: is the lowest fresh loss, in nats per token; none before the first validation.
        best_step: is the step of that validation.
        since_best: counts the validations since then.
        rate_factor: multiplies the learning rate; it is halved after each divergence.
        divergences: counts the times that the loss became NaN or infinite.
        done: says whether the run is over, so that there is nothing to resume.
    """

    step: int = Field(0, ge=0)
    epoch: int = Field(0, ge=0, lt=2**62)
    index: int = Field(0, ge=0)
    seconds: float = Field(0.0, ge=0)
    validations: int = Field(0, ge=0)
    validated_at: int = Field(-1, ge=-1)
    best: float | None = None
    best_step: int = Field(0, ge=0)
    since_best: int = Field(0, ge=0)
    rate_factor: float = Field(1.0, gt=0, le=1)
    divergences: int = Field(0, ge=0)
    done: bool = False


class Checkpoint:
    """The file `training/last.safetensors`.

    Args:
        folder: is `training/` of a model folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "last.safetensors"

    def exists(self) -> bool:
        """Return whether the file exists."""
        return self._path.exists()

    def write(self, learner: Learner, progress: Progress) -> None:
        """Replace the file.

        Args:
            learner: holds the weights and the state of the optimizer.
            progress: is the state of the loop.

        Raises:
            OutputError: it cannot be written.
        """
        write_atomically(self._path, dump_safetensors(learner.training_state(), progress.model_dump()))

    def read(self) -> tuple[Arrays, Progress]:
        """Return the learner's training state and the loop's progress, as `write` wrote them.

        Raises:
            ModelFolderError: it is missing or damaged.
        """
        try:
            data = self._path.read_bytes()
        except OSError as problem:
            raise ModelFolderError(
                f"{self._path} cannot be read: {problem.strerror}.", "train again, without --resume."
            ) from None
        arrays, values = parse_safetensors(data, self._path)
        return arrays, build(Progress, values, str(self._path), ModelFolderError)

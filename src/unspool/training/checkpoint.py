"""Where a run stands, in one file: replaced in one step, so a crash leaves the old one or the new one."""

from pathlib import Path

from pydantic import Field

from unspool.arrays import Arrays
from unspool.engines.base import Learner
from unspool.errors import ModelFolderError
from unspool.folder.atomic import write_atomically
from unspool.folder.model_folder import dump_safetensors, parse_safetensors
from unspool.specs.base import Spec, build


class Progress(Spec):
    """What the loop knows besides the learner.

    Attributes:
        step: updates so far.
        epoch: of the next batch.
        index: of the next batch in its epoch.
        seconds: wall time so far.
        validations: how many there were.
        validated_at: the step of the last one; -1 before the first.
        best: the lowest fresh nats per token; none before the first validation.
        best_step: where that was.
        since_best: validations since then.
        rate_factor: of the learning rate; halved after a divergence.
        divergences: how many there were.
        done: the run is over, and there is nothing to resume.
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
        folder: `training/` of a model folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "last.safetensors"

    def exists(self) -> bool:
        """Whether one was written."""
        return self._path.exists()

    def write(self, learner: Learner, progress: Progress) -> None:
        """Replace the file.

        Raises:
            OutputError: it cannot be written.
        """
        write_atomically(self._path, dump_safetensors(learner.training_state(), progress.model_dump()))

    def read(self) -> tuple[Arrays, Progress]:
        """What `write` wrote.

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

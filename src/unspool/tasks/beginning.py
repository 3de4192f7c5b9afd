"""The beginning of a run, as its history keeps it: what its curves are drawn by, and what it ran on."""

from unspool.engines.registry import ENGINES
from unspool.specs.config import Config
from unspool.specs.recipe import TrainingRecipe
from unspool.tasks.base import Job
from unspool.training.environment import environment
from unspool.training.history import History


def note_beginning(
    history: History, step: int, recipe: TrainingRecipe, config: Config, job: Job, steps_per_epoch: int
) -> None:
    """Write what a run begins with; of one that goes on, what it runs on now, where that is another machine.

    Args:
        history: is that of the run.
        step: is where it stands.
        recipe: names its engine.
        config: describes the model.
        job: has the units of its losses, and the loss of a model that knows frequencies alone.
        steps_per_epoch: is the number of updates in a pass over the training part.
    """
    package = ENGINES[config.network.kind, recipe.training.engine].package
    history.begin(
        step,
        environment((package,), recipe.training.threads),
        steps_per_epoch=steps_per_epoch,
        baseline=job.baseline,
        training_units=job.training_units._asdict(),
        held_out_units=job.held_out_units._asdict(),
    )

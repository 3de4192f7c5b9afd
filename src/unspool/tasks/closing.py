"""The end of a run: the last best weights are averaged, the model is measured, its figures and its card are written."""

from dataclasses import dataclass
from typing import Any

from unspool.arrays import Arrays
from unspool.data.findings import kept_findings
from unspool.display.curve import curve_picture
from unspool.engines.parameters import parameter_count
from unspool.engines.registry import build_network
from unspool.evaluate.baseline import untrained
from unspool.folder.atomic import write_atomically
from unspool.folder.card import CardFacts, model_card
from unspool.folder.model_folder import ModelFolder
from unspool.specs.config import Config
from unspool.specs.recipe import Recipe, TrainingRecipe, without_folders
from unspool.tasks.base import Job, Task, TrainedTask
from unspool.training.averaging import LastBest
from unspool.training.history import loss_curves
from unspool.training.loop import Loop
from unspool.training.phases import Phases

CURVE = "curve.svg"


@dataclass(frozen=True)
class Closing:
    """What the end of a run needs.

    Attributes:
        task: is that of the run.
        folder: is that of the model.
        recipe: says how the model was trained.
        config: describes it.
        job: measures it.
    """

    task: TrainedTask[Any, Any]
    folder: ModelFolder
    recipe: TrainingRecipe
    config: Config
    job: Job

    def close(self, loop: Loop, last_best: LastBest, phases: Phases) -> None:
        """Measure the model, and write its figures and its card.

        Args:
            loop: has trained it.
            last_best: are the last weights that were the best.
            phases: are those of the run.
        """
        phases.end()
        progress, best = loop.progress, loop.progress.best
        if progress.done:
            best = self._average(loop, last_best)
        network = self._network(self.folder.read_weights())
        model = self.task.finish(self.folder, self.recipe, self.config, network, phases)
        phases.begin("closing", "the best model was measured on what was held out")
        if model is not network:
            best = self.job.validate(model)
        figures, remark = self.job.figures(model), self.task.remark(model)
        assert best is not None  # there is at least one validation
        more = self.recipe.started_from is not None or model is not network  # it knows more than its updates taught
        reason = untrained(best, self.job.baseline, progress.best_step, more)
        phases.end()
        loop.history.add(
            event="end",
            step=progress.step,
            best_step=progress.best_step,
            done=progress.done,
            seconds=progress.seconds,
            phases={name: round(seconds, 3) for name, seconds in phases.seconds.items()},
            tokens_per_second=loop.tokens_per_second,
            untrained=reason or False,
            **figures,
        )
        if progress.done:
            last_best.clear()  # and not before: a run that is cut off above averages them again
        if remark:
            loop.callback.on_note(remark)
        size = parameter_count(self.config.network)
        curve = curve_picture(loss_curves(loop.history.events()), "seconds", "nats per token", alone=True)
        if curve:
            write_atomically(self.folder.path / CURVE, curve + "\n")
        shown = {"sample": self.job.sample(model), "curve": CURVE if curve else ""}
        write_card(self.task, self.folder, self.recipe, self.config, figures, size, reason, remark, **shown)

    def _average(self, loop: Loop, last_best: LastBest) -> float | None:
        """Write the mean of the last best weights as the model, if it is better; return the loss of the model."""
        mean, step, best = last_best.mean(), loop.progress.step, loop.progress.best
        if mean is not None:
            nats = self.job.validate(self._network(mean))
            better = best is None or nats < best
            loop.history.add(event="average", step=step, fresh=nats, best=better)
            kept = "kept" if better else "not kept"
            loop.callback.on_note(f"the mean of the last best weights: fresh {nats:.4f} nats per token, {kept}.")
            if better:
                self.folder.write_weights(mean, {"step": step, "fresh_nats_per_token": nats})
                best = nats
        return best

    def _network(self, weights: Arrays) -> Any:
        """Build the network with some weights, in the engine that trained it."""
        return build_network(self.recipe.training.engine, self.config.network, weights)


def write_card(
    task: Task[Any, Any],
    folder: ModelFolder,
    recipe: Recipe,
    config: Config,
    figures: dict[str, Any],
    size: int,
    reason: str = "",
    remark: str = "",
    sample: str = "",
    curve: str = "",
) -> None:
    """Write the card of a model, whose data are named without the folders that they are in.

    Args:
        task: is that of the run.
        folder: is that of the model.
        recipe: says how the model was made.
        config: describes it.
        figures: were measured on what was held out.
        size: is the number of its parameters, or n-grams.
        reason: says why it must be called untrained; empty where it need not be.
        remark: is a sentence about what it has besides its network; empty where it has nothing.
        sample: is a line that shows what it does; empty where there is none.
        curve: is the name of the picture of the losses; empty where there is none.
    """
    published = task.open(folder, without_folders(recipe), config, verify=False)
    found, warnings = kept_findings(folder.training)
    data = "\n".join([published.description, *found, *warnings, *published.warnings])
    facts = CardFacts(folder.path.name, size, data, figures, reason, remark, sample, curve)
    folder.write_card(model_card(task.card_of(config), recipe, config.network, facts))

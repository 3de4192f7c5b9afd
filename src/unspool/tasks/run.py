"""A training run of any task: from settings to a model folder, or from a checkpoint to the end.

settings -> the task's plan -> model folder -> kernels -> loop over the task's batches -> figures, card
"""

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unspool.arrays import Arrays
from unspool.data.findings import kept_findings
from unspool.data.partition import ONLY_PROCESS, PartitionedBatches, Process
from unspool.engines.announcing import announcing
from unspool.engines.base import Learner, Machine
from unspool.engines.registry import build_learner, training_machine
from unspool.errors import (
    ModelFolderError,
    TrainingError,
    reporting_write_errors,
    shell_command,
    shell_word,
)
from unspool.folder.atomic import bring_back, drop_replaced, set_aside, waiting, write_atomically
from unspool.folder.copies import refuse_read
from unspool.folder.lock import locked
from unspool.folder.model_folder import ModelFolder, check_free
from unspool.folder.request import write_request
from unspool.specs.config import Config
from unspool.specs.recipe import TrainingRecipe
from unspool.specs.sampling import SamplingSpec
from unspool.tasks.base import Carries, Job, TrainedTask
from unspool.tasks.beginning import note_beginning
from unspool.tasks.closing import Closing
from unspool.tasks.opening import read_config, read_recipe
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import budget_spec
from unspool.tasks.settings import Settings, with_card
from unspool.training.averaging import LastBest
from unspool.training.budget import Budget
from unspool.training.callback import Callback
from unspool.training.checkpoint import Checkpoint, Progress
from unspool.training.history import History
from unspool.training.loop import Loop
from unspool.training.phases import Phases
from unspool.training.speed import timed
from unspool.training.threads import ThreadChoice
from unspool.training.trial import try_step

HISTORY = "history.jsonl"


@dataclass
class Run:
    """One training run.

    Attributes:
        path: is that of the model folder.
        task: plans the training and opens its data.
        settings: were requested, by section; the others are chosen. A new run names its engine; a run that goes on
            takes nothing but another engine.
        callback: receives events.
        started: is `time.monotonic` when the run began.
        process: is this one among those that train together.
    """

    path: Path
    task: TrainedTask[Any, Any]
    settings: Settings
    callback: Callback
    started: float = field(default_factory=time.monotonic)
    process: Process = ONLY_PROCESS

    def __post_init__(self) -> None:
        self._phases = Phases(self.callback.on_note, self.started, self.callback.on_phase)

    def new(self, overwrite: bool, pretrained: Pretrained | None = None) -> None:
        """Train from the beginning, or from the weights of another model.

        Raises:
            UnspoolError: a part of it failed; an existing model is restored then.
        """
        with self._lock():
            machine = self._check(pretrained)
            check_free(self.path, overwrite)
            set_aside(self.path)
            self._new(machine, pretrained)

    def again(self, pretrained: Pretrained | None = None) -> None:
        """Begin a run again that was cut off while its data were read, in a folder that is locked.

        Raises:
            UnspoolError: a part of it failed; a model that waits is restored then.
        """
        self._new(self._check(pretrained), pretrained)

    def _check(self, pretrained: Pretrained | None) -> Machine:
        """Refuse what cannot be trained before anything is touched; return the machine that trains."""
        self.task.check(self.settings)
        self.task.check_pretrained(pretrained)
        engine, threads = self.settings["training"]["engine"], self.settings["training"].get("threads") or 0
        self._phases.begin("imports", f"the engine {engine} was loaded")
        machine = training_machine(engine, threads=threads)  # it may not be installed
        by_clock = budget_spec(self.settings).minutes is not None  # nothing of other runs depends on it
        return timed(machine, engine, self._phases, self.callback.on_note) if by_clock else machine

    def _new(self, machine: Machine, pretrained: Pretrained | None) -> None:
        try:
            folder = ModelFolder(self.path)
            folder.create()
            task, start_from = (
                self.task.recipe.model_fields["task"].default,
                str(pretrained.path) if pretrained else None,
            )
            write_request(folder, {"task": task, "settings": self.settings, "start_from": start_from})
            self._phases.begin("data", "the data were read and encoded")
            plan = self.task.plan(folder, self.settings, machine, pretrained, self.callback)
            recipe = _choosing_threads(with_card(plan.recipe, self.settings), self.settings)
            job = self.task.open(folder, recipe, plan.config, verify=False)
            self._phases.release()
            found, warnings = kept_findings(folder.training)
            for line in [job.description, *found, *plan.notes, *warnings, *job.warnings]:
                self.callback.on_note(line)
            folder.write_recipe(recipe)
            folder.write_sampling(pretrained.sampling if pretrained else SamplingSpec())
            self._phases.begin("network", "the network was built")
            learner = self._learner(recipe, plan.config, plan.weights)
            self._prepare(recipe, plan.config, job)
            folder.write_config(plan.config)
        except BaseException:
            bring_back(self.path)
            raise
        self._train(folder, recipe, plan.config, job, learner, Progress())

    def resume(self) -> None:
        """Continue a run that was cut off, in a folder that is locked.

        Raises:
            ModelFolderError: there is nothing to resume.
        """
        folder = ModelFolder(self.path)
        refuse_read(folder, "resuming")
        recipe, config = read_recipe(folder), read_config(folder)
        config = config.changed(network=config.network.without_counts())  # of the end of an interrupted run
        checkpoint = Checkpoint(folder.training)
        began, engine = recipe.training.engine, self.settings["training"].get("engine", recipe.training.engine)
        recipe = recipe.changed(training=recipe.training.changed(engine=engine))
        self._phases.begin("imports", f"the engine {engine} was loaded")
        training_machine(engine, threads=recipe.training.threads)  # it may not be installed
        self._phases.begin("network", "the network was built")
        learner = self._learner(recipe, config)
        progress = Progress()
        if checkpoint.exists():
            arrays, progress = checkpoint.read()
            if progress.done and History(folder.path / HISTORY).closed():
                further = f"to train it further, start a new model from it: --from {shell_word(self.path)}."
                raise ModelFolderError(
                    f"{self.path} is trained to the end: {progress.step:,} steps.",
                    further if self.task.reusable else "train a new one with a larger budget.",
                )
            learner.restore(arrays)
        elif recipe.started_from:
            raise ModelFolderError(f"{self.path} was cut off before it began.", "start it anew with --overwrite.")
        _restore_best(folder)
        self._phases.begin("data", "the encoded data were read")
        job = self.task.open(folder, recipe, config, verify=True)
        folder.write_recipe(recipe)
        self._phases.release()
        self.callback.on_note(f"resuming {self.path} after step {progress.step:,}")
        if engine != began:
            self.callback.on_note(f"{engine} goes on with what {began} began: their results differ in the last digits.")
        self._prepare(recipe, config, job)
        self._train(folder, recipe, config, job, learner, progress)

    def _lock(self) -> AbstractContextManager[None]:
        """Lock the folder; of several processes that train together the first does so for all."""
        return locked(self.path) if self.process.rank == 0 else nullcontext()

    def _learner(self, recipe: TrainingRecipe, config: Config, weights: Arrays | None = None) -> Learner:
        """Build a learner; without weights it starts from random ones."""
        training = recipe.training
        return build_learner(training.engine, config.network, training, weights, self.process)

    def _prepare(self, recipe: TrainingRecipe, config: Config, job: Job) -> None:
        """Compile and load what training and validation will use, so that it does not fall into their time."""
        self._phases.begin("kernels", "a first update was tried, and kernels and a validation prepared,")
        learner = self._learner(recipe, config)
        with announcing(self.callback.on_note):
            try_step(learner, PartitionedBatches(job.batches, self.process).batch(0, 0), recipe.training)

    def _train(
        self,
        folder: ModelFolder,
        recipe: TrainingRecipe,
        config: Config,
        job: Job,
        learner: Learner,
        progress: Progress,
    ) -> None:
        batches = PartitionedBatches(job.batches, self.process)
        if progress.index >= batches.steps(progress.epoch):
            raise ModelFolderError(f"{self.path}: training/last.safetensors does not fit the data.", "train again.")
        history = History(folder.path / HISTORY)
        history.rewind(progress.step)
        note_beginning(history, progress.step, recipe, config, job, batches.steps(0))

        def keep_best(learner: Learner, about: dict[str, Any], scheduled: bool) -> None:
            folder.write_weights(learner.weights(), about)
            if scheduled:
                drop_replaced(folder.path)
                write_atomically(_best(folder), (folder.path / "model.safetensors").read_bytes())
                if recipe.training.averaged > 1:
                    last_best.add(learner.weights(), about["step"])

        last_best = LastBest(folder.training, recipe.training.averaged)
        loop = Loop(
            learner=learner,
            batches=batches,
            training=recipe.training,
            budget=Budget(recipe.budget, batches.steps(0), used=progress.seconds),
            checkpoint=Checkpoint(folder.training),
            history=history,
            validate=job.validate,
            keep_best=keep_best,
            sample=job.sample,
            callback=self.callback,
            training_units=job.training_units,
            held_out_units=job.held_out_units,
            announce=self._announce,
            progress=progress,
            threads=self._thread_choice(folder, recipe, learner, history),
            carried=job.carried if isinstance(job, Carries) else lambda network: None,
        )
        try:
            with announcing(self.callback.on_note):
                if not progress.done:  # or it was cut off while it closed
                    progress = loop.run()
                if not progress.done:
                    self.callback.on_note(f"interrupted after update {progress.step:,}: {self._resumable()}")
                Closing(self.task, folder, recipe, config, job).close(loop, last_best, self._phases)
        except BaseException as problem:
            resumable = loop.checkpoint.exists() and not loop.progress.done
            if resumable and not isinstance(problem, TrainingError):  # which would only happen again
                self.callback.on_note(f"warning: cut off after update {loop.progress.step:,}: {self._resumable()}")
            raise
        for earlier in waiting(folder.path):
            self.callback.on_note(f"the earlier model is kept in {earlier}.")

    def _announce(self, line: str) -> None:
        self._phases.begin("training")
        self.callback.on_note(line)

    def _resumable(self) -> str:
        command = shell_command("train", "--resume", self.path)
        return f"`{command}` goes on from there."

    def _thread_choice(
        self, folder: ModelFolder, recipe: TrainingRecipe, learner: Learner, history: History
    ) -> ThreadChoice | None:
        """Return what chooses the number of threads, and keeps the recipe up to date; none where the run does not."""
        all_threads = recipe.training.threads
        if not recipe.training.settled_threads:
            return None

        def note(threads: int) -> None:
            folder.write_recipe(recipe.changed(training=recipe.training.changed(settled_threads=threads)))

        def settled(threads: int) -> None:
            note(threads)
            history.add(event="threads", threads=threads)
            self.callback.on_note(f"{threads} of {all_threads} threads are faster at the moment.")

        note(all_threads)
        return ThreadChoice(all_threads, learner.use_threads, settled)


def _choosing_threads(recipe: TrainingRecipe, settings: Settings) -> TrainingRecipe:
    """Note in the recipe whether the run chooses its threads: with a budget of minutes, unless they were requested."""
    training, requested = recipe.training, settings["training"]
    free = "threads" not in requested or requested.get("settled_threads")  # as in the recipe of a run that chose
    chooses = free and training.threads > 1 and recipe.budget.minutes is not None
    return recipe.changed(training=training.changed(settled_threads=training.threads if chooses else 0))


def _best(folder: ModelFolder) -> Path:
    return folder.training / "best.safetensors"


def _restore_best(folder: ModelFolder) -> None:
    """Restore the best weights: an interruption may have kept some that an uninterrupted run would never reach."""
    if _best(folder).exists():
        with reporting_write_errors(_best(folder)):
            data = _best(folder).read_bytes()
        write_atomically(folder.path / "model.safetensors", data)

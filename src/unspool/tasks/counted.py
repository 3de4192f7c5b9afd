"""The run of a task whose network is counted: from settings to a model folder, in one go.

settings -> data on disk -> counts -> model folder -> figures, card
"""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from unspool.data.findings import kept_findings
from unspool.engines.registry import build_network
from unspool.folder.atomic import bring_back, drop_replaced, replacing_model
from unspool.folder.lock import locked
from unspool.folder.model_folder import ModelFolder, check_free
from unspool.folder.request import write_request
from unspool.specs.sampling import SamplingSpec
from unspool.tasks.base import CountedTask, Plan
from unspool.tasks.closing import write_card
from unspool.tasks.settings import Settings, with_card
from unspool.training.callback import Callback
from unspool.training.environment import environment
from unspool.training.history import History
from unspool.training.phases import Phases


@dataclass
class CountedRun:
    """One run.

    Attributes:
        path: is that of the model folder.
        task: counts.
        settings: were requested, by section.
        callback: receives events.
        started: is `time.monotonic` when the run began.
    """

    path: Path
    task: CountedTask[Any, Any]
    settings: Settings
    callback: Callback
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._phases = Phases(self.callback.on_note, self.started, self.callback.on_phase)

    def new(self, overwrite: bool) -> None:
        """Count, and write the model; until it is whole, an earlier one stays.

        Raises:
            UnspoolError: a part of it failed; an existing model is restored then.
        """
        with locked(self.path):
            self.task.check(self.settings)
            check_free(self.path, overwrite)
            with replacing_model(self.path):
                self._count()

    def again(self) -> None:
        """Begin a run again that was cut off, in a folder that is locked.

        Raises:
            UnspoolError: a part of it failed; a model that waits is restored then.
        """
        self.task.check(self.settings)
        try:
            self._count()
        except BaseException:
            bring_back(self.path)
            raise
        drop_replaced(self.path)

    def _count(self) -> None:
        folder = ModelFolder(self.path)
        folder.create()
        task = self.task.recipe.model_fields["task"].default
        write_request(folder, {"task": task, "settings": self.settings, "start_from": None})
        self._phases.begin("data", "the data were read and encoded")
        plan = self.task.prepare(folder, self.settings, self.callback)
        plan = replace(plan, recipe=with_card(plan.recipe, self.settings))
        measured = self.task.open(folder, plan.recipe, plan.config, verify=False)
        self._phases.release()
        found, warnings = kept_findings(folder.training)
        for line in [measured.description, *found, *plan.notes, *warnings, *measured.warnings]:
            self.callback.on_note(line)
        self._phases.begin("counting", "the n-grams were counted")
        arrays = self.task.count(folder, plan.config)
        folder.write_recipe(plan.recipe)
        folder.write_sampling(SamplingSpec())
        folder.write_weights(arrays, {})
        self._phases.begin("closing", "the model was measured on what was held out")
        figures = measured.figures(build_network("auto", plan.config.network, arrays))
        self._phases.end()
        self._close(folder, plan, figures, len(arrays["tokens"]))

    def _close(self, folder: ModelFolder, plan: Plan[Any, Any], figures: dict[str, Any], ngrams: int) -> None:
        """Write the figures and the card, and the config, which makes it a model."""
        seconds = {name: round(taken, 3) for name, taken in self._phases.seconds.items()}
        about = {"step": 0, "done": True, "untrained": False, "ngrams": ngrams}
        history = History(folder.path / "history.jsonl")
        history.begin(0, environment(("numba",)))
        history.add(event="end", **about, seconds=round(sum(seconds.values()), 3), phases=seconds, **figures)
        write_card(self.task, folder, plan.recipe, plan.config, figures, ngrams)
        folder.write_config(plan.config)

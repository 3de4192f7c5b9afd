"""What a task is: the data, the parts and the figures of one job. All else of a run is in `tasks/run.py`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from unspool.arrays import Arrays
from unspool.data.batches import BatchSource
from unspool.engines.base import Machine
from unspool.folder.model_folder import Config, ModelFolder
from unspool.specs.training import Recipe
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import Settings


@dataclass(frozen=True)
class Plan:
    """What is to be trained, and how.

    Attributes:
        recipe: every setting.
        config: what the model is.
        notes: the reasons, in a few lines.
        weights: to begin with; none begins from random ones.
    """

    recipe: Recipe
    config: Config
    notes: list[str] = field(default_factory=list)
    weights: Arrays | None = None


class Job(Protocol):
    """The data of a run, with what is measured on them.

    Attributes:
        batches: of an epoch.
        tokens_per_character: of what is written, to tell losses in bits per unit.
        unit: what a character is called: `character`, or `label` where labels are told.
        description: of the data, a sentence.
        warnings: about the data.
    """

    batches: BatchSource
    tokens_per_character: float
    unit: str
    description: str
    warnings: list[str]

    def validate(self, network: Any) -> float:
        """The figure that the best model is chosen by, in nats per token: the lower, the better."""

    def sample(self, network: Any) -> str:
        """A line of what the network does."""

    def figures(self, network: Any) -> dict[str, Any]:
        """The closing figures, on the held-out part."""


class Task(Protocol):
    """Data, parts, loss and figures of one kind of model.

    Attributes:
        hint: the command that uses the model.
    """

    hint: str

    def check(self, settings: Settings) -> None:
        """Refuse what cannot be, before anything is read or touched.

        Raises:
            UsageError: a setting breaks its rule.
        """

    def plan(
        self,
        folder: ModelFolder,
        settings: Settings,
        machine: Machine,
        start: Pretrained | None,
        on_bytes: Callable[[int], None],
    ) -> Plan:
        """Read the data, write them and the tokenizers into the folder, choose what was left open.

        Args:
            folder: of the model; it exists.
            settings: what was asked for.
            machine: that it is trained on.
            start: a model to begin from.
            on_bytes: is told how many bytes were encoded.
        """

    def open(self, folder: ModelFolder, recipe: Recipe, config: Config, verify: bool) -> Job:
        """What `plan` wrote.

        Args:
            folder: of the model.
            recipe: of the run.
            config: of the model.
            verify: whether the data may have been damaged since.
        """

    def summary(self, figures: Mapping[str, Any]) -> str:
        """The closing figures in a sentence."""

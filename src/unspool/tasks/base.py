"""What a task is: everything that one kind of model has of its own. What all runs share is in `tasks/run.py`.

settings -> Task.plan -> recipe, config, data on disk -> Task.open -> Job: batches, validation, figures
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from unspool.arrays import Arrays
from unspool.data.batches import BatchSource
from unspool.engines.base import Machine
from unspool.folder.card import Card
from unspool.folder.model_folder import ModelFolder
from unspool.specs.config import Config
from unspool.specs.recipe import Recipe
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.settings import Settings, check_settings

R = TypeVar("R", bound=Recipe)
C = TypeVar("C", bound=Config)


@dataclass(frozen=True)
class Plan(Generic[R, C]):
    """What is to be trained, and how.

    Attributes:
        recipe: holds every setting.
        config: says what the model is.
        notes: give the reasons, in a few lines.
        weights: are what training begins with; none begins from random ones.
    """

    recipe: R
    config: C
    notes: list[str] = field(default_factory=list)
    weights: Arrays | None = None


class Job(Protocol):
    """The data of a run, with what is measured on them. `network` is the kind of network that the task trains."""

    @property
    def batches(self) -> BatchSource:
        """What an epoch reads."""

    @property
    def tokens_per_unit(self) -> float:
        """What converts a loss in nats per token to nats per unit."""

    @property
    def unit(self) -> str:
        """What bits are counted for: `character`, or `label`."""

    @property
    def description(self) -> str:
        """What the data are, in a sentence."""

    @property
    def warnings(self) -> list[str]:
        """Lines about the data."""

    def validate(self, network: Any) -> float:
        """Measure what the best model is chosen by, in nats per token: the lower, the better."""

    def sample(self, network: Any) -> str:
        """Show in a line what the network does."""

    def figures(self, network: Any) -> dict[str, Any]:
        """Measure the closing figures on the held-out part, by the names that `evaluate` gives them."""


class Task(ABC, Generic[R, C]):
    """Data, parts, loss and figures of one kind of model.

    Attributes:
        recipe: is the spec of a run's settings.
        config: is the spec of what the model is.
        card: holds the words of the model card.
        accepts_pretrained: says whether training may start from the weights of another model.
        reusable: says whether the training of other models may start from its models.
    """

    recipe: ClassVar[type[Recipe]]
    config: ClassVar[type[Config]]
    card: ClassVar[Card]
    accepts_pretrained: ClassVar[bool] = False
    reusable: ClassVar[bool] = False

    def check(self, settings: Settings) -> None:
        """Refuse what cannot be, before anything is read or touched.

        Raises:
            UsageError: a setting breaks its rule, or one that is needed is missing.
        """
        check_settings(self.recipe, settings)

    def name(self, settings: Settings) -> str:
        """The name of a model that learns from no file."""
        return "model"

    @abstractmethod
    def plan(
        self,
        folder: ModelFolder,
        settings: Settings,
        machine: Machine,
        pretrained: Pretrained | None,
        on_bytes: Callable[[int], None],
    ) -> Plan[R, C]:
        """Read the data, write them and the tokenizers into the folder, choose what was left open.

        Args:
            folder: is that of the model; it exists.
            settings: were requested, by section; the others are chosen.
            machine: says what training can use.
            pretrained: is the model to begin from; none begins from random weights.
            on_bytes: receives how many bytes have been encoded.
        """

    @abstractmethod
    def open(self, folder: ModelFolder, recipe: R, config: C, verify: bool) -> Job:
        """Open what `plan` wrote.

        Args:
            folder: is that of the model.
            recipe: is that of the run.
            config: is that of the model.
            verify: says whether the data may have been damaged since.
        """

    @abstractmethod
    def summary(self, figures: Mapping[str, Any]) -> str:
        """Say the closing figures in a sentence."""

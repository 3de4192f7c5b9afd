"""A task: everything that one kind of model has of its own. `tasks/run.py` holds what all runs have in common.

settings -> TrainedTask.plan -> recipe, config, data on disk -> open -> Job: batches, validation, figures
         -> CountedTask.prepare -> the same -> count -> the arrays of the network
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable

from unspool.arrays import Arrays
from unspool.data.batches import BatchSource
from unspool.engines.base import Machine
from unspool.errors import UsageError
from unspool.evaluate.units import Units
from unspool.folder.card import Card
from unspool.folder.model_folder import ModelFolder
from unspool.specs.config import Config
from unspool.specs.recipe import Recipe, TrainingRecipe
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.settings import Settings, check_settings
from unspool.training.callback import Callback
from unspool.training.phases import Phases

R = TypeVar("R", bound=Recipe)
T = TypeVar("T", bound=TrainingRecipe)
C = TypeVar("C", bound=Config)


@dataclass(frozen=True)
class Plan(Generic[R, C]):
    """What is to be trained, and how.

    Attributes:
        recipe: holds every setting.
        config: describes the model.
        notes: give the reasons, in a few lines.
        weights: are those that training starts from; none starts from random ones.
    """

    recipe: R
    config: C
    notes: list[str] = field(default_factory=list)
    weights: Arrays | None = None


class Measured(Protocol):
    """The data of a run, and what is measured on them. `network` is of the kind that the task makes."""

    @property
    def description(self) -> str:
        """A sentence that describes the data."""

    @property
    def warnings(self) -> list[str]:
        """Warnings about the data, a line each."""

    def figures(self, network: Any) -> dict[str, Any]:
        """Compute the closing figures on the held-out part, by the names that `evaluate` gives them."""


class Job(Measured, Protocol):
    """The data of the run of a network that is trained."""

    @property
    def batches(self) -> BatchSource:
        """The batches of each epoch."""

    @property
    def training_units(self) -> Units:
        """What the bits of the training part are counted per."""

    @property
    def held_out_units(self) -> Units:
        """What the bits of the held-out part are counted per."""

    @property
    def baseline(self) -> float:
        """The loss on the held-out part of a model that knows frequencies alone; see `frequency_nats`."""

    def validate(self, network: Any) -> float:
        """Compute the loss on the held-out part by which the best model is chosen, in nats per token."""

    def sample(self, network: Any) -> str:
        """Return a line that shows what the network does."""


@runtime_checkable
class Carries(Protocol):
    """Data on which a state can be passed along."""

    def carried(self, network: Any) -> float | None:
        """Estimate the loss with the state passed along the held-out part, in nats per token; none of documents."""


class Task(ABC, Generic[R, C]):
    """Data, settings and figures of one kind of model.

    Attributes:
        recipe: is the spec of a run's settings.
        config: is the spec that describes a model.
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
        """Refuse settings that cannot be, before anything is read or written.

        Args:
            settings: were requested, by section.

        Raises:
            UsageError: a setting breaks its rule, or one that is needed is missing.
        """
        check_settings(self.recipe, settings)

    def check_pretrained(self, pretrained: Pretrained | None) -> None:
        """Refuse a model to start from where none can be used.

        Raises:
            UsageError: one is given, and a model of this task cannot start from another.
        """
        if pretrained and not self.accepts_pretrained:
            name = self.recipe.model_fields["task"].default
            raise UsageError(
                f"a model of {name} cannot start from another. Received: {pretrained.path}.", "leave out --from."
            )

    def card_of(self, config: C) -> Card:
        """Return the words of the card of one model; its commands can be tried as they stand."""
        return self.card

    def name(self, settings: Settings) -> str:
        """Return the name of a model that learns from no file."""
        return "model"

    @abstractmethod
    def open(self, folder: ModelFolder, recipe: R, config: C, verify: bool) -> Measured:
        """Open the data that are in the folder.

        Args:
            folder: is that of the model.
            recipe: is that of the run.
            config: is that of the model.
            verify: checks that the data have not been damaged since.
        """

    @abstractmethod
    def summary(self, figures: Mapping[str, Any]) -> str:
        """Return the closing figures in a sentence."""


class TrainedTask(Task[T, C]):
    """A task whose networks are trained step by step, with batches and a loss."""

    @abstractmethod
    def plan(
        self,
        folder: ModelFolder,
        settings: Settings,
        machine: Machine,
        pretrained: Pretrained | None,
        callback: Callback,
    ) -> Plan[T, C]:
        """Read the data, write them and the tokenizers into the folder, and choose what was not requested.

        Args:
            folder: is that of the model; it exists.
            settings: were requested, by section; the others are chosen.
            machine: describes the computer that trains.
            pretrained: is the model to start from; none starts from random weights.
            callback: receives how much has been read so far.
        """

    @abstractmethod
    def open(self, folder: ModelFolder, recipe: T, config: C, verify: bool) -> Job:
        """Open the data that `plan` wrote."""

    def finish(self, folder: ModelFolder, recipe: T, config: C, network: Any, phases: Phases) -> Any:
        """Add to the model what is not trained step by step, and return what is measured: by default the network.

        It depends on the network and on the data alone, so that a run that was cut off here does it again.

        Args:
            folder: is that of the model; the data are in it.
            recipe: is that of the run.
            config: is that of the model.
            network: is the trained one.
            phases: are those of the run.
        """
        return network

    def remark(self, model: Any) -> str:
        """Return a sentence about what `finish` added to a model, for people and for the card; empty for nothing."""
        return ""


class CountedTask(Task[R, C]):
    """A task whose networks are counted, all at once."""

    @abstractmethod
    def prepare(self, folder: ModelFolder, settings: Settings, callback: Callback) -> Plan[R, C]:
        """Read the data, write them and the tokenizer into the folder, and choose what was not requested.

        Args:
            folder: is that of the model; it exists.
            settings: were requested, by section; the others are chosen.
            callback: receives how much has been read so far.
        """

    @abstractmethod
    def count(self, folder: ModelFolder, config: C) -> Arrays:
        """Count the data that `prepare` wrote, and return the arrays of the network."""

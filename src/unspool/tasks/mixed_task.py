"""A task whose texts are counted beside its network, and mixed with it where that predicts better."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from unspool.engines.mixture import Mixture
from unspool.engines.registry import build_mixture
from unspool.errors import UsageError
from unspool.folder.model_folder import ModelFolder
from unspool.specs.config import Config
from unspool.specs.network import LabelEncoderSpec, NgramSpec
from unspool.specs.recipe import TrainingRecipe
from unspool.specs.shapes import NgramShape
from unspool.tasks.base import Job, TrainedTask
from unspool.tasks.mixing import CountedTexts, count_beside
from unspool.tasks.settings import Settings
from unspool.training.phases import Phases

T = TypeVar("T", bound=TrainingRecipe)
C = TypeVar("C", bound=Config)


class MixedJob(Job, Protocol):
    """The data of the run of a network whose texts are counted, too."""

    @property
    def texts(self) -> CountedTexts | None:
        """What is counted; none where nothing is held back, because it is not wanted, or the texts are too few."""


class MixedTask(TrainedTask[T, C]):
    """A task of networks that are mixed with counts; its recipe has the sizes of the n-grams among the network's."""

    @abstractmethod
    def open(self, folder: ModelFolder, recipe: T, config: C, verify: bool) -> MixedJob:
        """Open the data that `plan` wrote."""

    def check(self, settings: Settings) -> None:
        """Refuse settings that cannot be, before anything is read."""
        super().check(settings)
        training, network = (settings.get(section, {}) for section in ("training", "network"))
        if training.get("counts") and network.get("decoder_input") == "none":
            raise UsageError(
                "counts read the tokens of a text, and with decoder_input none nothing does. Received: both.",
                "leave one of them out.",
            )

    def finish(self, folder: ModelFolder, recipe: T, config: C, network: Any, phases: Phases) -> Any:
        """Count the texts beside the network, and write what is mixed with it where that predicts better."""
        texts = self.open(folder, recipe, config, verify=False).texts
        if texts is None:
            return network
        phases.begin("counting", "the text was counted, and the counts were tried beside the network,")
        beside = count_beside(network, ngram_spec(recipe, config), texts)
        if beside is None:
            phases.conclude("the text was counted; counts beside the network do not help it, and were left out,")
            folder.write_config(config)
            return network
        folder.write_counts(beside.arrays)
        mixed = config.network.model_copy(update={"ngram": beside.spec})
        folder.write_config(config.changed(network=mixed))
        return build_mixture(network, beside.spec, beside.arrays, recipe.training.engine)

    def remark(self, model: Any) -> str:
        """Say what was counted."""
        if not isinstance(model, Mixture):
            return ""
        return (
            f"Beside the network, n-grams of {model.counts.order} token{'s' if model.counts.order > 1 else ''} are "
            "counted; a gate weighs the predictions of both at each step."
        )


def parts_summary(figures: Mapping[str, Any]) -> str:
    """Add to the closing figures of a mixture those of its parts; empty where nothing is mixed."""
    if "network_nats_per_token" not in figures:
        return ""
    network, counts = (figures[f"{name}_nats_per_token"] for name in ("network", "counts"))
    return f"; the network alone {network:.4f}, the counts alone {counts:.4f}"


def ngram_spec(recipe: Any, config: Config) -> NgramSpec:
    """Describe the n-grams that are counted beside the network; they know labels that its texts depend on."""
    assert config.network.decoder is not None
    shape = recipe.network.model_dump(include=set(NgramShape.model_fields))
    encoder = config.network.encoder
    labels = encoder.labels if isinstance(encoder, LabelEncoderSpec) else 0
    return NgramSpec(**shape, vocabulary_size=config.network.decoder.vocabulary_size, labels=labels)

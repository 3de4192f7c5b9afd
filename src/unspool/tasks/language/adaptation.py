"""Let a language model go on learning while it reads."""

from warnings import warn

from unspool.data.tokens import Part
from unspool.engines.base import HandoverNetwork, Learner, SequenceNetwork
from unspool.engines.mixture import Mixture, mixture
from unspool.engines.registry import build_learner, installed_engines, training_engines, usual_training_engine
from unspool.errors import DataWarning
from unspool.evaluate.adapted import AdaptedFigures, adapted_figures
from unspool.folder.model_folder import ModelFolder
from unspool.specs.adaptation import AdaptationSpec
from unspool.specs.training import WindowTrainingSpec
from unspool.tasks.opening import read_config, read_recipe
from unspool.training.adaptation import AdaptiveReader, adaptation_training

MAX_TOKENS = 300_000  # that are read; in minutes


def measure_adapted(
    network: SequenceNetwork, folder: ModelFolder, part: Part, spec: AdaptationSpec | None = None
) -> AdaptedFigures:
    """Measure a model that goes on learning while it reads a text; the model itself stays as it is.

    Args:
        network: is that of the model.
        folder: is that of the model.
        part: is the text; of a longer one, the first 300,000 tokens are read, and a warning says so.
        spec: says how it learns; none takes the defaults.

    Raises:
        MissingExtraError: the engine that trains it is not installed.
    """
    size = len(part.tokens)
    if size > MAX_TOKENS:
        warn(
            f"adaptation reads the first {MAX_TOKENS:,} of {size:,} tokens: its figures are of these.",
            DataWarning,
            stacklevel=3,
        )
    reader = open_reader(network, folder, spec or AdaptationSpec())
    return adapted_figures(part, reader.read(part, MAX_TOKENS))


def open_reader(network: SequenceNetwork, folder: ModelFolder, spec: AdaptationSpec) -> AdaptiveReader:
    """Open a model as one that goes on learning; its folder stays as it is."""
    learner = further_learner(folder, adaptation_training(spec), network)
    if isinstance(network, HandoverNetwork):  # a text that is learnt is long
        network, _ = network.hand_over(network.initial_state(1))

    def with_counts(learnt: SequenceNetwork) -> SequenceNetwork:
        """Put a network in the place of the model's own, beside the same counts."""
        return mixture(learnt, network.counts, network.gate) if isinstance(network, Mixture) else learnt

    return AdaptiveReader(network, learner, with_counts, spec)


def further_learner(folder: ModelFolder, training: WindowTrainingSpec, network: SequenceNetwork) -> Learner | None:
    """Build a learner of the weights of a model; none where it was only counted.

    Args:
        folder: is that of the model.
        training: says how it learns.
        network: is opened; its engine learns, if that trains: two frameworks need not share a process.

    Raises:
        MissingExtraError: no engine that trains is installed, or it cannot be imported.
    """
    spec = read_config(folder).network
    if spec.decoder is None:
        return None
    return build_learner(_engine(folder, network), spec.without_counts(), training, folder.read_weights())


def _engine(folder: ModelFolder, network: SequenceNetwork) -> str:
    """Choose the engine that learns: the one that runs the network, that trained it, or the usual one."""
    trained_part = network.network if isinstance(network, Mixture) else network
    running = type(trained_part).__module__.split(".")[2:3]  # unspool.engines.NAME
    trained = [read_recipe(folder).training.engine] if (folder.path / "recipe.toml").exists() else []
    able = [name for name in (*running, *trained) if name in training_engines() and name in installed_engines()]
    return able[0] if able else usual_training_engine()

"""A trained model: a folder of config, tokenizer, weights and card, opened with an engine."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar, cast
from warnings import warn

from unspool.arrays import Arrays
from unspool.engines.registry import build_network, engine_part
from unspool.engines.standard import sequence_part
from unspool.errors import DataWarning, UsageError, WrongModelError
from unspool.folder.copies import write_copy
from unspool.folder.migration import present_keywords
from unspool.folder.model_folder import ModelFolder
from unspool.folder.paths import PathLike, path_of
from unspool.folder.whole import read_whole
from unspool.models.about import Described
from unspool.models.explained import Description
from unspool.specs.base import Spec
from unspool.specs.config import Config
from unspool.specs.data import SourcesSpec
from unspool.tasks.implied import implied_settings
from unspool.tasks.opening import read_config, row_of_folder
from unspool.tasks.registry import ROWS
from unspool.tasks.settings import foreign_settings

if TYPE_CHECKING:
    from unspool.tasks.reporting.whole import OwnReport

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


FORMER = {  # methods of 0.1.0, and what is used in their place
    "classifier": "`classify`, `probabilities` and `labels` of the model itself",
    "sampling_for": "`stream` and `samples`, which take the settings",
    "pieces": "`stream` and `samples`",
    "token_text": "`tokenizer.show`",
}

INSTEAD = {"update": "adapt"}  # methods of some models, and the commands that do the like with others


class Runtime(NamedTuple):
    """What runs the network of a model; see `unspool.load`."""

    engine: str = "auto"
    weights: str = "float32"
    threads: int = 0


ORDINARY = Runtime()


class Model(Described):
    """A trained model. `load` and `train` return the class of its task, which adds the methods of that task.

    Args:
        folder: is the model folder.
        config: describes the model.
        network: is built from the config and the weights, in any engine.

    Attributes:
        reads: says what a command asks it about: `texts` (typed rows of numbers too) or `pictures`.
        runtime: is what it was opened with, and is opened with again where its folder changes.
    """

    config: Config
    runtime = ORDINARY
    reads: ClassVar[str] = "texts"

    def __init__(self, folder: ModelFolder, config: Config, network: Any) -> None:
        self.folder, self.config, self.network = folder, config, network

    @property
    def path(self) -> Path:
        """The path of the model folder."""
        return self.folder.known_as

    @property
    def card(self) -> str:
        """The model card, in Markdown.

        Raises:
            ModelFolderError: it is missing, or the model was replaced since it was opened.
        """
        return self.read_folder(ModelFolder.read_card)

    def read_folder(self, read: Callable[[ModelFolder], T]) -> T:
        """Read more of the model's folder, wherever it is by now; again from the start, if it was moved meanwhile.

        Args:
            read: takes the folder, and returns what it found there.

        Raises:
            ModelFolderError: the model was replaced or removed since it was opened.
        """
        return read_whole(self.path, read, self.folder.identity)

    if TYPE_CHECKING:
        evaluate: Callable[..., Any]  # the class of each task says on what, and returns its own figures

    def describe(self, figures: Any) -> Description:
        """Return what is shown in addition to the figures of `evaluate`."""
        return Description()

    def report(self, out: PathLike | None = None) -> Path:
        """Write the report of the model: a page that shows what it does, how it was trained, and with what.

        Args:
            out: is the file to write; none writes `report.html` into the model folder.

        Returns:
            the path of the file, which needs no other and no network.

        Raises:
            ModelFolderError: the model was replaced since it was opened.
            OutputError: the file cannot be written.
        """
        from unspool.models.reporting import write_report  # here and not above: a model is opened to be used at once

        return write_report(self, None if out is None else path_of(out, "out"))

    def own_report(self, folder: ModelFolder, events: Sequence[dict[str, Any]]) -> "OwnReport":
        """Return what the report shows of the model's task alone.

        Args:
            folder: is that of the model.
            events: are those of its history.
        """
        from unspool.tasks.reporting.whole import OwnReport

        return OwnReport()

    def to_keras(self) -> Any:
        """Return the network as a `keras.Model` of standard layers, with the weights; it needs no Unspool any more.

        It maps tokens [B, T], the ids of `tokenizer.json`, to logits: of a language model [B, T, V], of a classifier
        [B, C]. A text begins with `<s>`, one to classify ends with `<eos>`, and `<pad>` follows the shorter ones. A
        classifier of numbers takes them as they are, [B, F]. Weights that are tied become two copies. Counts that the
        network is mixed with stay behind, and a warning says so.

        Raises:
            UsageError: standard layers cannot be its parts: the cell is `mingru`, or it has an encoder and a decoder.
            MissingExtraError: TensorFlow is not installed.
        """
        return self._exported("keras")

    def to_torch(self) -> Any:
        """Return the network as a `torch.nn.Module` of standard layers, with the weights. See `to_keras`.

        A language model is called as `logits, state = module(tokens, state)`, without a state from the initial one.

        Raises:
            UsageError: standard layers cannot be its parts.
            MissingExtraError: PyTorch is not installed.
        """
        return self._exported("torch")

    def _exported(self, engine: str) -> Any:
        sequence_part(self.config.network)  # refuses what cannot be, before the framework is imported
        return engine_part(engine, "export").export_network(self.config.network, self.exported_weights())

    @property
    def mixed(self) -> bool:
        """Whether the predictions of the network are mixed with those of counts."""
        return bool(self.config.network.mixed)

    def exported_weights(self) -> Arrays:
        """Return the weights that a network outside Unspool has, by the names of `model.safetensors`.

        A warning says so where counts stay behind that the network is mixed with.
        """
        if self.mixed:
            said = "the network alone is exported: the counts that it is mixed with stay behind."
            warn(said, DataWarning, stacklevel=3)
        return self.read_folder(ModelFolder.read_weights)

    def save(self, path: PathLike, overwrite: bool = False) -> None:
        """Copy the model folder, without what resuming needs.

        Args:
            path: is that of the new folder.
            overwrite: allows it to replace a model.

        Raises:
            OutputError: something is there, another process writes it, or it cannot be written.
            ModelFolderError: the model was replaced since it was opened.
        """
        write_copy(self, path_of(path), overwrite)

    if not TYPE_CHECKING:  # a type checker shall know which methods there are

        def __getattr__(self, name: str) -> Any:
            """Raise an error that names the classes that have a method which this one does not have."""
            owners = [] if name.startswith("_") else [kind for kind in model_classes() if hasattr(kind, name)]
            owners = [kind for kind in owners if not any(base in owners for base in kind.__mro__[1:])]
            if owners:
                raise wrong_model(self, name, *owners)
            if name in FORMER:
                raise AttributeError(f"{name} is a method of version 0.1.0: use {FORMER[name]}")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


def open_model(path: Path, runtime: Runtime = ORDINARY) -> Model:
    """Open a model folder; see `unspool.load`."""

    def opened(folder: ModelFolder) -> Model:
        row, config = row_of_folder(folder), read_config(folder)
        arrays = folder.read_arrays(config.network)
        network = build_network(runtime.engine, config.network, arrays, runtime.weights, runtime.threads)
        model: Model = row.load("model")(folder, config, network)
        model.runtime = runtime
        return model

    return read_whole(path, opened)


def model_classes() -> list[type[Model]]:
    """Return the model classes of all tasks."""
    return list(dict.fromkeys(row.load("model") for row in ROWS.values()))


def wrong_model(model: Model, method: str, *owners: type[Model]) -> WrongModelError:
    """Make the error for a method that a model does not have.

    Args:
        model: does not have the method.
        method: is its name.
        *owners: are the classes that have it.
    """
    kind = type(model)
    names = [name for owner in kind.__mro__ if owner is not Model and issubclass(owner, Model) for name in vars(owner)]
    own = [name for name in dict.fromkeys(names) if not name.startswith("_") and callable(getattr(kind, name))]
    alike = INSTEAD.get(method, "")
    command = alike if hasattr(kind, alike) else ROWS[model.config.task].command.name
    error = WrongModelError(
        f"{method} needs a {' or '.join(owner.__name__ for owner in owners)}. Received: {model.path}, a "
        f"{kind.__name__}.",
        f"a {kind.__name__} has {', '.join(own)}; in the shell use `unspool {command}`.",
    )
    wanted = [row.load("task").card.kind for row in ROWS.values() if issubclass(row.load("model"), owners)]
    received = ROWS[model.config.task].load("task").card.kind
    error.in_shell = (
        f"this command must be given a {' or a '.join(wanted)}. Received: {model.path}, a {received}.",
        f"use `unspool {command}`.",
    )
    return error


def measuring(evaluate: F) -> F:
    """Let a method `evaluate` of a model take data that are given in Python, as `train` does."""

    @wraps(evaluate)
    def measured(self: Model, data: Any = None, **settings: Any) -> Any:
        from unspool.data.given import as_sources  # here and not above: it imports every form of data

        with as_sources(data) as found:
            implied = implied_settings(found, settings, self.config.task)
            return evaluate(self, found.names or None, **implied, **settings)

    return cast(F, measured)


def given(task: str, data: tuple[str, ...] | None, settings: Mapping[str, Any], *specs: type[Spec]) -> dict[str, Any]:
    """Return the sources, and the settings without those that are off.

    Args:
        task: is the name of the model's task.
        data: are the names of the sources, if there are any.
        settings: are given by name.
        *specs: have the fields that settings may be.

    Raises:
        UsageError: a setting is a field of none of them, or says how to read data where there are none.
    """
    present = present_keywords(settings, stacklevel=5)
    chosen = {name: value for name, value in present.items() if value is not False and value not in (None, ())}
    foreign = [name for name in chosen if not any(name in spec.model_fields for spec in specs)]
    if foreign:
        raise foreign_settings(task, foreign, [name for spec in specs for name in spec.model_fields])
    for spec in specs:
        if issubclass(spec, SourcesSpec) and data is None and not any(name in chosen for name in spec.naming):
            idle = [name for name in chosen if name in spec.model_fields]
            if idle:
                raise UsageError(
                    f"data must be named for {', '.join(idle)} to mean something. Received: none.",
                    "name the data, or leave the setting out: what was held out is read as in training.",
                )
    return {**chosen, "sources": data or ()}

"""What every model tells about itself: in a line, as a picture of its training, as a table of its run."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

from unspool.display.reprs import Displayed, Rows, text_table
from unspool.errors import MissingExtraError, UnspoolError, UsageError
from unspool.folder.model_folder import ModelFolder
from unspool.specs.config import Config

if TYPE_CHECKING:
    from matplotlib.figure import Figure

T = TypeVar("T")
NAMES = ("bits_per_character", "bits_per_label", "accuracy", "bleu", "bleu4", "chrf")  # figures that a line tells
SHOWN = 2
SHOWN_OF_RUN = ("step", "epoch", "seconds", "loss", "fresh", "best")


def _facts(row: dict[str, Any]) -> str:
    """Say the figures among what an event says."""
    figures = {name: value for name, value in row.items() if isinstance(value, float) and name != "seconds"}
    return ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in figures.items())


class RunHistory(Rows[dict[str, Any]]):
    """The events of the run that made a model, in order: a table with a row for each."""

    def __repr__(self) -> str:
        measured = [{name: row.get(name) for name in SHOWN_OF_RUN} for row in self.of("validation")]
        end = "".join(f"\nend: {_facts(row)}" for row in self.of("end")[-1:])
        return f"{text_table(measured) if measured else 'no validations'}{end}"

    def curves(self) -> dict[str, list[tuple[float, float]]]:
        """Return the losses against seconds, in nats per token, by the names `training` and `held out`."""
        from unspool.training.history import loss_curves  # here and not above: a model is opened to be used at once

        return loss_curves(self)

    def of(self, event: str) -> "RunHistory":
        """Return the events of one kind, such as `validation` or `end`."""
        return RunHistory(row for row in self if row["event"] == event)


class Described(Displayed):
    """A model as people see it; what it can do is added by `Model`."""

    config: Config

    if TYPE_CHECKING:

        @property
        def path(self) -> Path:
            """The path of the model folder."""

        def read_folder(self, read: Callable[[ModelFolder], T]) -> T:
            """Read more of the model's folder."""

        def save(self, path: str | Path, overwrite: bool = False) -> None:
            """Copy the model folder."""

    def __repr__(self) -> str:
        from unspool.engines.parameters import parameter_count
        from unspool.folder.card import describe_network

        network = self.config.network
        layers = describe_network(network, self.config.tokenizer)[1]
        size = "" if network.kind == "ngram" else f"; {parameter_count(network):,} parameters"
        shown = "".join(f"; {name.replace('_', ' ')} {value:.4g}" for name, value in self._figures().items())
        return f"{type(self).__name__}({str(self.path)!r}: {layers}{size}{shown})"

    def _figures(self) -> dict[str, float]:
        """Return the first of the closing figures of the run; nothing where they cannot be read any more."""
        try:
            end = self.history.of("end")
        except UnspoolError:
            return {}
        found = {name: end[-1][name] for name in NAMES if end and isinstance(end[-1].get(name), float)}
        return dict(list(found.items())[:SHOWN])

    @property
    def history(self) -> RunHistory:
        """The events of the run that made the model: validations with their losses, and the closing figures.

        Raises:
            ModelFolderError: the model was replaced since it was opened.
        """
        from unspool.training.history import History

        return RunHistory(self.read_folder(lambda folder: History(folder.path / "history.jsonl").events()))

    def push_to_hub(self, repository: str, private: bool = False, message: str = "Upload a model of Unspool") -> str:
        """Upload the model folder to the Hugging Face hub, without what resuming needs, and return its address.

        Args:
            repository: is `OWNER/NAME`; it is made if there is none.
            private: hides a new one from others.
            message: says what the commit is.

        Raises:
            OutputError: the hub refuses it, or cannot be reached.
            MissingExtraError: huggingface_hub is not installed.
        """
        from unspool.folder.hub import push

        with TemporaryDirectory(prefix="unspool-") as place:
            self.save(Path(place, "model"))
            return push(Path(place, "model"), repository, private, message)

    def plot(self) -> "Figure":
        """Draw the losses of training and of the held-out part against seconds, as a figure of matplotlib.

        Raises:
            UsageError: the model was not trained step by step, or not long enough for a curve.
            MissingExtraError: matplotlib is not installed.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError:
            raise MissingExtraError("matplotlib", "plots", "plot") from None
        curves = self.history.curves()
        if not curves:
            raise UsageError(
                f"a curve needs validations. Received: {self.path}, whose history has none.", "train it for longer."
            )
        figure = Figure(figsize=(6.4, 3.2), layout="constrained")
        axes = figure.subplots()
        for name, points in curves.items():
            axes.plot(*zip(*points, strict=True), marker=".", label=name)
        axes.set(xlabel="seconds", ylabel="nats per token", title=self.path.name)
        axes.legend()
        return figure

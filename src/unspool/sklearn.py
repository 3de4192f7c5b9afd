"""A classifier of texts as scikit-learn has them: it stands in a `Pipeline`, a `GridSearchCV`, a `VotingClassifier`.

from unspool.sklearn import RecurrentClassifier

classifier = RecurrentClassifier(minutes=1).fit(texts, labels)
classifier.predict(["a new text"]), classifier.predict_proba(["a new text"])
"""

import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from unspool.api import load, train
from unspool.arrays import FloatArray
from unspool.errors import DataError, MissingExtraError, UsageError

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d
except ImportError:
    raise MissingExtraError("scikit-learn", "baselines", "unspool.sklearn") from None

FEWEST = 20  # texts; fewer are repeated, so that some can be held out
CHOICES = ("tokenizer", "encoder_cell", "encoder_size", "encoder_layers", "dropout", "counts", "engine", "threads")


class RecurrentClassifier(ClassifierMixin, BaseEstimator):
    """A recurrent classifier of texts with the interface of scikit-learn.

    A text is an item of a list, of an array or of a column; labels are of any type. `minutes` is the budget unless
    `epochs` or `steps` is given, with which the same data give the same model. What is none is chosen from the data.

    Args:
        minutes: trains for so long.
        epochs: trains for so many passes over the texts instead.
        steps: trains for so many updates of the weights instead.
        tokenizer: sets what a token is: `char`, `word`, `bpe` or `byte`.
        encoder_cell: names the cell of the encoder.
        encoder_size: is the number of its hidden units.
        encoder_layers: is the number of its layers.
        dropout: is the rate of dropout.
        counts: mixes the network with a linear classifier of counted words or characters where that helps.
        engine: names the engine that trains.
        threads: limits the threads.
        random_state: starts the random numbers: a whole number, a generator of NumPy, or none for a fresh one.
        settings: are further keywords of `unspool.train`.
        progress: shows how far the training is.

    Attributes:
        classes_: are the labels, in order.
        model_: is the `unspool.TextClassifier`.
    """

    def __init__(
        self,
        minutes: float = 1.0,
        *,
        epochs: float | None = None,
        steps: int | None = None,
        tokenizer: str | None = None,
        encoder_cell: str | None = None,
        encoder_size: int | None = None,
        encoder_layers: int | None = None,
        dropout: float | None = None,
        counts: bool | None = None,
        engine: str | None = None,
        threads: int | None = None,
        random_state: Any = 0,
        settings: Mapping[str, Any] | None = None,
        progress: bool = False,
    ) -> None:
        self.minutes, self.epochs, self.steps = minutes, epochs, steps
        self.tokenizer, self.counts = tokenizer, counts
        self.encoder_cell, self.encoder_size, self.encoder_layers = encoder_cell, encoder_size, encoder_layers
        self.dropout, self.engine, self.threads = dropout, engine, threads
        self.random_state, self.settings, self.progress = random_state, settings, progress

    def fit(self, X: Any, y: Any) -> Self:
        """Train on texts and their labels.

        Args:
            X: are N texts.
            y: are N labels, of at least two classes.

        Raises:
            ValueError: they cannot be texts and labels, or are too few.
        """
        texts = texts_of(X)
        if y is None:
            raise ValueError("RecurrentClassifier requires y to be passed, but the target y is None.")
        labels = column_or_1d(y, warn=True)
        check_consistent_length(texts, labels)
        check_classification_targets(labels)
        self.classes_, indices = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"There must be at least two classes. Received: one class, {self.classes_[0]!r}.")
        pairs = [(text, _name(index)) for text, index in zip(texts, indices.tolist(), strict=True)]
        pairs *= -(-FEWEST // len(pairs))
        try:
            self.model_ = train(pairs, task="classification", progress=bool(self.progress), **self._keywords())
        except (DataError, UsageError) as problem:
            raise ValueError(str(problem)) from problem
        self._columns = [int(label[1:]) for label in self.model_.labels]
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        """Compute the probability of each class for N texts: [N, C], in the order of `classes_`."""
        check_is_fitted(self, "model_")
        texts = texts_of(X)
        found = np.zeros((len(texts), len(self.classes_)))  # (N, C): a class that was only held out has no probability
        found[:, self._columns] = self.model_.probabilities(texts)
        return found

    def predict(self, X: Any) -> Any:
        """Return the likeliest class of each of N texts."""
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def _keywords(self) -> dict[str, Any]:
        """Return the keywords of `train`."""
        budget = {"steps": self.steps} if self.steps else {"epochs": self.epochs} if self.epochs else {}
        chosen = {name: getattr(self, name) for name in CHOICES if getattr(self, name) is not None}
        return {
            "seed": _seed(self.random_state),
            **(budget or {"minutes": self.minutes}),
            **chosen,
            **(self.settings or {}),
        }

    def __sklearn_tags__(self) -> Any:
        """Say what it takes: texts, not tables; with a budget of minutes the result depends on the clock."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array = True, True, False
        tags.non_deterministic = self.steps is None and self.epochs is None
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: the parameters, and the files of the model."""
        state: dict[str, Any] = dict(super().__getstate__())
        if "model_" in state:
            state["model_"] = _files(state["model_"])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Open the model from the files that were pickled."""
        if "model_" in state:
            state = {**state, "model_": _opened(state["model_"])}
        super().__setstate__(state)


def texts_of(texts: Any) -> list[str]:
    """Return texts as a list.

    Args:
        texts: are a list, an array or a column of texts, or a table of one such column.

    Raises:
        ValueError: they are something else, or there are none.
        TypeError: they are a sparse matrix.
    """
    if isinstance(texts, str | bytes):
        raise ValueError("Iterable over texts expected, a single text received: put it into a list.")
    if hasattr(texts, "tocsr"):
        raise TypeError("Sparse data was passed, but texts are required.")
    values = texts if isinstance(texts, Sequence) else np.asarray(texts)
    if isinstance(values, np.ndarray):
        if values.ndim == 2 and values.shape[1] == 1:
            values = values[:, 0]  # (N, 1) -> (N)
        if values.ndim != 1:
            raise ValueError(f"Expected a 1D array of texts, got {values.ndim}D data instead: Reshape your data.")
        values = values.tolist()
    found = list(values)
    if not found:
        raise ValueError("Found data with 0 sample(s) while a minimum of 1 is required.")
    other = next((one for one in found if not isinstance(one, str)), None)
    if other is not None:
        raise ValueError(f"Every sample must be a text. Received: {other!r:.60}.")
    return found


def _seed(state: Any) -> int:
    """Return the seed of a random state as scikit-learn has it: a number, a generator, or none."""
    return int(state) if isinstance(state, int | np.integer) else int(check_random_state(state).randint(2**31 - 1))


def _name(index: int) -> str:
    return f"c{index}"


def _files(model: Any) -> dict[str, bytes]:
    """Return the files of a model's folder, without what resuming needs."""
    with tempfile.TemporaryDirectory(prefix="unspool-") as place:
        model.save(Path(place, "model"))
        copy = Path(place, "model")
        return {str(path.relative_to(copy)): path.read_bytes() for path in copy.rglob("*") if path.is_file()}


def _opened(files: Mapping[str, bytes]) -> Any:
    """Open a model from the files of its folder, which are removed with it."""
    place = Path(tempfile.mkdtemp(prefix="unspool-"))
    for name, data in files.items():
        path = place / "model" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    model = load(place / "model")
    weakref.finalize(model, shutil.rmtree, place, ignore_errors=True)
    return model

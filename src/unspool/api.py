"""Train a model, continue a run that was cut off, open a trained model.

model = unspool.train("alice.txt", minutes=5)
model.generate("Alice was", max_new_tokens=200, temperature=0.8, seed=7)
model.score("Alice was beginning").bits_per_byte
model.save("alice/")
"""

import shutil
import sys
import tempfile
import time
import warnings
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from unspool.errors import DataWarning
from unspool.folder.hub import fetched, is_address
from unspool.folder.migration import present_keywords
from unspool.folder.paths import PathLike, path_of
from unspool.models.base import Model, Runtime, open_model
from unspool.tasks.implied import implied_settings
from unspool.tasks.opening import read_pretrained
from unspool.tasks.registry import choose_row, task_of_model
from unspool.tasks.settings import Settings, grouped
from unspool.training.callback import Callback

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from unspool.models.classifier import TextClassifier
    from unspool.models.conditional import ConditionalTextModel
    from unspool.models.counted import CountedTextModel
    from unspool.models.images import ImageClassifier
    from unspool.models.keywords import (
        CaptioningKeywords,
        ClassificationKeywords,
        ConditionalKeywords,
        EveryKeyword,
        ImageClassificationKeywords,
        LanguageKeywords,
        NgramKeywords,
        TranslationKeywords,
        VectorClassificationKeywords,
    )
    from unspool.models.sequence import Captioner, Translator
    from unspool.models.text import TextModel
    from unspool.models.vectors import VectorClassifier


def load(path: PathLike, engine: str = "auto", weights: str = "float32", threads: int = 0) -> Model:
    """Open a model folder, as the class of its task.

    Args:
        path: is that of the folder that `train` or `unspool train` wrote, or `hf://OWNER/NAME` on the Hugging Face hub.
        engine: is `numpy`, `numba`, `torch`, `keras`, or `auto`, which starts with NumPy and in a long text hands over
            to the compiled kernels of Numba.
        weights: is the format of the weights: `float32`, or with Numba `bfloat16` or `int8`, which take half or a
            quarter of the memory and predict slightly worse.
        threads: is the maximum number of threads of Numba's kernels; 0 uses all.

    Returns:
        a `TextModel`, `CountedTextModel`, `ConditionalTextModel`, `Translator`, `Captioner`, `TextClassifier`,
        `VectorClassifier` or `ImageClassifier`. While a run replaces the model of a folder, it is the old one until the
        run has kept a model, and then the new one.

    Raises:
        ModelFolderError: it is not a sound model folder, or its first run has kept no model yet.
        UsageError: the path is none, or there is no such engine, or not with these weights or threads.
        MissingExtraError: the engine is not installed, or cannot be imported.
    """
    return open_model(fetched(path) if is_address(path) else path_of(path), Runtime(engine, weights, threads))


if TYPE_CHECKING:
    Named = str | Path | Sequence[str | Path] | None  # files, folders or texts, by which a text is learnt


@overload
def train(
    data: Any = None,
    *,
    model: Literal["ngram"],
    task: Literal["language"] | None = None,
    **values: "Unpack[NgramKeywords]",
) -> "CountedTextModel": ...


@overload
def train(
    data: "Named" = None,
    *,
    task: Literal["language"] | None = None,
    model: Literal["recurrent"] | None = None,
    **values: "Unpack[LanguageKeywords]",
) -> "TextModel": ...


@overload
def train(data: Any = None, *, task: Literal["language"], **values: "Unpack[LanguageKeywords]") -> "TextModel": ...


@overload
def train(
    data: Any = None, *, task: Literal["translation"], **values: "Unpack[TranslationKeywords]"
) -> "Translator": ...


@overload
def train(data: Any = None, *, task: Literal["captioning"], **values: "Unpack[CaptioningKeywords]") -> "Captioner": ...


@overload
def train(
    data: Any = None, *, task: Literal["conditional"], **values: "Unpack[ConditionalKeywords]"
) -> "ConditionalTextModel": ...


@overload
def train(
    data: Any = None, *, task: Literal["classification"], **values: "Unpack[ClassificationKeywords]"
) -> "TextClassifier": ...


@overload
def train(
    data: Any = None, *, task: Literal["vector-classification"], **values: "Unpack[VectorClassificationKeywords]"
) -> "VectorClassifier": ...


@overload
def train(
    data: Any = None, *, task: Literal["image-classification"], **values: "Unpack[ImageClassificationKeywords]"
) -> "ImageClassifier": ...


@overload
def train(
    data: Any = None, *, task: None = None, model: Literal["recurrent"] | None = None, **values: "Unpack[EveryKeyword]"
) -> Any: ...


def train(
    data: Any = None,
    *,
    out: PathLike | None = None,
    overwrite: bool = False,
    start_from: PathLike | None = None,
    callback: Callback | None = None,
    progress: bool | None = None,
    engine: str | None = None,
    settings: Settings | None = None,
    task: str | None = None,
    model: str | None = None,
    **values: Any,
) -> Model:
    """Train a language model, a translator, a classifier or a conditional model.

    Args:
        data: names files, folders or tables; or is a text (with a line end), a list of texts, a list of (text, label)
            pairs, of rows as dicts, or a data frame; none means the embedded corpus.
        out: is the model folder to write; without it the folder is temporary, and is removed with the model.
        overwrite: allows `out` to replace a model.
        start_from: is a model folder whose weights training starts from.
        callback: receives events; see `unspool.Callback`.
        progress: shows how far the run is: in a notebook a display, in a terminal a bar, elsewhere lines on standard
            error. None does so unless there is a callback; False is silent.
        engine: names the engine that trains, `torch` or `keras`; none takes the first of them that is installed.
        settings: are given by section, as a recipe file holds them.
        task: is `language`, `translation`, `conditional`, `classification` (of texts), `vector-classification` (of rows
            of numbers), `image-classification` or `captioning`; none takes what the data imply.
        model: is `ngram`, which counts a text instead of training on it, or `recurrent`, as without it.
        **values: are settings by name: the budget (`minutes`, `epochs` or `steps`), and the fields of the sections of
            the task's recipe. What is left out is chosen from the size of the text and the budget.

    Returns:
        the model with the best weights of the run.

    Raises:
        UnspoolError: the settings, the data or the output folder cannot be used, or training failed.
    """
    from unspool.tasks.starting import (  # here and not above: a model is opened to be used at once
        naming_engine,
        start_run,
    )
    from unspool.training.progress import showing_run

    started = time.monotonic()
    own = _callback_of(callback, values.pop("listener", None))
    values = present_keywords(values, stacklevel=3)
    pretrained = read_pretrained(path_of(start_from, "start_from")) if start_from else None
    named = tuple(settings["data"].get("sources", ())) if settings else ()
    from unspool.data.given import as_sources  # here and not above: it imports every form of data

    with as_sources(_one_or_all(named) if settings else data) as given, showing_run(own, progress) as callback:
        requested = settings or grouped({**implied_settings(given, values, task), **values}, train.__kwdefaults__ or ())
        requested = {**requested, "data": {**requested["data"], "sources": given.names}}
        row = choose_row(requested["data"], task_of_model(model, task))
        if given.kind:
            callback.on_note(f"data: {given.kind}, for {row.name}.")
        requested = naming_engine(row, requested, engine)
        if pretrained:
            requested = pretrained.settings(requested)
        if out is not None:
            target = path_of(out, "out")
            start_run(target, row, requested, callback, started, overwrite, pretrained)
            return _said(_reported(target, callback), requested)
        keep = Path(tempfile.mkdtemp(prefix="unspool-"))
        try:
            start_run(keep / "model", row, requested, callback, started, overwrite, pretrained)
            trained = _said(_reported(keep / "model", callback), requested)
        except BaseException:
            shutil.rmtree(keep, ignore_errors=True)
            raise
        weakref.finalize(trained, shutil.rmtree, keep, ignore_errors=True)
        return trained


def _reported(path: Path, callback: Callback) -> Model:
    """Open the model of a run, and write its report, for whose sake no run fails."""
    model = load(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what there is to say has been said
            load(path, _drawing_engine(model)).report()
    except Exception as problem:  # whatever it is, the model is there
        reason = getattr(problem, "message", None) or f"{type(problem).__name__}: {problem}"
        callback.on_note(f"warning: there is no report of this run: {reason!s:.200}")
    return model


def _said(model: Model, requested: Settings) -> Model:
    """Warn where settings of counts were requested, and there are none; return the model."""
    asked = [name for name in ("order", "min_count") if name in requested["network"]]
    if asked and model.config.network.kind != "ngram" and not model.mixed:
        warnings.warn(
            f"{' and '.join(asked)} changed nothing: there are no counts beside the network. The text is too short for "
            "them, they do not help it, or they were left out.",
            DataWarning,
            stacklevel=3,
        )
    return model


def _drawing_engine(model: Model) -> str:
    """Return the engine that draws a report: PyTorch where it is loaded and reads many sources at once, else NumPy."""
    return "torch" if "torch" in sys.modules and model.config.network.encoder is not None else "numpy"


def _one_or_all(names: tuple[str, ...]) -> Any:
    """Return names that are arguments of a command: a single one may be a text itself."""
    return names[0] if len(names) == 1 else [Path(name) for name in names] or None


def resume(
    path: PathLike,
    *,
    callback: Callback | None = None,
    progress: bool | None = None,
    engine: str | None = None,
    listener: Callback | None = None,
) -> Model:
    """Continue a run that was cut off; with the engine that began it, it ends as if it had not been.

    Args:
        path: is that of the model folder.
        callback: receives events; see `unspool.Callback`.
        progress: shows how far the run is, as in `train`.
        engine: names the engine that trains; none takes the one that began the run.
        listener: is the name of `callback` in version 0.1.0.

    Raises:
        ModelFolderError: there is nothing to resume.
        OutputError: another process writes the folder.
    """
    from unspool.tasks.starting import go_on
    from unspool.training.progress import showing_run

    folder = path_of(path)
    with showing_run(_callback_of(callback, listener), progress) as told:
        go_on(folder, told, engine)
        return _reported(folder, told)


def _callback_of(callback: Callback | None, listener: Callback | None) -> Callback | None:
    """Return the callback of a run; the keyword of 0.1.0 is still understood, with a warning."""
    if listener is not None:
        warnings.warn("listener is called callback now", DeprecationWarning, stacklevel=3)
    return callback or listener

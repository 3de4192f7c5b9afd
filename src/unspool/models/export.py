"""Write a model for people who have Keras, TensorFlow, PyTorch or KenLM, and not Unspool."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from unspool.engines.standard import sequence_part, state_dict
from unspool.errors import OutputError, UsageError
from unspool.folder.atomic import followed, is_empty, replacing_whole
from unspool.folder.paths import PathLike, path_of
from unspool.folder.serialization import dump_safetensors
from unspool.models.base import Model
from unspool.models.text import TextModel
from unspool.specs.base import build
from unspool.specs.runtime import ExportFormat, ExportSpec

SAVED_MODEL = "saved_model.pb"  # is in every SavedModel


class Format(NamedTuple):
    """One format.

    Attributes:
        ending: is that of the name, where nobody chooses one.
        write: writes a model to a path.
        loading: is the Python that reads it; `{path}` stands for its path.
        folder: says whether it is a folder rather than a file.
        required: says whether what reads it goes by the ending.
    """

    ending: str
    write: Callable[[Model, Path], None]
    loading: str
    folder: bool = False
    required: bool = False


def _write_keras(model: Model, path: Path) -> None:
    model.to_keras().save(path)


def _write_saved_model(model: Model, path: Path) -> None:
    model.to_keras().export(path, verbose=False)


def _write_state_dict(model: Model, path: Path) -> None:
    sequence_part(model.config.network)  # refuses what cannot be, before anything is said of counts
    path.write_bytes(dump_safetensors(state_dict(model.config.network, model.exported_weights()), {}))


def _write_arpa(model: Model, path: Path) -> None:
    from unspool.engines.ngram.arpa import write_arpa
    from unspool.engines.ngram.backoff import BackoffModel, backoff_model
    from unspool.engines.ngram.engine import model_of

    if not isinstance(model, TextModel) or model.config.network.kind != "ngram":
        raise UsageError(
            f"a file in ARPA format holds n-grams. Received: {model.path}, of the kind {model.config.network.kind}.",
            "count the text: unspool train TEXT --model ngram.",
        )
    found = model_of(model.exported_weights())
    written = found if isinstance(found, BackoffModel) else backoff_model(found)
    write_arpa(path, written, model.tokenizer.vocabulary)


FORMATS: dict[ExportFormat, Format] = {
    "keras": Format(".keras", _write_keras, "keras.models.load_model({path!r})", required=True),
    "saved-model": Format("-saved-model", _write_saved_model, "tensorflow.saved_model.load({path!r})", folder=True),
    "state-dict": Format(".safetensors", _write_state_dict, "safetensors.torch.load_file({path!r})"),
    "arpa": Format(".arpa", _write_arpa, "kenlm.Model({path!r})"),
}


def export_model(
    model: Model, path: PathLike | None = None, format: ExportFormat = "keras", overwrite: bool = False
) -> Path:
    """Write a model in a format that needs no Unspool, whole or not at all.

    Args:
        model: is a language model, or a classifier of texts or numbers, of standard layers (see `Model.to_keras`), or
            one that was counted.
        path: is that of the new file or folder; none writes next to the model folder.
        format: is `keras`, `saved-model` or `state-dict`; of a model that was counted, `arpa`.
        overwrite: allows it to replace a file or, with `saved-model`, a SavedModel.

    Returns:
        the path.

    Raises:
        UsageError: there is no such format, or standard layers cannot be its parts.
        OutputError: something is at the path, or it cannot be written.
        MissingExtraError: TensorFlow is needed and not installed.
    """
    chosen = FORMATS[build(ExportSpec, {"format": format}, "export").format]
    if path is None:
        folder = followed(model.path)
        path = folder.with_name(folder.name + chosen.ending)
    target = path_of(path)
    if chosen.required and target.suffix != chosen.ending:
        raise UsageError(
            f"the name of a file of the format {format} must end in {chosen.ending}. Received: {target.name!r:.60}.",
            f"write --out {target.with_suffix(chosen.ending) if target.stem.strip('.') else 'model' + chosen.ending}.",
        )
    _check_free(target, chosen, overwrite)
    with replacing_whole(target) as new:
        chosen.write(model, new)
    return target


def _check_free(path: Path, format: Format, overwrite: bool) -> None:
    """Refuse to write where something is that may not be replaced, whatever was requested."""
    if not path.exists():
        return
    replaceable = (
        path.is_dir() and (is_empty(path) or (path / SAVED_MODEL).exists()) if format.folder else path.is_file()
    )
    if not replaceable:
        raise OutputError(
            f"{path} is {'no SavedModel' if format.folder else 'no file'}, and is not replaced.",
            "choose another place with --out.",
        )
    if not (overwrite or (path.is_dir() and is_empty(path))):
        raise OutputError(f"{path} exists.", "choose another place with --out, or replace it with --overwrite.")

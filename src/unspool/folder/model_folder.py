"""The model folder on disk.

    config.json             task, network, tokenizer, format version
    model.safetensors       the best weights so far
    counts.safetensors      what was counted beside the network, and how both are mixed, where config.json says so
    tokenizer.json          in the format of the `tokenizers` library
    tokenizer_config.json   its special tokens, for transformers
    counts_tokenizer.json   the tokenizer of what was counted, where it is not that of the network
    source_tokenizer.json   the tokenizer of what the encoder reads, where it has one of its own
    extractor.onnx          the image network that computes what the encoder reads, where one does
    generation_config.json  the model's own settings of generation
    recipe.toml             every setting of the run
    README.md               the model card
    history.jsonl           the events of training, one a line; report.html shows them, and the model at work
    before/                 the files that reading more has changed, as they were (`unspool forget` puts them back)
    training/               what resuming needs, also the recipe with whole paths; may be deleted

No pickle is ever written or read. Every file is replaced in one step.
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from unspool.arrays import Arrays
from unspool.errors import ModelFolderError, OutputError, reporting_write_errors
from unspool.folder.atomic import CONFIG, UNFINISHED, WEIGHTS, followed, is_empty, is_model, waiting, write_atomically
from unspool.folder.hub import TOKENIZER_CONFIG, tokenizer_config
from unspool.folder.migration import migrated_config, migrated_recipe, uncounted
from unspool.folder.nearby import no_model_at
from unspool.folder.serialization import RESTORE, dump_safetensors, parse_safetensors
from unspool.specs.base import S, build
from unspool.specs.config import FORMAT_VERSION, Config
from unspool.specs.data import TokenKind
from unspool.specs.network import NetworkSpec
from unspool.specs.recipe import R, Recipe, with_folders, without_folders
from unspool.specs.sampling import SamplingSpec
from unspool.text.tokenizer import Tokenizer

COUNTS, COUNTS_TOKENIZER = "counts.safetensors", "counts_tokenizer.json"
NAMES_ONLY = "# Files are named without their folders; training/recipe.toml has the paths.\n"

Identity = tuple[int, int, int]  # of a model: see `folder.whole`


class ModelFolder:
    """One folder, read and written file by file.

    Args:
        path: is that of the folder, which need not exist until something is written.
        known_as: is the path by which people know it: another one while it waits beside its successor.
        identity: is that of the model in it, if it was looked for.
    """

    def __init__(self, path: Path, known_as: Path | None = None, identity: Identity | None = None) -> None:
        self.path, self.known_as, self.identity = path, known_as or path, identity
        self.training = path / "training"

    def __repr__(self) -> str:
        return f"ModelFolder({str(self.known_as)!r})"

    def create(self) -> None:
        """Make the folder and `training/`, in which a file says that this is to become a model.

        Raises:
            OutputError: it cannot be made.
        """
        training = followed(self.path) / "training"
        with reporting_write_errors(self.path):
            training.mkdir(parents=True, exist_ok=True)
            (training / UNFINISHED).touch()

    def read_task(self) -> str:
        """Return the name of the task in `config.json`.

        Raises:
            ModelFolderError: the file is missing, damaged, or of a newer format.
        """
        return str(self._config_values().get("task", "language"))  # the first folders had no other

    def read_config(self, kind: type[S]) -> S:
        """Read and check `config.json`, as the config of its task.

        Raises:
            ModelFolderError: it is missing, damaged, or of a newer format.
        """
        values = migrated_config(self._config_values(), set(kind.model_fields))
        return build(kind, {**values, "format_version": FORMAT_VERSION}, f"{self.path}/config.json", ModelFolderError)

    def _config_values(self) -> dict[str, Any]:
        values = parse_json(self._read(CONFIG), CONFIG)
        version = values.get("format_version", 1)
        if type(version) is not int or version < 1:
            raise ModelFolderError(
                f"{self.path}/config.json: format_version must be a number, at least 1. Received: {version!r:.40}.",
                RESTORE,
            )
        if version > FORMAT_VERSION:
            raise ModelFolderError(
                f"{self.path} has format version {version}, and this program knows up to {FORMAT_VERSION}.",
                "update unspool.",
            )
        return values

    def read_weights(self) -> Arrays:
        """Read the arrays of `model.safetensors`.

        Raises:
            ModelFolderError: the file is missing or damaged.
        """
        return self._arrays(WEIGHTS)

    def read_arrays(self, network: NetworkSpec) -> Arrays:
        """Read all arrays of a network: its weights, and those of the n-grams beside it.

        Raises:
            ModelFolderError: a file is missing or damaged.
        """
        return self.read_weights() | (self.read_counts() if network.mixed else {})

    def read_counts(self) -> Arrays:
        """Read the arrays of `counts.safetensors`.

        Raises:
            ModelFolderError: the file is missing or damaged.
        """
        return self._arrays(COUNTS)

    def _arrays(self, name: str) -> Arrays:
        return parse_safetensors(self._read(name), self.path / name)[0]

    def read_tokenizer(self, kind: TokenKind, size: int, name: str = "tokenizer.json") -> Tokenizer:
        """Read a tokenizer, and check it against the network.

        Args:
            kind: is the kind of tokenizer that `config.json` names.
            size: is the number of tokens in the vocabulary of the network.
            name: is that of the file.

        Raises:
            ModelFolderError: the file is missing, damaged, or of another size.
        """
        tokenizer = Tokenizer(self._read(name).decode(errors="replace"), kind)
        if tokenizer.vocabulary_size != size:
            raise ModelFolderError(
                f"{self.path}: {name} has {tokenizer.vocabulary_size} tokens, and config.json says {size}.", RESTORE
            )
        return tokenizer

    def read_sampling(self) -> SamplingSpec:
        """Read `generation_config.json`; the defaults where the file is missing.

        Raises:
            ModelFolderError: the file is damaged or breaks a rule.
        """
        if not (self.path / "generation_config.json").exists():
            return SamplingSpec()
        values = parse_json(self._read("generation_config.json"), "generation_config.json")
        return build(SamplingSpec, values, f"{self.path}/generation_config.json", ModelFolderError)

    def read_recipe(self, kind: type[R], known: Mapping[str, set[str]]) -> R:
        """Read every setting of the run, as the recipe of its task, with whole paths where `training/` has them.

        Args:
            kind: is the spec of the task's recipe.
            known: names the settings that each of its sections has.

        Raises:
            ModelFolderError: the file is missing or breaks a rule.
        """
        path = self.path / "recipe.toml"
        values = with_paths(kind, path, uncounted(migrated_recipe(read_toml(path), known), known))
        return build(kind, values, str(path), ModelFolderError)

    def read_card(self) -> str:
        """Read `README.md`, the model card."""
        return self._read("README.md").decode(errors="replace")

    def write_config(self, config: Config) -> None:
        """Write `config.json`, by which the folder is known from then on."""
        write_atomically(self.path / CONFIG, config.model_dump_json(indent=2, exclude_none=True) + "\n")
        with reporting_write_errors(self.training):
            (self.training / UNFINISHED).unlink(missing_ok=True)

    def write_weights(self, weights: Mapping[str, Any], about: Mapping[str, Any]) -> None:
        """Write `model.safetensors`, with facts about the weights in its header."""
        write_atomically(self.path / WEIGHTS, dump_safetensors(weights, about))

    def write_counts(self, arrays: Mapping[str, Any]) -> None:
        """Write `counts.safetensors`."""
        write_atomically(self.path / COUNTS, dump_safetensors(arrays, {}))

    def write_tokenizer(self, tokenizer: Tokenizer, name: str = "tokenizer.json") -> None:
        """Write `tokenizer.json`, with the names of its special tokens beside it, or `source_tokenizer.json`."""
        write_atomically(self.path / name, tokenizer.serialize())
        if name == "tokenizer.json":
            write_atomically(self.path / TOKENIZER_CONFIG, tokenizer_config())

    def write_sampling(self, sampling: SamplingSpec) -> None:
        """Write `generation_config.json`."""
        write_atomically(self.path / "generation_config.json", sampling.model_dump_json(indent=2) + "\n")

    def write_recipe(self, recipe: Recipe) -> None:
        """Write `recipe.toml` without the folders of files, and with them into `training/`.

        Settings that are off are left out, as TOML has no null.
        """
        with reporting_write_errors(self.path):
            self.training.mkdir(parents=True, exist_ok=True)
        write_atomically(self.training / "recipe.toml", tomli_w.dumps(recipe.model_dump(exclude_none=True)))
        published = tomli_w.dumps(without_folders(recipe).model_dump(exclude_none=True))
        write_atomically(self.path / "recipe.toml", NAMES_ONLY + published)

    def write_card(self, text: str) -> None:
        """Write `README.md`."""
        write_atomically(self.path / "README.md", text)

    def _read(self, name: str) -> bytes:
        path = self.path / name
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise no_model_at(self.path, name) from None
        except OSError as problem:
            raise ModelFolderError(f"{path} cannot be read: {problem.strerror}.", RESTORE) from None


def check_free(path: Path, overwrite: bool) -> None:
    """Refuse to write where something is.

    Args:
        path: is that of the model folder to write.
        overwrite: allows it to replace a model, or a run that was cut off.

    Raises:
        OutputError: the path holds a model, or one waits beside it, and `overwrite` is not set; or it holds something
            that is no model folder.
    """
    elsewhere = "choose another place with --out."
    if path.exists() and not path.is_dir():
        raise OutputError(f"{path} is a file.", elsewhere)
    begun = (path / CONFIG).exists()
    if not (begun or is_empty(path) or _is_unfinished(path)):
        raise OutputError(f"{path} exists and is not a model folder.", elsewhere)
    if begun and not overwrite:
        held = "a model already" if is_model(path) else "a run that was cut off"
        raise OutputError(
            f"{path} holds {held}.",
            "choose another place with --out, go on with --resume, or replace it with --overwrite.",
        )
    if waiting(path) and not overwrite:
        raise OutputError(
            f"{path} is to replace a model that still waits in {waiting(path)[-1]}: a run was cut off.",
            "choose another place with --out, or replace it with --overwrite.",
        )


def _is_unfinished(path: Path) -> bool:
    """Return whether a folder holds no more than what a process wrote that was killed while it read the data."""
    training = path / "training"
    alone = list(path.iterdir()) == [training]
    return (training / UNFINISHED).exists() or (alone and training.is_dir() and is_empty(training))


def read_toml(path: Path) -> dict[str, Any]:
    """Read the values of a TOML file.

    Raises:
        ModelFolderError: it is missing or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise ModelFolderError(f"{path} cannot be read: {reason!s:.100}.", "check the file.") from None


def with_paths(kind: type[Recipe], path: Path, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the `recipe.toml` at a path with whole paths, where the folder next to it has them.

    Raises:
        ModelFolderError: the file that has them is damaged.
    """
    exact = path.parent / "training" / "recipe.toml"
    return with_folders(kind, values, read_toml(exact) if path.name == exact.name and exact.exists() else {})


def parse_json(data: bytes, name: str) -> dict[str, Any]:
    """Return the object in the JSON of a file of this name; a `ModelFolderError` says that it is damaged."""
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise ModelFolderError(f"{name} is not JSON: {problem!s:.100}.", RESTORE) from None
    if not isinstance(values, dict):
        raise ModelFolderError(f"{name} must hold an object. Received: {values!s:.40}.", RESTORE)
    return values

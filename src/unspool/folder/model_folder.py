"""The model folder on disk.

    config.json             task, network, tokenizer, format version
    model.safetensors       the best weights so far
    tokenizer.json          in the format of the `tokenizers` library
    source_tokenizer.json   of a translation's sources, where they have one of their own
    generation_config.json  the settings of generation that the model prefers
    recipe.toml             every setting of the run
    README.md               the model card
    history.jsonl           what training saw, one event a line
    training/               what resuming needs; may be deleted

No pickle is ever written or read. Every file is replaced in one step.
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import tomli_w
from pydantic import Field, model_validator
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors
from safetensors.numpy import save as save_safetensors

from unspool.arrays import Arrays
from unspool.errors import ModelFolderError, OutputError, reporting_write_errors
from unspool.folder.atomic import replaced, write_atomically
from unspool.specs.base import S, Spec, build
from unspool.specs.condition import ConditionSpec
from unspool.specs.data import TaskName, TokenizerName
from unspool.specs.network import NetworkSpec
from unspool.specs.sampling import SamplingSpec
from unspool.specs.training import Recipe
from unspool.text.tokenizer import Tokenizer

FORMAT_VERSION = 1
RESTORE = "restore the folder from a copy, or train again."


class Config(Spec):
    """What `config.json` holds.

    Attributes:
        format_version: of the folder; a newer one than this program knows is refused.
        task: what the model does.
        by_document: whether it learnt where documents end.
        tokenizer: which kind `tokenizer.json` is.
        source_tokenizer: which kind `source_tokenizer.json` is; none where there is no such file.
        labels: the names of what a text may be classified as, in the order of the head's scores.
        network: what to build.
        conditions: what a conditional model's texts depend on; none of other models.
    """

    format_version: int = Field(FORMAT_VERSION, ge=1)
    task: TaskName = "language"
    by_document: bool = False
    tokenizer: TokenizerName
    source_tokenizer: TokenizerName | None = None
    labels: tuple[str, ...] = ()
    network: NetworkSpec
    conditions: tuple[ConditionSpec, ...] | None = None

    @model_validator(mode="after")
    def _every_score_has_a_name(self) -> Self:
        head = self.network.head
        if head is not None and (len(self.labels) != head.labels or len(set(self.labels)) != head.labels):
            raise ValueError(f"labels must be {head.labels} different names, one for each of the head's scores")
        return self


class ModelFolder:
    """One folder, read and written file by file.

    Args:
        path: of the folder; it need not exist until something is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.training = path / "training"

    def create(self) -> None:
        """Make the folder and `training/`.

        Raises:
            OutputError: it cannot be made.
        """
        with reporting_write_errors(self.path):
            self.training.mkdir(parents=True, exist_ok=True)

    def read_config(self) -> Config:
        """`config.json`, checked.

        Raises:
            ModelFolderError: it is missing, damaged, or of a newer format.
        """
        values = _parse_json(self._read("config.json"), "config.json")
        version = values.get("format_version")
        if isinstance(version, int) and version > FORMAT_VERSION:
            raise ModelFolderError(
                f"{self.path} has format version {version}, and this program knows up to {FORMAT_VERSION}.",
                "update unspool.",
            )
        return build(Config, values, f"{self.path}/config.json", ModelFolderError)

    def read_weights(self) -> Arrays:
        """The arrays of `model.safetensors`."""
        return parse_safetensors(self._read("model.safetensors"), self.path / "model.safetensors")[0]

    def read_tokenizer(self, config: Config) -> Tokenizer:
        """The tokenizer, checked against the network."""
        encoder, decoder = config.network.encoder, config.network.decoder
        size = decoder.vocabulary_size if decoder else getattr(encoder, "vocabulary_size", 0)
        return self._read_tokenizer("tokenizer.json", config.tokenizer, size)

    def read_source_tokenizer(self, config: Config) -> Tokenizer:
        """The tokenizer of what a text encoder reads, checked against the network."""
        size = getattr(config.network.encoder, "vocabulary_size", 0)
        if config.source_tokenizer is None:
            return self._read_tokenizer("tokenizer.json", config.tokenizer, size)
        return self._read_tokenizer("source_tokenizer.json", config.source_tokenizer, size)

    def _read_tokenizer(self, name: str, kind: TokenizerName, size: int) -> Tokenizer:
        tokenizer = Tokenizer(self._read(name).decode(errors="replace"), kind)
        if tokenizer.vocabulary_size != size:
            raise ModelFolderError(
                f"{self.path}: {name} has {tokenizer.vocabulary_size} tokens, and config.json says {size}.", RESTORE
            )
        return tokenizer

    def read_sampling(self) -> SamplingSpec:
        """The settings of generation; the defaults where the file is missing."""
        if not (self.path / "generation_config.json").exists():
            return SamplingSpec()
        values = _parse_json(self._read("generation_config.json"), "generation_config.json")
        return build(SamplingSpec, values, f"{self.path}/generation_config.json", ModelFolderError)

    def read_recipe(self) -> Recipe:
        """Every setting of the run."""
        return read_recipe_file(self.path / "recipe.toml", Recipe)

    def write_config(self, config: Config) -> None:
        """Write `config.json`."""
        absent = None if config.labels else {"labels"}  # which an older file does not know
        text = config.model_dump_json(indent=2, exclude_none=True, exclude=absent)
        write_atomically(self.path / "config.json", text + "\n")

    def write_weights(self, weights: Mapping[str, Any], about: Mapping[str, Any]) -> None:
        """Write `model.safetensors`, with facts about it in its head."""
        write_atomically(self.path / "model.safetensors", dump_safetensors(weights, about))

    def write_tokenizer(self, tokenizer: Tokenizer, name: str = "tokenizer.json") -> None:
        """Write `tokenizer.json`, or `source_tokenizer.json`."""
        write_atomically(self.path / name, tokenizer.serialize())

    def write_sampling(self, sampling: SamplingSpec) -> None:
        """Write `generation_config.json`."""
        write_atomically(self.path / "generation_config.json", sampling.model_dump_json(indent=2) + "\n")

    def write_recipe(self, recipe: Recipe) -> None:
        """Write `recipe.toml`; settings that are off are left out, as TOML has no null."""
        write_atomically(self.path / "recipe.toml", tomli_w.dumps(recipe.model_dump(exclude_none=True)))

    def write_card(self, text: str) -> None:
        """Write `README.md`."""
        write_atomically(self.path / "README.md", text)

    def _read(self, name: str) -> bytes:
        path = self.path / name
        try:
            return path.read_bytes()
        except FileNotFoundError:
            waiting = replaced(self.path)
            hint = "train one with `unspool train`, or name the folder that holds config.json."
            if waiting.exists():
                hint = f"an earlier model waits in {waiting}: remove {self.path}, and rename it back."
            elif (self.training / "last.safetensors").exists() or (self.path / "recipe.toml").exists():
                hint = f"its training was cut off: go on with `unspool train --resume {self.path}`."
            raise ModelFolderError(f"{self.path} has no {name}, so it is not a model folder.", hint) from None
        except OSError as problem:
            raise ModelFolderError(f"{path} cannot be read: {problem.strerror}.", RESTORE) from None


def check_free(path: Path, overwrite: bool) -> None:
    """Refuse to write where something is.

    Raises:
        OutputError: the place is taken and `overwrite` is not set, or it is no folder of ours.
    """
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if path.is_dir() and not (path / "config.json").exists() and not (overwrite and replaced(path).exists()):
        raise OutputError(f"{path} exists and is not a model folder.", "choose another place with --out.")
    if not path.is_dir():
        raise OutputError(f"{path} is a file.", "choose another place with --out.")
    if not overwrite:
        raise OutputError(
            f"{path} holds a model already.",
            "choose another place with --out, go on with --resume, or replace it with --overwrite.",
        )


def dump_safetensors(arrays: Mapping[str, Any], about: Mapping[str, Any]) -> bytes:
    """Arrays and facts about them as one safetensors file."""
    contiguous = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()}
    # one entry only: the library writes several in any order, and equal contents should be equal bytes
    return save_safetensors(contiguous, metadata={"unspool": json.dumps(about)})


def parse_safetensors(data: bytes, path: Path) -> tuple[Arrays, dict[str, Any]]:
    """The arrays of a safetensors file, and the facts in its head.

    Raises:
        ModelFolderError: the file is damaged.
    """
    try:
        arrays = load_safetensors(data)
        size = int.from_bytes(data[:8], "little")
        head = json.loads(data[8 : 8 + size]).get("__metadata__", {})
        return arrays, json.loads(head.get("unspool", "{}"))
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ModelFolderError(f"{path} is damaged: {problem!s:.100}.", RESTORE) from None


def read_recipe_file(path: Path, kind: type[S]) -> S:
    """A recipe out of a TOML file.

    Raises:
        ModelFolderError: the file is missing or breaks a rule.
    """
    return build(kind, read_toml(path), str(path), ModelFolderError)


def read_toml(path: Path) -> dict[str, Any]:
    """The values of a TOML file.

    Raises:
        ModelFolderError: it is missing or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise ModelFolderError(f"{path} cannot be read: {reason!s:.100}.", "check the file.") from None


def _parse_json(data: bytes, name: str) -> dict[str, Any]:
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise ModelFolderError(f"{name} is not JSON: {problem!s:.100}.", RESTORE) from None
    if not isinstance(values, dict):
        raise ModelFolderError(f"{name} must hold an object. Received: {values!s:.40}.", RESTORE)
    return values

"""Open a model folder whatever its task: its config, its recipe, and a model that training starts from."""

from pathlib import Path
from typing import Any

from unspool.errors import ModelFolderError, UsageError
from unspool.folder.model_folder import ModelFolder
from unspool.folder.serialization import RESTORE
from unspool.folder.whole import read_whole
from unspool.specs.config import Config
from unspool.specs.data import TokenKind
from unspool.specs.network import TextEncoderSpec
from unspool.specs.recipe import Recipe
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.registry import ROWS, Row
from unspool.tasks.settings import known_settings
from unspool.text.tokenizer import Tokenizer


def row_of_folder(folder: ModelFolder) -> Row:
    """Return the row of the task that the `config.json` of a folder names.

    Raises:
        ModelFolderError: the file is missing or damaged, or names a task that this program does not know.
    """
    task = folder.read_task()
    if task not in ROWS:
        raise ModelFolderError(
            f"{folder.path}/config.json: the task must be {' or '.join(ROWS)}. Received: {task!r:.40}.",
            "update unspool, or restore the folder from a copy.",
        )
    return ROWS[task]


def read_config(folder: ModelFolder) -> Any:
    """Read `config.json`, as the config of its task.

    Raises:
        ModelFolderError: it is missing, damaged, or of a newer format.
    """
    kind: type[Config] = row_of_folder(folder).load("config")
    return folder.read_config(kind)


def read_recipe(folder: ModelFolder) -> Any:
    """Read `recipe.toml`, as the recipe of the folder's task.

    Raises:
        ModelFolderError: it is missing or breaks a rule.
    """
    kind: type[Recipe] = row_of_folder(folder).load("recipe")
    return folder.read_recipe(kind, known_settings(kind))


def decoder_tokenizer(folder: ModelFolder, config: Config) -> Tokenizer:
    """Read the tokenizer of the texts that the decoder of a model generates.

    Raises:
        ModelFolderError: the file is missing, damaged, or does not fit the network.
    """
    decoder = config.network.generator
    if decoder is None or config.tokenizer is None:
        raise ModelFolderError(
            f"{folder.path}/config.json: a model of {config.task} needs a decoder and a tokenizer.", RESTORE
        )
    return folder.read_tokenizer(config.tokenizer, decoder.vocabulary_size)


def read_decoder_tokenizer(path: Path) -> Tokenizer:
    """Read the tokenizer of the texts that another model generates. See `decoder_tokenizer`."""
    return read_whole(path, lambda folder: decoder_tokenizer(folder, read_config(folder)))


def encoder_tokenizer(
    folder: ModelFolder, config: Config, kind: TokenKind | None, name: str = "tokenizer.json"
) -> Tokenizer:
    """Read the tokenizer of the texts that the encoder of a model reads.

    Args:
        folder: holds the file.
        config: describes the model.
        kind: is that of the tokenizer; a config that names none does not fit.
        name: is that of the file.

    Raises:
        ModelFolderError: the file is missing, damaged, or does not fit the network.
    """
    encoder = config.network.encoder
    if not isinstance(encoder, TextEncoderSpec) or kind is None:
        raise ModelFolderError(
            f"{folder.path}/config.json: a model of {config.task} needs a text encoder and a tokenizer.", RESTORE
        )
    return folder.read_tokenizer(kind, encoder.vocabulary_size, name)


def read_pretrained(path: Path) -> Pretrained:
    """Read a trained model that training can start from.

    Raises:
        ModelFolderError: it is not a sound model folder.
        UsageError: training cannot start from models of its task.
    """
    return read_whole(path, _read_pretrained)


def _read_pretrained(folder: ModelFolder) -> Pretrained:
    path, row, config = folder.known_as, row_of_folder(folder), read_config(folder)
    if not row.load("task").reusable:
        able = " or ".join(name for name, other in ROWS.items() if other.load("task").reusable)
        raise UsageError(
            f"training starts from a model of {able}. Received: {path}, one of {row.name}.", "leave out --from."
        )
    tokenizer = decoder_tokenizer(folder, config)
    return Pretrained(path, config, config.by_document, tokenizer, folder.read_weights(), folder.read_sampling())

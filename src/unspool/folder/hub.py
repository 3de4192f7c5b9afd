"""A model folder at home among the users of Hugging Face: its tokenizer's special tokens, and models of the hub."""

import json
from pathlib import Path
from typing import Any

from unspool.errors import MissingExtraError, OutputError, UsageError
from unspool.text.tokenizer import SPECIAL_TOKENS

TOKENIZER_CONFIG = "tokenizer_config.json"
ADDRESS = "hf://"
NO_LIMIT = 10**30  # tokens of a text, as transformers writes it


def tokenizer_config() -> str:
    """Return `tokenizer_config.json`, by which transformers knows the special tokens of `tokenizer.json`.

    A text is never split at the name of a special token, as Unspool never does: `<eos>` in a text is five characters.
    """
    pad, unknown, begin, end = SPECIAL_TOKENS
    values = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": begin,
        "eos_token": end,
        "pad_token": pad,
        "unk_token": unknown,
        "split_special_tokens": True,
        "clean_up_tokenization_spaces": False,
        "model_max_length": NO_LIMIT,
    }
    return json.dumps(values, indent=2) + "\n"


def is_address(path: str | Path) -> bool:
    """Return whether a path is the address of a model on the hub: `hf://OWNER/NAME`, or with `@REVISION`."""
    return str(path).startswith((ADDRESS, "hf:/"))  # a `Path` has one slash for two


def fetched(address: str | Path) -> Path:
    """Return the folder of a model on the hub; it is fetched, unless it has been.

    Args:
        address: is `hf://OWNER/NAME` or `hf://OWNER/NAME@REVISION`.

    Raises:
        UsageError: it names no model.
        OutputError: it cannot be fetched.
        MissingExtraError: huggingface_hub is not installed.
    """
    repository, _, revision = str(address).removeprefix("hf:").lstrip("/").partition("@")
    if repository.count("/") != 1:
        raise UsageError(f"an address must be hf://OWNER/NAME. Received: {address!s:.80}.", "name the owner, too.")
    hub = _hub("hf:// addresses")
    try:
        return Path(hub.snapshot_download(repository, revision=revision or None))
    except Exception as problem:  # of several libraries, which tell what is wrong with the network or the name
        raise OutputError(
            f"{address} cannot be fetched: {_first_line(problem)}",
            "check the name and the network, or `hf auth login`.",
        ) from None


def push(folder: Path, repository: str, private: bool, message: str) -> str:
    """Upload a folder to the hub, and return the address of its page.

    Args:
        folder: holds the files.
        repository: is `OWNER/NAME`; it is made if there is none.
        private: hides a new one from others.
        message: says what the commit is.

    Raises:
        OutputError: the hub refuses it, or cannot be reached.
        MissingExtraError: huggingface_hub is not installed.
    """
    hub = _hub("push_to_hub")
    try:
        address = hub.create_repo(repository, private=private, exist_ok=True)
        hub.upload_folder(repo_id=repository, folder_path=str(folder), commit_message=message)
    except Exception as problem:
        raise OutputError(
            f"{repository} cannot be pushed: {_first_line(problem)}", "log in with `hf auth login`, and check the name."
        ) from None
    return str(address)


def _hub(purpose: str) -> Any:
    try:
        import huggingface_hub
    except ImportError:
        raise MissingExtraError("huggingface_hub", "hub", purpose) from None
    return huggingface_hub


def _first_line(problem: Exception) -> str:
    line = str(problem).strip().partition("\n")[0] or type(problem).__name__
    return line if line.endswith(".") else f"{line:.200}."

"""Arrays as the bytes of a safetensors file, with facts about them in its header."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors
from safetensors.numpy import save as save_safetensors

from unspool.arrays import Arrays
from unspool.errors import ModelFolderError

RESTORE = "restore the folder from a copy, or train again."


def dump_safetensors(arrays: Mapping[str, Any], about: Mapping[str, Any]) -> bytes:
    """Serialize arrays, and facts about them, as a safetensors file."""
    contiguous = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()}
    # one entry only: the library writes several in any order, and equal contents should be equal bytes
    return save_safetensors(contiguous, metadata={"unspool": json.dumps(about)})


def parse_safetensors(data: bytes, path: Path) -> tuple[Arrays, dict[str, Any]]:
    """Return the arrays of a safetensors file, and the facts in its header.

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

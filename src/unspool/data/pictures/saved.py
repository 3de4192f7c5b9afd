"""The files of a data set of Hugging Face on disk, and which of its parts is for training.

F/dataset_dict.json, F/train/...                      F/state.json, F/data-00000-of-00001.arrow
F/train-00000-of-00001.parquet, F/data/train-...      F/train/0000.parquet
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unspool.data.findings import Findings
from unspool.data.pictures.places import HELD_OUT, TRAINING, folders_in, names_in, note_parts
from unspool.errors import DataError

SPLITS, STATE, FILES = "dataset_dict.json", "state.json", "_data_files"
ENDINGS = (".arrow", ".parquet")
PART = re.compile(r"([A-Za-z]+)([-_.].*)?\.(parquet|arrow)", re.I)  # the name of a file that is a part, or of a part


def data_files(path: Path, findings: Findings | None) -> list[Path]:
    """Return the files of a data set: those for training where it has several parts; none if it is no data set.

    Args:
        path: is that of a file, or of a folder.
        findings: says which parts are not read; none keeps it to itself.

    Raises:
        DataError: a file is missing or damaged.
    """
    if not path.is_dir():
        return [path] if path.suffix.lower() in ENDINGS else []
    if (path / SPLITS).is_file():
        splits = [name for name in _listed(path / SPLITS, "splits") if (path / str(name)).is_dir()]
        chosen = _chosen(path.name, {name: [path / name] for name in splits}, findings)
        return [file for folder in chosen for file in data_files(folder, None)]
    if (path / STATE).is_file():
        files = [path / str(file.get("filename")) for file in _listed(path / STATE, FILES)]
        if missing := next((file for file in files if not file.is_file()), None):
            raise DataError(f"{path} is no whole data set: {missing.name} is missing.", "copy it again.")
        return files
    for folder in (path, path / "data"):
        parts: dict[str, list[Path]] = {}
        for name in names_in(folder) if folder.is_dir() else ():
            if name.lower().endswith(ENDINGS):
                part = PART.fullmatch(name)
                parts.setdefault(part[1].lower() if part else "", []).append(folder / name)
        if parts:
            return _chosen(folder.name, parts, findings)
    for name in folders_in(path):  # a folder for each part
        if name.lower() in TRAINING:
            return data_files(path / name, findings)
    return []


def _chosen(where: str, parts: Mapping[str, list[Path]], findings: Findings | None) -> list[Path]:
    """Choose the part for training, or all of them where none has such a name and none is held out."""
    training = [name for name in parts if name.lower() in TRAINING]
    chosen = training or [name for name in parts if name.lower() not in HELD_OUT] or list(parts)
    unread = [name for name in parts if name not in chosen]
    if unread and findings is not None:
        note_parts(where, unread, findings)
    return [path for name in chosen for path in parts[name]]


def _listed(path: Path, field: str) -> list[Any]:
    try:
        values = json.loads(path.read_bytes())[field]
        if not isinstance(values, list) or any(isinstance(value, dict) != (field == FILES) for value in values):
            raise TypeError(f"{field} is no list of the right kind")
        return values
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise DataError(f"{path} is damaged: {problem!s:.80}.", "copy the data set again.") from None

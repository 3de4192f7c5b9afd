"""Held-out texts that are kept as they were read, because what they are compared with has no unknown words."""

import json
from collections.abc import Sequence
from pathlib import Path

from unspool.errors import ModelFolderError, reporting_write_errors


def keep_texts(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write rows of texts, to be read by `kept_texts`."""
    with reporting_write_errors(path.parent):
        path.write_text(json.dumps(rows), encoding="utf-8")


def kept_texts(path: Path, instead: str, count: int | None = None) -> list[tuple[str, ...]]:
    """Read what `keep_texts` wrote.

    Args:
        path: is that of the file.
        instead: says what can be done without it.
        count: is the number of texts in a row; none allows any but 0.

    Raises:
        ModelFolderError: the file is missing or damaged.
    """
    try:
        rows = [tuple(row) for row in json.loads(path.read_bytes())]
        if not rows or not all(row and all(isinstance(text, str) for text in row) for row in rows):
            raise ValueError("not rows of texts")
        if count is not None and any(len(row) != count for row in rows):
            raise ValueError(f"not {count} texts in a row")
        return rows
    except (OSError, ValueError, TypeError, RecursionError) as problem:
        raise ModelFolderError(
            f"{path} is missing or damaged: {problem!s:.80}.", f"train again, or {instead}."
        ) from None

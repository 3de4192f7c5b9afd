"""What was typed into sessions that learn, until it is counted: a file in the folder of the model.

    .typed.jsonl    {"session": "5f0c...", "text": "a line that was typed\n"}

It has a record for every line, so a session that is killed loses none. It is gone as soon as what it holds is counted,
with the folder that is replaced then (`copies.rewrite`). Copies of the folder do not have it, as it is hidden.
"""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from unspool.errors import OutputError, reporting_write_errors
from unspool.folder.atomic import followed, is_model
from unspool.folder.lock import locked

JOURNAL = ".typed.jsonl"
ELSEWHERE = "copy the model to a folder of yours, and complete with that"


def note_typed(path: Path, session: str, text: str, on_wait: Callable[[str], None] | None = None) -> None:
    """Write down what was typed; where that is nothing, only find out whether it could be.

    Args:
        path: is that of the model folder.
        session: is the name of the session.
        text: is what was typed.
        on_wait: receives who writes the folder, before that is waited for; none refuses at once.

    Raises:
        OutputError: the folder has no model, cannot be written, or is being written by another process.
    """
    with locked(path, on_wait), reporting_write_errors(path, ELSEWHERE):
        if not is_model(path):
            raise OutputError(f"{path} has no model any more that could learn.", f"{ELSEWHERE}.")
        if not os.access(followed(path).parent, os.W_OK):
            raise OutputError(f"{followed(path).parent} cannot be written, which replacing {path} takes.", ELSEWHERE)
        record = f"\n{json.dumps({'session': session, 'text': text})}" if text else ""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        with os.fdopen(os.open(path / JOURNAL, flags, 0o600), "w", encoding="ascii") as file:
            file.write(record)
        if not (path / JOURNAL).stat().st_size:
            (path / JOURNAL).unlink()


def typed_texts(folder: Path) -> list[str]:
    """Return what was typed in each session and is not yet counted; a record that was cut off is left out."""
    found: dict[str, str] = {}
    try:
        lines = (folder / JOURNAL).read_text(encoding="ascii", errors="replace").split("\n")
    except OSError:
        return []
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):
            record = json.loads(line)
            found[str(record["session"])] = found.get(str(record["session"]), "") + str(record["text"])
    return [text for text in found.values() if text]


def drop_typed(folder: Path) -> bool:
    """Remove what was typed and is not yet counted; return whether there was such."""
    try:
        (folder / JOURNAL).unlink()
    except FileNotFoundError:
        return False
    return True

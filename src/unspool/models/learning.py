"""A text that is being typed, from which a model learns: into its counts alone, and only where that is asked for.

learn(text) -> counts that grow beside the model, for the next suggestion
-> a note in the folder of the model (`folder/typed.py`)
close()     -> the counts of the model, in its folder; `unspool forget` takes them out again
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4
from warnings import warn

from unspool.errors import ModelFolderWarning, OutputError
from unspool.folder.typed import note_typed, typed_texts
from unspool.models.reading import GenerationContext
from unspool.tasks.language.counting_session import CountingSession, learning_network
from unspool.tasks.language.typed import keep_typed, learning_order
from unspool.text.incoming import clean_text


class LearningSession(CountingSession):
    """A session whose model learns what is typed, once `learn` is called, and keeps it. See `Session`.

        with model.session(learn=True) as session:
            session.edit("Dear Ottilie")
            session.learn("Dear Ottilie,\\n")

    Args:
        context: is that of the model.
        path: is that of its folder.
        on_kept: is called when the folder has changed.

    Raises:
        UsageError: the model has no counts.
        MissingExtraError: Numba is not installed.
        OutputError: the folder cannot be written.
    """

    def __init__(self, context: GenerationContext, path: Path, on_kept: Callable[[], None]) -> None:
        learner = learning_network(context.network, learning_order(context.network, path))
        note_typed(path, name := uuid4().hex, "")  # refuses a folder that cannot be written, before anything is typed
        super().__init__(learner, context.texts)
        self._context, self._path, self._on_kept = context, path, on_kept
        self._name, self._unwritten = name, ""
        for text in typed_texts(path):  # by a session that was cut off
            self.learn_documents(text)

    def learn(self, text: str) -> None:
        """Learn what was typed, such as a finished line: it is in the next suggestions, and noted in the folder.

        Args:
            text: follows what was learnt before. Where a line is a document, what follows the last line end is in the
                suggestions once the line is finished.

        Raises:
            DataError: it has a NUL character.
        """
        found = clean_text(text)
        self._context.warn_of_unknown(found, "learnt")
        super().learn(found)
        self._unwritten += found
        try:
            self._write()
        except OutputError as problem:  # such as a training run that writes the folder: `close` tries again
            warn(f"what was typed is kept when the session ends: {problem.message}", ModelFolderWarning, stacklevel=2)

    def close(self, on_wait: Callable[[str], None] | None = None) -> None:
        """Count what was learnt in the folder of the model, which then is what `unspool.load` opens.

        Args:
            on_wait: receives who writes the folder, before that is waited for; none refuses at once.

        Raises:
            OutputError: the folder is being written, or cannot be; what was noted in it is counted by the next session.
        """
        if self._unwritten:
            self._write(on_wait)
        keep_typed(self._path, on_wait)
        self._on_kept()

    def _write(self, on_wait: Callable[[str], None] | None = None) -> None:
        note_typed(self._path, self._name, self._unwritten, on_wait)
        self._unwritten = ""

    def __enter__(self) -> "LearningSession":
        """Return the session itself."""
        return self

    def __exit__(self, *problem: Any) -> None:
        """Close the session, also after an error: what was learnt is kept."""
        self.close()

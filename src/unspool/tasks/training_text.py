"""The training text of a model, read when generation is to keep copies of it short."""

from functools import lru_cache

from unspool.data.suffixes import SuffixIndex
from unspool.data.tokens import Part
from unspool.data.training_text import open_training_text, searchable, texts_of
from unspool.decode.copying import CopyLimit
from unspool.engines.announcing import announce
from unspool.errors import UsageError
from unspool.folder.model_folder import ModelFolder
from unspool.folder.whole import read_whole
from unspool.text.tokenizer import Tokenizer

LARGE = 5_000_000  # bytes of a text that takes a while to be sorted, which is said
MAX_BYTES = 1 << 30  # of a text, which needs 5 times as much memory


class TrainingText:
    """The text that a model has learnt; it is read and sorted once.

    Args:
        folder: is that of the model.
        tokenizer: decodes the text.
    """

    def __init__(self, folder: ModelFolder, tokenizer: Tokenizer) -> None:
        self._folder, self._tokenizer = folder, tokenizer
        self._index: SuffixIndex | None = None
        self.limit = lru_cache(maxsize=4)(self._limit)

    def _limit(self, characters: int) -> CopyLimit:
        """Return what keeps copies of the text to so many characters.

        Raises:
            ModelFolderError: the text is gone.
            UsageError: it is too long.
        """
        if self._index is None:
            part = read_whole(self._folder.known_as, _open, self._folder.identity)
            if part.bytes > LARGE:
                announce(f"max_copy: the training text is being sorted, {part.bytes / 1e6:,.0f} MB.")
            self._index = SuffixIndex(b"".join(searchable(texts_of(part, self._tokenizer), part.starts is not None)))
        return CopyLimit(self._index, self._tokenizer, characters)


def _open(folder: ModelFolder) -> Part:
    part = open_training_text(folder.training, "max_copy")
    if part.bytes > MAX_BYTES:
        raise UsageError(
            f"max_copy needs a training text of at most {MAX_BYTES:,} bytes. Received: {part.bytes:,}.", "leave it out."
        )
    return part

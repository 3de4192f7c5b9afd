"""Clean text: the one function that every text passes on its way in, wherever it comes from.

Clean means: valid Unicode, no byte order mark at the start, line ends as ``\\n``, no NUL. Nothing else is changed.

    file, table, standard input, argument, Python, stop string -> clean -> tokenizer
"""

import io
import re

from unspool.errors import DataError

MARK = "\ufeff"  # the byte order mark
REPLACEMENT = "\ufffd"  # stands for what is not valid
_HALF = re.compile("[\ud800-\udfff]")  # one half of a surrogate pair, which UTF-8 cannot encode
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


class Cleaner:
    """Cleans one text that comes in pieces.

    Args:
        name: is what an error calls the text.

    Attributes:
        replaced: counts the halves of surrogate pairs that became U+FFFD.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lines = io.IncrementalNewlineDecoder(None, translate=True)
        self._half = ""  # the first half of a pair, at the end of the last piece
        self._begun = False
        self.replaced = 0

    def add(self, piece: str, final: bool = False) -> str:
        """Return the clean text of the next piece; a line end or a pair that is cut in two waits for its other half.

        Raises:
            DataError: the piece has a NUL character.
        """
        if not piece.isascii() or self._half:
            piece = self._joined(piece, final)
        if "\0" in piece:
            raise nul_error(self._name)
        if not self._begun:
            piece = piece.lstrip(MARK)
            self._begun = bool(piece)
        return str(self._lines.decode(piece, final))

    def _joined(self, piece: str, final: bool) -> str:
        piece, self._half = self._half + piece, ""
        if not final and piece and "\ud800" <= piece[-1] <= "\udbff":
            piece, self._half = piece[:-1], piece[-1]
        if _is_valid(piece):
            return piece
        whole = _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), piece)
        clean, count = _HALF.subn(REPLACEMENT, whole)
        self.replaced += count
        return clean


def _is_valid(text: str) -> bool:
    """Return whether a text has no half of a surrogate pair; encoding it is the fastest way to know."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def clean(text: str, name: str = "a text") -> str:
    """Return the clean form of a text; that of a clean text is the text itself. See `clean_and_count`."""
    return clean_and_count(text, name)[0]


def clean_and_count(text: str, name: str = "a text") -> tuple[str, int]:
    """Return the clean form of a text, and how many halves of surrogate pairs were replaced in it.

    Args:
        text: is any string of Python.
        name: is what an error calls it.

    Raises:
        DataError: it has a NUL character.
    """
    if text.isascii() and "\r" not in text and "\0" not in text:
        return text, 0
    cleaner = Cleaner(name)
    return cleaner.add(text, final=True), cleaner.replaced


def nul_error(name: str, position: str = "") -> DataError:
    """Make the error for a NUL character in what should be text."""
    return DataError(
        f"{name}: NUL character{position}, so this is not plain text.",
        "remove it, or if the file is UTF-16 say so with --encoding utf-16-le.",
    )

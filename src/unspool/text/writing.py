"""Encode text as another text is encoded, to be written next to it or in its place."""

import codecs
from typing import BinaryIO

from unspool.errors import OutputError
from unspool.text.cleaning import MARK
from unspool.text.reading import Form


class EncodedWriter:
    """Writes text in the form of another.

    Args:
        stream: receives the bytes.
        form: is that of the other text, as `text.reading.find_form` returns it; lines come with LF, as `read_lines`
            yields them.
    """

    def __init__(self, stream: BinaryIO, form: Form) -> None:
        self._stream, self._form = stream, form
        self._encoder = codecs.getincrementalencoder(form.codec)("strict")
        self._mark = MARK if form.mark else ""

    def write(self, text: str) -> None:
        """Write some text, all of it or nothing.

        Raises:
            OutputError: the encoding lacks a character.
        """
        if self._form.returns:
            text = text.replace("\n", "\r")
        try:
            data = self._encoder.encode(self._mark + text)
        except UnicodeEncodeError as problem:
            character = problem.object[problem.start]
            raise OutputError(
                f"the encoding of the table, {self._form.codec}, lacks {character!a} (U+{ord(character):04X}).",
                "convert the table to UTF-8, which has all characters.",
            ) from None
        self._mark = ""
        self._stream.write(data)

    def finish(self) -> None:
        """Write what the encoding needs after the last character."""
        self._stream.write(self._encoder.encode("", final=True))

"""Texts in, answers out: what the commands share that answer each text with a line."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from unspool.cli.console import read_lines
from unspool.errors import UsageError

AT_ONCE = 256  # texts that are answered together

A = TypeVar("A")


def texts_of(texts: Sequence[str] | None, file: Path | None, **reading: Any) -> list[str]:
    """Return the clean texts that a command is given: its arguments, or the lines of a file or of standard input.

    Args:
        texts: are the arguments, if there are any.
        file: is named by `--file`, if it is.
        **reading: are settings of reading, such as `encoding`.

    Raises:
        UsageError: there are both.
        DataError: the file cannot be read.
    """
    from unspool.text.incoming import clean_texts  # here and not above: only commands that run need it

    if texts and file is not None:
        raise UsageError(
            f"texts are given as arguments, or in a file. Received: {len(texts)} and --file {file}.",
            "leave out one of them.",
        )
    return clean_texts(texts) if texts else read_lines(file or Path("-"), **reading)


def answered(
    texts: Sequence[str], answer: Callable[[list[str]], Iterable[A]], advance: Callable[[int, int, str], None]
) -> Iterator[tuple[int, str, A | None]]:
    """Answer texts in batches, and yield each with its number, counted from 1, and its answer, in order.

    Args:
        texts: are any texts; one that is empty or blank is not asked about, and has no answer.
        answer: returns the answers to some texts, in order.
        advance: is told how many are answered, of how many.
    """
    for start in range(0, len(texts), AT_ONCE):
        chosen = texts[start : start + AT_ONCE]
        filled = [text for text in chosen if text.strip()]
        answers = iter(answer(filled) if filled else ())
        for number, text in enumerate(chosen, start + 1):
            yield number, text, next(answers) if text.strip() else None
            advance(number, len(texts), "texts")

"""Pictures in, answers out: what the commands share that answer each picture with a line."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from unspool.display.terminal import tell, visible
from unspool.errors import DataError

if TYPE_CHECKING:
    from unspool.data.pictures.picture import Picture

AT_ONCE = 64  # pictures that are answered together

A = TypeVar("A")

Pictures = Annotated[
    list[str] | None,
    typer.Argument(metavar="IMAGE", help="Pictures, or folders of them; left out or -: one on standard input."),
]


def answered_pictures(
    names: Sequence[str] | None,
    answer: "Callable[[list[Picture]], Sequence[A]]",
    advance: Callable[[int, int, str], None],
) -> Iterator[tuple[str, bool, A | None]]:
    """Answer pictures in batches, and yield each with its name, whether there are several, and its answer, in order.

    A picture that cannot be read is told of and has no answer; the others are answered all the same.

    Args:
        names: are those of pictures and folders, or `-`; none means standard input.
        answer: returns the answers to some pictures, in order.
        advance: is told how many are answered, of how many.

    Raises:
        DataError: there is no picture, or one could not be read; of several, after all others were answered.
    """
    from unspool.data.pictures.reading import pictures_of  # here and not above: only commands that run need it

    pictures = pictures_of(names or ["-"])
    several = len(pictures) > 1 or any(Path(name).is_dir() for name in names or ())
    broken = 0
    for start in range(0, len(pictures), AT_ONCE):
        chosen = pictures[start : start + AT_ONCE]
        for picture, found in zip(chosen, _answers(chosen, answer, several), strict=True):
            broken += found is None
            yield picture.name, several, found
        advance(start + len(chosen), len(pictures), "pictures")
    if broken:
        raise DataError(
            f"every picture must be one that can be read. Received: {broken:,} of {len(pictures):,} that cannot.",
            "their warnings say why; the others are answered.",
        )


def _answers(
    pictures: "list[Picture]", answer: "Callable[[list[Picture]], Sequence[A]]", several: bool
) -> list[A | None]:
    """Answer pictures together; where one cannot be read, one by one."""
    try:
        return list(answer(pictures))
    except DataError as problem:
        if not several:
            raise
        if len(pictures) == 1:
            tell(visible(f"warning: {problem.message}"))
            return [None]
        return [found for picture in pictures for found in _answers([picture], answer, several)]

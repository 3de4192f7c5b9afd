"""The last best weights of a run, and their mean."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unspool.arrays import Arrays
from unspool.errors import ModelFolderError, reporting_write_errors
from unspool.folder.atomic import write_atomically
from unspool.folder.serialization import dump_safetensors, parse_safetensors

NAME = re.compile(r"best-[0-9]{1,18}\.safetensors")  # other files are left alone


@dataclass(frozen=True)
class LastBest:
    """Files of weights in a folder, the last few that were the best when they were written.

    Attributes:
        folder: is the one that holds the files.
        limit: is the maximum number to keep, at least 1.
    """

    folder: Path
    limit: int

    def add(self, weights: Arrays, step: int) -> None:
        """Keep weights; drop the oldest, and those of later steps, which a resumed run reaches again.

        Args:
            weights: are those of the network, by name.
            step: is the number of updates that made them.

        Raises:
            OutputError: they cannot be written.
        """
        write_atomically(self.folder / f"best-{step}.safetensors", dump_safetensors(weights, {}))
        kept = [path for path in self._files() if _step(path) <= step][-self.limit :]
        self._drop(set(self._files()).difference(kept))

    def mean(self) -> Arrays | None:
        """Average the weights that are kept; none if there are fewer than two.

        Raises:
            ModelFolderError: a file is damaged, or its weights are not those of the others.
        """
        kept = [_read(path) for path in self._files()]
        if len(kept) < 2:
            return None
        shapes = [{name: array.shape for name, array in weights.items()} for weights in kept]
        if any(one != shapes[0] for one in shapes):
            raise ModelFolderError(
                f"the weights in {self.folder}/best-*.safetensors must have the same names and shapes. Received: "
                "several.",
                "remove these files; the best weights stay.",
            )
        return {name: np.stack([weights[name] for weights in kept]).mean(axis=0) for name in kept[0]}

    def clear(self) -> None:
        """Remove all files."""
        self._drop(set(self._files()))

    def _drop(self, files: set[Path]) -> None:
        with reporting_write_errors(self.folder):
            for path in files:
                path.unlink()

    def _files(self) -> list[Path]:
        """List the files, the oldest first."""
        numbered = (path for path in self.folder.glob("best-*.safetensors") if NAME.fullmatch(path.name))
        return sorted(numbered, key=_step)


def _step(path: Path) -> int:
    return int(path.stem.removeprefix("best-"))


def _read(path: Path) -> Arrays:
    try:
        return parse_safetensors(path.read_bytes(), path)[0]
    except OSError as problem:
        raise ModelFolderError(f"{path} cannot be read: {problem.strerror}.", "remove it.") from None

"""What `generate` writes: samples under headings or one a line, all different if that is wanted, also to files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from unspool.cli.console import json_line, warn, write, write_json
from unspool.cli.options import Settings
from unspool.display.terminal import tell, visible
from unspool.errors import OutputError, UsageError, reporting_write_errors

if TYPE_CHECKING:
    from unspool.models.reading import Sample

MAX_TRIES = 20  # times the number of samples that are drawn at most, to find different ones


class Layout(NamedTuple):
    """How samples are written.

    Attributes:
        lines: writes each on a line of its own.
        echo: writes the prompt before each.
        as_json: writes an object for each prompt.
    """

    lines: bool
    echo: bool
    as_json: bool


def draw(model: Any, prompt: str, unique: bool, sampling: Settings) -> "list[Sample]":
    """Generate the samples of a prompt.

    Args:
        model: generates.
        prompt: is continued.
        unique: goes on with the next seeds until as many samples are different as were requested; a warning says so
            where there are too few.
        sampling: are the settings.
    """
    if not unique:
        return list(model.samples(prompt, **sampling))
    from unspool.decode.reading import sample_seeds  # here and not above: it imports NumPy

    own = {name: value for name, value in sampling.items() if name != "condition"}
    spec = model.folder.read_sampling().changed(**own)
    count, first = spec.num_samples, sample_seeds(spec)[0]
    found: dict[str, Sample] = {}
    for start in range(0, MAX_TRIES * count, count):
        for sample in model.samples(prompt, **{**sampling, "seed": (first + start) % 2**63}):
            found.setdefault(sample.text, sample)
        if len(found) >= count:
            return list(found.values())[:count]
    warn(f"{len(found):,} of {MAX_TRIES * count:,} samples are different, and {count:,} were requested.")
    return list(found.values())


def check_target(out: Path | None, overwrite: bool, as_json: bool) -> None:
    """Refuse a file or folder that samples cannot be written to.

    Args:
        out: was named, if anything was.
        overwrite: allows it to replace another.
        as_json: says whether objects are written.

    Raises:
        UsageError: there is nothing to overwrite, or objects were to be files of texts.
        OutputError: something is there.
    """
    if out is None:
        if overwrite:
            raise UsageError("--overwrite is for --out, and there is none.", "name the file to write with --out.")
        return
    if as_json and _is_folder(out):
        raise UsageError(
            f"a folder holds texts. Received: --out {out} and --json.", "name a file, or leave out --json."
        )
    taken = any(out.iterdir()) if out.is_dir() else out.exists()
    if taken and not overwrite:
        raise OutputError(f"{out} exists already.", "choose another place with --out, or replace it with --overwrite.")


def _is_folder(out: Path) -> bool:
    """Return whether a path is one of a folder: it is there, or its name has no ending."""
    return out.is_dir() or (not out.exists() and not out.suffix)


class Output:
    """Writes samples to standard output, to a file, or to files in a folder.

    Args:
        out: is the file; a folder gets a file for each sample; none is standard output.
        layout: says how samples are written.
    """

    def __init__(self, out: Path | None, layout: Layout) -> None:
        self._out, self._layout = out, layout
        self._pieces: list[str] = []
        self._apart = out is not None and _is_folder(out)

    def add(self, prompt: str, samples: "list[Sample]", about: dict[str, Any]) -> None:
        """Write the samples of a prompt.

        Args:
            prompt: was continued.
            samples: are its continuations.
            about: says in JSON which prompt it is.
        """
        if self._layout.as_json:
            values = {**about, "samples": [sample.to_dict() for sample in samples]}
            if self._out is None:
                write_json(values)
            else:
                self._pieces.append(json_line(values))
            return
        shown = prompt if self._layout.echo else ""
        for text in self._texts(shown, samples):
            self._put(text)

    def space(self) -> None:
        """Separate the samples of two prompts."""
        if not (self._layout.lines or self._layout.as_json or self._apart):
            self._put("\n")

    def _texts(self, shown: str, samples: "list[Sample]") -> Iterator[str]:
        from unspool.text.escapes import escaped

        several = len(samples) > 1 and not self._apart
        for number, sample in enumerate(samples, 1):
            if self._layout.lines:
                yield f"{escaped(shown + sample.text)}\n"
                continue
            head = f"--- sample {number}, seed {sample.seed}\n" if several else ""
            yield f"{head}{shown}{sample.text}\n"

    def _put(self, text: str) -> None:
        if self._out is None:
            write(text)
        else:
            self._pieces.append(text)

    def close(self) -> None:
        """Write the file or the files.

        Raises:
            OutputError: they cannot be written.
        """
        from unspool.folder.atomic import write_atomically

        if self._out is None:
            return
        if not self._apart:
            write_atomically(self._out, "".join(self._pieces))
            tell(f"written to {visible(str(self._out))}.")
            return
        with reporting_write_errors(self._out):
            self._out.mkdir(parents=True, exist_ok=True)
        width = len(str(len(self._pieces)))
        for number, text in enumerate(self._pieces, 1):
            write_atomically(self._out / f"{number:0{width}}.txt", text)
        tell(f"{len(self._pieces):,} files are in {visible(str(self._out))}.")


@contextmanager
def opened_output(out: Path | None, layout: Layout) -> Iterator[Output]:
    """Open what samples are written to; files are written at the end of the block, if there was no error."""
    output = Output(out, layout)
    yield output
    output.close()

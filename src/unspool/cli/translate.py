"""`unspool translate`: lines in, their translations out."""

from pathlib import Path
from typing import Annotated

import typer

from unspool.cli import options
from unspool.cli.console import read_lines, write, write_json

LINES = 256  # read, translated and written together


def translate(
    model: options.ModelPath,
    texts: Annotated[
        list[str] | None, typer.Argument(help="Texts to translate; left out: the lines of standard input.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="File whose lines to translate.")] = None,
    beams: options.Beams = 5,
    n_best: Annotated[int, typer.Option(help="Translations to write of each text, a line each.")] = 1,
    length_penalty: Annotated[
        float, typer.Option(help="Divide log-probabilities by the length to this power; 0 is off.")
    ] = 1.0,
    max_new_tokens: Annotated[int, typer.Option(help="Most tokens of a translation; 0 goes by the source.")] = 0,
    encoding: options.Encoding = "auto",
    engine: options.EngineName = "auto",
    as_json: options.AsJson = False,
) -> None:
    """Translate texts, one line each, in order.

    An empty line stays empty. With --json, each line is an object with scores and attention.
    """
    from unspool.api import load

    opened = load(model, engine)
    if beams >= 1:
        beams = max(beams, n_best)  # who asks for more translations asks for more beams
    spec = {"beams": beams, "n_best": n_best, "length_penalty": length_penalty, "max_new_tokens": max_new_tokens}
    lines = list(texts or ()) or read_lines(file or Path("-"), encoding)
    for start in range(0, len(lines), LINES):
        chosen = lines[start : start + LINES]
        for line, found in zip(chosen, opened.translations(chosen, **spec), strict=True):
            if as_json:
                write_json({"source": line, "translations": [one.to_dict() for one in found]})
                continue
            for one in found:
                write(" ".join(one.text.split("\n")) + "\n")

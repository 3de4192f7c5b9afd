"""`unspool classify`: lines in, their labels out."""

from pathlib import Path
from typing import Annotated

import typer

from unspool.cli import options
from unspool.cli.console import read_lines, write, write_json
from unspool.errors import UsageError

LINES = 256  # read, classified and written together


def classify(
    model: options.ModelPath,
    texts: Annotated[
        list[str] | None, typer.Argument(help="Texts to classify; left out: the lines of standard input.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="File whose lines to classify.")] = None,
    top: Annotated[int, typer.Option(help="Labels to write of each text, the likeliest first.")] = 1,
    encoding: options.Encoding = "auto",
    engine: options.EngineName = "auto",
    as_json: options.AsJson = False,
) -> None:
    """Say what each text is, one line each, in order.

    With more than one label, each stands with its probability, between tabs. With --json, each line is an object with
    the probability of every label, the likeliest first, and the `top` of them.
    """
    from unspool.api import load

    if top < 1:
        raise UsageError(f"top must be at least 1. Received: {top}.", "leave it out for the likeliest label.")
    classifier = load(model, engine).classifier()
    lines = list(texts or ()) or read_lines(file or Path("-"), encoding)
    for start in range(0, len(lines), LINES):
        chosen = lines[start : start + LINES]
        for line, shares in zip(chosen, classifier.probabilities(chosen), strict=True):
            order = (-shares).argsort(kind="stable")
            ranked = {classifier.labels[number]: float(shares[number]) for number in order}
            best = list(ranked)[:top]
            if as_json:
                write_json({"text": line, "labels": best, "probabilities": ranked})
            elif top == 1:
                write(f"{best[0]}\n")
            else:
                write("\t".join(f"{label}\t{ranked[label]:.4f}" for label in best) + "\n")

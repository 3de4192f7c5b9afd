"""`unspool classify`: lines in, their labels out."""

from pathlib import Path
from typing import Annotated, Any

import typer

from unspool.cli.arguments import AsJson, File, ModelPath, Texts
from unspool.cli.console import read_lines, write, write_json
from unspool.cli.options import Fields, Settings, with_options
from unspool.errors import UsageError
from unspool.specs.base import Option
from unspool.specs.data import DataSpec
from unspool.specs.runtime import RuntimeSpec

LINES = 256  # classified and printed together


@with_options(data=Fields(DataSpec, ("encoding",)), runtime=Fields(RuntimeSpec, ("engine",)))
def classify(
    model: ModelPath,
    texts: Texts = None,
    file: File = None,
    top: Annotated[
        int,
        typer.Option("--top", "-k", metavar="INTEGER", help="Prints this many labels of a text, the likeliest first."),
        Option("Output", True, synonyms=("n-best", "best", "labels", "top-k")),
    ] = 1,
    as_json: AsJson = False,
    *,
    data: Settings,
    runtime: Settings,
) -> None:
    """Label texts, one line each, in order.

    With more than one label, each is printed with its probability, separated by tabs. With --json, each line is an
    object with the probability of every label, the likeliest first, and the `top` of them.

    Examples:
        unspool classify runs/reviews "what a film" "a waste of time"
        unspool classify runs/reviews --file reviews.txt --top 3
        cut -f2 mails.tsv | unspool classify runs/spam --json
    """
    from unspool.api import load

    if top < 1:
        raise UsageError(f"top must be at least 1. Received: {top}.", "leave it out for the likeliest label.")
    classifier: Any = load(model, **runtime)
    lines = list(texts or ()) or read_lines(file or Path("-"), **data)
    for start in range(0, len(lines), LINES):
        chosen = lines[start : start + LINES]
        for line, probabilities in zip(chosen, classifier.probabilities(chosen), strict=True):
            order = (-probabilities).argsort(kind="stable")
            ranked = {classifier.labels[index]: float(probabilities[index]) for index in order}
            best = list(ranked)[:top]
            if as_json:
                write_json({"text": line, "labels": best, "probabilities": ranked})
            elif top == 1:
                write(f"{best[0]}\n")
            else:
                write("\t".join(f"{label}\t{ranked[label]:.4f}" for label in best) + "\n")

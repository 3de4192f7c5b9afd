"""`unspool classify`: lines in, their labels out."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from unspool.cli.arguments import AsJson, File, ModelPath, Texts
from unspool.cli.console import write, write_json
from unspool.cli.lines import answered, texts_of
from unspool.cli.options import Fields, Settings, with_options
from unspool.errors import UsageError
from unspool.specs.base import Option
from unspool.specs.data import DataSpec
from unspool.specs.runtime import RuntimeSpec


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
    object with the number of the text, the probability of every label, the likeliest first, and the `top` of them.

    A text that is empty or blank has no label: its line is empty too, in JSON its labels are. In plain lines, line
    ends and tabs in a label are written as \\n and \\t, a backslash as \\\\.

    Examples:
        unspool classify runs/reviews "what a film" "a waste of time"
        unspool classify runs/reviews --file reviews.txt --top 3
        cut -f2 mails.tsv | unspool classify runs/spam --json
    """
    from unspool.api import load
    from unspool.text.escapes import escaped

    if top < 1:
        raise UsageError(f"top must be at least 1. Received: {top}.", "leave it out for the likeliest label.")
    classifier: Any = load(model, **runtime)
    for number, text, probabilities in answered(texts_of(texts, file, **data), classifier.probabilities):
        ranked = {} if probabilities is None else _ranked(classifier.labels, probabilities)
        best = list(ranked)[:top]
        if as_json:
            write_json({"line": number, "text": text, "labels": best, "probabilities": ranked})
        elif top == 1:
            write("".join(map(escaped, best)) + "\n")
        else:
            write("\t".join(f"{escaped(label)}\t{ranked[label]:.4f}" for label in best) + "\n")


def _ranked(labels: Sequence[str], probabilities: Any) -> dict[str, float]:
    """Return the probability of each label, the likeliest first."""
    order = (-probabilities).argsort(kind="stable")
    return {labels[index]: float(probabilities[index]) for index in order}

"""Arguments and options that several commands have and that belong to no spec."""

from pathlib import Path
from typing import Annotated, Any

import typer

from unspool.errors import UsageError
from unspool.specs.base import Option

ModelPath = Annotated[
    Path, typer.Argument(metavar="MODEL", help="Model folder written by `unspool train`.", show_default=False)
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Prints JSON, for programs."),
    Option("Output", True, synonyms=("jsonl", "format")),
]
Texts = Annotated[
    list[str] | None,
    typer.Argument(metavar="TEXT", help="Texts, one line each; left out: the lines of standard input."),
]
File = Annotated[
    Path | None,
    typer.Option("--file", "-f", metavar="FILE", help="Reads this file."),
    Option("Data", True, synonyms=("input", "in", "from-file")),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="DIR", help="Writes the model folder here."),
    Option("Output", True, synonyms=("output", "output-dir", "folder", "save", "model", "name")),
]
Page = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Writes the result as a page of HTML."),
    Option("Output", True, synonyms=("page", "plot", "figure", "report")),
]
Condition = Annotated[
    list[str] | None,
    typer.Option(
        "--condition",
        "-c",
        metavar="LABEL",
        help="Sets what the text depends on: a label, a blend such as a=0.7,b=0.3, or a number; once for each column.",
    ),
    Option("Data", True, synonyms=("label", "given", "style", "class", "control")),
]


def condition_keyword(model: Any, condition: list[str] | None) -> dict[str, Any]:
    """Return the condition as a keyword, where there is one.

    Raises:
        UsageError: the model is not a conditional one.
    """
    if not condition:
        return {}
    from unspool.models.conditional import ConditionalTextModel  # here and not above: the models import NumPy

    if not isinstance(model, ConditionalTextModel):
        raise UsageError(
            f"--condition is for a ConditionalTextModel. Received: {model.path}, a {type(model).__name__}.",
            "leave out --condition.",
        )
    return {"condition": condition}

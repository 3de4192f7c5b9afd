"""Options that several commands have."""

from pathlib import Path
from typing import Annotated, Any

import typer

ModelPath = Annotated[
    Path, typer.Argument(metavar="MODEL", help="Model folder written by `unspool train`.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
EngineName = Annotated[
    str, typer.Option("--engine", help="auto (numpy starts, numba takes over in a long text), numpy, numba or torch.")
]
WeightsFormat = Annotated[
    str, typer.Option("--weights", help="float32; bfloat16 or int8 with the engine numba or auto.")
]
Threads = Annotated[
    int, typer.Option("--threads", help="Of the processor, with the engine numba or auto; 0 takes all.")
]
Encoding = Annotated[str, typer.Option(help="Of the text; auto reads UTF-8, and UTF-16 that begins with a mark.")]
Lines = Annotated[bool, typer.Option("--lines", help="Every line is a document of its own.")]
SourceColumn = Annotated[
    str | None, typer.Option("--source", metavar="COL", help="Column of a table that holds what to translate.")
]
TargetColumn = Annotated[
    str | None, typer.Option("--target", metavar="COL", help="Column that holds the translations.")
]
SourceFile = Annotated[str | None, typer.Option(metavar="FILE", help="Or a text to translate, line by line.")]
TargetFile = Annotated[str | None, typer.Option(metavar="FILE", help="And its translation, line by line.")]
Beams = Annotated[int, typer.Option(help="Translations to follow at once; 1 takes the likeliest token.")]
TextColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--text", metavar="COL", help="Column of a table that holds the text; more may be given, which are joined."
    ),
]
ConditionColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--condition",
        metavar="COL",
        help="Column that a text depends on, labels or numbers; may be given often. With --lines: file, for its name.",
    ),
]
Condition = Annotated[
    list[str] | None,
    typer.Option(
        "--condition",
        metavar="LABEL",
        help="What the text depends on: a label, a blend such as a=0.7,b=0.3, or a number; once for each column.",
    ),
]
LabelColumn = Annotated[
    str | None, typer.Option("--label", metavar="COL", help="Column that holds what to classify the text as.")
]


def text_columns(names: list[str] | None) -> dict[str, Any]:
    """The settings of the columns that hold text."""
    return {"text_column": names[0], "further_columns": tuple(names[1:]) or None} if names else {}

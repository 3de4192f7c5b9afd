"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

ModelPath = Annotated[
    Path, typer.Argument(metavar="MODEL", help="Model folder written by `unspool train`.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
EngineName = Annotated[str, typer.Option("--engine", help="auto, numpy, numba or torch.")]
WeightsFormat = Annotated[str, typer.Option("--weights", help="float32; bfloat16 or int8 with the engine numba.")]
Encoding = Annotated[str, typer.Option(help="Of the text; auto reads UTF-8, and UTF-16 that begins with a mark.")]
Lines = Annotated[bool, typer.Option("--lines", help="Every line is a document of its own.")]
TextColumn = Annotated[
    str | None,
    typer.Option("--text", metavar="COL", help="Column of a .csv, .tsv or .jsonl that holds the text."),
]

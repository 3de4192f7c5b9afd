"""`unspool evaluate`: how well a model predicts a held-out text."""

from typing import Annotated

import typer

from unspool.cli import options
from unspool.cli.console import write, write_json


def evaluate(
    model: options.ModelPath,
    data: Annotated[
        list[str] | None,
        typer.Argument(help="Files or folders; left out: the part held out of the training text.", show_default=False),
    ] = None,
    lines: options.Lines = False,
    text_column: options.TextColumn = None,
    encoding: options.Encoding = "auto",
    engine: options.EngineName = "auto",
    weights: options.WeightsFormat = "float32",
    as_json: options.AsJson = False,
) -> None:
    """Measure a model: carried through the whole text, and fresh from the initial state.

    With weights in a shorter format, what they cost against float32 is measured too.
    """
    from unspool.api import load

    settings = {"encoding": encoding, "text_column": text_column} | ({"lines": True} if lines else {})
    figures = load(model, engine, weights).evaluate(data or None, **settings).to_dict()
    if weights != "float32":
        whole = load(model, engine).evaluate(data or None, **settings).to_dict()
        figures["nats_per_token_lost_to_weights"] = figures["nats_per_token"] - whole["nats_per_token"]
    if as_json:
        write_json(figures, indent=2)
        return
    for name, value in figures.items():
        shown = f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
        write(f"{name.replace('_', ' '):26} {shown}\n")

"""`unspool evaluate`: how well a model predicts a held-out text."""

from pathlib import Path
from typing import Annotated, Any

import typer

from unspool.cli import options
from unspool.cli.console import write, write_json
from unspool.errors import UsageError


def evaluate(
    model: options.ModelPath,
    data: Annotated[
        list[str] | None,
        typer.Argument(help="Files or folders; left out: the part held out of the training text.", show_default=False),
    ] = None,
    lines: options.Lines = False,
    text: options.TextColumns = None,
    label: options.LabelColumn = None,
    condition: options.ConditionColumns = None,
    source: options.SourceColumn = None,
    target: options.TargetColumn = None,
    source_file: options.SourceFile = None,
    target_file: options.TargetFile = None,
    beams: options.Beams = 5,
    encoding: options.Encoding = "auto",
    engine: options.EngineName = "auto",
    weights: options.WeightsFormat = "float32",
    html: Annotated[Path | None, typer.Option(help="Page to draw what was taken for what on.")] = None,
    as_json: options.AsJson = False,
) -> None:
    """Measure a model: a language carried through the text and fresh from the start, translations by BLEU and chrF,
    labels by accuracy and F1.

    With weights in a shorter format, what they cost against float32 is measured too.
    """
    from unspool.api import load
    from unspool.cli.confusion import confusion_page, confusion_text
    from unspool.folder.atomic import write_atomically

    given = {
        **options.text_columns(text),
        "label_column": label,
        "condition_columns": tuple(condition or ()) or None,
        "source_column": source,
        "target_column": target,
        "source_file": source_file,
        "target_file": target_file,
        "lines": lines or None,
    }
    settings: dict[str, Any] = {
        "encoding": encoding,
        **{name: value for name, value in given.items() if value is not None},
    }
    opened = load(model, engine, weights)
    if opened.config.task == "translation":
        settings["beams"] = beams
    if html is not None and opened.config.task != "classification":
        raise UsageError(f"--html draws labels. Received: a model of {opened.config.task}.", "leave it out.")
    figures = opened.evaluate(data or None, **settings).to_dict()
    if "nats_per_token" in figures and weights != "float32":
        whole = load(model, engine).evaluate(data or None, **settings).to_dict()
        figures["nats_per_token_lost_to_weights"] = figures["nats_per_token"] - whole["nats_per_token"]
    if html is not None:
        write_atomically(html, confusion_page(figures["labels"], figures["confusion"]))
    if as_json:
        write_json(figures, indent=2)
        return
    labels, confusion = figures.pop("labels", ()), figures.pop("confusion", ())
    for name, value in figures.items():
        shown = f"{value:,}" if isinstance(value, int) else f"{value:.4f}" if isinstance(value, float) else str(value)
        write(f"{name.replace('_', ' '):26} {shown}\n")
    if labels:
        write(confusion_text(labels, confusion))

"""`unspool evaluate`: how well a model does on what was held out."""

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
    beams: Annotated[
        int | None, typer.Option(help="Of translations: how many to follow at once; 1 takes the likeliest token. [5]")
    ] = None,
    encoding: options.Encoding = "auto",
    engine: options.EngineName = "auto",
    weights: options.WeightsFormat = "float32",
    html: Annotated[Path | None, typer.Option(help="Page to draw what a classifier took for what on.")] = None,
    as_json: options.AsJson = False,
) -> None:
    """Measure a model: a language carried through the text and fresh from the start, translations by BLEU and chrF,
    classifications by accuracy and macro F1, with what was taken for what; texts given their conditions, and, of one
    column of labels, how well Bayes' rule tells these from the texts.

    With weights in a shorter format, what they cost against float32 is measured too.
    """
    from unspool.api import load
    from unspool.cli.confusion import confusion_page, confusion_text
    from unspool.evaluate.labels import ClassificationFigures
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
        "beams": beams,
    }
    settings: dict[str, Any] = {
        "encoding": encoding,
        **{name: value for name, value in given.items() if value is not None},
    }
    opened = load(model, engine, weights)
    if html is not None and opened.config.task != "classification":
        raise UsageError(
            f"--html draws what a classifier does. Received: one of {opened.config.task}.", "leave it out."
        )
    found = opened.evaluate(data or None, **settings)
    figures = found.to_dict()
    if "nats_per_token" in figures and opened.config.task != "translation" and weights != "float32":
        whole = load(model, engine).evaluate(data or None, **settings).to_dict()
        figures["nats_per_token_lost_to_weights"] = figures["nats_per_token"] - whole["nats_per_token"]
    if html is not None and isinstance(found, ClassificationFigures):
        write_atomically(html, confusion_page(found), "--html")
    if as_json:
        write_json(figures, indent=2)
        return
    table = confusion_text(found) if isinstance(found, ClassificationFigures) else ""
    for name, value in figures.items():
        if isinstance(value, tuple):  # which the table shows
            continue
        shown = f"{value:,}" if isinstance(value, int) else f"{value:.4f}" if isinstance(value, float) else str(value)
        write(f"{name.replace('_', ' '):26} {shown}\n")
    write(table)

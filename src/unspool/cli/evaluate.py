"""`unspool evaluate`: how well a model does on what was held out."""

from typing import Annotated

import typer

from unspool.cli.arguments import AsJson, ModelPath, Page
from unspool.cli.columns import Columns, by_todays_names
from unspool.cli.console import write, write_json
from unspool.cli.options import Fields, Settings, with_options
from unspool.errors import UsageError
from unspool.specs.data import DataSpec
from unspool.specs.runtime import RuntimeSpec
from unspool.specs.sampling import BeamSpec

COLUMNS = ("text", "label", "condition", "source", "target")


@with_options(
    columns=Fields(Columns, COLUMNS),
    settings=[
        Fields(DataSpec, ("lines", "encoding", "source_file", "target_file")),
        Fields(BeamSpec, ("beams",), "translation"),
    ],
    runtime=Fields(RuntimeSpec, ("engine", "weights")),
)
def evaluate(
    model: ModelPath,
    data: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DATA",
            help="Files or folders; left out: the part held out of the training text.",
            show_default=False,
        ),
    ] = None,
    html: Page = None,
    as_json: AsJson = False,
    *,
    columns: Settings,
    settings: Settings,
    runtime: Settings,
) -> None:
    """Measure a model on what was held out, or on other data.

    A language is measured carried through the text and fresh from the start; translations by BLEU and chrF;
    classifications by accuracy and macro F1, with a table or page of what was taken for what; conditional texts given
    their conditions, and, of one column of labels, by how well Bayes' rule tells these from the texts. With weights in
    a shorter format, what they cost against float32 is measured too.

    Examples:
        unspool evaluate runs/alice
        unspool evaluate runs/alice other.txt --json
        unspool evaluate runs/reviews test.csv --text review --label stars
    """
    from unspool.api import load
    from unspool.cli.confusion import confusion_page, confusion_text
    from unspool.evaluate.labels import ClassificationFigures
    from unspool.folder.atomic import write_atomically

    settings = {**by_todays_names(columns), **settings}
    opened = load(model, **runtime)
    if html is not None and opened.config.task != "classification":
        raise UsageError(
            f"--html draws what a classifier does. Received: one of {opened.config.task}.", "leave it out."
        )
    found = opened.evaluate(data or None, **settings)
    figures = found.to_dict()
    if (
        "nats_per_token" in figures
        and opened.config.task != "translation"
        and runtime.get("weights", "float32") != "float32"
    ):
        whole = load(model, **{**runtime, "weights": "float32"}).evaluate(data or None, **settings).to_dict()
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

"""`unspool evaluate`: how well a model performs on the held-out part, or on other data."""

import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

from unspool.cli.arguments import AsJson, ModelPath, Page, ShowProgress, is_shown
from unspool.cli.console import write, write_json
from unspool.cli.following import showing_measurement
from unspool.cli.options import Fields, Settings, with_options
from unspool.display.terminal import visible
from unspool.errors import DataWarning, UsageError
from unspool.specs.runtime import RuntimeSpec
from unspool.specs.sampling import BeamSpec
from unspool.tasks.registry import data_specs, evaluation_specs

DATA = [
    *(Fields(spec, spec.reading, task) for task, spec in data_specs().items()),
    *(Fields(spec, (), task) for task, spec in evaluation_specs().items()),
]


@with_options(settings=[*DATA, Fields(BeamSpec, ("beams",))], runtime=Fields(RuntimeSpec, ("engine", "weights")))
def evaluate(
    model: ModelPath,
    data: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DATA",
            help="Files or folders; left out: the held-out part of the training data.",
            show_default=False,
        ),
    ] = None,
    html: Page = None,
    as_json: AsJson = False,
    progress: ShowProgress = None,
    *,
    settings: Settings,
    runtime: Settings,
) -> None:
    """Measure a model on the held-out part, or on other data.

    Of a language model: bits and nats with the state carried through the text, and from fresh starts. Of a
    translator: BLEU and chrF, against one reference or several. Of a classifier: accuracy, macro F1, the figures of
    each label and the confusion matrix; the page of one of pictures also has the worst mistakes. Of a conditional
    model: bits and nats given the conditions, and with one column of labels the accuracy of Bayes' rule. With bfloat16
    or int8 weights: also what they lose against float32.

    With --copying, a language model generates 10,000 characters, and what share of them is in spans that stand verbatim
    in the training text is shown beside the same of held-out text; the page marks the spans.

    What is left out of the data, or cannot be right, is counted.

    Examples:
        unspool evaluate runs/alice
        unspool evaluate runs/alice other.txt --json
        unspool evaluate runs/reviews test.csv --text review --label stars
    """
    from unspool.api import load
    from unspool.folder.atomic import write_atomically

    named = [Path(name) for name in data or ()] or None  # a text that is typed here is a mistaken name
    opened = load(model, **runtime)
    with showing_measurement(is_shown(progress, as_json)):
        found = opened.evaluate(named, **settings)
        figures, described = found.to_dict(), opened.describe(found)
        if "nats_per_token" in figures and runtime.get("weights", "float32") != "float32":
            whole = opened.read_folder(lambda folder: load(folder.path, **{**runtime, "weights": "float32"}))
            figures["nats_per_token_lost_to_weights"] = figures["nats_per_token"] - _nats(whole, named, settings)
    if html is not None:
        if described.page is None:
            raise UsageError(f"--html draws nothing for a {type(opened).__name__}.", "leave it out.")
        write_atomically(html, described.page, "--html")
    if as_json:
        write_json(figures, indent=2)
        return
    for name, value in figures.items():
        if isinstance(value, tuple | dict):  # which the report shows
            continue
        shown = f"{value:,}" if isinstance(value, int) else f"{value:.4f}" if isinstance(value, float) else str(value)
        write(f"{name.replace('_', ' '):26} {shown}\n")
    write(described.text)
    if html is not None:
        write(f"page: {visible(str(html))}\n")


def _nats(model: Any, data: list[Path] | None, settings: Settings) -> float:
    """Measure a model again, in nats per token, without what only `evaluate` has and without warnings."""
    further = {name for spec in evaluation_specs().values() for name in spec.model_fields}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # which the first evaluation has said
        found = model.evaluate(data, **{name: value for name, value in settings.items() if name not in further})
    return float(found.to_dict()["nats_per_token"])

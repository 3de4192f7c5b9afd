"""`unspool train`: learn from data, and write a model folder."""

from pathlib import Path
from typing import Annotated, Any

import typer

from unspool.cli.arguments import AsJson, ModelKind, Out, Overwrite, ShowProgress, is_shown
from unspool.cli.console import refuse_unnamed_input, write, write_json
from unspool.cli.inline import refuse_settings
from unspool.cli.options import Fields, Settings, with_options
from unspool.cli.recipes import closing_text, closing_values, example, model_path, read_recipe
from unspool.cli.renamed import validation_fraction
from unspool.errors import UsageError
from unspool.specs.base import Option
from unspool.specs.recipe import sections
from unspool.specs.training import BudgetSpec
from unspool.tasks.registry import ROWS, task_of_model

BUDGETS = tuple(BudgetSpec.model_fields)
SECTIONS = [Fields(spec, task=name) for name, row in ROWS.items() for spec in sections(row.load("recipe")).values()]


@with_options(settings=SECTIONS)
def train(
    context: typer.Context,
    data: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DATA", help="Files, folders or - for standard input; left out: Python's own reference."
        ),
    ] = None,
    out: Out = None,
    overwrite: Overwrite = False,
    resume: Annotated[
        Path | None,
        typer.Option(
            "--resume", metavar="DIR", help="Continues a run that was cut off; takes no other setting but --engine."
        ),
        Option("Output", True, synonyms=("continue", "checkpoint", "restart", "recover")),
    ] = None,
    start_from: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="Starts from the weights of another model."),
        Option("Network", True, synonyms=("finetune", "fine-tune", "pretrained", "init", "start-from", "base")),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Reads settings from a recipe in TOML; options win."),
        Option("Data", synonyms=("recipe", "settings", "cfg", "toml")),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option("--task", metavar="NAME", help="Sets what to learn. [default: what the data imply]"),
        Option("Data", synonyms=("mode", "type", "kind")),
    ] = None,
    model: ModelKind = None,
    tensorboard: Annotated[
        bool,
        typer.Option("--tensorboard", help="Writes curves for TensorBoard."),
        Option("Output", synonyms=("logs", "log", "curves", "tb")),
    ] = False,
    as_json: AsJson = False,
    progress: ShowProgress = None,
    *,
    settings: Settings,
) -> None:
    """Learn from a text, from lines, from a table, or from pictures, and write a model folder.

    Without --out the folder is runs/NAME. A budget of minutes counts from the first update. Ctrl-C keeps the best model
    so far.

    Examples:
        unspool train alice.txt --minutes 5
        unspool train dates.tsv --source 1 --target 2 --out runs/dates
        unspool train reviews.csv --text review --label stars
    """
    from unspool.training.progress import make_progress

    given = validation_fraction(settings, "validation_split")
    if data:
        refuse_settings(data, context.command)
        given["sources"] = tuple(data)
    engine = given.get("engine")
    others = (start_from, config, out, overwrite or None, task, model, *(given.keys() - {"engine"}))
    if resume is not None and any(value is not None for value in others):
        raise UsageError(
            "--resume continues with the recipe of the run and takes no other setting but --engine.",
            "leave the others out; to train further with other settings use --from.",
        )
    typed = [name for name in BUDGETS if _is_typed(context, name)]
    if typed:  # a budget of another kind from the environment gives way
        given = {name: value for name, value in given.items() if name not in BUDGETS or name in typed}
    recipe, named = read_recipe(config, given)
    chosen = task_of_model(model, task or named)
    files = [*(data or ()), *filter(None, [given.get("source_file")])]
    if resume is None and not files and not recipe["data"].get("sources"):
        refuse_unnamed_input()
    with (
        model_path(resume or out, files, recipe, chosen) as path,
        make_progress(not is_shown(progress, as_json), path / "tensorboard" if tensorboard else None) as callback,
    ):
        from unspool import api

        if resume is not None:
            trained = api.resume(resume, callback=callback, engine=engine)
        else:
            how: dict[str, Any] = {"out": path, "overwrite": overwrite, "start_from": start_from, "task": chosen}
            trained = api.train(settings=recipe, callback=callback, **how)
    if as_json:
        write_json(closing_values(trained, path), indent=2)
    else:
        write(f"\n{closing_text(trained, path)}try: {example(path, trained.config)}\n")


def _is_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"

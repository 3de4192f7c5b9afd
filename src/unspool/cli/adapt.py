"""`unspool adapt`: let a language model read more."""

from pathlib import Path
from typing import Annotated, Any

import typer

from unspool.cli.arguments import AsJson, ModelPath, Out, Overwrite, ShowProgress, check_text_model, is_shown
from unspool.cli.console import write, write_json
from unspool.cli.following import showing_measurement
from unspool.cli.options import Fields, Settings, with_options
from unspool.cli.recipes import example
from unspool.display.terminal import visible
from unspool.specs.adaptation import ReadingSpec
from unspool.tasks.language.specs import TextDataSpec


@with_options(settings=[Fields(ReadingSpec), Fields(TextDataSpec, TextDataSpec.reading)])
def adapt(
    model: ModelPath,
    data: Annotated[list[str], typer.Argument(metavar="DATA", help="Files or folders to read; - is standard input.")],
    out: Out = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    progress: ShowProgress = None,
    *,
    settings: Settings,
) -> None:
    """Let a language model read more, such as a text of one's own, and write the new model to another folder.

    It reads some times over, in seconds. The model itself stays as it is, and so does its tokenizer: what that lacks is
    learnt as <unk>. Without --out the new folder is MODEL-adapted. It keeps what the model was, and `unspool forget`
    restores that. A model that was counted gets the n-grams of the text.

    Examples:
        unspool adapt runs/novels letters.txt --out runs/mine
        unspool adapt runs/novels notes/ --epochs 5
        unspool adapt runs/names more.txt --lines --minutes 1
    """
    from unspool.api import load

    opened: Any = load(model)
    check_text_model(opened, "adapt")
    beside = model if model.name not in ("", "..") else model.resolve()
    target = out or beside.with_name(f"{model.resolve().name}-adapted")
    with showing_measurement(is_shown(progress, as_json)):
        adapted = opened.adapt([Path(name) for name in data], out=target, overwrite=overwrite, **settings)
    if as_json:
        write_json({"model": str(target), **adapted.further.to_dict()}, indent=2)
    else:
        write(f"{visible(adapted.further.summary)}\ntry: {example(target, adapted.config)}\n")

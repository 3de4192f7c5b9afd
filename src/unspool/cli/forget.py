"""`unspool forget`: make a model what it was before it read more."""

from typing import Any

from unspool.cli.arguments import AsJson, ModelPath, Out, Overwrite, check_text_model
from unspool.cli.console import write, write_json
from unspool.cli.options import with_options


@with_options()
def forget(model: ModelPath, out: Out = None, overwrite: Overwrite = False, as_json: AsJson = False) -> None:
    """Make a model what it was before it read more.

    Its weights, counts and card become what they were, byte for byte. Whatever it has read since it was made is taken
    out, however often it read, and so is what `unspool complete --learn` was told. Without --out the folder itself is
    changed.

    Examples:
        unspool forget runs/mine
        unspool forget runs/mine --out runs/novels
        unspool forget runs/mine --json
    """
    from unspool.api import load

    opened: Any = load(model)
    check_text_model(opened, "forget")
    opened.forget(out, overwrite)
    if as_json:
        write_json({"model": str(out or model)})
    else:
        write(f"{out or model} is the model that it was before it read more.\n")

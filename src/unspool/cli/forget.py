"""`unspool forget`: make a model what it was before it read more."""

from typing import Any

from unspool.cli.arguments import AsJson, ModelPath, check_text_model
from unspool.cli.console import write, write_json
from unspool.cli.options import with_options


@with_options()
def forget(model: ModelPath, as_json: AsJson = False) -> None:
    """Make a model what it was before it read more: its weights and its card, byte for byte.

    Whatever it has read since it was made is taken out, however often it read.

    Examples:
        unspool forget runs/mine
    """
    from unspool.api import load

    opened: Any = load(model)
    check_text_model(opened, "forget")
    opened.forget()
    if as_json:
        write_json({"model": str(model)})
    else:
        write(f"{model} is what it was before it read more.\n")

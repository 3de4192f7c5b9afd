"""`unspool report`: a page that shows what a model does, how it was trained, and with what."""

from pathlib import Path
from typing import Annotated

from unspool.cli.arguments import AsJson, ModelPath, out_option
from unspool.cli.console import write, write_json
from unspool.cli.options import Fields, Settings, with_options
from unspool.specs.base import Option
from unspool.specs.runtime import RuntimeSpec


@with_options(runtime=Fields(RuntimeSpec, ("engine",)))
def report(
    model: ModelPath,
    out: Annotated[
        Path | None,
        out_option("FILE", "Writes the page here. [default: report.html in the model]"),
        Option("Output", True, synonyms=("output", "html", "page", "save", "file")),
    ] = None,
    as_json: AsJson = False,
    *,
    runtime: Settings,
) -> None:
    """Write a page that shows what a model does, how it was trained, and with what.

    It is HTML that needs no other file. It shows what the model does (what it writes at five temperatures, and what
    surprises it; its best and worst answers and what they looked at; what it confuses, and what moved a label; pictures
    with their captions), how it was trained (the curves of the loss, and what it wrote on the way), and with which
    settings. Every run writes one at its end.

    Examples:
        unspool report runs/alice
        unspool report runs/alice --out alice.html
        unspool report runs/alice --json
    """
    from unspool.api import load

    written = load(model, **runtime).report(out)
    if as_json:
        write_json({"report": str(written)})
    else:
        write(f"{written}\n")

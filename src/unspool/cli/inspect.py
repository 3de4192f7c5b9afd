"""`unspool inspect`: the attention weights of a translation, or what led to a classification."""

from typing import Annotated, Any

import typer

from unspool.cli.arguments import AsJson, ModelPath, Page
from unspool.cli.console import write, write_json
from unspool.cli.options import Fields, Settings, with_options
from unspool.cli.shown import visible
from unspool.specs.base import Option
from unspool.specs.runtime import RuntimeSpec
from unspool.specs.sampling import BeamSpec


@with_options(search=Fields(BeamSpec, ("beams",)), runtime=Fields(RuntimeSpec, ("engine",)))
def inspect(
    model: ModelPath,
    text: Annotated[
        list[str],
        typer.Option("--text", metavar="TEXT", help="Sets the text to explain; may be repeated."),
        Option("Data", True, synonyms=("prompt", "input", "source")),
    ],
    html: Page = None,
    as_json: AsJson = False,
    *,
    search: Settings,
    runtime: Settings,
) -> None:
    """Show which parts of a text a model attends to, or which led to its label.

    Of a translator, the source tokens with the largest attention weights for each token of the translation. Of a
    classifier, the influence of each word (with tokenizer char, of each character): the word is left out, and its
    influence is what the log-probability of the label loses by that, in nats. Of a classifier of numbers, that of each
    number of a row, such as "alcohol=13.2,hue=1": the mean of its column is read instead.

    Examples:
        unspool inspect runs/dates --text "3 May 1979"
        unspool inspect runs/reviews --text "what a film" --html page.html
        unspool inspect runs/reviews --text "what a film" --json
    """
    from unspool.api import load
    from unspool.folder.atomic import write_atomically

    opened: Any = load(model, **runtime)
    found = opened.inspect(text, **search)
    if html is not None:
        write_atomically(html, found.page, "--html")
    if not as_json:
        write("".join(f"{visible(line)}\n" for line in found.text.removesuffix("\n").split("\n")))
        return
    for row in found.rows:
        write_json(row)

"""`unspool inspect`: where a translation or a caption looked, what led to a label, where counts predicted better."""

from typing import Annotated, Any

import typer

from unspool.cli.arguments import AsJson, Condition, ConditionJson, ModelPath, Page, condition_keyword
from unspool.cli.console import write, write_json
from unspool.cli.options import Fields, Settings, with_options
from unspool.display.terminal import visible
from unspool.errors import UsageError
from unspool.specs.base import Option
from unspool.specs.runtime import RuntimeSpec
from unspool.specs.sampling import BeamSpec


@with_options(search=Fields(BeamSpec, ("beams",)), runtime=Fields(RuntimeSpec, ("engine",)))
def inspect(
    model: ModelPath,
    named: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXT|IMAGE", help="Texts to explain; or pictures, or folders of them.", show_default=False
        ),
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Option("--text", metavar="TEXT", help="Sets a text to explain, as TEXT does; may be repeated."),
        Option("Data", True, synonyms=("prompt", "input", "source")),
    ] = None,
    condition: Condition = None,
    condition_json: ConditionJson = None,
    html: Page = None,
    as_json: AsJson = False,
    *,
    search: Settings,
    runtime: Settings,
) -> None:
    """Show which parts of a text or a picture a model attends to, or which led to its label.

    Of a translator, the source tokens with the largest attention weights for each token of the translation. Of a
    classifier, the influence of each word (with tokenizer char, of each character): the word is left out, and its
    influence is what the log-probability of the label loses by that, in nats. Of a classifier of numbers, that of each
    number of a row, such as "alcohol=13.2,hue=1": the mean of its column is read instead.

    Of a language model with counts beside its network, how likely each token of a text is by both, and by their
    mixture; the page colours where the counts predicted better. Of a conditional model the same, given a condition;
    without one, what led to the label.

    Of a captioner, the positions of the picture with the largest attention weights for each word; the page shows them
    over the picture.

    Examples:
        unspool inspect runs/dates "3 May 1979"
        unspool inspect runs/reviews "what a film" --html page.html
        unspool inspect runs/flickr photo.jpg --html page.html
    """
    from unspool.api import load
    from unspool.data.pictures.reading import pictures_of
    from unspool.folder.atomic import write_atomically

    if bool(text) == bool(named):
        raise UsageError(
            f"inspect explains texts or pictures. Received: {'both TEXT and --text' if text else 'neither'}.",
            "give a text, or the names of pictures.",
        )
    opened: Any = load(model, **runtime)
    if text and opened.reads == "pictures":
        raise UsageError("this model reads pictures. Received: --text.", "give the names of pictures.")
    given = condition_keyword(opened, condition, condition_json)
    found = opened.inspect(pictures_of(named or []) if opened.reads == "pictures" else named or text, **search, **given)
    if html is not None:
        write_atomically(html, found.page, "--html")
    if not as_json:
        page = [f"page: {html}"] if html is not None else []
        write("".join(f"{visible(line)}\n" for line in (*found.text.removesuffix("\n").split("\n"), *page)))
        return
    for row in found.rows:
        write_json(row)

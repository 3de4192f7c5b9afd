"""`unspool inspect`: what a model looked at, or what moved its decision."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unspool.cli.arguments import AsJson, ModelPath, Page
from unspool.cli.console import write, write_json
from unspool.cli.options import Fields, Settings, with_options
from unspool.errors import UsageError
from unspool.specs.base import Option
from unspool.specs.runtime import RuntimeSpec
from unspool.specs.sampling import BeamSpec

if TYPE_CHECKING:
    from unspool.api import Model

Shown = tuple[list[dict[str, Any]], str, str]  # for JSON, for a terminal, as a page


@with_options(search=Fields(BeamSpec, ("beams",)), runtime=Fields(RuntimeSpec, ("engine",)))
def inspect(
    model: ModelPath,
    text: Annotated[
        list[str],
        typer.Option("--text", metavar="TEXT", help="Text to translate or classify; may be repeated."),
        Option("Data", True, synonyms=("prompt", "input", "source")),
    ],
    html: Page = None,
    as_json: AsJson = False,
    *,
    search: Settings,
    runtime: Settings,
) -> None:
    """Show what a model does with a text.

    Of a translation: where each token looked. Of a classification: what moved it. There every word (of a model of
    characters, every character) is left out in turn; what the likeliest label loses by that, in nats, is what the part
    did for it.

    Examples:
        unspool inspect runs/dates --text "3 May 1979"
        unspool inspect runs/reviews --text "what a film" --html page.html
        unspool inspect runs/reviews --text "what a film" --json
    """
    from unspool.api import load
    from unspool.folder.atomic import write_atomically

    opened = load(model, **runtime)
    if opened.config.task == "language":
        raise UsageError(
            "inspect needs a model that translates or classifies. Received: one of language.",
            "score says how likely each token of a text is.",
        )
    rows, told, drawn = (
        _looks(opened, text, search) if opened.config.task == "translation" else _decisions(opened, text)
    )
    if html is not None:
        write_atomically(html, drawn, "--html")
    if not as_json:
        write(told)
        return
    for row in rows:
        write_json(row)


def _decisions(model: "Model", texts: list[str]) -> Shown:
    """What moved each decision."""
    from unspool.cli.influence_page import influence_page, influence_text

    found = [model.influence(text) for text in texts]
    rows = [{"text": text, **asdict(one)} for text, one in zip(texts, found, strict=True)]
    return rows, "".join(map(influence_text, found)), influence_page(found)


def _looks(model: "Model", texts: list[str], search: Settings) -> Shown:
    """Where each token of each translation looked."""
    from unspool.cli.attention_page import attention_page

    found = [(source, best[0]) for source, best in zip(texts, model.translations(texts, **search), strict=True)]
    if any(translation.attention is None for _, translation in found):
        raise UsageError(
            "inspect shows attention, and this model was trained without.", "train one with --attention additive."
        )
    lines = []
    for source, translation in found:
        lines.append(f"{source} -> {translation.text}\n")
        for token, shares in zip(translation.tokens, translation.attention or (), strict=True):
            best = sorted(range(len(shares)), key=lambda place: -shares[place])[:3]
            looked = ", ".join(f"{translation.source_tokens[place].strip()} {shares[place]:.0%}" for place in best)
            lines.append(f"  {token.strip():20} {looked}\n")
    rows = [{"source": source, **translation.to_dict()} for source, translation in found]
    return rows, "".join(lines), attention_page(found)

"""`unspool inspect`: what a model looked at, or what moved its decision."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unspool.cli import options
from unspool.cli.console import write
from unspool.errors import UsageError

if TYPE_CHECKING:
    from unspool.api import Model


def inspect(
    model: options.ModelPath,
    text: Annotated[list[str], typer.Option("--text", help="Text to translate or classify; may be given often.")],
    html: Annotated[Path | None, typer.Option(help="Page to draw it on.")] = None,
    beams: options.Beams = 5,
    engine: options.EngineName = "auto",
) -> None:
    """Show what a model does with a text: where each token of a translation looked, what moved a classification.

    Of a text to classify, every word (of a model of characters, every character) is left out in turn; what the
    likeliest label loses by that, in nats, is what the part did for it.
    """
    from unspool.api import load
    from unspool.folder.atomic import write_atomically

    opened = load(model, engine)
    told, drawn = _decisions(opened, text) if opened.config.task == "classification" else _looks(opened, text, beams)
    if html is not None:
        write_atomically(html, drawn)
    write(told)


def _decisions(model: "Model", texts: list[str]) -> tuple[str, str]:
    """What moved each decision: for a terminal, and as a page."""
    from unspool.cli.influence_page import influence_page, influence_text

    found = [model.influence(text) for text in texts]
    return "".join(map(influence_text, found)), influence_page(found)


def _looks(model: "Model", texts: list[str], beams: int) -> tuple[str, str]:
    """Where each token of each translation looked: for a terminal, and as a page."""
    from unspool.cli.attention_page import attention_page

    found = [(source, best[0]) for source, best in zip(texts, model.translations(texts, beams=beams), strict=True)]
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
    return "".join(lines), attention_page(found)

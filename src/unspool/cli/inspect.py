"""`unspool inspect`: what a model looked at."""

from pathlib import Path
from typing import Annotated

import typer

from unspool.cli import options
from unspool.cli.console import write
from unspool.errors import UsageError


def inspect(
    model: options.ModelPath,
    text: Annotated[list[str], typer.Option("--text", help="Text to translate; may be given often.")],
    html: Annotated[Path | None, typer.Option(help="Page to draw the attention on.")] = None,
    beams: options.Beams = 5,
    engine: options.EngineName = "auto",
) -> None:
    """Show where each token of a translation looked: in a line each, or drawn on a page."""
    from unspool.api import load
    from unspool.cli.attention_page import attention_page
    from unspool.folder.atomic import write_atomically

    found = [
        (source, best[0])
        for source, best in zip(text, load(model, engine).translations(text, beams=beams), strict=True)
    ]
    if any(translation.attention is None for _, translation in found):
        raise UsageError(
            "inspect shows attention, and this model was trained without.", "train one with --attention additive."
        )
    if html is not None:
        write_atomically(html, attention_page(found))
    for source, translation in found:
        write(f"{source} -> {translation.text}\n")
        for token, shares in zip(translation.tokens, translation.attention or (), strict=True):
            best = sorted(range(len(shares)), key=lambda place: -shares[place])[:3]
            looked = ", ".join(f"{translation.source_tokens[place].strip()} {shares[place]:.0%}" for place in best)
            write(f"  {token.strip():20} {looked}\n")

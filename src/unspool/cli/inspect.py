"""`unspool inspect`: what a model looked at."""

from pathlib import Path
from typing import Annotated, Any

import typer

from unspool.cli import options
from unspool.cli.console import write, write_json
from unspool.errors import UsageError

STRONGEST = 10  # parts of a text that are shown in a terminal


def inspect(
    model: options.ModelPath,
    text: Annotated[list[str], typer.Option("--text", help="Text to translate or classify; may be given often.")],
    html: Annotated[Path | None, typer.Option(help="Page to draw it on.")] = None,
    beams: options.Beams = 5,
    engine: options.EngineName = "auto",
    as_json: options.AsJson = False,
) -> None:
    """Show where each token of a translation looked, or which parts of a text moved its classification.

    A part counts by how much less likely the label is without it, in nats; below 0 it speaks against the label.
    """
    from unspool.api import load

    opened = load(model, engine)
    if opened.config.task == "translation":
        _translations(opened, text, beams, html, as_json)
    else:
        _decisions(opened, text, html, as_json)


def _translations(model: Any, texts: list[str], beams: int, html: Path | None, as_json: bool) -> None:
    from unspool.cli.attention_page import attention_page
    from unspool.folder.atomic import write_atomically

    found = [(text, best[0]) for text, best in zip(texts, model.translations(texts, beams=beams), strict=True)]
    if any(translation.attention is None for _, translation in found):
        raise UsageError(
            "inspect shows attention, and this model was trained without.", "train one with --attention additive."
        )
    if html is not None:
        write_atomically(html, attention_page(found))
    for source, translation in found:
        if as_json:
            write_json({"source": source, **translation.to_dict()})
            continue
        write(f"{source} -> {translation.text}\n")
        for token, shares in zip(translation.tokens, translation.attention or (), strict=True):
            best = sorted(range(len(shares)), key=lambda place: -shares[place])[:3]
            looked = ", ".join(f"{translation.source_tokens[place].strip()} {shares[place]:.0%}" for place in best)
            write(f"  {token.strip():20} {looked}\n")


def _decisions(model: Any, texts: list[str], html: Path | None, as_json: bool) -> None:
    from unspool.cli.influence_page import influence_page
    from unspool.decode.influence import decision, strongest
    from unspool.folder.atomic import write_atomically

    classifier = model.classifier()
    found = [decision(classifier, text, model.tokenizer.kind == "char") for text in texts]
    if html is not None:
        write_atomically(html, influence_page(found))
    for text, one in zip(texts, found, strict=True):
        if as_json:
            write_json({"text": text, **one.to_dict()})
            continue
        write(f"{text} -> {one.label} ({one.probability:.1%})\n")
        for part in strongest(one.parts, STRONGEST):
            write(f"  {part.nats:+8.3f}  {part.text}\n")

"""`unspool inspect`: what a model looked at, or what moved its decision."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unspool.cli import options
from unspool.cli.console import write, write_json
from unspool.errors import UsageError

if TYPE_CHECKING:
    from unspool.api import Model

Shown = tuple[list[dict[str, Any]], str, str]  # for JSON, for a terminal, as a page


def inspect(
    model: options.ModelPath,
    text: Annotated[list[str], typer.Option("--text", help="Text to translate or classify; may be given often.")],
    html: Annotated[Path | None, typer.Option(help="Page to draw it on.")] = None,
    beams: options.Beams = 5,
    engine: options.EngineName = "auto",
    as_json: options.AsJson = False,
) -> None:
    """Show what a model does with a text: where each token of a translation looked, what moved a classification.

    Of a text to classify, every word (of a model of characters, every character) is left out in turn; what the
    likeliest label loses by that, in nats, is what the part did for it.
    """
    from unspool.api import load
    from unspool.folder.atomic import write_atomically

    opened = load(model, engine)
    if opened.config.task == "language":
        raise UsageError(
            "inspect needs a model that translates or classifies. Received: one of language.",
            "score says how likely each token of a text is.",
        )
    rows, told, drawn = _looks(opened, text, beams) if opened.config.task == "translation" else _decisions(opened, text)
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


def _looks(model: "Model", texts: list[str], beams: int) -> Shown:
    """Where each token of each translation looked."""
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
    rows = [{"source": source, **translation.to_dict()} for source, translation in found]
    return rows, "".join(lines), attention_page(found)

"""The attention weights of translations, in a terminal and as a page; the figures of a translator as a page."""

from collections.abc import Sequence
from html import escape
from typing import Any

from unspool.decode.translation import Translation
from unspool.evaluate.pairs import TranslationFigures
from unspool.pages.cells import shown_token
from unspool.pages.grids import attention_grid
from unspool.pages.page import lead, page, paragraph, section, table
from unspool.text.escapes import escaped

SHOWN = 3  # positions of the source for each token, in a terminal
HEADS = ("measure", "value")
MEANINGS = {  # of the figures in the page's table
    "bleu": "BLEU, 0 to 100: words and runs of up to four words in common",
    "chrf": "chrF, 0 to 100: runs of up to six characters in common",
    "exact": "share of translations that equal a reference",
    "greedy_exact": "the same of the first held-out pairs, without a search",
    "perplexity": "perplexity: among how many tokens it is undecided at each token of a reference",
    "bits_per_character": "bits per character of the references",
    "references": "references of each pair",
    "missing_references": "of these, empty",
}


def inspect_attention(found: list[tuple[str, Translation]]) -> tuple[list[dict[str, Any]], str, str]:
    """Show the attention weights of each translation: for programs, in a terminal, as a page."""
    lines = []
    for source, translation in found:
        lines.append(f"{escaped(source)} -> {escaped(translation.text)}\n")
        for token, weights in zip(translation.tokens, translation.attention or (), strict=True):
            best = sorted(range(len(weights)), key=lambda position: -weights[position])[:SHOWN]
            attended = ", ".join(f"{shown_token(translation.source_tokens[i])} {weights[i]:.0%}" for i in best)
            lines.append(f"  {shown_token(token):20} {attended}\n")
    rows = [{"source": source, **translation.to_dict()} for source, translation in found]
    return rows, "".join(lines), attention_page(found)


def attention_page(found: Sequence[tuple[str, Translation]]) -> str:
    """Draw the attention weights of each source and its translation, which must have some, as a page."""
    parts = [
        f"<h2>{escape(translation.text) or '(an empty translation)'}</h2>\n{attention_part(source, translation)}"
        for source, translation in found
    ]
    return page("What did it look at?", "\n".join(parts), "Attention")


def attention_part(source: str, translation: Translation) -> str:
    """Draw where each token of a translation looked; nothing without attention."""
    if translation.attention is None:
        return ""
    caption = f"The translation of “{escaped(source)}”: for each token a row, how much of its attention each token had"
    return attention_grid(caption, translation.source_tokens, translation.tokens, translation.attention)


def translation_page(figures: TranslationFigures) -> str:
    """Draw the figures of a translator as a page."""
    values = figures.to_dict()
    rows = [(meaning, _shown(values[name])) for name, meaning in MEANINGS.items() if name in values]
    return page(
        "How well does it translate?",
        "\n".join(
            [
                lead(
                    f"{figures.bleu:.1f} BLEU",
                    f"on {figures.pairs:,} pairs",
                    f"; {figures.exact:.1%} of the translations equal a reference, letter by letter.",
                ),
                section("How close is it to the references?", table("Compared with the references", HEADS, rows)),
                section("How was it measured?", paragraph(figures.signature), paragraph(figures.chrf_signature)),
            ]
        ),
        "Evaluation",
    )


def _shown(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"

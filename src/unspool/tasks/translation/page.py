"""The attention weights of a translation as a page: a row for each generated token, a column for each source token."""

from html import escape
from typing import Any

from unspool.decode.translation import Translation
from unspool.tasks.page import page, shade, shown_token
from unspool.text.escapes import escaped

SHOWN = 3  # positions of the source for each token, in a terminal
STYLE = """thead th { writing-mode: vertical-rl; text-align: right; transform: rotate(180deg); }
tbody th { text-align: right; }
td { width: 1.8rem; height: 1.8rem; border: 1px solid var(--line); }
thead td { border: 0; }
"""


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


def attention_page(found: list[tuple[str, Translation]]) -> str:
    """Draw the attention weights of each source and its translation, which must have some, as a table of a page."""
    return page("Attention", STYLE, "\n".join(_section(source, translation) for source, translation in found))


def _section(source: str, translation: Translation) -> str:
    return f"<h2>{escape(source)}</h2>\n<p>{escape(translation.text)}</p>\n{attention_section(translation)}"


def attention_section(translation: Translation) -> str:
    """Return the attention weights of a translation, which must have some, as a table."""
    assert translation.attention is not None
    head = "".join(f'<th scope="col">{escape(token)}</th>' for token in translation.source_tokens)
    rows = []
    for token, weights in zip(translation.tokens, translation.attention, strict=True):
        cells = "".join(f'<td style="{shade(weight)}" title="{weight:.3f}"></td>' for weight in weights)
        rows.append(f'<tr><th scope="row">{escape(token)}</th>{cells}</tr>')
    return (
        f'<div class="wide"><table>\n<caption>Where each token of the translation looked</caption>\n'
        f"<thead><tr><td></td>{head}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n</table></div>"
    )

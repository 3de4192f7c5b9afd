"""Captions and where each word looked, in a terminal and as a page; the figures of a captioner as a page."""

from collections.abc import Sequence
from html import escape
from typing import Any

from unspool.evaluate.captions import CaptionFigures
from unspool.tasks.captioning.drawing import STYLE, CaptionedPicture, draw_captions
from unspool.tasks.captioning.regions import region_weights
from unspool.tasks.page import page, table
from unspool.tasks.picture_page import STYLE as PICTURES
from unspool.text.escapes import escaped

SHOWN = 3  # regions of the picture for each word, in a terminal
TABLES = """td { text-align: right; padding: .25rem .5rem; } th { text-align: left; white-space: pre-wrap; }
td, tbody th { border-top: 1px solid var(--line); }
"""
MEANINGS = {  # of the figures in the page's table
    "bleu1": "BLEU-1, 0 to 100: words in common",
    "bleu2": "BLEU-2, 0 to 100: words and pairs of words in common",
    "bleu3": "BLEU-3, 0 to 100: up to three words in a row in common",
    "bleu4": "BLEU-4, 0 to 100: up to four words in a row in common",
    "cider": "CIDEr-D, 0 to 10: the same, of which rare words weigh more",
    "rouge_l": "ROUGE-L, 0 to 100: words in common in the same order",
    "perplexity": "perplexity: among how many words it is undecided at each word that people wrote",
}


def inspect_captions(found: Sequence[CaptionedPicture]) -> tuple[list[dict[str, Any]], str, str]:
    """Show the captions of pictures and where each word looked: for programs, in a terminal, as a page."""
    rows = [{"picture": one.name, **one.caption.to_dict()} for one in found]
    return rows, "".join(map(_text, found)), page("What did it look at?", PICTURES + STYLE, draw_captions(found))


def _text(one: CaptionedPicture) -> str:
    """Show a caption, and for each token the regions of the picture with the largest attention weights."""
    lines = [f"{escaped(one.name)} -> {escaped(one.caption.text)}\n"]
    for token, weights in one.attended:
        largest = ", ".join(f"{region} {weight:.0%}" for region, weight in region_weights(weights, one.grid)[:SHOWN])
        lines.append(f"  {token:20} {largest}\n")
    return "".join(lines)


def caption_page(figures: CaptionFigures, shown: Sequence[CaptionedPicture]) -> str:
    """Draw the figures of a captioner as a page, with some pictures and their captions.

    Args:
        figures: are those of all pictures.
        shown: are some of the pictures, in the order in which they are drawn.
    """
    sections = [f"<p>{_summary(figures)}</p>"]
    if shown:
        sections += ["<h2>What does it write?</h2>", draw_captions(shown, level=3)]
    return page(
        "How well does it describe pictures?",
        PICTURES + STYLE + TABLES,
        "\n".join([*sections, _scores(figures), _looking(figures), _variety(figures)]),
    )


def _summary(figures: CaptionFigures) -> str:
    """Say how good the captions are, beside captions for which nobody looks."""
    others = [f"{figures.commonest_cider:.2f} if every picture had the commonest caption"]
    if figures.shuffled_cider is not None:
        others.insert(0, f"{figures.shuffled_cider:.2f} if every picture had the caption of another one")
    return (
        f"The captions of {figures.pictures:,} pictures have a CIDEr-D of <strong>{figures.cider:.2f}</strong>. "
        f"It would be {', and '.join(others)}."
    )


def _scores(figures: CaptionFigures) -> str:
    values = figures.to_dict()
    rows = [(meaning, f"{values[name]:.2f}") for name, meaning in MEANINGS.items() if name in values]
    caption = f"Compared with what people wrote, {figures.references:.3g} captions of each picture"
    return f"<h2>How close is it to what people wrote?</h2>\n{table(caption, ('measure', 'value'), rows)}"


def _looking(figures: CaptionFigures) -> str:
    shuffled = [
        (name, f"{cider:.2f}", f"{bleu4:.2f}")
        for name, cider, bleu4 in [("that of another one", figures.shuffled_cider, figures.shuffled_bleu4)]
        if cider is not None and bleu4 is not None
    ]
    rows = [
        ("its own caption", f"{figures.cider:.2f}", f"{figures.bleu4:.2f}"),
        *shuffled,
        ("the commonest caption", f"{figures.commonest_cider:.2f}", "–"),
    ]
    return f"<h2>Does it look?</h2>\n{table('Where every picture has', ('caption', 'CIDEr-D', 'BLEU-4'), rows)}"


def _variety(figures: CaptionFigures) -> str:
    rows = [
        ("equal to one that people wrote", f"{figures.exact:.1%}"),
        ("ended, and not cut off", f"{figures.ended:.1%}"),
        ("different ones", f"{figures.different / figures.pictures:.1%}"),
        ("the commonest", f"{figures.commonest_share:.1%}"),
    ]
    return (
        f"<h2>How much do its captions differ?</h2>\n{table('Of all captions', ('captions', 'share'), rows)}\n"
        f"<p>The commonest is “{escape(escaped(figures.commonest))}”.</p>"
    )

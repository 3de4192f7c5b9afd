"""Captions and where each word looked, in a terminal and as a page; the figures of a captioner as a page."""

from collections.abc import Sequence
from typing import Any

from unspool.evaluate.captions import CaptionFigures
from unspool.pages.page import lead, page, paragraph, section, table
from unspool.tasks.captioning.drawing import CaptionedPicture, draw_captions
from unspool.tasks.captioning.regions import region_weights
from unspool.text.escapes import escaped

SHOWN = 3  # regions of the picture for each word, in a terminal
DESCRIBES = "How well does {name} describe pictures?"
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
    return rows, "".join(map(_text, found)), page("What did it look at?", draw_captions(found), "Attention")


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
    sections = caption_sections(figures, shown)
    return page(DESCRIBES.format(name="it"), "\n".join([caption_lead(figures), *sections]), "Evaluation")


def caption_lead(figures: CaptionFigures) -> str:
    """Say how good the captions are, beside captions for which nobody looks."""
    others = [f"{figures.commonest_cider:.2f} if every picture had the commonest caption"]
    if figures.shuffled_cider is not None:
        others.insert(0, f"{figures.shuffled_cider:.2f} if every picture had the caption of another one")
    return lead(
        f"{figures.cider:.2f}",
        f"is the CIDEr-D, of 0 to 10, of the captions of {figures.pictures:,} pictures",
        f". It would be {', and '.join(others)}.",
    )


def caption_sections(figures: CaptionFigures, shown: Sequence[CaptionedPicture]) -> list[str]:
    """Return the sections of a captioner's figures; see `caption_page`."""
    return [
        section("What does it write?", draw_captions(shown, level=3)),
        section("How close is it to what people wrote?", _scores(figures)),
        section("Does it look?", _looking(figures)),
        section("How much do its captions differ?", _variety(figures)),
    ]


def _scores(figures: CaptionFigures) -> str:
    values = figures.to_dict()
    rows = [(meaning, f"{values[name]:.2f}") for name, meaning in MEANINGS.items() if name in values]
    caption = f"Compared with what people wrote, {figures.references:.3g} captions of each picture"
    return table(caption, ("measure", "value"), rows)


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
    return table("Where every picture has", ("caption", "CIDEr-D", "BLEU-4"), rows)


def _variety(figures: CaptionFigures) -> str:
    rows = [
        ("equal to one that people wrote", f"{figures.exact:.1%}"),
        ("ended, and not cut off", f"{figures.ended:.1%}"),
        ("different ones", f"{figures.different / figures.pictures:.1%}"),
        ("the commonest", f"{figures.commonest_share:.1%}"),
    ]
    return "\n".join(
        [
            table("Of all captions", ("captions", "share"), rows),
            paragraph(f"The commonest is “{escaped(figures.commonest)}”."),
        ]
    )

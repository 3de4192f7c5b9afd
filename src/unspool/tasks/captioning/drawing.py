"""Draw captions with their pictures, and where each word looked, as HTML.

A page holds each picture once. For each word it is shown again, darkened where the attention weights are small.

Shapes: N tokens of a caption, S positions of a picture, row by row from the upper left; h x w pixels.
"""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from unspool.data.pictures.pixels import Pixels
from unspool.decode.captioning import Caption
from unspool.pages.cells import shown_token
from unspool.pages.pictures import png_address, rendering
from unspool.tasks.captioning.regions import Grid, grid_of, region_weights
from unspool.text.escapes import escaped

DARKEST = 0.7  # opacity over a position that has no weight
SIDE = 7  # height and width of what is drawn where there is no picture
BLANK = f'<rect width="{SIDE}" height="{SIDE}" fill="#fff"/>'


class CaptionedPicture(NamedTuple):
    """A picture and its caption.

    Attributes:
        name: is that of the picture.
        pixels: are uint8, [h, w, 1 or 3]; none where only the features are known.
        caption: was found for it.
        references: are captions that people wrote.
    """

    name: str
    pixels: Pixels | None
    caption: Caption
    references: Sequence[str] = ()

    @property
    def size(self) -> tuple[int, int]:
        """The height and width to draw it with; those of a square where the picture is not known."""
        return (self.pixels.shape[0], self.pixels.shape[1]) if self.pixels is not None else (SIDE, SIDE)

    @property
    def attended(self) -> list[tuple[str, tuple[float, ...]]]:
        """The tokens of the caption with their weights; none without attention, or with a single position."""
        caption = self.caption
        if not caption.attention or len(caption.attention[0]) == 1:
            return []
        return [(shown_token(token), own) for token, own in zip(caption.tokens, caption.attention, strict=True)]

    @property
    def grid(self) -> Grid | None:
        """The grid of the positions; none without attention, or where they form none over the picture."""
        return grid_of(len(self.attended[0][1]), *self.size) if self.attended else None


def draw_captions(shown: Sequence[CaptionedPicture], level: int = 2) -> str:
    """Draw pictures with their captions and references, and below each the words.

    Args:
        shown: are drawn in this order.
        level: is that of the headings.
    """
    return "\n".join(_picture(f"picture-{number}", one, level) for number, one in enumerate(shown, 1))


def _picture(identity: str, one: CaptionedPicture, level: int) -> str:
    name, (height, width) = escape(escaped(one.name)), one.size
    parts = [
        f"<h{level}>{escape(one.caption.text) or '(an empty caption)'}</h{level}>",
        f"<p><small>{name}</small></p>",
    ]
    beside = ""
    if one.pixels is not None:
        beside += (
            f'<svg class="picture" viewBox="0 0 {width} {height}" role="img" aria-label="The picture {name}.">'
            f'<image id="{identity}" class="{rendering(one.pixels)}" width="{width}" height="{height}" '
            f'href="{png_address(one.pixels)}"/></svg>\n'
        )
    if one.references:
        items = "".join(f"<li>{escape(reference)}</li>" for reference in one.references)
        beside += f"<div><p>People wrote:</p>\n<ul>{items}</ul></div>\n"
    if beside:
        parts.append(f'<div class="beside">\n{beside}</div>')
    if one.attended:
        ground = BLANK if one.pixels is None else f'<use href="#{identity}"/>'
        items = "\n".join(_word(token, weights, one, ground) for token, weights in one.attended)
        parts.append(f'<p>Where it looked for each word:</p>\n<ol class="words">\n{items}\n</ol>')
    return "<article>\n" + "\n".join(parts) + "\n</article>"


def _word(token: str, weights: Sequence[float], one: CaptionedPicture, ground: str) -> str:
    """Draw a word under its picture, which is bright where it looked."""
    (height, width), grid, word = one.size, one.grid, escape(token)
    region, weight = region_weights(weights, grid)[0]
    below = f"{word}<br><small>{region} {weight:.0%}</small>"
    if grid is None:
        return f"<li>{below}</li>"
    largest = max(weights) or 1.0
    cells = "".join(
        f'<rect x="{index % grid.columns}" y="{index // grid.columns}" width="1" height="1" '
        f'opacity="{DARKEST * (1 - own / largest):.2f}"><title>{own:.1%}</title></rect>'
        for index, own in enumerate(weights)
    )
    alternative = f"For {word} it looked most at the {region}, {weight:.0%}."
    return (
        f'<li><svg viewBox="0 0 {width} {height}" role="img" aria-label="{alternative}">{ground}<g class="cells" '
        f'transform="scale({width / grid.columns:g} {height / grid.rows:g})">{cells}</g></svg>{below}</li>'
    )

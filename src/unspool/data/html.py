"""The text of a page of HTML, as a reader sees it: a line for each paragraph, without scripts and styles."""

import re
from importlib.util import find_spec

from unspool.errors import MissingExtraError
from unspool.text.cleaning import nul_error

UNSEEN = ("head", "script", "style", "template", "noscript", "svg")
KEPT = "\0"  # stands for a space of text that is set as it is; no clean text has it
BLOCKS = (
    *("address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "fieldset", "figcaption", "figure"),
    *("footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre"),
    *("section", "table", "tr", "ul"),
)


def page_text(page: bytes, name: str) -> str:
    """Return the text of a page.

    Args:
        page: is the page as bytes; what it says of its encoding is believed.
        name: is what an error calls it.

    Raises:
        DataError: it has a NUL character.
        MissingExtraError: beautifulsoup4 is not installed.
    """
    if not find_spec("bs4"):
        raise MissingExtraError("beautifulsoup4", "data", f"reading {name}")
    from bs4 import BeautifulSoup
    from bs4.element import NavigableString

    soup = BeautifulSoup(page, "html.parser")
    for part in soup(UNSEEN):
        part.decompose()
    if "\0" in soup.get_text():
        raise nul_error(name)
    for piece in soup.find_all(string=True):
        if type(piece) is NavigableString:  # and not a comment or a declaration
            kept = piece.replace(" ", KEPT) if piece.find_parent("pre") else re.sub(r"\s+", " ", piece)
            piece.replace_with(NavigableString(kept))
    for line_end in soup("br"):
        line_end.replace_with("\n")
    for cell in soup(["td", "th"]):
        cell.append("\t")
    for block in soup(BLOCKS):
        block.insert_before("\n")
        block.append("\n")
    lines = (line.strip() for line in soup.get_text(types=(NavigableString,)).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n").replace(KEPT, " ") + "\n"

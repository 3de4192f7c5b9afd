"""The text of a page of HTML, as a reader sees it: a line for each paragraph, without scripts and styles."""

import io
import re
import warnings
from contextlib import suppress
from importlib.util import find_spec

from unspool.errors import MissingExtraError
from unspool.text.reading import read_lines

UNSEEN = ("head", "script", "style", "template", "noscript", "svg")
KEPT = "\0"  # stands for a space of text that is set as it is; no clean text has it
BLOCKS = (
    *("address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "fieldset", "figcaption", "figure"),
    *("footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre"),
    *("section", "table", "tr", "ul"),
)


def page_text(page: bytes, name: str, encoding: str = "auto") -> str:
    """Return the text of a page.

    Args:
        page: is the page as bytes.
        name: is what an error calls it.
        encoding: names a codec of Python, or `auto`, which goes by the byte order mark, without one by what the page
            declares, and else reads UTF-8.

    Raises:
        DataError: the encoding cannot read some bytes, or the page has a NUL character.
        MissingExtraError: beautifulsoup4 is not installed.
        UsageError: the encoding does not exist.
    """
    if not find_spec("bs4"):
        raise MissingExtraError("beautifulsoup4", "data", f"reading {name}")
    from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning
    from bs4.element import NavigableString

    markup = "".join(read_lines(io.BytesIO(page), name, _declared(page) if encoding == "auto" else encoding))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)  # a page may be no more than an address
        soup = BeautifulSoup(markup, "html.parser")
    for part in soup(UNSEEN):
        part.decompose()
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


def _declared(page: bytes) -> str:
    """Return the encoding that a page declares; `auto` if it has a byte order mark, or declares none that is known."""
    from bs4.dammit import EncodingDetector

    _, mark = EncodingDetector.strip_byte_order_mark(page)
    declared = EncodingDetector.find_declared_encoding(page, is_html=True)
    if mark or not declared or declared.lower().startswith(("utf-16", "utf-32")):  # the declaration was read as ASCII
        return "auto"
    with suppress(LookupError, ValueError):
        "".encode(declared)
        return declared
    return "auto"

"""Read a page of HTML as a browser would, and check what every page must have."""

import re
from html.parser import HTMLParser
from itertools import pairwise

VOID = {"meta", "link", "br", "img", "input", "rect", "use", "image"}


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text.

    Attributes:
        tags: are the name and the attributes of each tag, in order.
        text: is all text outside of styles and scripts.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.open = "", []
        self.feed(page)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every tag of a name."""
        return [attributes for name, attributes in self.tags if name == tag]


def check_page(html: str) -> Page:
    """Read a page, which must stand alone, have its headings in order, and say in words what its pictures show."""
    page = Page(html)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    assert len(page.all("caption")) == len(page.all("table"))
    assert all("scope" in one for one in page.all("th"))
    assert all(one["alt"] for one in page.all("img"))
    assert all(one["role"] == "img" and one["aria-label"] for one in page.all("svg"))
    assert all(one["data-tip"] for _, one in page.tags if "data-tip" in one)
    assert all(one["aria-label"] for _, one in page.tags if one.get("role") == "group" and "data-cells" in one)
    identities = [one["id"] for _, one in page.tags if "id" in one]
    assert len(identities) == len(set(identities))
    for _, attributes in page.tags:
        for name in ("src", "href"):
            address = attributes.get(name) or "#"
            assert address.startswith("data:") or address.removeprefix("#") in (*identities, ""), address
    assert "://" not in re.sub(r"data:[^\"]*", "", html)
    return page

"""What a model adds to its answers and figures: in a terminal, for programs, as a page."""

from typing import Any, NamedTuple


class Inspection(NamedTuple):
    """The explanation of a model's decisions on some texts.

    Attributes:
        rows: hold it for programs, one for each text.
        text: shows it in a terminal.
        page: shows it as a page of HTML.
    """

    rows: list[dict[str, Any]]
    text: str
    page: str

    def __repr__(self) -> str:
        return self.text.rstrip("\n")

    def _repr_html_(self) -> str:
        from unspool.display.html import page_frame  # here and not above: a model is opened to be used at once

        return page_frame(self.page)


class Description(NamedTuple):
    """What is shown in addition to figures.

    Attributes:
        text: follows them in a terminal.
        page: draws them as a page of HTML; none where there is nothing to draw.
    """

    text: str = ""
    page: str | None = None

    def __repr__(self) -> str:
        return self.text.strip("\n") or f"Description({'a page' if self.page else 'nothing to show'})"

    def _repr_html_(self) -> str | None:
        from unspool.display.html import page_frame

        return page_frame(self.page) if self.page else None

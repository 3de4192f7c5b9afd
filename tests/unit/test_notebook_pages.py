"""A notebook becomes a page: text, code, what was printed and drawn, formulas that can be typed."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
notebooks = pytest.importorskip("docs.notebooks")


def page(place: Path, *cells: Any) -> tuple[str, dict[str, bytes]]:
    title = nbformat.v4.new_markdown_cell("# A title")
    path = place / "1-name.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[title, *cells]), path)
    found: tuple[str, dict[str, bytes]] = notebooks.notebook_page(path)
    return found


def test_code_is_followed_by_what_it_printed(tmp_path: Path) -> None:
    printed = nbformat.v4.new_output("stream", text="```\n<s>\n")
    text, pictures = page(tmp_path, nbformat.v4.new_code_cell("print(x)", outputs=[printed]))
    assert "```python\nprint(x)\n```\n\n```` { .text .no-copy .output }\n```\n<s>\n````" in text
    assert '<a href="1-name.ipynb" download>' in text
    assert pictures == {}


def test_a_picture_is_a_file_of_its_own(tmp_path: Path) -> None:
    data = {"image/png": b64encode(b"drawn").decode(), "text/plain": "<Figure>"}
    drawn = nbformat.v4.new_output("display_data", data=data)
    text, pictures = page(tmp_path, nbformat.v4.new_code_cell("draw()", outputs=[drawn]))
    assert pictures == {"1-name-1.png": b"drawn"}
    assert "](1-name-1.png)" in text
    assert "<Figure>" not in text


def test_formulas_are_plain_text_and_sums_of_money_stay(tmp_path: Path) -> None:
    source = r"$$\text{bits} = \frac{\text{nats}}{\ln 2} \cdot 3$$ and $-\sum p \log_2 p$, for $5 or $UNSPOOL_DATA/x."
    text, _ = page(tmp_path, nbformat.v4.new_markdown_cell(source))
    assert "*bits = (nats / ln 2) · 3* and *-Σ p log₂ p*, for $5 or $UNSPOOL_DATA/x." in text


def test_a_formula_that_cannot_be_typed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="PLAIN"):
        page(tmp_path, nbformat.v4.new_markdown_cell(r"$\int x$"))

"""What was taken for what, as text and as a page: true labels down the side, told ones along the top."""

from collections.abc import Sequence
from html import escape

from unspool.cli.page import page, shade

Matrix = Sequence[Sequence[int]]


def confusion_text(labels: Sequence[str], matrix: Matrix) -> str:
    """A line for each label; the columns have the numbers of the labels."""
    width = max(len(f"{count:,}") for row in matrix for count in row) + 2
    numbered = len(str(len(labels)))
    named = max(len(label) for label in labels)
    head = " " * (numbered + 1 + named) + "".join(f"{number:>{width}}" for number in range(1, len(labels) + 1))
    lines = [
        f"{number:>{numbered}} {label:<{named}}" + "".join(f"{count:>{width},}" for count in row)
        for number, (label, row) in enumerate(zip(labels, matrix, strict=True), 1)
    ]
    return "\n".join(["taken for", head, *lines, ""])


def confusion_page(labels: Sequence[str], matrix: Matrix) -> str:
    """The same with shades: how large a part of a label's texts."""
    head = "".join(f"<th>{escape(label)}</th>" for label in labels)
    rows = []
    for label, row in zip(labels, matrix, strict=True):
        total = max(1, sum(row))
        cells = "".join(f'<td style="{shade(0.7 * count / total)}">{count or ""}</td>' for count in row)
        rows.append(f"<tr><th>{escape(label)}</th>{cells}</tr>")
    table = f"<table>\n<thead><tr><th></th>{head}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n</table>"
    return page("What was taken for what", f"<h1>What was taken for what</h1>\n{table}")

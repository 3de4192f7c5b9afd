"""The confusion matrix, as text and as a page: a row for each right label, a column for each predicted one."""

from html import escape

from unspool.evaluate.labels import ClassificationFigures
from unspool.tasks.page import page, shade

MAX_SHOWN = 20  # columns of the text
WIDTH = 12  # characters of a label in it
STYLE = "td { min-width: 2rem; padding: .2rem .5rem; text-align: right; border: 1px solid #eee; }\n"


def confusion_text(figures: ClassificationFigures) -> str:
    """Show the counts as a table in fixed columns; of more than 20 labels, the most frequent mistakes."""
    if len(figures.labels) > MAX_SHOWN:
        return _frequent_mistakes(figures)
    names = [label[:WIDTH] for label in figures.labels]
    width = max(map(len, [*names, f"{figures.rows:,}"])) + 1
    head = " " * WIDTH + "".join(f"{name:>{width}}" for name in names)
    rows = [
        f"{name:{WIDTH}}" + "".join(f"{count:>{width},}" for count in row)
        for name, row in zip(names, figures.confusion, strict=True)
    ]
    return "\n".join(["right labels in rows, predicted ones in columns:", head, *rows]) + "\n"


def confusion_page(figures: ClassificationFigures) -> str:
    """Draw the same as a page; a cell is shaded by its fraction of the row."""
    head = "".join(f"<th>{escape(label)}</th>" for label in figures.labels)
    rows = []
    for label, row in zip(figures.labels, figures.confusion, strict=True):
        cells = "".join(f'<td style="{shade(0.7 * count / max(sum(row), 1))}">{count:,}</td>' for count in row)
        rows.append(f"<tr><th>{escape(label)}</th>{cells}</tr>")
    summary = f"{figures.rows:,} texts: accuracy {figures.accuracy:.4f}, macro F1 {figures.macro_f1:.4f}"
    return page(
        "Confusion",
        STYLE,
        f"<p>{summary}. Right labels are rows, predicted ones columns.</p>\n<table>\n"
        f"<thead><tr><th></th>{head}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n</table>",
    )


def _frequent_mistakes(figures: ClassificationFigures) -> str:
    labels = figures.labels
    wrong = [
        (count, labels[right], labels[found])
        for right, row in enumerate(figures.confusion)
        for found, count in enumerate(row)
        if count and right != found
    ]
    wrong.sort(key=lambda one: -one[0])
    return "the most frequent mistakes:\n" + "".join(
        f"{n:>7,}  {one} for {other}\n" for n, other, one in wrong[:MAX_SHOWN]
    )

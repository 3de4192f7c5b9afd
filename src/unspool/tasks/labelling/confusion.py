"""What is shown of a classifier's figures: those of each label, and the confusion matrix, as text and as a page.

A row of the matrix is a right label, a column a predicted one.
"""

from collections.abc import Iterator
from html import escape

from unspool.evaluate.labels import ClassificationFigures
from unspool.tasks.page import page, shade
from unspool.text.escapes import escaped

MAX_SHOWN = 20  # columns of the text
WIDTH = 12  # characters of a label in it
LABEL_WIDTH = 40  # characters of a label that has a line of its own
UNKNOWN = "(unknown)"
HEADS = ("precision", "recall", "F1")
STYLE = "td { min-width: 2rem; padding: .2rem .5rem; text-align: right; border: 1px solid #eee; }\n"


def classification_text(figures: ClassificationFigures, noun: str) -> str:
    """Show labels that are not known, the figures of each label, and the confusion matrix.

    Args:
        figures: are those of a classifier.
        noun: is what its examples are called, such as `texts`.
    """
    notes = "".join(f"{line}\n" for line in _unknown(figures, noun))
    matrix = _matrix(figures) if len(figures.labels) <= MAX_SHOWN else _frequent_mistakes(figures)
    return f"{notes}\n{_label_table(figures, noun)}\n{matrix}"


def classification_page(figures: ClassificationFigures, noun: str, further: str = "") -> str:
    """Draw the same as a page; a cell of the matrix is shaded by its fraction of the row.

    Args:
        figures: are those of a classifier.
        noun: is what its examples are called.
        further: is HTML that follows.
    """
    summary = f"{figures.rows:,} {noun}: accuracy {figures.accuracy:.4f}, macro F1 {figures.macro_f1:.4f}."
    labels = "\n".join(
        f"<tr><th>{escape(label)}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
        for label, *cells in _label_rows(figures)
    )
    notes = "".join(f"<p>{escape(line)}</p>\n" for line in _unknown(figures, noun))
    return page(
        "Confusion",
        STYLE,
        f"<p>{summary}</p>\n{_components(figures)}{notes}"
        f"{_table((*HEADS, noun), labels)}\n{confusion_section(figures)}" + further,
    )


def confusion_section(figures: ClassificationFigures) -> str:
    """Return the confusion matrix as HTML."""
    rows = []
    for label, row in zip((*figures.labels, UNKNOWN), figures.confusion, strict=False):
        cells = "".join(f'<td style="{shade(0.7 * count / max(sum(row), 1))}">{count:,}</td>' for count in row)
        rows.append(f"<tr><th>{escape(escaped(label))}</th>{cells}</tr>")
    matrix = _table([escaped(label) for label in figures.labels], "\n".join(rows))
    return f"<p>Right labels are rows, predicted ones columns.</p>\n{matrix}"


def _components(figures: ClassificationFigures) -> str:
    """Return a table of a mixture and its components; nothing of what is no mixture."""
    if not figures.components:
        return ""
    measured = {"mixture": figures, **figures.components}
    rows = "\n".join(
        f"<tr><th>{name}</th><td>{one.accuracy:.4f}</td><td>{one.macro_f1:.4f}</td>"
        f"<td>{'' if one.nats_per_label is None else f'{one.nats_per_label:.4f}'}</td></tr>"
        for name, one in measured.items()
    )
    return f"{_table(('accuracy', 'macro F1', 'nats per label'), rows)}\n"


def _table(heads: tuple[str, ...] | list[str], rows: str) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    return f"<table>\n<thead><tr><th></th>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"


def _unknown(figures: ClassificationFigures, noun: str) -> list[str]:
    """Name the labels that the classifier does not know, and say what became of the examples that have them."""
    unknown = figures.unknown_labels or {}
    if not unknown:
        return []
    shown = [f"{label!r} {number:,}" for label, number in list(unknown.items())[:MAX_SHOWN]]
    more = f" and {len(unknown) - MAX_SHOWN:,} more" if len(unknown) > MAX_SHOWN else ""
    return [
        f"{sum(unknown.values()):,} {noun} have labels that the model does not know, and count as wrong: "
        f"{', '.join(shown)}{more}."
    ]


def _label_rows(figures: ClassificationFigures) -> Iterator[tuple[str, str, str, str, str]]:
    for label, one in figures.per_label.items():
        yield escaped(label), f"{one.precision:.4f}", f"{one.recall:.4f}", f"{one.f1:.4f}", f"{one.support:,}"


def _label_table(figures: ClassificationFigures, noun: str) -> str:
    rows = [(label[:LABEL_WIDTH], *cells) for label, *cells in _label_rows(figures)]
    width = max(len(label) for label, *_ in rows) + 1
    lines = [("", *HEADS, noun), *rows]
    return "".join(f"{label:{width}}" + "".join(f"{cell:>11}" for cell in cells) + "\n" for label, *cells in lines)


def _matrix(figures: ClassificationFigures) -> str:
    """Show the counts in fixed columns."""
    names = [escaped(label)[:WIDTH] for label in figures.labels]
    width = max(map(len, [*names, f"{figures.rows:,}"])) + 1
    head = " " * WIDTH + "".join(f"{name:>{width}}" for name in names)
    rows = [
        f"{name:{WIDTH}}" + "".join(f"{count:>{width},}" for count in row)
        for name, row in zip([*names, UNKNOWN], figures.confusion, strict=False)
    ]
    return "\n".join(["right labels in rows, predicted ones in columns:", head, *rows]) + "\n"


def _frequent_mistakes(figures: ClassificationFigures) -> str:
    labels = [*map(escaped, figures.labels), UNKNOWN]
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

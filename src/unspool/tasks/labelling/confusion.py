"""What is shown of a classifier's figures: those of each label, and the confusion matrix, as text and as a page.

A row of the matrix is a right label, a column a predicted one.
"""

from collections.abc import Iterator

from unspool.evaluate.labels import ClassificationFigures
from unspool.pages.grids import confusion_grid
from unspool.pages.page import lead, page, paragraph, section, table
from unspool.text.escapes import escaped

MAX_SHOWN = 20  # columns of the text
MAX_DRAWN = 40  # columns of a page
WIDTH = 12  # characters of a label in it
LABEL_WIDTH = 40  # characters of a label that has a line of its own
UNKNOWN = "(unknown)"
CLASSIFIES = "How well does {name} classify?"
HEADS = ("precision", "recall", "F1")


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
    """Draw the same as a page.

    Args:
        figures: are those of a classifier.
        noun: is what its examples are called.
        further: are HTML sections that follow.
    """
    notes = "".join(map(paragraph, _unknown(figures, noun)))
    sections = [
        section("What does it confuse?", notes, confusion_part(figures, noun)),
        further,
        section("How good is it at each label?", _components(figures), label_part(figures, noun)),
    ]
    body = "\n".join([accuracy_lead(figures, noun), *sections])
    return page(CLASSIFIES.format(name="it"), body, "Evaluation")


def accuracy_lead(figures: ClassificationFigures, noun: str) -> str:
    """Return the accuracy, beside that of always giving the commonest label."""
    commonest = max(map(sum, figures.confusion)) / figures.rows
    return lead(
        f"{figures.accuracy:.1%}",
        f"of {figures.rows:,} {noun} get the right label",
        f"; always giving the commonest would be right for {commonest:.1%}. The macro F1 is {figures.macro_f1:.4f}.",
    )


def confusion_part(figures: ClassificationFigures, noun: str) -> str:
    """Draw the confusion matrix; of very many labels, list the most frequent mistakes."""
    if len(figures.labels) > MAX_DRAWN:
        rows = [(f"{right} taken for {found}", f"{count:,}") for count, right, found in _mistakes(figures)]
        return table(f"The most frequent mistakes in {figures.rows:,} {noun}", ("mistake", noun), rows)
    told = paragraph(f"Right labels are rows, predicted ones columns, of {figures.rows:,} {noun}; shaded by the row.")
    return f"{told}\n{confusion_grid('Confusion matrix', figures.labels, figures.confusion, UNKNOWN)}"


def label_part(figures: ClassificationFigures, noun: str) -> str:
    """Draw the figures of each label as a table."""
    told = paragraph(
        "Precision: how many that were given the label have it. Recall: how many that have it were given it. F1: the "
        "harmonic mean of both."
    )
    return f"{told}\n{table('Figures of each label', ('label', *HEADS, noun), _label_rows(figures))}"


def _components(figures: ClassificationFigures) -> str:
    """Return a table of a mixture and its components; nothing of what is no mixture."""
    if not figures.components:
        return ""
    rows = [
        (
            name,
            f"{one.accuracy:.4f}",
            f"{one.macro_f1:.4f}",
            "" if one.nats_per_label is None else f"{one.nats_per_label:.4f}",
        )
        for name, one in {"mixture": figures, **figures.components}.items()
    ]
    return table("Both together, and each alone", ("", "accuracy", "macro F1", "nats per label"), rows)


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
    return "the most frequent mistakes:\n" + "".join(
        f"{count:>7,}  {found} for {right}\n" for count, right, found in _mistakes(figures)
    )


def _mistakes(figures: ClassificationFigures) -> list[tuple[int, str, str]]:
    """Return the most frequent mistakes: how often, the right label and the one that was given."""
    labels = [*map(escaped, figures.labels), UNKNOWN]
    wrong = [
        (count, labels[right], labels[found])
        for right, row in enumerate(figures.confusion)
        for found, count in enumerate(row)
        if count and right != found
    ]
    return sorted(wrong, key=lambda one: -one[0])[:MAX_SHOWN]

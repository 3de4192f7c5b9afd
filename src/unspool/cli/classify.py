"""`unspool classify`: texts, rows or pictures in, their labels out."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unspool.cli.arguments import (
    AsJson,
    File,
    ModelPath,
    NewColumnName,
    Overwrite,
    ShowProgress,
    TableOut,
    Texts,
    is_shown,
)
from unspool.cli.console import counting_unknown, write, write_json
from unspool.cli.following import showing_progress
from unspool.cli.lines import answered, texts_of
from unspool.cli.options import Fields, Settings, with_options
from unspool.cli.pictures import answered_pictures
from unspool.cli.tables import Table, answer_table
from unspool.errors import UsageError
from unspool.specs.base import Option
from unspool.specs.runtime import RuntimeSpec
from unspool.tasks.classification.specs import ClassificationDataSpec

if TYPE_CHECKING:
    from unspool.data.answers import Asked, Question
    from unspool.data.formats.writing import Cell


@with_options(
    data=Fields(ClassificationDataSpec, ("text", "encoding", "delimiter", "header")),
    runtime=Fields(RuntimeSpec, ("engine",)),
)
def classify(
    model: ModelPath,
    texts: Texts = None,
    file: File = None,
    top: Annotated[
        int,
        typer.Option("--top", "-k", metavar="INTEGER", help="Prints this many labels of each, the likeliest first."),
        Option("Output", True, synonyms=("n-best", "best", "labels", "top-k")),
    ] = 1,
    probabilities: Annotated[
        bool,
        typer.Option("--probabilities", help="Gives the probability of a label also where there is only one."),
        Option("Output", synonyms=("probability", "scores", "proba", "confidence")),
    ] = False,
    out: TableOut = None,
    overwrite: Overwrite = False,
    column: NewColumnName = None,
    as_json: AsJson = False,
    progress: ShowProgress = None,
    *,
    data: Settings,
    runtime: Settings,
) -> None:
    """Label texts, one line each, in order; the rows of a table; or pictures.

    With more than one label, each is printed with its probability, separated by tabs. With --json, each line is an
    object with the number of the text, the probability of every label, the likeliest first, and the `top` of them; of
    a model in which a network and counts are mixed, also the probabilities by each of the two.

    A text that is empty or blank has no label: its line is empty too, in JSON its labels are. In plain lines, line
    ends and tabs in a label are written as \\n and \\t, a backslash as \\\\.

    With --text, --file is a table (.csv, .tsv, .jsonl, .json, .parquet; - is standard input, as separated cells or
    JSON). It is written back in its own format, with all its columns and rows, and the labels in new columns at the
    end: predicted_label, and with more labels or --probabilities predicted_label_probability, predicted_label_2 and so
    on. Rows without a text have no label, and are counted.

    A model that reads numbers takes a row as NAME=NUMBER,NAME=NUMBER, as JSON, or as the numbers alone, in order;
    --file is a table with its columns. A number that is missing is read as the mean of its column, and counted.

    A model of pictures takes files, folders of pictures, or one picture on standard input. Where there are several,
    each line begins with the name of its picture and a tab. A picture that cannot be read has no label; a warning says
    why, and the exit code is that of an error.

    Examples:
        unspool classify runs/reviews "what a film" "a waste of time" --top 3
        unspool classify runs/reviews --file posts.csv --text body --out labelled.csv
        unspool classify runs/fashion photo.jpg more/ --json
    """
    from unspool.api import load
    from unspool.models.images import ImageClassifier
    from unspool.models.vectors import VectorClassifier

    if top < 1:
        raise UsageError(f"top must be at least 1. Received: {top}.", "leave it out for the likeliest label.")
    columns = data.pop("text", ())
    table = Table(file, out, overwrite, column, data)
    classifier: Any = load(model, **runtime)
    answer = Answer(classifier, top, probabilities, as_json, is_shown(progress, as_json))
    unusable = {"texts": texts, "--json": as_json}
    if isinstance(classifier, ImageClassifier):
        _refuse_reading(data, file, columns)
        table.has_columns((), "--text", {})
        answer.pictures(texts)
    elif isinstance(classifier, VectorClassifier) and file is not None:
        table.has_columns(classifier.features, "--file", unusable)
        answer.number_rows(table)
    elif table.has_columns(columns, "--text", unusable):
        answer.text_rows(table, columns)
    else:
        answer.texts(texts_of(texts, file, **data))


def _refuse_reading(data: Settings, file: Any, columns: Sequence[str]) -> None:
    """Refuse options that mean nothing for pictures.

    Raises:
        UsageError: one is given.
    """
    given = [*(f"--{name}" for name in data), *(["--file"] if file else []), *(["--text"] if columns else [])]
    if given:
        raise UsageError(
            f"pictures are named as arguments. Received: {given[0]}.", "leave it out, and name files or folders."
        )


class Answer:
    """Answers with labels, as the options say.

    Args:
        classifier: is the model.
        top: is the number of labels of each example.
        probabilities: gives them also where there is one label.
        as_json: prints objects instead of lines.
        progress: shows on standard error how many are labelled.
    """

    def __init__(self, classifier: Any, top: int, probabilities: bool, as_json: bool, progress: bool) -> None:
        self._classifier, self._top, self._as_json, self._progress = classifier, top, as_json, progress
        self._with_probabilities = probabilities or top > 1

    def texts(self, texts: list[str]) -> None:
        """Label texts, one line each."""
        with counting_unknown(), showing_progress(self._progress, scrolls=True) as advance:
            for number, text, found in answered(texts, self._to_texts, advance):
                self._line({"line": number, "text": text}, *(found or (None,)))

    def pictures(self, names: Sequence[str] | None) -> None:
        """Label pictures, one line each."""
        with showing_progress(self._progress, scrolls=True) as advance:
            found = answered_pictures(names, lambda some: list(self._classifier.probabilities(some)), advance)
            for name, several, one in found:
                self._line({"picture": name}, one, start=f"{name}\t" if several else "")

    def _to_texts(self, texts: list[str]) -> "Iterator[tuple[Any, dict[str, Any]]]":
        """Yield the probabilities of the labels of each text; in JSON, also those of each component of a mixture."""
        apart = self._classifier.component_probabilities(texts) if self._as_json else {}
        for number, found in enumerate(self._classifier.probabilities(texts)):
            yield found, {name: rows[number] for name, rows in apart.items()}

    def _line(self, named: dict[str, Any], found: Any, apart: "dict[str, Any] | None" = None, start: str = "") -> None:
        """Print the labels of one example on a line.

        Args:
            named: says in JSON which example it is.
            found: are the probabilities of its labels; none where it has no label.
            apart: are in JSON those by each component of a mixture.
            start: begins a line that is not JSON.
        """
        from unspool.text.escapes import escaped

        ranked = {} if found is None else self._ranked(found)
        best = list(ranked)[: self._top]
        if self._as_json:
            components = {name: self._ranked(one) for name, one in (apart or {}).items()}
            more = {"components": components} if components else {}
            write_json({**named, "labels": best, "probabilities": ranked, **more})
        elif self._with_probabilities:
            write(start + "\t".join(f"{escaped(label)}\t{ranked[label]:.4f}" for label in best) + "\n")
        else:
            write(start + "".join(map(escaped, best)) + "\n")

    def text_rows(self, table: Table, columns: tuple[str, ...]) -> None:
        """Label the rows of a table by their texts."""
        from unspool.data.answers import Question

        question = Question(columns)
        self._rows(table, question, lambda rows: [question.text_of(row.record) for row in rows])

    def number_rows(self, table: Table) -> None:
        """Label the rows of a table by their numbers."""
        from unspool.data.answers import Question
        from unspool.data.vector_rows import NumberColumns
        from unspool.tasks.evaluation import say_findings

        columns = NumberColumns(self._classifier.features)
        question = Question(numbers=columns.names)
        self._rows(table, question, lambda rows: columns.values([row.record for row in rows]), columns.see)
        say_findings(columns.findings)

    def _rows(self, table: Table, question: "Question", examples_of: Any, check: Any = None) -> None:
        from unspool.data.formats.writing import NewColumn

        count, new = max(1, min(self._top, len(self._classifier.labels))), []
        for name in table.named("predicted_label", *map(str, range(2, count + 1))):
            new.append(NewColumn(name, str))
            if self._with_probabilities:
                new.append(NewColumn(f"{name}_probability", float))

        def label(rows: "list[Asked]") -> "Iterator[list[Cell]]":
            for found in self._classifier.probabilities(examples_of(rows)):
                best = list(self._ranked(found).items())[:count]
                yield [
                    cell
                    for name, value in best
                    for cell in ((name, round(value, 6)) if self._with_probabilities else (name,))
                ]

        answer_table(table, question, new, label, self._progress, check)

    def _ranked(self, probabilities: Any) -> dict[str, float]:
        """Return the probability of each label, the likeliest first."""
        order, labels = (-probabilities).argsort(kind="stable"), self._classifier.labels
        return {labels[index]: float(probabilities[index]) for index in order}

"""`unspool classify`: lines in, their labels out."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from unspool.cli.arguments import AsJson, File, ModelPath, NewColumnName, Overwrite, TableOut, Texts
from unspool.cli.console import write, write_json
from unspool.cli.lines import answered, texts_of
from unspool.cli.options import Fields, Settings, with_options
from unspool.cli.tables import Table, answer_table
from unspool.errors import UsageError
from unspool.specs.base import Option
from unspool.specs.runtime import RuntimeSpec
from unspool.tasks.classification.specs import ClassificationDataSpec


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
        typer.Option("--top", "-k", metavar="INTEGER", help="Prints this many labels of a text, the likeliest first."),
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
    *,
    data: Settings,
    runtime: Settings,
) -> None:
    """Label texts, one line each, in order; or the rows of a table.

    With more than one label, each is printed with its probability, separated by tabs. With --json, each line is an
    object with the number of the text, the probability of every label, the likeliest first, and the `top` of them.

    A text that is empty or blank has no label: its line is empty too, in JSON its labels are. In plain lines, line
    ends and tabs in a label are written as \\n and \\t, a backslash as \\\\.

    With --text, --file is a table (.csv, .tsv, .jsonl, .json, .parquet; - is standard input, as separated cells or
    JSON). It is written back in its own format, with all its columns and rows, and the labels in new columns at the
    end: predicted_label, and with more labels or --probabilities predicted_label_probability, predicted_label_2 and so
    on. Rows without a text have no label, and are counted.

    Examples:
        unspool classify runs/reviews "what a film" "a waste of time" --top 3
        unspool classify runs/reviews --file posts.csv --text body --out labelled.csv
        cut -f2 mails.tsv | unspool classify runs/spam --json
    """
    from unspool.api import load
    from unspool.text.escapes import escaped

    if top < 1:
        raise UsageError(f"top must be at least 1. Received: {top}.", "leave it out for the likeliest label.")
    columns = data.pop("text", ())
    table = Table(file, out, overwrite, column, data)
    if table.has_columns(columns, "--text", {"texts": texts, "--json": as_json}):
        _label_rows(load(model, **runtime), table, columns, top, probabilities or top > 1)
        return
    classifier: Any = load(model, **runtime)
    for number, text, found in answered(texts_of(texts, file, **data), classifier.probabilities):
        ranked = {} if found is None else _ranked(classifier.labels, found)
        best = list(ranked)[:top]
        if as_json:
            write_json({"line": number, "text": text, "labels": best, "probabilities": ranked})
        elif top == 1 and not probabilities:
            write("".join(map(escaped, best)) + "\n")
        else:
            write("\t".join(f"{escaped(label)}\t{ranked[label]:.4f}" for label in best) + "\n")


def _label_rows(classifier: Any, table: Table, columns: tuple[str, ...], top: int, with_probabilities: bool) -> None:
    from unspool.data.answers import Asked, Question
    from unspool.data.formats.writing import Cell, NewColumn

    question = Question(columns)
    count = max(1, min(top, len(classifier.labels)))
    new = []
    for name in table.named("predicted_label", *map(str, range(2, count + 1))):
        new.append(NewColumn(name, str))
        if with_probabilities:
            new.append(NewColumn(f"{name}_probability", float))

    def label(rows: list[Asked]) -> Iterator[list[Cell]]:
        for found in classifier.probabilities([question.text_of(row.record) for row in rows]):
            best = list(_ranked(classifier.labels, found).items())[:count]
            yield [
                cell for name, value in best for cell in ((name, round(value, 6)) if with_probabilities else (name,))
            ]

    answer_table(table, question, new, label)


def _ranked(labels: Sequence[str], probabilities: Any) -> dict[str, float]:
    """Return the probability of each label, the likeliest first."""
    order = (-probabilities).argsort(kind="stable")
    return {labels[index]: float(probabilities[index]) for index in order}

"""The columns of a table as a command line names them, until the data spec names them so itself."""

from typing import Any

from unspool.specs.base import Option, Spec, setting


class Columns(Spec):
    """The columns of a table, and what is held out.

    Attributes:
        text: names the column that holds the text, each row a document of its own; several columns are joined by a
            space. Columns have names, or numbers from 1.
        label: names the column that holds what the text is to be classified as.
        source: names the column that holds what is to be translated.
        target: names the column that holds the translation.
        condition: names a column that the text depends on, labels or numbers; of lines, `file`, the name of theirs.
        validation: names a held-out file; then nothing is held out of the sources. A number is the fraction to
            hold out.
    """

    text: tuple[str, ...] = setting((), Option("Tables", True, (), ("column", "texts"), "COL"))
    label: str | None = setting(None, Option("Tables", True, (), ("class", "labels", "y"), "COL"))
    source: str | None = setting(None, Option("Pairs", True, (), ("from", "src"), "COL"))
    target: str | None = setting(None, Option("Pairs", True, (), ("to", "tgt"), "COL"))
    condition: tuple[str, ...] = setting((), Option("Tables", True, (), ("given", "conditions"), "COL"))
    validation: tuple[str, ...] = setting(
        (), Option("Data", False, (), ("validation-split", "held-out", "test", "dev", "split", "val", "valid"), "FILE")
    )


def by_todays_names(given: dict[str, Any]) -> dict[str, Any]:
    """The settings of today's data spec that these are."""
    text = given.get("text", ())
    renamed = {
        "text_column": text[0] if text else None,
        "further_columns": text[1:] or None,
        "label_column": given.get("label"),
        "source_column": given.get("source"),
        "target_column": given.get("target"),
        "condition_columns": given.get("condition"),
        "validation_sources": given.get("validation"),
        "validation_fraction": given.get("validation_fraction"),
    }
    return {name: value for name, value in renamed.items() if value is not None}

"""`unspool translate`: lines in, their translations out."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

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
from unspool.cli.tables import Table, answer_table
from unspool.specs.runtime import RuntimeSpec
from unspool.specs.sampling import BeamSpec
from unspool.tasks.translation.specs import TranslationDataSpec


@with_options(
    search=BeamSpec,
    data=Fields(TranslationDataSpec, ("source", "encoding", "delimiter", "header")),
    runtime=Fields(RuntimeSpec, ("engine",)),
)
def translate(
    model: ModelPath,
    texts: Texts = None,
    file: File = None,
    out: TableOut = None,
    overwrite: Overwrite = False,
    column: NewColumnName = None,
    as_json: AsJson = False,
    progress: ShowProgress = None,
    *,
    search: Settings,
    data: Settings,
    runtime: Settings,
) -> None:
    """Translate texts, one line each, in order; or the rows of a table.

    Every text yields as many lines as --n-best says; where there are fewer translations, and for a text that is empty
    or blank, the lines are empty. In plain lines, line ends and tabs in a translation are written as \\n and \\t, a
    backslash as \\\\. With --json, each line is an object with the number of the text, scores and attention weights; an
    empty text has no translations.

    With --source, --file is a table (.csv, .tsv, .jsonl, .json, .parquet; - is standard input, as separated cells or
    JSON). It is written back in its own format, with all its columns and rows, and the translations in new columns at
    the end: translation, translation_2 and so on. Rows without a text have no translation, and are counted.

    Examples:
        unspool translate runs/dates "3 May 1979"
        unspool translate runs/de-en --file pairs.tsv --source de --out translated.tsv
        unspool translate runs/de-en "guten Tag" --beams 10 --n-best 3 --json
    """
    from unspool.api import load
    from unspool.text.escapes import escaped

    columns = tuple(filter(None, [data.pop("source", None)]))
    table = Table(file, out, overwrite, column, data)
    in_table = table.has_columns(columns, "--source", {"texts": texts, "--json": as_json})
    opened: Any = load(model, **runtime)
    beams, n_best = search.get("beams", BeamSpec().beams), search.get("n_best", 1)
    if beams >= 1:
        search["beams"] = max(beams, n_best)  # more translations need more beams
    translations = partial(opened.translations, **search)
    if in_table:
        _translate_rows(table, columns, translations, n_best, is_shown(progress, as_json))
        return
    asked = texts_of(texts, file, **data)
    with counting_unknown(), showing_progress(is_shown(progress, as_json), scrolls=True) as advance:
        for number, text, found in answered(asked, translations, advance):
            if as_json:
                write_json({"line": number, "source": text, "translations": [one.to_dict() for one in found or ()]})
                continue
            lines = [escaped(one.text) for one in found or ()]
            write("".join(f"{line}\n" for line in [*lines, *[""] * (n_best - len(lines))]))


def _translate_rows(
    table: Table,
    columns: tuple[str, ...],
    translations: Callable[[list[str]], list[list[Any]]],
    n_best: int,
    progress: bool,
) -> None:
    from unspool.data.answers import Asked, Question
    from unspool.data.formats.writing import Cell, NewColumn

    question = Question(columns)
    names = table.named("translation", *map(str, range(2, n_best + 1)))

    def translate_some(rows: list[Asked]) -> Iterator[list[Cell]]:
        for found in translations([question.text_of(row.record) for row in rows]):
            yield [*(one.text for one in found), *[None] * (n_best - len(found))]

    answer_table(table, question, [NewColumn(name, str) for name in names], translate_some, progress)

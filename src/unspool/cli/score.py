"""`unspool score`: how likely a text is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from unspool.cli.arguments import (
    AsJson,
    Condition,
    ConditionColumn,
    ConditionJson,
    File,
    ModelPath,
    NewColumnName,
    Overwrite,
    ShowProgress,
    TableOut,
    check_text_model,
    condition_keyword,
    is_shown,
)
from unspool.cli.console import read_file, read_lines, read_text, warn, write, write_json
from unspool.cli.following import showing_measurement, showing_progress
from unspool.cli.options import Fields, Settings, with_options
from unspool.cli.tables import Table, answer_table, row_conditions
from unspool.display.terminal import visible
from unspool.errors import DataError, UsageError
from unspool.specs.base import Option
from unspool.specs.runtime import RuntimeSpec
from unspool.tasks.language.specs import TextDataSpec, TextEvaluationSpec

MAX_TOKENS_SHOWN = 200


@with_options(
    data=Fields(TextDataSpec, ("text", "encoding", "delimiter", "header")),
    evaluation=Fields(TextEvaluationSpec, ("adapt",)),
    runtime=Fields(RuntimeSpec, ("engine", "weights")),
)
def score(
    model: ModelPath,
    passage: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="Text to score; - reads standard input.")
    ] = None,
    file: File = None,
    per_line: Annotated[
        bool,
        typer.Option(
            "--per-line",
            help="Scores each line by itself, the least likely first; counts lines that are empty.",
        ),
        Option("Output", True, synonyms=("lines", "by-line", "rank")),
    ] = False,
    condition: Condition = None,
    condition_json: ConditionJson = None,
    condition_column: ConditionColumn = None,
    out: TableOut = None,
    overwrite: Overwrite = False,
    column: NewColumnName = None,
    as_json: AsJson = False,
    progress: ShowProgress = None,
    *,
    data: Settings,
    evaluation: Settings,
    runtime: Settings,
) -> None:
    """Measure how well a model predicts a text, or the rows of a table.

    Prints bits per byte, bits per character, nats per token, perplexity, and the log-probability of each token. With
    --adapt also the figures of a model that goes on learning while it reads: what it has not read yet is scored first.

    With --text, --file is a table (.csv, .tsv, .jsonl, .json, .parquet; - is standard input, as separated cells or
    JSON). It is written back in its own format, with all its columns and rows, and the bits per character of each text
    in a new column at the end, bits_per_character. Rows without a text have no figure, and are counted.

    Examples:
        unspool score runs/alice "Alice was beginning"
        unspool score runs/logs --file today.log --per-line
        unspool score runs/logs --file messages.jsonl --text message --out scored.jsonl
    """
    columns, adapt = data.pop("text", ()), evaluation.get("adapt", False)
    table = Table(file, out, overwrite, column, data)
    unusable = {"a text": passage, "--json": as_json, "--per-line": per_line, "--adapt": adapt}
    in_table = table.has_columns(columns, "--text", unusable)
    if condition_column and not in_table:
        raise UsageError("--condition-column is for a table, and no text column is named.", "name one with --text.")
    if (passage is None) == (file is None):
        raise UsageError("score needs either a text or --file.", 'write `unspool score MODEL "a text"`.')
    if adapt and per_line:
        raise UsageError(
            "--adapt is for one text, and --per-line scores each line by itself.", "leave out one of them."
        )
    from unspool.api import load

    opened: Any = load(model, **runtime)
    given = condition_keyword(opened, condition, condition_json)
    if adapt:
        check_text_model(opened, "--adapt")
        given["adapt"] = True
    shown = is_shown(progress, as_json)
    if in_table:
        _score_rows(opened, table, columns, tuple(condition_column or ()), given, shown)
    elif per_line:
        _rank(opened, _lines(passage, file, data), given, as_json, shown)
    else:
        text = read_file(file, **data) if file is not None else read_text(passage or "", **data)
        with showing_measurement(shown):
            result = opened.score(text, **given)
        _print(result, as_json)


def _lines(text: str | None, file: Path | None, data: Settings) -> list[str]:
    """Return the lines of a file, of standard input, or of a text."""
    if file is None and text != "-":
        return read_text(text or "").split("\n")
    return read_lines(file or Path("-"), **data)


def _print(result: Any, as_json: bool) -> None:
    if as_json:
        write_json(result.to_dict())
        return
    write(
        f"bits per byte       {result.bits_per_byte:.4f}\n"
        f"bits per character  {result.bits_per_character:.4f}\n"
        f"nats per token      {result.nats_per_token:.4f}\n"
        + "".join(f"{f'  {name} alone':20}{-sum(values) / len(values):.4f}\n" for name, values in result.parts.items())
        + f"perplexity          {result.perplexity:.3f}\n"
        f"tokens              {len(result.tokens):,}\n"
    )
    if result.adapted is not None:
        write(f"\n{result.adapted.table()}")
    if len(result.tokens) <= MAX_TOKENS_SHOWN:
        columns = {"log-probability": result.log_probabilities, **result.parts}
        write("\n" + "  ".join(f"{name:>{max(8, len(name))}}" for name in columns) + "  token\n")
        for token, *values in zip(result.tokens, *columns.values(), strict=True):
            shown = (f"{value:{max(8, len(name))}.4f}" for name, value in zip(columns, values, strict=True))
            write(f"{'  '.join(shown)}  {token!r}\n")


def _score_rows(
    model: Any, table: Table, text: tuple[str, ...], condition: tuple[str, ...], given: dict[str, Any], progress: bool
) -> None:
    from unspool.data.answers import Asked, Question
    from unspool.data.formats.writing import Cell, NewColumn

    question = Question(text, condition)
    keyword, check = row_conditions(model, question, given)
    score_text = model.score  # which other models lack

    def score_some(rows: list[Asked]) -> Iterator[list[Cell]]:
        for row in rows:
            result = score_text(question.text_of(row.record), **keyword(row.record))
            yield [round(result.bits_per_character, 6)]

    new = NewColumn(table.named("bits_per_character")[0], float)
    answer_table(table, question, [new], score_some, progress, check)


def _rank(model: Any, lines: list[str], given: dict[str, Any], as_json: bool, progress: bool) -> None:
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not filled:
        raise DataError(f"there is nothing to score: {len(lines):,} lines, all empty.", "name a file with text.")
    scored = []
    with showing_progress(progress) as advance:
        for number, line in filled:
            scored.append((model.score(line, **given), number, line))
            advance(len(scored), len(filled), "lines")
    scored.sort(key=lambda item: -item[0].bits_per_character)
    for result, number, line in scored:
        if as_json:
            write_json({"line": number, "bits_per_character": result.bits_per_character, "text": line})
        else:
            write(f"{result.bits_per_character:8.4f}  line {number:<6} {visible(line)}\n")
    if len(filled) < len(lines):
        warn(f"{len(lines) - len(filled):,} of {len(lines):,} lines are empty, and have no score.")

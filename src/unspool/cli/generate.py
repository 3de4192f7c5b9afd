"""`unspool generate`: continue a prompt."""

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
    TableOut,
    condition_keyword,
)
from unspool.cli.console import read_lines, read_text, write, write_json
from unspool.cli.options import Fields, Literal, Settings, with_options
from unspool.cli.tables import Table, answer_table, refuse_table, row_conditions
from unspool.errors import UsageError
from unspool.specs.base import Option
from unspool.specs.data import DataSpec
from unspool.specs.runtime import RuntimeSpec
from unspool.specs.sampling import SamplingSpec
from unspool.text.escapes import unescaped


@with_options(sampling=SamplingSpec, data=Fields(DataSpec, ("encoding", "delimiter", "header")), runtime=RuntimeSpec)
def generate(
    model: ModelPath,
    prompt: Annotated[
        str | None,
        typer.Option(
            "--prompt", "-p", metavar="TEXT", help="Sets the text to continue; - reads standard input, as it stands."
        ),
        Option("Data", True, synonyms=("text", "start", "input", "prefix", "begin", "message")),
    ] = None,
    prompts: Annotated[
        Path | None,
        typer.Option(
            "--prompts",
            metavar="FILE",
            help="Reads one prompt a line, of which an empty one is a prompt too; - reads standard input.",
        ),
        Option("Data", True, synonyms=("prompt-file",)),
    ] = None,
    file: File = None,
    prompt_column: Annotated[
        list[str] | None,
        typer.Option(
            "--prompt-column",
            metavar="COL",
            help="Names the column of a table that holds the prompt of each row; several are joined with a space.",
        ),
        Option("Tables", True, synonyms=("text-column", "prompts-column")),
    ] = None,
    condition_column: ConditionColumn = None,
    out: TableOut = None,
    overwrite: Overwrite = False,
    column: NewColumnName = None,
    condition: Condition = None,
    condition_json: ConditionJson = None,
    literal: Literal = False,
    stream: Annotated[
        bool,
        typer.Option("--stream/--no-stream", help="Prints the text of a single sample as it comes."),
        Option("Output", synonyms=("live", "flush")),
    ] = True,
    echo: Annotated[
        bool,
        typer.Option("--echo/--no-echo", help="Prints the prompt before its continuation."),
        Option("Output", synonyms=("show-prompt", "quiet")),
    ] = True,
    as_json: AsJson = False,
    *,
    sampling: Settings,
    data: Settings,
    runtime: Settings,
) -> None:
    """Continue a prompt, printing text as it is generated; or write one for each row of a table.

    In --prompt and --stop, \\n is a line end, \\t a tab, \\\\ a backslash, \\xNN or \\uNNNN a character by its number.

    With --condition-column or --prompt-column, --file is a table (.csv, .tsv, .jsonl, .json, .parquet; - is standard
    input, as separated cells or JSON). It is written back in its own format, with all its columns and rows, and what
    was generated, without the prompt, in new columns at the end: generated, generated_2 and so on. With --seed it can
    be repeated: row i, counted from 0, draws with seed + i, of n samples sample j with seed + i n + j. Rows without a
    condition have no text, and are counted; an empty prompt is a prompt.

    Examples:
        unspool generate runs/alice --prompt "Alice was"
        unspool generate runs/alice -p "Alice was" --temp 0.5 --max-tokens 500 --seed 7 --stop "\\n\\n"
        unspool generate runs/names --file people.csv --condition-column language --seed 7 --out named.csv
    """
    from unspool.api import load  # here and not above: this imports an engine

    if prompt is not None and prompts is not None:
        raise UsageError("a prompt is given by --prompt, or by --prompts. Received: both.", "leave out one of them.")
    columns = (*(prompt_column or ()), *(condition_column or ()))
    table = Table(file, out, overwrite, column, data)
    unusable = {"--json": as_json, "--prompts": prompts, "--prompt": prompt if prompt_column else None}
    in_table = table.has_columns(columns, "--prompt-column" if prompt_column else "--condition-column", unusable)
    if file is not None and not in_table:
        raise UsageError(
            f"--file is a table, and no column is named. Received: {file}.",
            "name one with --prompt-column or --condition-column; lines of prompts are read with --prompts.",
        )
    refuse_table(prompts, "--prompt-column, and the table with --file", data)
    opened: Any = load(model, **runtime)
    given = condition_keyword(opened, condition, condition_json)
    if in_table:
        fixed = _prompt(prompt or "", literal)
        _generate_rows(opened, table, tuple(prompt_column or ()), tuple(condition_column or ()), fixed, given, sampling)
        return
    sampling |= given
    texts = [_prompt(prompt or "", literal)] if prompts is None else read_lines(prompts, **data)
    for number, text in enumerate(texts, 1):
        if as_json:
            samples = [sample.to_dict() for sample in opened.samples(text, **sampling)]
            line = {} if prompts is None else {"line": number}
            write_json({**line, "prompt": text, **given, "samples": samples})
            continue
        if number > 1:
            write("\n")
        _print(opened, text, sampling, stream, text if echo else "")


def _generate_rows(
    model: Any,
    table: Table,
    prompt: tuple[str, ...],
    condition: tuple[str, ...],
    fixed: str,
    given: dict[str, Any],
    sampling: Settings,
) -> None:
    """Generate the texts of each row.

    Args:
        model: generates.
        table: is what the options say.
        prompt: names the columns of the prompt; none takes the fixed one.
        condition: names the columns of the condition; none takes the one that is given.
        fixed: is the prompt of all rows.
        given: is the condition of all rows, as a keyword.
        sampling: are the settings.
    """
    from unspool.data.answers import Asked, Question
    from unspool.data.formats.writing import Cell, NewColumn

    question = Question(prompt, condition, may_be_empty=True)
    keyword, check = row_conditions(model, question, given)
    generated = model.samples  # which other models lack
    spec = model.folder.read_sampling().changed(**sampling)
    count, seed = spec.num_samples, spec.seed
    names = table.named("generated", *map(str, range(2, count + 1)))

    def generate_some(rows: list[Asked]) -> Iterator[list[Cell]]:
        for number, record in rows:
            own = {} if seed is None else {"seed": seed + number * count}
            text = question.text_of(record) if prompt else fixed
            samples = generated(text, **{**sampling, **own, **keyword(record)})
            yield [sample.text for sample in samples]

    answer_table(table, question, [NewColumn(name, str) for name in names], generate_some, check)


def _prompt(typed: str, literal: bool) -> str:
    """Return the clean prompt; standard input has no escapes."""
    return read_text(typed if literal or typed == "-" else unescaped(typed))


def _print(model: Any, prompt: str, sampling: Settings, streaming: bool, shown: str) -> None:
    if streaming and sampling.get("num_samples", 1) == 1:
        pieces = model.stream(prompt, **sampling)
        write(shown)
        for piece in pieces:
            write(piece)
        write("\n")
        return
    samples = model.samples(prompt, **sampling)
    for number, sample in enumerate(samples, 1):
        if len(samples) > 1:
            write(f"--- sample {number}, seed {sample.seed}\n")
        write(f"{shown}{sample.text}\n")

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
    InTurns,
    ModelPath,
    NewColumnName,
    Overwrite,
    SamplesOut,
    ShowProgress,
    condition_keyword,
    is_shown,
)
from unspool.cli.console import read_lines, read_text, write
from unspool.cli.options import Fields, Literal, Settings, with_options
from unspool.cli.samples import Layout, check_target, draw, opened_output
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
    text: Annotated[
        str | None,
        typer.Argument(metavar="TEXT", help="Text to continue; - reads standard input, as it stands."),
    ] = None,
    prompt: Annotated[
        str | None,
        typer.Option("--prompt", "-p", metavar="TEXT", help="Sets the text to continue, as TEXT does."),
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
    out: SamplesOut = None,
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
    unique: Annotated[
        bool,
        typer.Option("--unique", help="Draws further seeds until the samples of a prompt are all different."),
        Option("Sampling", True, synonyms=("distinct", "different", "no-duplicates", "dedupe")),
    ] = False,
    lines: Annotated[
        bool,
        typer.Option("--lines", help="Writes each sample on a line of its own, line ends in it as \\n."),
        Option("Output", True, synonyms=("per-line", "one-per-line", "line-by-line", "plain")),
    ] = False,
    interactive: InTurns = False,
    as_json: AsJson = False,
    progress: ShowProgress = None,
    *,
    sampling: Settings,
    data: Settings,
    runtime: Settings,
) -> None:
    """Continue a prompt, printing text as it is generated; or write one for each row of a table.

    In TEXT, --prompt and --stop, \\n is a line end, \\t a tab, \\\\ a backslash, \\xNN or \\uNNNN a character by its
    number.

    Several samples stand under headings, or with --lines one a line. --out FILE writes them to a file, --out DIR each
    to a file of its own.

    With --condition-column or --prompt-column, --file is a table (.csv, .tsv, .jsonl, .json, .parquet; - is standard
    input, as separated cells or JSON). It is written back in its own format, with all its columns and rows, and what
    was generated, without the prompt, in new columns at the end: generated, generated_2 and so on. With --seed it can
    be repeated: row i, counted from 0, draws with seed + i, of n samples sample j with seed + i n + j. Rows without a
    condition have no text, and are counted; an empty prompt is a prompt.

    Examples:
        unspool generate runs/alice "Alice was" --temp 0.5 --max-tokens 500 --seed 7 --stop "\\n\\n"
        unspool generate runs/names -n 50 --unique --lines --out names.txt
        unspool generate runs/names --file people.csv --condition-column language --seed 7 --out named.csv
    """
    from unspool.api import load  # here and not above: this imports an engine

    prompt = _only(text, prompt, prompts)
    columns = (*(prompt_column or ()), *(condition_column or ()))
    table = Table(file, out, overwrite, column, data) if columns else Table(file, None, False, column, data)
    unusable = {"--json": as_json, "--prompts": prompts, "--prompt": prompt if prompt_column else None}
    unusable |= {"--lines": lines, "--unique": unique, "--interactive": interactive}
    in_table = table.has_columns(columns, "--prompt-column" if prompt_column else "--condition-column", unusable)
    if file is not None and not in_table:
        raise UsageError(
            f"--file is a table, and no column is named. Received: {file}.",
            "name one with --prompt-column or --condition-column; lines of prompts are read with --prompts.",
        )
    refuse_table(prompts, "--prompt-column, and the table with --file", data)
    if interactive:
        _check_interactive({"--prompts": prompts, "--out": out, "--lines": lines, "--unique": unique}, as_json)
    if not in_table:
        check_target(out, overwrite, as_json)
    opened: Any = load(model, **runtime)
    given = condition_keyword(opened, condition, condition_json)
    if in_table:
        fixed, shown = _prompt(prompt or "", literal), is_shown(progress, as_json)
        names = tuple(prompt_column or ()), tuple(condition_column or ())
        _generate_rows(opened, table, *names, fixed, given, sampling, shown)
        return
    if interactive:
        from unspool.cli.turns import Turns, write_in_turns

        write_in_turns(Turns(opened, _prompt(prompt or "", literal), given, sampling))
        return
    sampling |= given
    texts = [_prompt(prompt or "", literal)] if prompts is None else read_lines(prompts, **data)
    layout = Layout(lines, echo, as_json)
    streams = stream and not (lines or unique or as_json or out) and sampling.get("num_samples", 1) == 1
    with opened_output(out, layout) as output:
        for number, start in enumerate(texts, 1):
            if number > 1:
                output.space()
            if streams:
                _stream(opened, start, sampling, start if echo else "")
                continue
            about = {} if prompts is None else {"line": number}
            output.add(start, draw(opened, start, unique, sampling), {**about, "prompt": start, **given})


def _only(text: str | None, prompt: str | None, prompts: Path | None) -> str | None:
    """Return the prompt, which is given once.

    Raises:
        UsageError: it is given twice.
    """
    given = {"TEXT": text, "--prompt": prompt, "--prompts": prompts}
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1:
        raise UsageError(
            f"a prompt is given by one of TEXT, --prompt and --prompts. Received: {' and '.join(names)}.",
            "leave out one of them.",
        )
    return text if prompt is None else prompt


def _check_interactive(unusable: dict[str, object], as_json: bool) -> None:
    """Refuse to write in turns where there is no terminal, or with options that mean nothing then.

    Raises:
        UsageError: one is given, or there is no terminal.
        MissingExtraError: prompt_toolkit is not installed.
    """
    from unspool.cli.terminal import check_terminal

    check_terminal(as_json)
    for name, value in unusable.items():
        if value:
            raise UsageError(f"--interactive writes to the terminal. Received: {name}.", "leave out one of them.")


def _generate_rows(
    model: Any,
    table: Table,
    prompt: tuple[str, ...],
    condition: tuple[str, ...],
    fixed: str,
    given: dict[str, Any],
    sampling: Settings,
    progress: bool,
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
        progress: shows on standard error how many rows are answered.
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

    answer_table(table, question, [NewColumn(name, str) for name in names], generate_some, progress, check)


def _prompt(typed: str, literal: bool) -> str:
    """Return the clean prompt; standard input has no escapes."""
    return read_text(typed if literal or typed == "-" else unescaped(typed))


def _stream(model: Any, prompt: str, sampling: Settings, shown: str) -> None:
    """Print a text as it comes."""
    pieces = model.stream(prompt, **sampling)
    write(shown)
    for piece in pieces:
        write(piece)
    write("\n")

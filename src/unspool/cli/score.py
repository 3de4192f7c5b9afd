"""`unspool score`: how likely a text is."""

from typing import Annotated, Any

import typer

from unspool.cli.arguments import AsJson, Condition, File, ModelPath, under
from unspool.cli.console import read_file, read_text, write, write_json
from unspool.cli.options import Fields, Settings, with_options
from unspool.errors import UsageError
from unspool.specs.base import Option
from unspool.specs.data import DataSpec
from unspool.specs.runtime import RuntimeSpec

MAX_TOKENS_SHOWN = 200


@with_options(data=Fields(DataSpec, ("encoding",)), runtime=Fields(RuntimeSpec, ("engine", "weights")))
def score(
    model: ModelPath,
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="Text to score; - reads standard input.")] = None,
    file: File = None,
    per_line: Annotated[
        bool,
        typer.Option("--per-line", help="Scores each line alone, the least likely first."),
        Option("Output", True, synonyms=("lines", "by-line", "rank")),
    ] = False,
    condition: Condition = None,
    as_json: AsJson = False,
    *,
    data: Settings,
    runtime: Settings,
) -> None:
    """Say how well a model predicts a text.

    Bits per byte, bits per character, nats per token, perplexity, and the log-probability of each token.

    Examples:
        unspool score runs/alice "Alice was beginning"
        unspool score runs/alice --file chapter.txt --json
        unspool score runs/logs --file today.log --per-line
    """
    if (text is None) == (file is None):
        raise UsageError("score needs either a text or --file.", 'write `unspool score MODEL "a text"`.')
    from unspool.api import load

    opened: Any = load(model, **runtime)
    given = under(opened, condition)
    content = read_file(file, **data) if file is not None else read_text(text or "", **data)
    if per_line:
        _rank(opened, content, given, as_json)
    else:
        _score(opened, content, given, as_json)


def _score(model: Any, text: str, given: dict[str, Any], as_json: bool) -> None:
    result = model.score(text, **given)
    if as_json:
        write_json(result.to_dict())
        return
    write(
        f"bits per byte       {result.bits_per_byte:.4f}\n"
        f"bits per character  {result.bits_per_character:.4f}\n"
        f"nats per token      {result.nats_per_token:.4f}\n"
        f"perplexity          {result.perplexity:.3f}\n"
        f"tokens              {len(result.tokens):,}\n"
    )
    if len(result.tokens) <= MAX_TOKENS_SHOWN:
        write("\nlog-probability  token\n")
        for token, value in zip(result.tokens, result.log_probabilities, strict=True):
            write(f"{value:15.4f}  {token!r}\n")


def _rank(model: Any, text: str, given: dict[str, Any], as_json: bool) -> None:
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    scored = [(model.score(line, **given), number, line) for number, line in lines]
    scored.sort(key=lambda item: -item[0].bits_per_character)
    for result, number, line in scored:
        if as_json:
            write_json({"line": number, "bits_per_character": result.bits_per_character, "text": line})
        else:
            write(f"{result.bits_per_character:8.4f}  line {number:<6} {line}\n")

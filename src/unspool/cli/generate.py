"""`unspool generate`: continue a prompt."""

from pathlib import Path
from typing import Annotated, Any

import typer

from unspool.cli.arguments import AsJson, Condition, ConditionJson, ModelPath, condition_keyword
from unspool.cli.console import read_lines, read_text, write, write_json
from unspool.cli.options import Literal, Settings, with_options
from unspool.errors import UsageError
from unspool.specs.base import Option
from unspool.specs.runtime import RuntimeSpec
from unspool.specs.sampling import SamplingSpec
from unspool.text.escapes import unescaped


@with_options(sampling=SamplingSpec, runtime=RuntimeSpec)
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
        Option("Data", True, synonyms=("file", "prompt-file")),
    ] = None,
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
    runtime: Settings,
) -> None:
    """Continue a prompt, printing text as it is generated.

    In --prompt and --stop, \\n is a line end, \\t a tab, \\\\ a backslash, \\xNN or \\uNNNN a character by its number.

    Examples:
        unspool generate runs/alice --prompt "Alice was"
        unspool generate runs/alice -p "Alice was" --temp 0.5 --max-tokens 500 --seed 7 --stop "\\n\\n"
        unspool generate runs/names -n 10
    """
    from unspool.api import load  # here and not above: this imports an engine

    if prompt is not None and prompts is not None:
        raise UsageError("a prompt is given by --prompt, or by --prompts. Received: both.", "leave out one of them.")
    opened: Any = load(model, **runtime)
    given = condition_keyword(opened, condition, condition_json)
    sampling |= given
    texts = [_prompt(prompt or "", literal)] if prompts is None else read_lines(prompts)
    for number, text in enumerate(texts, 1):
        if as_json:
            samples = [sample.to_dict() for sample in opened.samples(text, **sampling)]
            line = {} if prompts is None else {"line": number}
            write_json({**line, "prompt": text, **given, "samples": samples})
            continue
        if number > 1:
            write("\n")
        _print(opened, text, sampling, stream, text if echo else "")


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

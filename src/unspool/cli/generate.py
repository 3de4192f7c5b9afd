"""`unspool generate`: continue a prompt."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from unspool.cli.arguments import AsJson, Condition, ModelPath, under
from unspool.cli.console import read_file, read_text, write, write_json
from unspool.cli.options import Settings, with_options
from unspool.specs.base import Option
from unspool.specs.runtime import RuntimeSpec
from unspool.specs.sampling import SamplingSpec


@with_options(sampling=SamplingSpec, runtime=RuntimeSpec)
def generate(
    model: ModelPath,
    prompt: Annotated[
        str,
        typer.Option("--prompt", "-p", help="Text to continue; - reads standard input.", show_default=False),
        Option("Data", True, synonyms=("text", "start", "input", "prefix", "begin", "message")),
    ] = "",
    prompts: Annotated[
        Path | None,
        typer.Option("--prompts", metavar="FILE", help="Has one prompt a line; - reads standard input."),
        Option("Data", True, synonyms=("file", "prompt-file")),
    ] = None,
    condition: Condition = None,
    stream: Annotated[
        bool | None,
        typer.Option("--stream/--no-stream", help="Prints text as it comes. [default: on a terminal]"),
        Option("Output", synonyms=("live", "flush")),
    ] = None,
    echo: Annotated[
        bool,
        typer.Option("--echo/--no-echo", help="Prints the prompt before what follows it."),
        Option("Output", synonyms=("show-prompt", "quiet")),
    ] = True,
    as_json: AsJson = False,
    *,
    sampling: Settings,
    runtime: Settings,
) -> None:
    """Continue a prompt, printing text as it is generated.

    Examples:
        unspool generate runs/alice --prompt "Alice was"
        unspool generate runs/alice -p "Alice was" --temp 0.5 --max-tokens 500 --seed 7
        unspool generate runs/names -n 10
    """
    from unspool.api import load  # here and not above: this imports an engine

    opened: Any = load(model, **runtime)
    given = under(opened, condition)
    sampling |= given
    texts = [read_text(prompt)] if prompts is None else [line for line in read_file(prompts).split("\n") if line]
    for number, text in enumerate(texts):
        if as_json:
            samples = [sample.to_dict() for sample in opened.samples(text, **sampling)]
            write_json({"prompt": text, **given, "samples": samples})
            continue
        if number:
            write("\n")
        streaming = sys.stdout.isatty() if stream is None else stream
        _print(opened, text, sampling, streaming, text if echo else "")


def _print(model: Any, prompt: str, sampling: Settings, streaming: bool, shown: str) -> None:
    if streaming and sampling.get("num_samples", 1) == 1:
        write(shown)
        for piece in model.stream(prompt, **sampling):
            write(piece)
        write("\n")
        return
    samples = model.samples(prompt, **sampling)
    for number, sample in enumerate(samples, 1):
        if len(samples) > 1:
            write(f"--- sample {number}, seed {sample.seed}\n")
        write(f"{shown}{sample.text}\n")

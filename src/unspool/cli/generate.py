"""`unspool generate`: continue a prompt."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unspool.cli import options
from unspool.cli.console import read_file, read_text, write, write_json

if TYPE_CHECKING:
    from unspool.api import Model


def generate(
    model: options.ModelPath,
    prompt: Annotated[str, typer.Option("--prompt", "-p", help="Text to continue; - reads standard input.")] = "",
    prompts: Annotated[
        Path | None, typer.Option("--prompts", help="File with one prompt a line; - reads standard input.")
    ] = None,
    condition: options.Condition = None,
    max_new_tokens: Annotated[int | None, typer.Option(help="Most tokens to write for a sample. [200]")] = None,
    temperature: Annotated[float | None, typer.Option(help="0 takes the likeliest, 1 draws fairly. [0.8]")] = None,
    top_k: Annotated[int | None, typer.Option(help="Draw from the k likeliest tokens; 0 is off.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Draw from the likeliest that reach p; 1 is off.")] = None,
    min_p: Annotated[
        float | None, typer.Option(help="Draw from those at least p times as likely as the likeliest.")
    ] = None,
    typical_p: Annotated[float | None, typer.Option(help="Draw from the typical tokens; 1 is off.")] = None,
    repetition_penalty: Annotated[
        float | None, typer.Option(help="Above 1: tokens seen before become less likely.")
    ] = None,
    frequency_penalty: Annotated[
        float | None, typer.Option(help="Taken off a token's logit for each time it was written.")
    ] = None,
    presence_penalty: Annotated[
        float | None, typer.Option(help="Taken off the logit of a token that was written.")
    ] = None,
    stop: Annotated[list[str] | None, typer.Option(help="Text that ends a sample; may be given often.")] = None,
    seed: Annotated[int | None, typer.Option(help="Sample i draws with seed + i.")] = None,
    num_samples: Annotated[int | None, typer.Option("--num-samples", "-n", help="How many samples. [1]")] = None,
    ignore_eos: Annotated[bool, typer.Option("--ignore-eos", help="Go on after the end of a document.")] = False,
    stream: Annotated[
        bool | None, typer.Option("--stream/--no-stream", help="Print text as it comes. [on a terminal]")
    ] = None,
    echo: Annotated[bool, typer.Option("--echo/--no-echo", help="Print the prompt before what follows it.")] = True,
    engine: options.EngineName = "auto",
    weights: options.WeightsFormat = "float32",
    threads: options.Threads = 0,
    as_json: options.AsJson = False,
) -> None:
    """Continue a prompt, printing text as it is made."""
    from unspool.api import load  # here and not above: this imports an engine

    given = {
        "max_new_tokens": max_new_tokens,
        "temperature": temperature,
        "top_k": top_k,
        "top_p": top_p,
        "min_p": min_p,
        "typical_p": typical_p,
        "repetition_penalty": repetition_penalty,
        "frequency_penalty": frequency_penalty,
        "presence_penalty": presence_penalty,
        "stop": stop or None,
        "seed": seed,
        "num_samples": num_samples,
        "ignore_eos": ignore_eos or None,
        "condition": condition or None,
    }
    settings = {name: value for name, value in given.items() if value is not None}
    opened = load(model, engine, weights, threads)
    texts = [read_text(prompt)] if prompts is None else [line for line in read_file(prompts).split("\n") if line]
    for number, text in enumerate(texts):
        if as_json:
            samples = [sample.to_dict() for sample in opened.samples(text, **settings)]
            told = {"condition": condition} if condition else {}
            write_json({"prompt": text, **told, "samples": samples})
            continue
        if number:
            write("\n")
        streaming = sys.stdout.isatty() if stream is None else stream
        _print(opened, text, settings, streaming, text if echo else "")


def _print(model: "Model", prompt: str, settings: dict[str, Any], streaming: bool, shown: str) -> None:
    if streaming and settings.get("num_samples", 1) == 1:
        write(shown)
        for piece in model.stream(prompt, **settings):
            write(piece)
        write("\n")
        return
    samples = model.samples(prompt, **settings)
    for number, sample in enumerate(samples, 1):
        if len(samples) > 1:
            write(f"--- sample {number}, seed {sample.seed}\n")
        write(f"{shown}{sample.text}\n")

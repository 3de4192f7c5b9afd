"""`unspool demo`: the whole of it in a minute, on the text that comes with every Python."""

import os
import sys
from pathlib import Path
from shutil import which
from typing import Annotated

import typer

from unspool.cli.console import write

PROMPT = "The "
TEMPERATURES = {0.3: "careful", 0.8: "lively", 1.0: "fair", 1.3: "wild"}


def demo(
    minutes: Annotated[float, typer.Option(help="How long to train.")] = 1.0,
    out: Annotated[Path, typer.Option(help="Model folder to write.")] = Path("runs/demo"),
) -> None:
    """Train on the Python language reference for a minute, then write at four temperatures."""
    from unspool.api import train
    from unspool.cli.progress import make_progress

    write("Unspool learns the Python language reference, which comes with every Python.\n\n")
    with make_progress() as progress:
        model = train(None, out=out, overwrite=True, minutes=minutes, callback=progress)
    for temperature, word in TEMPERATURES.items():
        write(f"\n--- temperature {temperature} ({word})\n{PROMPT}")
        for piece in model.stream(PROMPT, temperature=temperature, max_new_tokens=300, seed=1):
            write(piece)
        write("\n")
    unspool = "unspool" if which("unspool") else os.path.relpath(Path(sys.executable).with_name("unspool"))
    write(
        f"\nNext:\n  {unspool} generate {out} --prompt 'A class ' --temperature 0.5\n"
        f"  {unspool} score {out} 'for x in range(10): print(x)'\n"
        f"  {unspool} train your-own-text.txt --minutes 3\n"
    )

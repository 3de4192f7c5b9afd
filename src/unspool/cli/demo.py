"""`unspool demo`: training and generation in a minute, on a text that comes with every Python."""

from pathlib import Path
from typing import Any

from unspool.cli.arguments import Out
from unspool.cli.console import write
from unspool.cli.options import Fields, Settings, with_options
from unspool.cli.recipes import closing_text
from unspool.errors import shell_command
from unspool.specs.training import BudgetSpec

PROMPT = "The "
MINUTES = 1.0
TEMPERATURES = {0.3: "careful", 0.8: "lively", 1.0: "fair", 1.3: "wild"}


@with_options(budget=Fields(BudgetSpec, ("minutes",), default="1"))
def demo(
    out: Out = Path("runs/demo"),
    *,
    budget: Settings,
) -> None:
    """Train on the Python language reference for a minute, then generate at four temperatures.

    Examples:
        unspool demo
        unspool demo --minutes 3
        unspool demo --out runs/first
    """
    from unspool.api import train
    from unspool.training.progress import make_progress

    write("Unspool learns the Python language reference, which comes with every Python.\n\n")
    with make_progress() as progress:
        model: Any = train(None, out=out, overwrite=True, callback=progress, **{"minutes": MINUTES, **budget})
    write(f"\n{closing_text(model, model.path)}")
    for temperature, word in TEMPERATURES.items():
        write(f"\n--- temperature {temperature} ({word})\n{PROMPT}")
        for piece in model.stream(PROMPT, temperature=temperature, max_new_tokens=300, seed=1):
            write(piece)
        write("\n")
    suggested = (
        ("generate", model.path, "A class ", "--temperature", "0.5"),
        ("score", model.path, "for x in range(10): print(x)"),
        ("train", "your-own-text.txt", "--minutes", "3"),
    )
    write("\nNext:\n" + "".join(f"  {shell_command(*words)}\n" for words in suggested))

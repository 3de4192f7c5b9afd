"""`unspool`: the commands, each in its own file.

Nothing heavy is imported here or at the top of a command's file, so that `--help` is instant.
"""

from typing import Annotated

import typer

from unspool import __version__
from unspool.cli.classify import classify
from unspool.cli.console import INTERRUPTED, reporting_errors, write
from unspool.cli.demo import demo
from unspool.cli.evaluate import evaluate
from unspool.cli.generate import generate
from unspool.cli.inspect import inspect
from unspool.cli.score import score
from unspool.cli.train import train
from unspool.cli.translate import translate

app = typer.Typer(
    name="unspool",
    help="Teach a small recurrent network your text, in minutes, and let it write.",
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"auto_envvar_prefix": "UNSPOOL", "help_option_names": ["-h", "--help"]},
)
for command in (train, generate, translate, classify, score, evaluate, inspect, demo):
    app.command()(command)


def _show_version(wanted: bool) -> None:
    if wanted:
        write(f"unspool {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Teach a small recurrent network your text, in minutes, and let it write.

    Every option can also be set in the environment: UNSPOOL_TRAIN_MINUTES=5 is `unspool train --minutes 5`.
    """
    if context.invoked_subcommand is None:
        write(context.get_help() + "\n")


def main() -> None:
    """Run the command line."""
    with reporting_errors():
        if app(standalone_mode=False) == INTERRUPTED:  # typer's answer to Ctrl-C
            raise KeyboardInterrupt

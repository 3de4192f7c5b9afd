"""`unspool`: the group of the commands, each in a file of its own that is imported when it is requested."""

import gc
from typing import Annotated, Any

import typer

from unspool import __version__
from unspool.cli.commands import Group, commands, fill
from unspool.cli.console import INTERRUPTED, reporting_errors, write
from unspool.display.terminal import tell
from unspool.engines.announcing import announcing

YOUNG = 100_000  # objects before Python looks for cycles of them: imports and the opening of a model make fewer

app = typer.Typer(
    name="unspool",
    cls=Group,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"auto_envvar_prefix": "UNSPOOL", "help_option_names": ["-h", "--help"]},
)


def _show_version(requested: bool) -> None:
    if requested:
        write(f"unspool {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Train a small recurrent network on your text in minutes, and generate with it.

    Every option can also be set in the environment: UNSPOOL_TRAIN_MINUTES=5 is `unspool train --minutes 5`.
    """
    if context.invoked_subcommand is None:
        write(context.get_help() + "\n")


def make_group() -> Any:
    """Make the group of all commands."""
    group: Any = typer.main.get_command(app)
    fill(group, commands())
    for param in group.params:
        param.show_envvar = False  # one sentence is enough
    return group


def main() -> None:
    """Run the command line."""
    gc.set_threshold(YOUNG)
    with reporting_errors(), announcing(tell):
        if make_group().main(prog_name="unspool", standalone_mode=False) == INTERRUPTED:  # typer's answer to Ctrl-C
            raise KeyboardInterrupt

"""The commands: one row each, and the group that imports a command's module when it is asked for."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

from typer.core import TyperCommand, TyperGroup

from unspool.cli.suggest import nearest_name
from unspool.errors import UsageError


class CommandRow(NamedTuple):
    """Where a command is, and how it is found.

    Attributes:
        path: of its function, `module:name`.
        summary: one line of what it does, the first of its docstring.
        synonyms: words that a person may try in its place.
    """

    path: str
    summary: str
    synonyms: tuple[str, ...] = ()


COMMANDS = {
    "train": CommandRow(
        "unspool.cli.train:train",
        "Learn a text, to translate, to classify or to write under a condition.",
        ("learn", "fit", "finetune", "fine-tune", "adapt", "teach", "new"),
    ),
    "generate": CommandRow(
        "unspool.cli.generate:generate",
        "Continue a prompt, printing text as it is made.",
        ("write", "sample", "continue", "complete", "run", "text"),
    ),
    "translate": CommandRow(
        "unspool.cli.translate:translate",
        "Translate texts, one line each, in order.",
        ("translation", "convert", "transform"),
    ),
    "classify": CommandRow(
        "unspool.cli.classify:classify",
        "Say what each text is, one line each, in order.",
        ("predict", "label", "categorize", "classification"),
    ),
    "score": CommandRow(
        "unspool.cli.score:score",
        "Say how well a model predicts a text.",
        ("perplexity", "likelihood", "rank", "nll", "probability"),
    ),
    "evaluate": CommandRow(
        "unspool.cli.evaluate:evaluate",
        "Measure a model on what was held out, or on other data.",
        ("test", "validate", "measure", "eval", "bleu", "accuracy"),
    ),
    "inspect": CommandRow(
        "unspool.cli.inspect:inspect",
        "Show what a model does with a text.",
        ("explain", "attention", "show", "visualize", "why"),
    ),
    "demo": CommandRow(
        "unspool.cli.demo:demo",
        "Train on the Python language reference for a minute, then write at four temperatures.",
        ("example", "try", "start"),
    ),
}


class Group(TyperGroup):
    """Commands that are imported when they are asked for; until then a row of a table stands for each."""

    rows: Mapping[str, CommandRow]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first argument names, and the other arguments."""
        name = args[0]
        if name not in self.rows and not ctx.resilient_parsing:
            near = nearest_name(name, {known: row.synonyms for known, row in self.rows.items()})
            hint = f"did you mean `{ctx.command_path} {near}`? " if near else ""
            raise UsageError(f"there is no command {name!r:.40}.", f"{hint}`{ctx.command_path} --help` shows all.")
        if name not in self.rows:
            return None, None, args[1:]
        return name, load_command(name, self.rows[name]), args[1:]


def fill(group: Group, rows: Mapping[str, CommandRow]) -> None:
    """Give a group its commands."""
    group.rows = rows
    for name, row in rows.items():
        group.add_command(TyperCommand(name, help=row.summary, short_help=row.summary))


def load_command(name: str, row: CommandRow) -> Any:
    """Import a command."""
    from unspool.cli.command import make_command  # here and not above: it imports the specs

    module, function = row.path.split(":")
    return make_command(name, getattr(import_module(module), function))

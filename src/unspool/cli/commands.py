"""The commands: one row each, and the group that imports a command's module when it is requested."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from typer.core import TyperCommand, TyperGroup

from unspool.cli.console import show_help
from unspool.cli.suggest import nearest_name
from unspool.errors import UsageError, shell_word
from unspool.tasks.registry import ROWS, Command

BEFORE = (
    Command(
        "train",
        "unspool.cli.train:train",
        "Learn from a text, from lines, from a table, or from pictures, and write a model folder.",
        ("learn", "fit", "finetune", "fine-tune", "teach", "new"),
    ),
)
AFTER = (
    Command(
        "adapt",
        "unspool.cli.adapt:adapt",
        "Let a language model read more, such as a text of one's own, and write the new model to another folder.",
        ("read", "personalize", "personalise", "continue-training", "update", "learn-more"),
    ),
    Command(
        "forget",
        "unspool.cli.forget:forget",
        "Make a model what it was before it read more.",
        ("undo", "unlearn", "reset", "restore", "revert"),
    ),
    Command(
        "complete",
        "unspool.cli.complete:complete",
        "Show how a text is likely to go on, to the end of the word or the line, or complete it as one types.",
        ("completion", "suggest", "autocomplete", "type", "predict-next"),
    ),
    Command(
        "score",
        "unspool.cli.score:score",
        "Measure how well a model predicts a text, or the rows of a table.",
        ("perplexity", "likelihood", "rank", "nll", "probability"),
    ),
    Command(
        "evaluate",
        "unspool.cli.evaluate:evaluate",
        "Measure a model on the held-out part, or on other data.",
        ("test", "validate", "measure", "eval", "bleu", "accuracy"),
    ),
    Command(
        "inspect",
        "unspool.cli.inspect:inspect",
        "Show which parts of a text or a picture a model attends to, or which led to its label.",
        ("explain", "attention", "show", "visualize", "why"),
    ),
    Command(
        "report",
        "unspool.cli.report:report",
        "Write a page that shows what a model does, how it was trained, and with what.",
        ("page", "html", "summary", "plot", "curves", "dashboard"),
    ),
    Command(
        "export",
        "unspool.cli.export:export",
        "Write a model for Keras, TensorFlow or PyTorch, or n-grams for KenLM, to be used without Unspool.",
        ("convert", "save", "keras", "savedmodel", "torch", "state-dict", "to-keras"),
    ),
    Command(
        "counts",
        "unspool.cli.counts:counts",
        "Count more texts, take texts out, merge models of parts of a corpus, or read n-grams in ARPA format.",
        ("count", "update", "merge", "remove", "import", "arpa", "ngram", "ngrams"),
    ),
    Command(
        "demo",
        "unspool.cli.demo:demo",
        "Train on the Python language reference for a minute, then generate at four temperatures.",
        ("example", "try", "start"),
    ),
)


def commands() -> dict[str, Command]:
    """Return the commands by name, those of the tasks among them."""
    return {one.name: one for one in (*BEFORE, *(row.command for row in ROWS.values()), *AFTER)}


class Group(TyperGroup):
    """Commands that are imported when they are requested; until then a row of a table stands for each."""

    rows: Mapping[str, Command]

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option that shows the help."""
        return show_help(super().get_help_option(ctx))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the first argument names, and the other arguments."""
        name = args[0]
        if name not in self.rows and not ctx.resilient_parsing:
            raise UsageError(
                f"there is no command {name!r:.40}.",
                f"{self._meant(name, ctx.command_path)}`{ctx.command_path} --help` shows all.",
            )
        if name not in self.rows:
            return None, None, args[1:]
        return name, load_command(name, self.rows[name]), args[1:]

    def _meant(self, name: str, program: str) -> str:
        """Ask what was meant by the name of no command: what a file or a model is for, or a command of a near name."""
        path = Path(name)
        if path.exists():
            does = ("generate", "generates with it") if (path / "config.json").exists() else ("train", "learns it")
            return f"`{program} {does[0]} {shell_word(path)}` {does[1]}. "
        near = nearest_name(name, {known: row.synonyms for known, row in self.rows.items()})
        return f"did you mean `{program} {near}`? " if near else ""


def fill(group: Group, rows: Mapping[str, Command]) -> None:
    """Give a group its commands."""
    group.rows = rows
    for name, row in rows.items():
        group.add_command(TyperCommand(name, help=row.summary, short_help=row.summary))


def load_command(name: str, row: Command) -> Any:
    """Import a command."""
    from unspool.cli.command import make_command  # here and not above: it imports the specs

    module, function = row.path.split(":")
    return make_command(name, getattr(import_module(module), function))

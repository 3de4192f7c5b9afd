"""Arguments and options that several commands have and that belong to no spec."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from unspool.errors import UsageError
from unspool.specs.base import Option

ModelPath = Annotated[
    Path, typer.Argument(metavar="MODEL", help="Model folder written by `unspool train`.", show_default=False)
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Prints JSON, for programs."),
    Option("Output", True, synonyms=("jsonl", "format")),
]
ShowProgress = Annotated[
    bool | None,
    typer.Option(
        "--progress/--no-progress", help="Shows on standard error how far it is. [default: on, with --json off]"
    ),
    Option("Output", synonyms=("verbose", "quiet", "silent", "bar")),
]
Texts = Annotated[
    list[str] | None,
    typer.Argument(metavar="TEXT", help="Texts, one line each; left out: the lines of standard input."),
]
File = Annotated[
    Path | None,
    typer.Option("--file", "-f", metavar="FILE", help="Reads this file."),
    Option("Data", True, synonyms=("input", "in", "from-file")),
]


def out_option(metavar: str, meaning: str) -> Any:
    """Return the option of what a command writes, with what it means there."""
    return typer.Option("--out", "-o", metavar=metavar, help=meaning)


Out = Annotated[
    Path | None,
    out_option("DIR", "Writes the model folder here."),
    Option("Output", True, synonyms=("output", "output-dir", "folder", "save", "name")),
]
TableOut = Annotated[
    Path | None,
    out_option("FILE", "Writes the table here. [default: standard output]"),
    Option("Tables", True, synonyms=("output", "save", "write")),
]
SamplesOut = Annotated[
    Path | None,
    out_option(
        "PATH",
        "Writes the samples or the table to this file; a name without an ending is a folder, in which each sample has "
        "a file.",
    ),
    Option("Output", True, synonyms=("output", "save", "write", "output-dir")),
]
ExportOut = Annotated[
    Path | None,
    out_option("PATH", "Writes the file or folder here. [default: next to the model folder]"),
    Option("Output", True, synonyms=("output", "file", "save", "name")),
]


def _interactive(meaning: str) -> Any:
    return typer.Option("--interactive", "-i", help=meaning)


AsTyped = Annotated[
    bool,
    _interactive(
        "Completes what is typed in the terminal: Tab accepts the grey suggestion, Ctrl-Right a word, Ctrl-D ends."
    ),
    Option("Completion", True, synonyms=("live", "type", "tui", "repl")),
]
InTurns = Annotated[
    bool,
    _interactive(
        "Writes in turns in the terminal: you type, the model goes on; a turn can be undone, the temperature changed."
    ),
    Option("Output", True, synonyms=("chat", "live", "tui", "repl", "play")),
]
ModelKind = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="KIND",
        help="Sets what learns: a recurrent network, or an ngram, which is counted. [default: recurrent]",
    ),
    Option("Network", synonyms=("markov", "kneser-ney", "counts")),
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replaces what is at the path of --out."),
    Option("Output", synonyms=("force", "replace", "in-place")),
]
NewColumnName = Annotated[
    str | None,
    typer.Option("--column", metavar="NAME", help="Names the new column; further ones add to this name."),
    Option("Tables", synonyms=("column-name", "into", "answer-column", "rename", "as")),
]
ConditionColumn = Annotated[
    list[str] | None,
    typer.Option(
        "--condition-column",
        metavar="COL",
        help="Names the column of a table that holds the condition of each row; once for each column of the training, "
        "in its order.",
    ),
    Option("Tables", True, synonyms=("label-column", "conditions", "given-column")),
]
Page = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Writes the result as a page of HTML."),
    Option("Output", True, synonyms=("page", "plot", "figure", "report")),
]
Condition = Annotated[
    list[str] | None,
    typer.Option(
        "--condition",
        "-c",
        metavar="LABEL",
        help="Sets what the text depends on: a label, a blend such as a=0.7,b=0.3 (its weights are divided by their "
        "sum), or a number; once for each column.",
    ),
    Option("Data", True, synonyms=("label", "given", "style", "class", "control")),
]
ConditionJson = Annotated[
    str | None,
    typer.Option(
        "--condition-json",
        metavar="JSON",
        help='Sets it as JSON, for labels that hold anything: "a, local", {"a, local": 0.7, "b": 0.3}, a number, or a '
        "list of these, one for each column.",
    ),
    Option("Data", synonyms=("json-condition", "conditions")),
]


def is_shown(progress: bool | None, as_json: bool) -> bool:
    """Return whether progress is shown: where nothing is said about it, for people and not for programs."""
    return not as_json if progress is None else progress


def condition_keyword(model: Any, condition: list[str] | None, in_json: str | None = None) -> dict[str, Any]:
    """Return the condition as a keyword, where there is one.

    Args:
        model: is to take it.
        condition: holds the values of `--condition`.
        in_json: is the value of `--condition-json`.

    Raises:
        UsageError: the model is not a conditional one, there are two conditions, or one is not JSON.
    """
    if not condition and in_json is None:
        return {}
    check_conditional(model, "--condition")
    if in_json is None:
        return {"condition": condition}
    if condition:
        raise UsageError("a condition is given by --condition or --condition-json. Received: both.", "leave one out.")
    return {"condition": _from_json(in_json)}


def check_conditional(model: Any, option: str) -> None:
    """Refuse a model that takes no condition.

    Args:
        model: is to take it.
        option: gives the condition.

    Raises:
        UsageError: the model is not a conditional one.
    """
    from unspool.models.conditional import ConditionalTextModel  # here and not above: the models import NumPy

    if not isinstance(model, ConditionalTextModel):
        raise UsageError(
            f"{option} is for a ConditionalTextModel. Received: {model.path}, a {type(model).__name__}.",
            f"leave out {option}.",
        )


def check_text_model(model: Any, option: str) -> None:
    """Refuse a model that is no language model.

    Args:
        model: is opened.
        option: is for such models; or it is a command.

    Raises:
        UsageError: it is none.
    """
    from unspool.models.text import TextModel  # here and not above: the models import NumPy

    if not isinstance(model, TextModel):
        raise UsageError(
            f"{option} is for a TextModel. Received: {model.path}, a {type(model).__name__}.",
            f"leave out {option}." if option.startswith("-") else "`unspool train TEXT` makes one.",
        )


def _from_json(text: str) -> Any:
    """Return the condition that JSON holds: a label, a number, a blend, or a list of these."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    columns = value if isinstance(value, list) else [value]
    if not columns or any(isinstance(one, bool) or not isinstance(one, str | int | float | dict) for one in columns):
        raise UsageError(
            "--condition-json must be a label, a number, an object of labels and weights, or a list of these. "
            f"Received: {text!r:.60}.",
            """such as '"a label"' or '{"a, local": 0.7, "b": 0.3}', in single quotes.""",
        )
    return value

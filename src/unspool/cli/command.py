"""A command: a function, its help in two lengths, and errors that name the option that was meant.

`Annotated[..., typer.Option(...), Option("Output", common=True)]` gives an option that is written by hand what
`setting` gives a field of a spec.
"""

import inspect
import re
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, get_args

import typer
from typer.core import TyperCommand
from typer.models import OptionInfo

from unspool.cli.console import show_help, write
from unspool.cli.help import flag_of, write_help
from unspool.cli.inline import as_options
from unspool.cli.suggest import nearest_name
from unspool.cli.typed import TYPED, as_given, name_in, typed_flags
from unspool.errors import UnspoolError, UsageError
from unspool.specs.base import Option

NAMES = ("MODEL", "DATA", "PATH...", "FILE", "DIR")  # of the values that are those of files and folders
EVERYTHING = "unspool.help.everything"  # in the meta of a context: the whole help is requested


class Command(TyperCommand):
    """A command that knows the group of each option in the help, and its synonyms.

    Attributes:
        about: holds these for each option, by the name of its parameter.
    """

    about: dict[str, Option]

    @property
    def options(self) -> list[Any]:
        """The options of the command, without those that print the help."""
        return [param for param in self.params if param.name in self.about]

    def words(self) -> dict[str, tuple[str, ...]]:
        """Return for each option, by its flag, what a person may type instead."""
        return {flag_of(one): (*one.opts, *one.secondary_opts, *self.about[one.name].synonyms) for one in self.options}

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the usage and the help."""
        self.format_usage(ctx, formatter)
        write_help(self, ctx, formatter, ctx.meta.get(EVERYTHING, False))

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option that shows the help."""
        return show_help(super().get_help_option(ctx))

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error about a setting names it as it was given."""
        try:
            return super().invoke(ctx)
        except UnspoolError as error:
            raise as_given(error, ctx) from None

    def make_parser(self, ctx: Any) -> Any:
        """Make a parser that notes which flags were typed, and refuses a second value for an option that takes one."""
        parser: Any = super().make_parser(ctx)
        parse = parser.parse_args

        def parse_once(args: list[str]) -> Any:
            args = as_options(args, self)
            typed = ctx.meta[TYPED] = typed_flags(self.options, args)
            opts, rest, order = parse(args)
            _refuse_empty_names(self.params, opts)
            for one in order:
                if _takes_one_value(one) and order.count(one) > 1 and not ctx.resilient_parsing:
                    raise _given_twice(list(dict.fromkeys(typed.get(one.name, [flag_of(one)]))))
            return opts, rest, order

        parser.parse_args = parse_once
        return parser


def _refuse_empty_names(params: list[Any], given: dict[str, Any]) -> None:
    """Refuse an empty name of a file or folder, as an unset variable of a shell is, which for Python is the folder `.`.

    Raises:
        UsageError: there is one.
    """
    for param in params:
        values = given.get(param.name)
        if param.metavar in NAMES and "" in (values if isinstance(values, list | tuple) else [values]):
            what = flag_of(param) if param.param_type_name == "option" else param.metavar
            raise UsageError(
                f"{what} must be the name of a file or a folder. Received: ''.", "write . for this folder."
            )


def _takes_one_value(param: Any) -> bool:
    """Return whether the last of several values would win; a switch without a negation may be repeated."""
    option = param.param_type_name == "option" and not param.multiple
    return bool(option and (not param.is_flag or param.secondary_opts))


def _given_twice(flags: list[str]) -> UsageError:
    """Make the error for an option that was given twice, by some of its flags."""
    if len(flags) == 1:
        return UsageError(f"{flags[0]} takes one value, and it was given twice.", f"give {flags[0]} once.")
    return UsageError(f"{' and '.join(flags)} are one option, which takes one value.", "give one of them.")


def _show_all(context: typer.Context, requested: bool) -> None:
    if requested and not context.resilient_parsing:
        command: Any = context.command
        write(help_of(command, context, everything=True) + "\n")
        raise typer.Exit


HelpAll = Annotated[
    bool,
    typer.Option("--help-all", help="Shows all options.", is_eager=True, callback=_show_all, allow_from_autoenv=False),
]


def make_command(name: str, function: Callable[..., Any]) -> Command:
    """Make the command of a function that `with_options` has decorated."""
    parameters = inspect.signature(function).parameters.values()

    @wraps(function)
    def called(help_all: bool = False, **values: Any) -> None:
        function(**values)

    help_all = inspect.Parameter("help_all", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=HelpAll)
    called.__signature__ = inspect.Signature([*parameters, help_all])  # type: ignore[attr-defined]
    called.__annotations__ = {one.name: one.annotation for one in (*parameters, help_all)}
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name, cls=Command)(called)
    command: Any = typer.main.get_command(app)
    assert isinstance(command, Command)
    marks = {one.name: get_args(one.annotation) for one in parameters}
    command.about = {
        parameter: next((mark for mark in found if isinstance(mark, Option)), Option(common=True))
        for parameter, found in marks.items()
        if any(isinstance(mark, OptionInfo) for mark in found)
    }
    return command


def help_of(command: Command, context: Any, everything: bool) -> str:
    """Return the short or the whole help of a command."""
    context.meta[EVERYTHING] = everything
    return command.get_help(context)


def explained(error: Any) -> tuple[str, str]:
    """Return the message and the hint for an error of typer."""
    context, param = getattr(error, "ctx", None), getattr(error, "param", None)
    path = context.command_path if context else "unspool"
    if context is not None and hasattr(error, "possibilities"):  # an unknown option
        known, more = (context.command.words(), "-all") if isinstance(context.command, Command) else ({}, "")
        near = nearest_name(error.option_name, known)
        hint = f"did you mean {near}? " if near else ""
        return f"{path} has no option {error.option_name}.", f"{hint}`{path} --help{more}` shows all."
    if param is not None and hasattr(error.__cause__, "errors"):  # a value of the wrong type
        problem = error.__cause__.errors()[0]
        rule = problem["msg"].partition(",")[0]
        is_option = context is not None and param.param_type_name == "option"
        flag = name_in(context, param, flag_of(param)) if is_option else param.metavar or param.name
        received = f"Received: {problem['input']!r:.80}."
        return f"{flag}: {rule[0].lower()}{rule[1:]}. {received}", f"change {flag} and try again."
    if param is not None and param.param_type_name == "argument" and error.__class__.__name__ == "MissingParameter":
        return f"{path} needs {param.metavar}.", _needed(path, param.metavar)
    if further := re.fullmatch(r"Got unexpected extra argument\S* \((.*)\)\.?", error.format_message()):
        hint = f"put a text of several words into quotes; see `{path} --help`."
        return f"{path} takes fewer arguments. Received, too: {further[1]:.80}.", hint
    return error.format_message(), f"see `{path} --help`."


def _needed(path: str, what: str) -> str:
    """Return the hint for an argument that is missing."""
    from unspool.folder.nearby import latest_models

    latest = latest_models() if what == "MODEL" else ""
    return f"name a model folder, {latest}" if latest else f"see `{path} --help`."

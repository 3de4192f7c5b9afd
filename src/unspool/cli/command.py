"""A command: its help, short or whole, in groups and with examples first, and what it refuses.

The help is made from the docstring of the command's function, whose `Examples:` come first, and from its parameters.
`Annotated[..., typer.Option(...), Option("Output", common=False)]` says of an option that is written by hand what
`setting` says of a field of a spec.
"""

import inspect
from collections.abc import Callable
from typing import Any, get_args

import typer
from typer.core import TyperCommand

from unspool.cli.console import write
from unspool.cli.renamed import RENAMED
from unspool.cli.suggest import nearest_name
from unspool.errors import UsageError
from unspool.specs.base import Option

GROUPS = ("Options", "Data", "Tables", "Pairs", "Network", "Training", "Budget")  # those of a task come next
LAST = ("Engine", "Output")
WIDEST_FLAGS = 28  # beside their meaning; wider ones stand above it
FEW = 14  # options that the short help of a command shows in any case
EVERYTHING = "unspool.help.everything"  # in the meta of a context: the whole help is wanted
HIDDEN_FLAGS = {flag.lstrip("/") for flags in RENAMED.values() for flag in flags}


class Command(TyperCommand):
    """A command whose parameters say in which group of the help they stand, and whether the short help shows them."""

    about: dict[str, Option]

    @property
    def options(self) -> list[Any]:
        """Its own options, without those that print the help."""
        return [param for param in self.params if param.param_type_name == "option" and param.name in self.about]

    def words(self) -> dict[str, tuple[str, ...]]:
        """Each option as it is written, and what a person may write in its place."""
        return {flag_of(one): (*one.opts, *one.secondary_opts, *self.about[one.name].synonyms) for one in self.options}

    def make_parser(self, ctx: Any) -> Any:
        """A parser that refuses a second value for an option that takes one."""
        parser: Any = super().make_parser(ctx)
        parse = parser.parse_args

        def parse_once(args: list[str]) -> Any:
            opts, rest, order = parse(args)
            for one in order:
                takes_one = one.param_type_name == "option" and not one.multiple
                says_something = takes_one and (not one.is_flag or one.secondary_opts)
                if says_something and order.count(one) > 1 and not ctx.resilient_parsing:
                    raise UsageError(
                        f"{flag_of(one)} takes one value, and it was given twice.", f"give {flag_of(one)} once."
                    )
            return opts, rest, order

        parser.parse_args = parse_once
        return parser

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Usage, meaning, examples, arguments, and the options in their groups."""
        everything = ctx.meta.get(EVERYTHING, False)
        meaning, _, examples = (self.help or "").partition("\nExamples:\n")
        self.format_usage(ctx, formatter)
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(meaning.strip())
        if examples:
            with formatter.section("Examples"):
                for line in inspect.cleandoc(examples).splitlines():
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")
        arguments = [param for param in self.params if param.param_type_name == "argument"]
        tables: dict[str, list[tuple[str, str]]] = {}
        if arguments:
            tables["Arguments"] = [(one.metavar or "", _meaning(one)) for one in arguments]
        for name, options in self._groups(everything).items():
            tables[name] = [(_flags_and_value(one), _meaning(one)) for one in options]
        width = min(WIDEST_FLAGS, max(len(flags) for rows in tables.values() for flags, _ in rows))
        for name, rows in tables.items():
            with formatter.section(name):
                formatter.write_dl([(f"{flags:{width}}", meaning) for flags, meaning in rows], col_max=WIDEST_FLAGS)
        formatter.write_paragraph()
        formatter.write_text(self._closing(ctx.command_path, everything))

    def _groups(self, everything: bool) -> dict[str, list[Any]]:
        """The options of the short or the whole help, by group."""
        whole = everything or len(self.options) <= FEW
        found: dict[str, list[Any]] = {name: [] for name in GROUPS}
        for one in self.options:
            if whole or self.about[one.name].common:
                found.setdefault(self.about[one.name].group or GROUPS[0], []).append(one)
        order = [name for name in found if name not in LAST] + [*LAST]
        return {name: found[name] for name in order if found.get(name)}

    def _closing(self, path: str, everything: bool) -> str:
        """How to see more, and one sentence about the environment."""
        shown = sum(map(len, self._groups(everything).values()))
        more = f"{path} --help-all shows all {len(self.options)} options. " if shown < len(self.options) else ""
        one = next((one for one in self.options if not one.is_flag), None)
        if one is None or self.name is None:
            return more
        variable = f"UNSPOOL_{self.name}_{one.name}".upper().replace("-", "_")
        return f"{more}Options can be set in the environment too: {variable} is {flag_of(one)}."


def make_command(name: str, function: Callable[..., Any]) -> Command:
    """The command of a function, such as `with_options` makes."""
    about = {}
    for parameter in inspect.signature(function).parameters.values():
        marks = get_args(parameter.annotation)
        if any(type(mark).__name__ == "OptionInfo" for mark in marks):
            about[parameter.name] = next((mark for mark in marks if isinstance(mark, Option)), Option(common=True))
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name, cls=Command)(function)
    command: Any = typer.main.get_command(app)
    assert isinstance(command, Command)
    command.about = about
    command.params.append(_help_all())
    return command


def help_of(command: Command, context: Any, everything: bool) -> str:
    """The short or the whole help of a command."""
    context.meta[EVERYTHING] = everything
    return command.get_help(context)


def mistyped(error: Any) -> tuple[str, str] | None:
    """The message and the hint of an error of typer's about an option that is not there; of other errors, nothing."""
    context, wrong = getattr(error, "ctx", None), getattr(error, "option_name", None)
    if context is None or wrong is None or not hasattr(error, "possibilities"):
        return None
    command = context.command
    near = nearest_name(wrong, command.words() if isinstance(command, Command) else {})
    more = "--help-all" if isinstance(command, Command) else "--help"
    hint = f"did you mean {near}? " if near else ""
    return f"{context.command_path} has no option {wrong}.", f"{hint}`{context.command_path} {more}` shows all."


def _help_all() -> Any:
    def show(context: typer.Context, wanted: bool) -> None:
        if wanted and not context.resilient_parsing:
            command: Any = context.command
            write(help_of(command, context, everything=True) + "\n")
            raise typer.Exit

    def holder(
        wanted: bool = typer.Option(False, "--help-all", is_eager=True, callback=show, expose_value=False),
    ) -> None:
        raise AssertionError("never called")

    app = typer.Typer(add_completion=False)
    app.command()(holder)
    return typer.main.get_command(app).params[0]


def _flags_shown(param: Any) -> list[str]:
    """The flags that the help shows: letters, the name of the setting, other names."""
    name = f"--{param.name.replace('_', '-')}"
    shown = [one for one in param.opts if one not in HIDDEN_FLAGS]
    return sorted(shown, key=lambda one: (len(one) > 2, one != name))


def flag_of(param: Any) -> str:
    """The flag by which messages name an option: its longest name is the first after the letters."""
    return next((one for one in _flags_shown(param) if len(one) > 2), param.opts[0])


def _flags_and_value(param: Any) -> str:
    off = [flag for flag in param.secondary_opts if flag not in HIDDEN_FLAGS]
    together = " / ".join([", ".join(_flags_shown(param)), *off])
    return together if param.is_flag else f"{together} {param.metavar or 'TEXT'}"


def _meaning(param: Any) -> str:
    """The help of an option; one written by hand has its default added."""
    told = "required" if param.required else ""
    if param.show_default and param.default not in (None, False):
        told = f"default: {'on' if param.default is True else param.default}"
    return f"{param.help or ''} [{told}]" if told else param.help or ""

"""The help of a command: examples first, then its options in groups, the common ones or all.

It is made from the docstring of the command's function, with its `Examples:`, and from the parameters.
"""

import inspect
from collections.abc import Mapping
from typing import Any

from unspool.cli.renamed import RENAMED
from unspool.specs.base import Option

GROUPS = ("Options", "Data", "Tables", "Pairs", "Network", "Training", "Budget")  # those of a task come next
LAST = ("Engine", "Output")
MAX_FLAGS_WIDTH = 28  # characters; wider flags have a line of their own above their meaning
FEW = 14  # options that the short help of a command shows in any case
HIDDEN_FLAGS = {flag.lstrip("/") for flags in RENAMED.values() for flag in flags}

About = Mapping[str, Option]  # parameter -> its group in the help


def write_help(command: Any, context: Any, formatter: Any, everything: bool) -> None:
    """Write meaning, examples, arguments, the options in their groups, and how to see more.

    Args:
        command: has the parameters, and in `about` what is known about its options.
        context: is the one in which the command was called.
        formatter: is that of typer, and has written the usage.
        everything: shows all options rather than the common ones.
    """
    description, _, examples = (command.help or "").partition("\nExamples:\n")
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(description.strip())
    if examples:
        with formatter.section("Examples"):
            for line in inspect.cleandoc(examples).splitlines():
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")
    groups = _grouped(command.options, command.about, everything)
    tables = {name: [(_flags_and_value(one), _meaning(one)) for one in options] for name, options in groups.items()}
    arguments = [(one.metavar or "", _meaning(one)) for one in command.params if one.param_type_name == "argument"]
    if arguments:
        tables = {"Arguments": arguments, **tables}
    width = min(MAX_FLAGS_WIDTH, max((len(flags) for rows in tables.values() for flags, _ in rows), default=0))
    for name, rows in tables.items():
        with formatter.section(name):
            formatter.write_dl([(f"{flags:{width}}", meaning) for flags, meaning in rows], col_max=MAX_FLAGS_WIDTH)
    formatter.write_paragraph()
    shown = [one for options in groups.values() for one in options]
    formatter.write_text(_closing(command, context.command_path, shown))


def _grouped(options: list[Any], about: About, everything: bool) -> dict[str, list[Any]]:
    """Return the options to show, by group, in the order of the groups."""
    found: dict[str, list[Any]] = {name: [] for name in GROUPS}
    for one in options:
        if everything or len(options) <= FEW or about[one.name].common:
            found.setdefault(about[one.name].group or GROUPS[0], []).append(one)
    order = [name for name in found if name not in LAST] + [*LAST]
    return {name: found[name] for name in order if found.get(name)}


def _closing(command: Any, path: str, shown: list[Any]) -> str:
    """Say how to see all options, and how to set them in the environment."""
    every = len(command.options)
    more = f"{path} --help-all shows all {every} options. " if len(shown) < every else ""
    one = next((one for one in shown if not one.is_flag), None)
    if one is None:
        return more
    variable = f"UNSPOOL_{command.name}_{one.name}".upper().replace("-", "_")
    return f"{more}Options can be set in the environment too: {variable} is {flag_of(one)}."


def flag_of(param: Any) -> str:
    """Return the flag by which messages name an option: that of the setting itself."""
    return next((one for one in _flags(param) if len(one) > 2), param.opts[0])


def _flags(param: Any) -> list[str]:
    """Return the flags that the help shows: letters, the name of the setting, other names."""
    name = f"--{param.name.replace('_', '-')}"
    shown = [one for one in param.opts if one not in HIDDEN_FLAGS]
    return sorted(shown, key=lambda one: (len(one) > 2, one != name))


def _flags_and_value(param: Any) -> str:
    off = [flag for flag in param.secondary_opts if flag not in HIDDEN_FLAGS]
    together = " / ".join([", ".join(_flags(param)), *off])
    return together if param.is_flag else f"{together} {param.metavar or 'TEXT'}"


def _meaning(param: Any) -> str:
    """Return the help of a parameter; to one that is written by hand the default is added."""
    note = "required" if param.required else ""
    if param.show_default and param.default not in (None, False):
        note = f"default: {'on' if param.default is True else param.default}"
    return f"{param.help or ''} [{note}]" if note else param.help or ""

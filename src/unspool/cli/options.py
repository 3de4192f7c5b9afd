"""Make the options of a command from the fields of specs.

    class SamplingSpec(Spec):                             -t, --temperature, --temp NUMBER
        '''...                                                   Divides the logits. [at least 0; default: 0.8]
        Attributes:                                 ->
            temperature: divides the logits.
        '''
        temperature: float = setting(0.8, Option("Sampling", flags=("-t", "--temp")), ge=0)

So the help, the reference, the errors and the keywords in Python use the same words. An option is checked by the spec
it came from and nowhere else; one that is not given is not in the settings that the command receives.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import wraps
from typing import Annotated, Any

import typer

from unspool.cli.renamed import RENAMED, old_environment
from unspool.cli.wording import Fields as Fields
from unspool.cli.wording import Home, help_text, kind_of_all, members, metavar
from unspool.specs.base import Option, Spec, option_of
from unspool.text.escapes import unescaped

LITERAL = "literal"
Literal = Annotated[
    bool,
    typer.Option("--literal", help="Takes texts as they are typed: \\n is a backslash and an n, not a line end."),
    Option("Data", synonyms=("raw", "no-escapes")),
]
Settings = dict[str, Any]  # name of a field -> the value that was given
Function = Callable[..., None]
Part = type[Spec] | Fields | Sequence[type[Spec] | Fields]


def with_options(**parts: Part) -> Callable[[Function], Function]:
    """Give a command an option for each field of some specs.

        @with_options(sampling=SamplingSpec, runtime=Fields(RuntimeSpec, ("engine",)))
        def generate(model: ModelPath, *, sampling: Settings, runtime: Settings) -> None: ...

    Args:
        **parts: are parameters of the function, each with the specs whose fields become options. The function receives
            for each the settings that were given, by the names of their fields. A field that several specs of a part
            have is one option.

    Raises:
        TypeError: a field has one type in one spec of a part and another in the next.
    """

    def decorate(function: Function) -> Function:
        own = [one for one in inspect.signature(function).parameters.values() if one.name not in parts]
        made = {part: _gathered(fields) for part, fields in parts.items()}
        new = [_parameter(function.__name__, *item) for one in made.values() for item in one.items()]
        escapes = any(_understands_escapes(homes) for one in made.values() for homes in one.values())
        added = escapes and all(one.name != LITERAL for one in own)
        if added:
            new.append(inspect.Parameter(LITERAL, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Literal))

        @wraps(function)
        def command(**values: Any) -> None:
            literal = values.pop(LITERAL) if added else values.get(LITERAL, False)
            for part, homes in made.items():
                given = {name: values.pop(name) for name in homes}
                values[part] = {
                    name: _converted(value, homes[name], literal) for name, value in given.items() if value is not None
                }
            function(**values)

        together = [*own, *new]
        command.__signature__ = inspect.Signature(together)  # type: ignore[attr-defined]
        command.__annotations__ = {one.name: one.annotation for one in together}
        return command

    return decorate


def _gathered(part: Part) -> dict[str, list[Home]]:
    """Return the fields of a part by name, each with the specs that have it."""
    several: Iterable[type[Spec] | Fields] = [part] if isinstance(part, type | Fields) else part
    all_fields = [one if isinstance(one, Fields) else Fields(one) for one in several]
    tasks = tuple(dict.fromkeys(one.task for one in all_fields))
    found: dict[str, list[Home]] = {}
    for fields in all_fields:
        visible = [name for name in fields.spec.model_fields if not option_of(fields.spec, name).hidden]
        for name in fields.names or visible:
            found.setdefault(name, []).append(Home(fields, name, tasks))
    return found


def _parameter(command: str, name: str, homes: list[Home]) -> inspect.Parameter:
    """Make the parameter of a command's function that is an option for typer."""
    option = option_of(homes[0].fields.spec, name)
    kind, choices = kind_of_all(homes)
    made = typer.Option(
        *_flags(name, option, any(home.field.default is not False for home in homes) and kind is bool),
        help=help_text(homes),
        metavar=None if kind is bool else option.metavar or metavar(kind, choices),
        envvar=old_environment(command, name) or None,
        show_default=False,
        autocompletion=_completion(choices) if choices else None,
    )
    annotation: Any = Annotated[kind | None, made, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _flags(name: str, option: Option, can_be_switched_off: bool) -> list[str]:
    flag = name.replace("_", "-")
    first = f"--{flag}/--no-{flag}" if can_be_switched_off else f"--{flag}"
    others = dict.fromkeys((*option.flags, *RENAMED.get(name, ())))
    # for typer, a space before the slash marks a flag that only switches off
    return [first, *(f" {one}" if one.startswith("/") else one for one in others)]


def _understands_escapes(homes: list[Home]) -> bool:
    return option_of(homes[0].fields.spec, homes[0].name).escapes


def _converted(value: Any, homes: list[Home], literal: bool) -> Any:
    if not literal and _understands_escapes(homes):
        value = unescaped(value) if isinstance(value, str) else list(map(unescaped, value))
    if isinstance(value, list):
        return tuple(value)
    kinds = members(homes[0].field.annotation)
    if isinstance(value, str) and int in kinds and value.isdecimal():
        return int(value)
    if isinstance(value, str) and float in kinds:
        with suppress(ValueError):
            return float(value)
    return value


def _completion(choices: tuple[str, ...]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return [one for one in choices if one.startswith(incomplete) and one.islower()]

    return complete

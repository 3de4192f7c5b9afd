"""The base of all specs: frozen, strict about names and types, and clear about what is wrong."""

import re
from collections.abc import Mapping
from inspect import cleandoc
from typing import Any, NamedTuple, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from unspool.errors import UnspoolError, UsageError, nearest


class Spec(BaseModel):
    """A frozen description of what to build or do, with no behaviour beyond checking itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)

    def changed(self, **values: Any) -> Self:
        """Return a copy with some values replaced, checked like a new one.

        Raises:
            UsageError: a value breaks its rule.
        """
        return build(type(self), {**self.model_dump(), **values}, "settings")


S = TypeVar("S", bound=Spec)


class Option(NamedTuple):
    """What a command line needs to know about a setting besides its name, type, default, rules and meaning.

    Attributes:
        group: is the heading of the help under which the option stands.
        common: says whether the short help shows it.
        flags: are further flags, such as `-n` or a usual abbreviation.
        synonyms: are words that a person may try instead of the name.
        metavar: stands for the value in the help; empty shows the type.
        hidden: says that there is no option for this setting.
        default: replaces the default of the field in the help, for instance where data and time decide.
        escapes: says that escapes are understood in a typed value, such as a backslash and an n for a line end.
        path: says that the value names files or folders, whose own folders are not published with a model.
        takes: names settings that are numbers and may follow a switch, as in `--counts order=8,min_count=2`.
    """

    group: str = ""
    common: bool = False
    flags: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    metavar: str = ""
    hidden: bool = False
    default: str = ""
    escapes: bool = False
    path: bool = False
    takes: tuple[str, ...] = ()


def setting(default: Any = ..., option: Option | None = None, **rules: Any) -> Any:
    """Make a field of a spec, with what a command line needs to know about it.

    Args:
        default: is the value of the field unless another is given; left out, one must be given.
        option: says how it is given on the command line; none takes the defaults of `Option`.
        **rules: are keywords of `pydantic.Field`, such as `ge` and `lt`.
    """
    return Field(default, json_schema_extra={"option": option or Option()}, **rules)  # type: ignore[dict-item]


def option_of(kind: type[Spec], name: str) -> Option:
    """Return what a command line needs to know about a field of a spec."""
    extra = kind.model_fields[name].json_schema_extra
    found = extra.get("option") if isinstance(extra, dict) else None
    return found if isinstance(found, Option) else Option()


def meanings(kind: type[Spec]) -> dict[str, str]:
    """Return what each field of a spec means: its entry below `Attributes:` in the docstring, or in that of a base."""
    found: dict[str, str] = {}
    for cls in reversed(kind.__mro__):
        text = cleandoc(cls.__doc__ or "").partition("Attributes:\n")[2]
        for name, meaning in re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", text, flags=re.MULTILINE):
            found[name] = " ".join(meaning.split())
    return found


def build(kind: type[S], values: Mapping[str, Any], where: str, error: type[UnspoolError] = UsageError) -> S:
    """Make a spec from named values.

    Args:
        kind: is the class of the spec.
        values: are those of the fields by name; lists may stand for tuples, as JSON and TOML have no tuples.
        where: is what an error message calls the values, such as the name of a file.
        error: is the class to raise.

    Raises:
        UnspoolError: a value breaks its rule; the error is of the class given, and names the field, the rule and the
            value received.
    """
    try:
        return kind.model_validate(_tuples(values))
    except ValidationError as problem:
        errors = problem.errors()
        first = next((item for item in errors if item["type"] == "extra_forbidden"), errors[0])
        field = ".".join(str(part) for part in first["loc"])

        def about(message: str, hint: str, *settings: str) -> UnspoolError:
            found = error(f"{where}: {message}", hint)
            found.where, found.settings = where, settings
            return found

        if first["type"] == "extra_forbidden":
            known = nearest(field, kind.model_fields, 30) if len(first["loc"]) == 1 else "see the reference."
            raise about(f"{field} is not a known setting.", known, field) from None
        message = first["msg"].removeprefix("Value error, ")
        if not field:  # a rule about several fields, which says what it received
            named = [name for name in kind.model_fields if re.search(rf"\b{name}\b", message)]
            raise about(f"{message}.", "change these settings and try again.", *named) from None
        rule = message[0].lower() + message[1:]
        received = "" if first["type"] == "missing" else f" Received: {field}={first['input']!r:.80}."
        raise about(f"{field}: {rule}.{received}", f"change {field} and try again.", field.partition(".")[0]) from None


def _tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _tuples(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_tuples(item) for item in value)
    return value

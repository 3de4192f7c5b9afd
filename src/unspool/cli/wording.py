"""What the help and the reference show of a field: its meaning, its values and its default."""

import types
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from unspool.specs.base import Spec, meanings, option_of

MAX_BOUND = 1_000_000  # a rule beyond it only keeps values finite, and the help leaves it out
METAVARS = {int: "INTEGER", float: "NUMBER", str: "TEXT"}
MAX_METAVAR_WIDTH = 32  # characters


class Fields(NamedTuple):
    """Which fields of a spec become options.

    Attributes:
        spec: has the fields.
        names: are those of the fields; empty takes all that are not hidden.
        task: is the one that has this spec; the help names it where others lack a setting or have another default.
        default: replaces the default of a single field in the help, where the command has one of its own.
    """

    spec: type[Spec]
    names: tuple[str, ...] = ()
    task: str = ""
    default: str = ""


class Home(NamedTuple):
    """A field in one of the specs of a command that have it.

    Attributes:
        fields: holds the spec.
        name: is that of the field.
        tasks: are those of all the specs of the command; empty is any.
    """

    fields: Fields
    name: str
    tasks: tuple[str, ...]

    @property
    def field(self) -> Any:
        """The field as Pydantic knows it."""
        return self.fields.spec.model_fields[self.name]


def members(annotation: Any) -> list[Any]:
    """Return the types that a field may have, without `None` and without their rules."""
    if get_origin(annotation) is Annotated:
        return members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [member for one in get_args(annotation) for member in members(one)]
    return [] if annotation is type(None) else [annotation]


def kind_of(annotation: Any) -> tuple[Any, tuple[str, ...]]:
    """Return the type that an option is converted to, and the words to choose from, if only those are allowed."""
    found = members(annotation)
    choices = tuple(str(word) for one in found if get_origin(one) is Literal for word in get_args(one))
    if bool in found:
        return bool, ()
    if choices:
        return str, (*choices, *(METAVARS[int] for one in found if one is int))
    if get_origin(found[0]) is tuple:
        kind, choices = kind_of(get_args(found[0])[0])
        return list[kind], choices  # type: ignore[valid-type]
    return found[0], ()


def kind_of_all(homes: list[Home]) -> tuple[Any, tuple[str, ...]]:
    """Return the type of an option that several specs have, and the words that any of them allows.

    Raises:
        TypeError: their types differ.
    """
    kinds, words = zip(*(kind_of(home.field.annotation) for home in homes), strict=True)
    if any(kind != kinds[0] for kind in kinds):
        raise TypeError(f"{homes[0].name} must have one type in all specs of a command. Received: {kinds}.")
    return kinds[0], tuple(dict.fromkeys(word for several in words for word in several))


def metavar(kind: Any, choices: tuple[str, ...]) -> str:
    """Return what stands for the value of an option in the help."""
    together = "|".join(choices)
    if 0 < len(together) <= MAX_METAVAR_WIDTH:
        return together
    return METAVARS.get(get_args(kind)[0] if get_origin(kind) is list else kind, "TEXT")


def help_text(homes: list[Home]) -> str:
    """Return what a setting means, and in brackets which tasks have it, its values and its default."""
    first = homes[0]
    meaning = meanings(first.fields.spec)[first.name].replace("`", "")
    kind, choices = kind_of_all(homes)
    takes = ",".join(f"{name}=N" for name in option_of(first.fields.spec, first.name).takes)
    facts = [
        _tasks({home.fields.task for home in homes}, first.tasks),
        ", ".join(choices) if len("|".join(choices)) > MAX_METAVAR_WIDTH else "",
        range_of(first.field),
        _default(homes),
        f"may be followed by {takes}" if takes else "",
        "may be repeated" if get_origin(kind) is list else "",
    ]
    notes = "; ".join(filter(None, facts))
    return meaning[0].upper() + meaning[1:] + (f" [{notes}]" if notes else "")


def _tasks(having: set[str], tasks: tuple[str, ...]) -> str:
    """Name the tasks that have a setting, where not all do; or the others if they are fewer."""
    lacking = [task for task in tasks if task not in having]
    if "" in having or not lacking:
        return ""
    if "" not in lacking and len(lacking) < len(having):
        return f"not for {', '.join(lacking)}"
    return f"for {', '.join(task for task in tasks if task in having)} only"


def range_of(field: Any) -> str:
    """Return the bounds of a number: `1 to 32`, `above 0`, `at least 0 and below 1`."""
    bounds: dict[str, float] = {}
    for rule in field.metadata:
        for name in ("ge", "gt", "le", "lt"):
            bound = getattr(rule, name, None)
            if bound is not None and abs(bound) < MAX_BOUND:
                bounds[name] = bound
    if "ge" in bounds and "le" in bounds:
        return f"{bounds['ge']:,g} to {bounds['le']:,g}"
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return " and ".join(f"{words[name]} {bounds[name]:,g}" for name in words if name in bounds)


def _default(homes: list[Home]) -> str:
    """Return the default, and those of other tasks that differ from it."""
    own = homes[0].fields.default or option_of(homes[0].fields.spec, homes[0].name).default
    first, *others = [(home.fields.task, shown_default(home.field.default)) for home in homes]
    differing = dict.fromkeys(f"{task} {value}" for task, value in others if value not in (first[1], ""))
    shown = own or ", ".join(filter(None, [first[1], *differing]))
    return f"default: {shown}" if shown else ""


def shown_default(value: Any) -> str:
    """Return a default as it is given on a command line; empty where nothing is."""
    if value is None or value is False or value == ():
        return ""
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return "on" if value is True else f"{value:,g}" if isinstance(value, float) else str(value)


def values_of(field: Any) -> str:
    """Return what a field of a spec may be: its words, or its type and range."""
    kind, choices = kind_of(field.annotation)
    if choices:
        return ", ".join(f"`{one}`" if one.islower() else one.lower() for one in choices)
    many = get_origin(kind) is list
    plain = get_args(kind)[0] if many else kind
    name = {int: "integer", float: "number", str: "text", bool: "on or off"}.get(plain, plain.__name__)
    return ", ".join(filter(None, [f"{name}s" if many else name, range_of(field)]))

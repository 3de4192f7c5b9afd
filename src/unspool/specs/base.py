"""What all specs share: frozen, strict about names and types, and clear about what is wrong."""

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from unspool.errors import UnspoolError, UsageError


class Spec(BaseModel):
    """A frozen description of what to build or do, with no behaviour beyond checking itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def changed(self, **values: Any) -> Self:
        """A copy with some values replaced, checked like a new one.

        Raises:
            UsageError: a value breaks its rule.
        """
        return build(type(self), {**self.model_dump(), **values}, "settings")


S = TypeVar("S", bound=Spec)


def build(kind: type[S], values: Mapping[str, Any], where: str, error: type[UnspoolError] = UsageError) -> S:
    """Make a spec from named values.

    Args:
        kind: the class of the spec.
        values: field names to values; lists may stand for tuples, as JSON and TOML have no tuples.
        where: what the values are called in an error message, such as a file's name.
        error: the class to raise.

    Raises:
        UnspoolError: of class `error`, naming the field, the rule and the value received.
    """
    try:
        return kind.model_validate(_tuples(values))
    except ValidationError as problem:
        errors = problem.errors()
        first = next((item for item in errors if item["type"] == "extra_forbidden"), errors[0])
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(kind.model_fields) if len(first["loc"]) == 1 else "see the reference"
            raise error(f"{where}: {field} is not a known setting.", f"known settings: {known}.") from None
        message = first["msg"].removeprefix("Value error, ")
        if not field:  # a rule about several fields, which says what it received
            raise error(f"{where}: {message}.", "change these settings and try again.") from None
        rule = message[0].lower() + message[1:]
        received = "" if first["type"] == "missing" else f" Received: {field}={first['input']!r:.80}."
        raise error(f"{where}: {field}: {rule}.{received}", f"change {field} and try again.") from None


def _tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _tuples(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_tuples(item) for item in value)
    return value

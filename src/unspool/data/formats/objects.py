"""Rows that are JSON objects: one a line, as in .jsonl and .ndjson, or a list of them, as in .json.

A path with dots names a field of an object inside another: `translation.en`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import PurePath
from typing import Any

from unspool.data.formats.row import Row
from unspool.data.kinds import Way, way_for
from unspool.errors import DataError, shell_word

_MISSING = object()


class Fields(Mapping[str, object]):
    """The fields of an object, also those of objects inside it by a path with dots."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getitem__(self, path: str) -> object:
        found = _field(self._values, path)
        if found is _MISSING:
            raise KeyError(path)
        return found

    def __iter__(self) -> Iterator[str]:
        return _paths(self._values)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def read_objects(lines: Iterable[str], file: str, ending: str) -> Iterator[Row]:
    """Read a table of JSON.

    Args:
        lines: are those of the file, with their ends.
        file: is its name.
        ending: is that of the file.

    Raises:
        DataError: something is not JSON, or is not an object.
    """
    lines = iter(lines)
    if ending != ".json":
        return _object_lines(lines, file)
    start = []
    for line in lines:
        start.append(line)
        if line.strip():
            break
    else:
        return iter(())
    if start[-1].lstrip()[0] == "[":
        return _listed("".join([*start, *lines]), file)
    whole = _is_whole(start[-1])
    for line in lines:
        start.append(line)
        if whole and line.strip():  # one object a line, as in .jsonl
            return _object_lines(chain(start, lines), file)
    raise _no_list("".join(start), file)


def _object_lines(lines: Iterator[str], file: str) -> Iterator[Row]:
    blank = ""  # lines before the next object
    for number, line in enumerate(lines, 1):
        if not line.strip():
            blank += line
        else:
            place = f"line {number:,}"
            try:
                value = _DECODER.decode(line.strip())
            except (ValueError, RecursionError) as problem:
                raise _not_json(file, place, problem) from None
            yield Row(place, _fields(value, file, place), blank + line)
            blank = ""


def _listed(text: str, file: str) -> Iterator[Row]:
    """Read the objects of a list, each with the number of the line that it begins at."""
    position, number, counted, end = text.index("[") + 1, 1, 0, 0
    while True:
        position = _beyond(text, position)
        number, counted = number + text.count("\n", counted, position), position
        place = f"line {number:,}"
        if text[position : position + 1] == "]":
            break
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as problem:
            raise _not_json(file, place, problem) from None
        yield Row(place, _fields(value, file, place), text[end:position])
        end = position
        position = _beyond(text, position)
        if text[position : position + 1] == ",":
            position += 1
        elif text[position : position + 1] != "]":
            raise _not_json(file, place, "a comma or a bracket is missing after the object")
    if text[position + 1 :].strip():
        raise _not_json(file, place, "something follows the list")


def _beyond(text: str, position: int) -> int:
    """Return the position of the next character that is no space."""
    while text[position : position + 1] in (" ", "\t", "\n", "\r"):
        position += 1
    return position


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its fields, none of which may be there twice: one would be lost."""
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if twice is not None:
        raise ValueError(f"the field {twice!r:.60} is there twice")
    return dict(pairs)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique)


def _fields(value: Any, file: str, place: str) -> Fields:
    if not isinstance(value, dict):
        received = json.dumps(value)
        raise DataError(
            f"{file}: {place} must be a JSON object. Received: {received:.40}.",
            'write one object a line, such as {"text": "..."}, or a list of objects.',
        )
    return Fields(value)


def _field(values: dict[str, Any], path: str) -> Any:
    if path in values:
        return values[path]
    first, dot, rest = path.partition(".")
    while dot:
        inside = values.get(first)
        if isinstance(inside, dict) and (found := _field(inside, rest)) is not _MISSING:
            return found
        further, dot, rest = rest.partition(".")
        first = f"{first}.{further}"
    return _MISSING


def _paths(values: dict[str, Any], before: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _paths(value, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def _is_whole(line: str) -> bool:
    try:
        _DECODER.decode(line.strip())
    except (ValueError, RecursionError):
        return False
    return True


def _no_list(text: str, file: str) -> DataError:
    """Make the error for a file that holds one object; it names the lists in it, such as the messages of a chat."""
    try:
        value = _DECODER.decode(text.strip())
    except (ValueError, RecursionError) as problem:
        return _not_json(file, "its start", problem)
    lists = [name for name, inside in value.items() if isinstance(inside, list)] if isinstance(value, dict) else []
    within = f" It has lists in {', '.join(map(repr, lists[:5]))}." if lists else ""
    if not lists:
        hint = "write a list of objects, or one object a line."
    else:
        path = shell_word(f".[{json.dumps(lists[0], ensure_ascii=False)}]")
        new = re.sub(r"\W+", "-", lists[0]).strip("-") or "list"
        new += "-list" * (PurePath(file).stem == new)  # a shell empties what it writes before jq reads it
        hint = way_for(file, Way("take the list out", f"jq {path} {{name}} > {new}.json")) + "."
    return DataError(f"{file} must hold a list of objects. Received: one object.{within}", hint)


def _not_json(file: str, place: str, problem: object) -> DataError:
    return DataError(f"{file}: {place} is not JSON: {problem!s:.120}.", "correct or remove it.")

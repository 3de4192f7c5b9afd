"""Settings that are typed as `order=8,min_count=2`: options after a switch that takes them, refused elsewhere."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from unspool.errors import UsageError, shell_word

Pairs = list[tuple[str, str]]  # flag -> value


def as_options(args: Sequence[str], command: Any) -> list[str]:
    """Return arguments in which `--counts order=8,min_count=2` is `--counts --order 8 --min-count 2`.

    Args:
        args: are what was typed after the command.
        command: says which settings a switch takes; see `command.Command` and `Option.takes`.

    Raises:
        UsageError: what follows a switch is settings, and the switch does not take one of them.
    """
    takes = {flag: command.about[one.name].takes for one in command.options if one.is_flag for flag in one.opts}
    ends = args.index("--") if "--" in args else len(args)
    found: list[str] = []
    for word in args[:ends]:
        switch, equals, value = word.partition("=") if word.startswith("--") else (found[-1] if found else "", "", word)
        if not takes.get(switch) or (not equals and ("=" not in value or Path(value).exists())):
            found.append(word)
            continue
        pairs, known = _pairs(value), [f"--{name.replace('_', '-')}" for name in takes[switch]]
        if any(flag not in known for flag, _ in pairs):
            example = ",".join(f"{name}=N" for name in takes[switch])
            raise UsageError(
                f"{switch} may be followed by {example}. Received: {value:.80}.", "change it and try again."
            )
        found += [*([switch] if equals else []), *(part for pair in pairs for part in pair)]
    return [*found, *args[ends:]]


def refuse_settings(data: Iterable[str], command: Any) -> None:
    """Refuse settings that were typed in place of data, as `order=8,min_count=2`.

    Args:
        data: are names of files and folders.
        command: is the one that takes them; see `command.Command`.

    Raises:
        UsageError: one of them is settings, and no file.
    """
    known = {flag for option in command.options if not option.is_flag for flag in option.opts}
    for one in data:
        pairs = _pairs(one)
        if all(value and flag in known for flag, value in pairs) and not Path(one).exists():
            options = " ".join(f"{flag} {shell_word(value)}" for flag, value in pairs)
            raise UsageError(f"settings are options. Received: {one:.80}.", f"write {options} in its place.")


def _pairs(typed: str) -> Pairs:
    """Return each flag with its value; a setting without a value has an empty one."""
    split = [pair.partition("=") for pair in typed.split(",")]
    return [(f"--{name.strip().lstrip('-').lower().replace('_', '-')}", value.strip()) for name, _, value in split]

"""Find what was meant: the name that a mistyped one stands for, by letters and meaning; settings in a wrong place."""

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from unspool.errors import UsageError, shell_word

ENOUGH = 0.6
PART, PART_OF_SYNONYM = 0.9, 0.8  # weights of a match with the start or a part of a name
SHORTEST = 3  # letters of such a match


def nearest_name(wrong: str, known: Mapping[str, Iterable[str]]) -> str | None:
    """Return the known name that a person most likely meant, if one is near enough.

    Args:
        wrong: is what was typed, with or without dashes.
        known: holds the names, each with its synonyms.
    """
    typed = _bare(wrong)
    scores = {
        name: max([_likeness(typed, name, PART), *(_likeness(typed, word, PART_OF_SYNONYM) for word in words)])
        for name, words in known.items()
    }
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best is not None and len(typed) > 1 and scores[best] >= ENOUGH else None


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
        pairs = [pair.partition("=") for pair in one.split(",")]
        if all(value and f"--{_bare(name)}" in known for name, _, value in pairs) and not Path(one).exists():
            options = " ".join(f"--{_bare(name)} {shell_word(value)}" for name, _, value in pairs)
            raise UsageError(f"settings are options. Received: {one:.80}.", f"write {options} in its place.")


def _bare(word: str) -> str:
    return word.lstrip("-").lower().replace("_", "-")


def _likeness(typed: str, word: str, part: float) -> float:
    """Return 1 for the same word, less for its start, for one of its parts, or for some letters in common."""
    word = _bare(word)
    found = SequenceMatcher(None, typed, word).ratio()
    if len(typed) < SHORTEST:
        return found
    parts = [one for one in word.split("-") if len(one) >= SHORTEST]
    begun = part if word.startswith(typed) else 0.0
    return max(found, begun, *(part * SequenceMatcher(None, typed, one).ratio() for one in parts), 0.0)

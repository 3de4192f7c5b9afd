"""The nearest of some names to one that is not among them: by its letters, and by its meaning."""

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

ENOUGH = 0.6


def nearest_name(wrong: str, known: Mapping[str, Iterable[str]]) -> str | None:
    """The name that a person most likely meant, if one is near enough.

    Args:
        wrong: what was typed, with or without dashes.
        known: names, each with other words for the same thing.
    """
    typed = _bare(wrong)
    scores = {name: max(_likeness(typed, word) for word in (name, *words)) for name, words in known.items()}
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best is not None and scores[best] >= ENOUGH else None


def _bare(word: str) -> str:
    return word.lstrip("-").lower().replace("_", "-")


def _likeness(typed: str, word: str) -> float:
    """1 for the same word, less for a part of it, a beginning, or some letters in common."""
    whole = _bare(word)
    if typed == whole:
        return 1.0
    parts = [part for part in whole.split("-") if len(part) > 2]
    if typed in parts:
        return 0.9
    letters = max((_ratio(typed, part) * 0.9 for part in parts), default=0.0)
    return max(_ratio(typed, whole), letters if len(typed) > 2 else 0.0)


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()

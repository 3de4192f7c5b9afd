"""Find what was meant: the name that a mistyped one stands for, by letters and meaning."""

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

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

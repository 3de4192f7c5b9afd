"""The texts that people hand to a model: checked, cleaned, and what was replaced is said.

    prompt, text, label, stop string, from the shell or from Python -> clean_text -> tokenizer

A text that was cleaned before, such as a line of a file, passes as it is. What the vocabulary of the model lacks is
said.
"""

from collections.abc import Iterable
from warnings import warn

import numpy as np

from unspool.arrays import IntArray
from unspool.errors import DataWarning, UnknownTokensWarning, UsageError
from unspool.text.cleaning import clean_and_count
from unspool.text.tokenizer import REPLACEMENT, UNKNOWN, Tokenizer

MAX_SHOWN, MAX_CHARACTERS = 5, 60  # of what the vocabulary lacks; of each of them


def clean_text(text: str, name: str = "the text") -> str:
    """Return the clean form of a text. See `text.cleaning`.

    Args:
        text: is what a person gave.
        name: is what errors and the warning about replaced characters call it.

    Raises:
        UsageError: it is not a text.
        DataError: it has a NUL character.
    """
    found, replaced = _cleaned(text, name)
    if replaced:
        warn(f"{name}: {_replaced(replaced)}", DataWarning, stacklevel=3)
    return found


def clean_texts(texts: str | Iterable[str]) -> list[str]:
    """Return the clean forms of several texts, or of one.

    Raises:
        UsageError: one is not a text.
        DataError: one has a NUL character.
    """
    given = [texts] if isinstance(texts, str) else list(texts)
    found, total, first = [], 0, ""
    for number, text in enumerate(given, 1):
        name = f"text {number:,}" if len(given) > 1 else "the text"
        cleaned, replaced = _cleaned(text, name)
        first = first or (name if replaced else "")
        total += replaced
        found.append(cleaned)
    if total:
        warn(f"{first if len(given) == 1 else f'texts from {first} on'}: {_replaced(total)}", DataWarning, stacklevel=3)
    return found


def encode_prompt(tokenizer: Tokenizer, text: str) -> IntArray:
    """Return the tokens of the clean form of a prompt, [N]; what the vocabulary lacks is said.

    Args:
        tokenizer: is that of the model.
        text: is what a person gave.

    Raises:
        UsageError: it is not a text.
        DataError: it has a NUL character.
    """
    text = clean_text(text)
    ids = tokenizer.encode(text)
    _say_unknown(tokenizer.unknown(text, ids), "read")
    return ids


def warn_of_unknown(tokenizer: Tokenizer, texts: Iterable[str], done: str) -> None:
    """Name what the vocabulary of a model lacks of clean texts.

    Args:
        tokenizer: is that of the model.
        texts: are what a person gave.
        done: is what the model does with it: `read` or `learnt`.
    """
    _say_unknown([one for text in texts for one in tokenizer.unknown(text, tokenizer.encode(text))], done)


def count_unknown(encoded: Iterable[IntArray], done: str) -> None:
    """Say how many tokens of some texts the vocabulary of a model lacks.

    Args:
        encoded: are the ids of each text.
        done: is what the model does with them; see `say_how_many_unknown`.
    """
    tokens = unknown = 0
    for ids in encoded:
        tokens += len(ids)
        unknown += int(np.count_nonzero(ids == UNKNOWN))
    say_how_many_unknown(unknown, tokens, done)


def say_how_many_unknown(unknown: int, tokens: int, done: str) -> None:
    """Say how many tokens of a text, or of many, are unknown, if there are any.

    Args:
        unknown: counts them.
        tokens: counts all.
        done: is what the model does with them: `read`, `learnt` or `counted`.
    """
    if unknown:
        said = f"{unknown:,} of {tokens:,} tokens are not in the vocabulary of the model, and are {done} as <unk>."
        warn(said, DataWarning, stacklevel=3)


def _say_unknown(found: list[str], done: str) -> None:
    """Name what the vocabulary lacks, but for U+FFFD, which says of itself that it replaces."""
    unknown = [one for one in dict.fromkeys(found) if one != REPLACEMENT]
    if unknown:
        listed = [f"{one!r:.{MAX_CHARACTERS}}" for one in unknown[:MAX_SHOWN]]
        names = ", ".join(listed) + (" and others" if len(unknown) > MAX_SHOWN else "")
        verb = "is" if len(unknown) == 1 else "are"
        said = f"{names} {verb} not in the vocabulary of the model, and {verb} {done} as <unk>."
        warn(UnknownTokensWarning(said, unknown), stacklevel=5)


def _cleaned(text: str, name: str) -> tuple[str, int]:
    """Return the clean form of a text, and how many characters were replaced."""
    if not isinstance(text, str):
        raise UsageError(f"{name} must be a text. Received: {text!r:.60}.", "give a str.")
    return clean_and_count(text, name)


def _replaced(count: int) -> str:
    return f"{count:,} {'character' if count == 1 else 'characters'} that no Unicode text can have became U+FFFD."

"""Flags of version 0.1.0 whose setting has another name now; they are understood, and not shown.

The names of their environment variables are understood too: UNSPOOL_TRAIN_SEQ_LEN.
"""

from collections.abc import Mapping
from typing import Any

RENAMED = {  # setting -> its old flags; after a slash those that switch it off
    "sequence_length": ("--seq-len",),
    "vocabulary_limit": ("--vocab-size",),
    "suffixes": ("--suffix",),
    "decoder_input": ("--feed",),
    "lowercase": ("/--keep-case",),
    "bidirectional": ("/--one-direction",),
}


def old_environment(command: str, name: str) -> list[str]:
    """Return the environment variables of 0.1.0 that set a renamed setting of a command."""
    flags = [flag for flag in RENAMED.get(name, ()) if not flag.startswith("/")]
    return [f"UNSPOOL_{command}{flag[1:]}".replace("-", "_").upper() for flag in flags]


def validation_fraction(settings: Mapping[str, Any], fraction: str) -> dict[str, Any]:
    """Return settings in which `--validation 0.2`, a number, is the fraction to hold out and not a file.

    Args:
        settings: are those that were given.
        fraction: is the name of the setting that holds the fraction.
    """
    try:
        (only,) = settings.get("validation", ())
        return {name: value for name, value in settings.items() if name != "validation"} | {fraction: float(only)}
    except ValueError:
        return dict(settings)

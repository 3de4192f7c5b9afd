"""How to complete a text."""

from typing import Literal

from unspool.specs.base import Option, Spec, setting

MIN_SAVING = 0.5  # keystrokes; docs/how-to/completion.md has the curve that it is from


class CompletionSpec(Spec):
    """The settings of completion.

    Attributes:
        n: returns this many continuations, the likeliest first.
        until: ends them with the `word`, or with the `line`.
        min_saving: shows no suggestion that is expected to save fewer keystrokes: its probability times its
            characters, less the one for accepting it. For suggestions while one types; 0 shows all.
    """

    n: int = setting(5, Option("Completion", True, ("-n",), ("count", "number", "top", "num-samples")), ge=1, le=100)
    until: Literal["word", "line"] = setting(
        "word", Option("Completion", True, synonyms=("to", "end", "stop", "up-to"))
    )
    min_saving: float = setting(
        MIN_SAVING, Option("Completion", synonyms=("threshold", "min-probability", "confidence")), ge=0
    )

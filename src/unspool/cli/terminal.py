"""Complete what is typed in the terminal: a grey suggestion after the cursor, accepted with Tab or word by word.

Each line that is typed becomes part of the text that is completed next.
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from unspool.decode.session import Session
from unspool.display.terminal import tell
from unspool.errors import MissingExtraError, UsageError
from unspool.text.cleaning import clean
from unspool.text.words import Until, in_word, word_end

if TYPE_CHECKING:
    from unspool.models.learning import LearningSession


def check_terminal(as_json: bool) -> None:
    """Refuse what cannot be typed.

    Args:
        as_json: says whether the output was to be JSON.

    Raises:
        UsageError: there is no terminal, or JSON was requested.
        MissingExtraError: prompt_toolkit is not installed.
    """
    if as_json:
        raise UsageError("--interactive writes to the terminal. Received: --json.", "leave out one of them.")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "--interactive needs a terminal. Received: standard input or output that is none.",
            "give the text as an argument, or pipe it in without --interactive.",
        )
    load_toolkit()


def type_in_terminal(
    session: Session, until: Until, min_saving: float, learning: "LearningSession | None" = None
) -> None:
    """Read lines from the terminal with suggestions, until Ctrl-D.

    Args:
        session: completes; what it holds stands before the first line.
        until: says how far a suggestion may go.
        min_saving: shows none that is expected to save fewer keystrokes.
        learning: is the session, where it is to learn every line that is finished.
    """
    if learning is None:
        _type(session, lambda line: None, until, min_saving)
        return
    try:
        _type(session, learning.learn, until, min_saving)
    finally:  # also after Ctrl-C
        tell("counting what was typed.")
        learning.close(on_wait=lambda holder: tell(f"waiting for {holder}, which writes the model folder."))


def _type(session: Session, learn: Callable[[str], None], until: Until, min_saving: float) -> None:
    """Read lines; see `type_in_terminal`."""
    toolkit = load_toolkit()
    before, characters, saved = session.text, 0, 0

    def suggest(typed: str) -> str:
        session.edit(before + typed)
        found = session.suggestions(1, until, min_saving)
        return found[0].written.rstrip("\n") if found else ""

    def accept(take: Callable[[str, str], str]) -> Callable[[Any], None]:
        def pressed(event: Any) -> None:
            nonlocal saved
            buffer = event.current_buffer
            if buffer.suggestion is not None and buffer.document.is_cursor_at_the_end:
                text = take(before + buffer.text, buffer.suggestion.text)
                saved += max(len(text) - 1, 0)
                buffer.insert_text(text)

        return pressed

    def show(buffer: Any) -> None:
        text = suggest(clean(buffer.text.replace("\0", ""))) if buffer.document.is_cursor_at_the_end else ""
        buffer.suggestion = toolkit.auto_suggest.Suggestion(text) if text else None

    keys = toolkit.key_binding.KeyBindings()
    keys.add("tab")(accept(_whole))
    keys.add("c-right")(accept(first_word))
    prompt = toolkit.PromptSession(key_bindings=keys)
    prompt.default_buffer.on_text_changed += show
    while True:
        try:
            line = clean(prompt.prompt("> ", pre_run=lambda: show(prompt.default_buffer)).replace("\0", ""))
        except EOFError:
            break
        characters += len(line)
        learn(f"{line}\n")
        before += f"{line}\n"
    tell(f"{saved:,} of {characters:,} keys were saved.")


def first_word(before: str, suggestion: str) -> str:
    """Return the first word of a suggestion, with the space after it.

    Args:
        before: is the text that it completes.
        suggestion: is what it would add.
    """
    end = word_end(suggestion, bool(before) and in_word(before[-1]))
    end = end if end else word_end(suggestion, False)  # the word before is complete
    if end < 0:
        return suggestion
    return suggestion[: end + 1] if suggestion[end] == " " else suggestion[:end]


def _whole(before: str, suggestion: str) -> str:
    return suggestion


def load_toolkit() -> Any:
    """Import prompt_toolkit.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import prompt_toolkit
        import prompt_toolkit.auto_suggest
        import prompt_toolkit.key_binding
    except ImportError:
        raise MissingExtraError("prompt_toolkit", "interactive", "typing in the terminal") from None
    return prompt_toolkit

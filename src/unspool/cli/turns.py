"""Write a text in turns in the terminal: a person types some, the model goes on, and both can be undone.

    0.8 > Once upon a time      typed after the temperature, and kept as it stands
     there was a king ...       generated from the state after it

After each turn the state is kept, so that undoing one costs nothing.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from unspool.cli.console import warn, write
from unspool.cli.options import Settings
from unspool.cli.suggest import nearest_name
from unspool.cli.terminal import load_toolkit
from unspool.display.terminal import tell, visible, visible_lines
from unspool.errors import UnspoolError
from unspool.text.escapes import unescaped

if TYPE_CHECKING:
    from unspool.models.reading import StateReading
    from unspool.specs.sampling import SamplingSpec

STEP = 0.1  # of the temperature, for a key
TAIL = 200  # characters that are shown again after a turn was undone
COMMANDS = {
    "undo": "takes back the last turn (Ctrl-Z)",
    "again": "generates the last turn anew (Ctrl-R)",
    "temperature": "NUMBER: lower is more careful, higher is livelier (PageUp and PageDown)",
    "tokens": "NUMBER: generates so many tokens in a turn",
    "text": "shows the whole text",
    "save": "FILE: writes it",
    "help": "shows this",
}
WELCOME = (
    "Type how a text begins; Return goes on with it, and alone goes on further.\n"
    "/undo takes back, /temperature 0.5 is more careful, /help shows more, Ctrl-D ends."
)


class Turn(NamedTuple):
    """The text after a turn, and the state of the model after it.

    Attributes:
        text: is all of it.
        reading: is the state; none where the model has ended its document, so that the next turn begins another.
        typed: is what was typed in the turn.
    """

    text: str
    reading: "StateReading | None"
    typed: str


class Turns:
    """A text that is written in turns.

    Args:
        model: goes on with it.
        beginning: stands before the first turn.
        given: is the condition, as a keyword.
        sampling: are the settings of generation.
    """

    def __init__(self, model: Any, beginning: str, given: Settings, sampling: Settings) -> None:
        self._model, self._given, self._sampling = model, given, dict(sampling)
        self._spec: SamplingSpec = model.folder.read_sampling().changed(**sampling)
        self._drawn = 0
        self._turns = [Turn(beginning, model.read(beginning, **given), "")]

    @property
    def text(self) -> str:
        """All that was written so far."""
        return self._turns[-1].text

    @property
    def temperature(self) -> float:
        """The temperature of the next turn."""
        return self._spec.temperature

    def set(self, name: str, value: float) -> None:
        """Change a setting of generation for the turns that follow.

        Raises:
            UsageError: it breaks its rule.
        """
        self._spec = self._spec.changed(**{name: value})
        self._sampling[name] = value

    @property
    def count(self) -> int:
        """The number of turns that can be undone."""
        return len(self._turns) - 1

    def take(self, typed: str, show: Callable[[str], None]) -> None:
        """Read what was typed, and go on with it; Ctrl-C ends the turn, and what was generated stays.

        Args:
            typed: is added to the text as it stands.
            show: receives the text as it is generated.
        """
        before = self._turns[-1]
        text = before.text if before.reading else f"{before.text}\n"
        reading = before.reading or self._model.read("", **self._given)
        reading = reading.read(typed) if typed else reading
        pieces, ended = list[str](), False
        seeded = {} if self._spec.seed is None else {"seed": (self._spec.seed + self._drawn) % 2**63}
        try:
            for piece in reading.pieces(**{**self._sampling, **seeded}):
                pieces.append(piece.text)
                ended = reading.by_document and piece.finish_reason == "stop"
                show(piece.text)
        except KeyboardInterrupt:
            pass
        self._drawn += 1
        new = "".join(pieces)
        self._turns.append(Turn(f"{text}{typed}{new}", None if ended else reading.read(new), typed))

    def undo(self) -> str:
        """Take back the last turn, and return what was typed in it."""
        return self._turns.pop().typed


def write_in_turns(turns: Turns) -> None:
    """Read what is typed in the terminal, and go on with it, until Ctrl-D.

    Args:
        turns: hold the text.
    """
    toolkit = load_toolkit()
    session = toolkit.PromptSession(lambda: f"{turns.temperature:.3g} > ", key_bindings=_keys(toolkit, turns))
    tell(WELCOME)
    if turns.text:
        write(visible_lines(turns.text) + "\n")
    while True:
        try:
            line = session.prompt()
        except EOFError:
            return
        except KeyboardInterrupt:  # drops what was typed
            continue
        try:
            if line.startswith("/") and not line.startswith("//"):
                _obey(line, turns)
            else:
                _go_on(unescaped(line.removeprefix("/") if line.startswith("//") else line), turns)
        except UnspoolError as problem:
            warn(f"{problem.message} {problem.hint}")


def _go_on(typed: str, turns: Turns) -> None:
    """Take a turn, and show it."""
    turns.take(typed, lambda text: write(visible_lines(text)))
    write("\n")


def _obey(line: str, turns: Turns) -> None:
    """Do what a line that begins with a slash says."""
    name, _, value = line[1:].strip().partition(" ")
    command = next((one for one in COMMANDS if name and one.startswith(name)), None)
    if command is None:
        near = nearest_name(name, dict.fromkeys(COMMANDS, ()))
        warn(f"there is no /{visible(name)}. {f'Did you mean /{near}? ' if near else ''}// writes a slash.")
    elif command in ("undo", "again"):
        _take_back(turns, command == "again")
    elif command in ("temperature", "tokens"):
        _set(turns, command, value)
    elif command == "save":
        _save(turns.text, value)
    elif command == "text":
        write(f"{visible_lines(turns.text)}\n")
    else:
        tell("\n".join(f"/{one:12} {meaning}" for one, meaning in COMMANDS.items()))


def _take_back(turns: Turns, again: bool) -> None:
    if not turns.count:
        warn("there is no turn to take back.")
        return
    typed = turns.undo()
    if again:
        _go_on(typed, turns)
        return
    end = turns.text[-TAIL:]
    write(f"{'...' if len(turns.text) > TAIL else ''}{visible_lines(end)}\n")


def _set(turns: Turns, name: str, value: str) -> None:
    """Change a setting."""
    try:
        turns.set(*(("temperature", float(value)) if name == "temperature" else ("max_new_tokens", int(value))))
    except ValueError:
        warn(f"/{name} takes a number. Received: {visible(value) or 'none'}.")


def _save(text: str, name: str) -> None:
    from unspool.folder.atomic import write_atomically

    if not name:
        warn("/save takes the name of a file. Received: none.")
        return
    if Path(name).exists():
        warn(f"{visible(name)} exists already: name another file.")
        return
    write_atomically(Path(name), f"{text}\n", "/save")
    tell(f"{len(text):,} characters are in {visible(name)}.")


def _keys(toolkit: Any, turns: Turns) -> Any:
    """Return the keys that do what commands do."""
    keys = toolkit.key_binding.KeyBindings()

    def types(line: str) -> Callable[[Any], None]:
        return lambda event: event.app.exit(result=line)

    def warmer(by: float) -> Callable[[Any], None]:
        def pressed(event: Any) -> None:
            turns.set("temperature", max(0.0, round(turns.temperature + by, 3)))
            event.app.invalidate()

        return pressed

    keys.add("c-z")(types("/undo"))
    keys.add("c-r")(types("/again"))
    keys.add("pageup")(warmer(STEP))
    keys.add("pagedown")(warmer(-STEP))
    return keys

"""Every error that a user can cause, and the exit code that the shell sees.

    UnspoolError                 1
    ├── UsageError               2   an option or argument that cannot be
    │   └── WrongModelError      2   a method that a model of this task does not have
    ├── DataError                3   a text, table or picture that cannot be read
    │   └── PictureError         3   one picture that cannot be read; the others may be used
    ├── ModelFolderError         4   a folder that is not a sound model
    ├── TrainingError            5   training that cannot go on
    ├── MissingExtraError        6   a dependency that is not installed or cannot be imported
    └── OutputError              7   a file or folder that cannot be written

An error states the rule and the value received; its hint says what to do. On the command line that is
two lines on standard error. Anything that is not an `UnspoolError` is a bug and keeps its traceback.

What is used, but not as it was given, is a `DataWarning`: a line on standard error, a warning in Python.
So is a `ModelFolderWarning`, where a folder is used otherwise than one may expect.
"""

import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from shutil import which


class UnspoolError(Exception):
    """A mistake that the user can correct.

    Args:
        message: states the rule and the value received, in one line.
        hint: says what to do about it, in one line.

    Attributes:
        settings: are the names of the settings that the message names, where it is about settings.
        where: is what the message calls them before it names them, such as a section of a recipe.
    """

    exit_code = 1
    settings: tuple[str, ...] = ()
    where = ""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Say both in words of Python; the attributes name settings as the shell does."""
        return in_python(f"{self.message}\nhint: {self.hint}")


class UsageError(UnspoolError):
    """An option or argument has a value that cannot be."""

    exit_code = 2


class WrongModelError(UsageError, AttributeError):
    """A method is called that models of this task do not have.

    Attributes:
        in_shell: are the message and the hint for somebody who knows commands rather than methods.
    """

    in_shell: tuple[str, str] | None = None


class DataError(UnspoolError):
    """A text, table or picture cannot be read, or the data hold too little."""

    exit_code = 3


class PictureError(DataError):
    """A picture cannot be read.

    Args:
        message: states the rule and what was found.
        hint: says what to do about it.
        reason: says why, of several pictures: `they are broken or cut off`.
    """

    def __init__(self, message: str, hint: str, reason: str) -> None:
        super().__init__(message, hint)
        self.reason = reason


class DataWarning(UserWarning):
    """Some of what was given was replaced or left out; the message says how much."""


class UnknownTokensWarning(DataWarning):
    """The vocabulary of a model lacks some of what was given, which is taken as `<unk>`.

    Attributes:
        unknown: are the texts of the different ones.
    """

    def __init__(self, message: str, unknown: Sequence[str]) -> None:
        super().__init__(message)
        self.unknown = tuple(unknown)


class ModelFolderWarning(UserWarning):
    """A folder is used otherwise than one may expect; the message says how."""


class ModelFolderError(UnspoolError):
    """A folder is not a sound model folder."""

    exit_code = 4


class TrainingError(UnspoolError):
    """Training cannot go on."""

    exit_code = 5


class MissingExtraError(UnspoolError):
    """A dependency is not installed, or cannot be imported.

    Args:
        package: is its name.
        extra: names the extra of Unspool that installs it; empty where it is installed by itself.
        purpose: says what needs it.
        problem: says what is wrong with it.
        hint: says what to do; empty where it can be installed.
    """

    exit_code = 6

    def __init__(
        self, package: str, extra: str, purpose: str, problem: str = "is not installed", hint: str = ""
    ) -> None:
        wanted = f"'unspool[{extra}]'" if extra else package
        super().__init__(
            f"{purpose} needs {package}, which {problem.rstrip('.')}.",
            hint or f"install it with `pip install {wanted}`.",
        )


class OutputError(UnspoolError):
    """A file or folder cannot be written."""

    exit_code = 7


_FLAGS = (
    "overwrite|lines|documents|copying|class-weights|lowercase|header|scheduled-sampling"  # options without a value
)
_VALUED = "tokenizer|encoding|cell|attention|suffixes|condition-kind|tokenizer-from|from|model|condition|format"
_NO_VALUE = "and|in|is|it|means|name|names|of|or|reads|says|such|that|where|with"  # words that go on after an option
_RESUME = re.compile(r"`[^`]*\btrain --resume ([^`]+)`")
_OPTION = re.compile(
    rf"(?P<code>`[^`]*`)|(?<![\w-])--(?:(?P<flag>{_FLAGS})|no-(?P<off>[a-z][a-z-]*)|(?P<resume>resume)|"
    rf"(?P<valued>{_VALUED}) (?!(?:{_NO_VALUE})\b)(?P<value>'[^']*'|[^\s,;:]*[^\s,;:.])|"
    r"(?P<name>[a-z][a-z-]*))(?![\w-])"
)
_KEYWORDS = {"from": "start_from"}  # options that Python calls otherwise


def in_python(text: str) -> str:
    """Return a message that names options of the command line with the keywords that they are in Python.

    Args:
        text: names them as the shell does: `--tokenizer char`, `--overwrite`, `--no-counts`, `--out`.
    """
    told = _RESUME.sub(lambda found: f"`unspool.resume({shlex.split(found[1])[0]!r})`", text)
    return _OPTION.sub(_keyword, told)


def _keyword(found: re.Match[str]) -> str:
    if found["code"]:
        return found["code"]  # a command, which stays one
    if found["resume"]:
        return "unspool.resume"
    if found["valued"]:
        return f"{_named(found['valued'])}={shlex.split(found['value'])[0]!r}"
    for group, value in (("flag", "True"), ("off", "False")):
        if found[group]:
            return f"{_named(found[group])}={value}"
    return f"{_named(found['name'])}="


def _named(option: str) -> str:
    return _KEYWORDS.get(option, option.replace("-", "_"))


@contextmanager
def reporting_write_errors(path: Path, instead: str = "choose another place with --out") -> Iterator[None]:
    """Turn the system's refusal to write into an `OutputError` that names the path, and what to do instead."""
    try:
        yield
    except OSError as problem:
        raise OutputError(
            f"{problem.filename or path} cannot be written: {problem.strerror or problem}.",
            f"free some space or {instead}.",
        ) from None


def nearest(name: str, known: Iterable[str], limit: int = 5, quoted: bool = False) -> str:
    """Name for a hint the known names that are closest to an unknown one; the first ones where none is close.

    Args:
        name: is the unknown one.
        known: are the known ones.
        limit: is the maximum number to name.
        quoted: puts each in quotes, for names that may hold anything.
    """
    names = list(known)
    by_lower = {one.lower(): one for one in reversed(names)}
    close = get_close_matches(name.lower(), by_lower, limit, 0.5)
    shown = [repr(one) if quoted else one for one in ([by_lower[one] for one in close] or names[:limit])]
    if close:
        return f"the nearest: {', '.join(shown)}."
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return f"known: {', '.join(shown)}{more}."


def shell_command(*words: str | Path) -> str:
    """Return a command of Unspool that can be pasted into a shell as it stands; see `shell_word`.

    Args:
        *words: are its arguments.
    """
    return " ".join([this_program(), *map(shell_word, words)])


def this_program() -> str:
    """Return how the shell finds `unspool`: by its name, or where it is not on the path, by its place."""
    if which("unspool"):
        return "unspool"
    script = Path(sys.executable).with_name("unspool")
    if not script.exists():
        return f"{shell_word(sys.executable)} -m unspool"
    below = script.is_relative_to(Path.cwd())
    return shell_word(str(script.relative_to(Path.cwd()) if below else script))


def shell_word(word: str | Path) -> str:
    """Quote a word for a shell, whatever it holds; a path that begins with a dash is not taken for an option.

    Args:
        word: is a `Path` where it names a file or folder.
    """
    text = f"./{word}" if isinstance(word, Path) and str(word).startswith("-") else str(word)
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(map(_escaped, text)) + "'"  # a line end between plain quotes would cut a message in two


def _escaped(character: str) -> str:
    if character.isprintable():
        return f"\\{character}" if character in "\\'" else character
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))

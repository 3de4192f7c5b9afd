r"""Escapes such as `\n`: understood in what is typed on a command line, written where an answer must stay on one line.

--stop "\n\n"  ->  unescaped  ->  two line ends          a label with a line end  ->  escaped  ->  one line
"""

import re

_ESCAPE = re.compile(r"\\(?:([ntr\\])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))")
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
_SHORT = {character: f"\\{name}" for name, character in _NAMED.items()}
_ENDING = re.compile("[\\\\\x00-\x1f\x7f-\x9f\u2028\u2029]")  # the backslash, controls, what ends a line somewhere


def unescaped(text: str) -> str:
    r"""Replace `\n`, `\t`, `\r`, `\\`, `\xNN` and `\uNNNN` by what they stand for; any other backslash stays.

    Args:
        text: is what a person typed.
    """

    def meant(found: re.Match[str]) -> str:
        name, *digits = found.groups()
        return _NAMED[name] if name else chr(int(digits[0] or digits[1], 16))

    return _ESCAPE.sub(meant, text)


def named(label: str) -> str:
    """Return a label as a sentence counts it, on one line; one that begins with a digit is quoted."""
    return repr(label) if label[:1].isdigit() else escaped(label)


def escaped(text: str) -> str:
    """Write a text on one line, so that `unescaped` gives it back: controls, line ends and backslashes as escapes.

    Args:
        text: may hold anything.
    """

    def written(found: re.Match[str]) -> str:
        character = found[0]
        code = ord(character)
        return _SHORT.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")

    return _ENDING.sub(written, text)

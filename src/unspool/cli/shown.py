"""Show a text on one line of a terminal, whatever it holds."""

import re

# what steers a terminal or cannot be written: control characters, line and paragraph separators, marks that turn the
# direction of writing, halves of surrogate pairs
HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible_lines(text: str) -> str:
    """Return a text with its control characters written as escapes, but for line ends and tabs.

    Args:
        text: may hold anything.
    """
    return HIDDEN.sub(lambda found: found[0] if found[0] in "\n\t" else visible(found[0]), text)


def visible(text: str) -> str:
    """Return a text with its control characters written as escapes, such as `\\x1b` and `\\n`, so that it is one line.

    Args:
        text: may hold anything.
    """
    return HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)

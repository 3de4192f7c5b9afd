"""The maximum length of an example: chosen so that hardly any is left out, and warned about where many are.

Shapes: N examples.
"""

from typing import Any, Protocol, Self, TypeVar

import numpy as np

from unspool.arrays import IntArray

KEPT = 0.99  # of the examples
LONGEST = 2000  # tokens; a limit that is not requested is no higher
NOTICEABLE = 0.05  # of the examples; more that are left out are warned about


class Limited(Protocol):
    """The settings of data whose examples have a maximum length."""

    @property
    def max_length(self) -> int | None:
        """The maximum number of tokens; none where it is to be chosen."""

    def changed(self, **values: Any) -> Self:
        """Return a copy with some values replaced."""


L = TypeVar("L", bound=Limited)


def with_limit(spec: L, lengths: IntArray, usual: int) -> L:
    """Return settings with a maximum length; see `choose_limit`."""
    return spec if spec.max_length is not None else spec.changed(max_length=choose_limit(lengths, usual))


def choose_limit(lengths: IntArray, usual: int) -> int:
    """Return the usual limit, or a higher one that keeps 99 % of the examples, but no more than 2,000 tokens.

    Args:
        lengths: are those of the examples in tokens, [N].
        usual: is the limit of a task whose examples are short.
    """
    needed = int(np.quantile(lengths, KEPT, method="inverted_cdf"))
    return max(usual, min(needed, LONGEST))


def limit_warnings(beyond: int, total: int, limit: int, what: str) -> list[str]:
    """Warn where a limit concerns more than 5 % of the examples.

    Args:
        beyond: is the number of examples that are longer.
        total: is the number of all examples.
        limit: is the limit in tokens.
        what: says what becomes of them: `left out`.
    """
    if beyond <= NOTICEABLE * total:
        return []
    return [
        f"warning: {beyond:,} of {total:,} examples ({beyond / total:.0%}) are longer than {limit:,} tokens and "
        f"{what}; --max-length raises the limit."
    ]

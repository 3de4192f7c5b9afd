"""The places of a text that have been read, or that a search has tried: a tree, whose edges are tokens.

Shapes: B nodes, V tokens.
"""

from collections.abc import Sequence

import numpy as np

from unspool.arrays import FloatArray, Logits, log_softmax
from unspool.engines.base import SequenceNetwork, State
from unspool.text.tokenizer import BEGIN, PAD, UNKNOWN


class Node:
    """A place in a text: the state there, what may come next, and the nodes after the tokens that were tried.

    Args:
        logits: are those of the next token, [1, V].
        state: is that of the network, of 1 row.
    """

    __slots__ = ("_values", "children", "logits", "state")

    def __init__(self, logits: Logits, state: State) -> None:
        self.logits, self.state = logits, state
        self.children: dict[int, Node] = {}
        self._values: FloatArray | None = None

    @property
    def values(self) -> FloatArray:
        """The log-probabilities of the next token, [V]; minus infinity for those that are no text."""
        if self._values is None:
            self._values = log_softmax(self.logits[0].astype(np.float64))
            self._values[[PAD, UNKNOWN, BEGIN]] = -np.inf
        return self._values

    def forget(self) -> None:
        """Drop what can be computed again."""
        self.children, self._values = {}, None


def step_nodes(network: SequenceNetwork, wanted: Sequence[tuple[Node, int]]) -> list[Node]:
    """Return the nodes after some tokens, each after its node; those that are new are computed in one step."""
    new = [(node, token) for node, token in wanted if token not in node.children]
    if new:
        state = new[0][0].state if len(new) == 1 else network.join([node.state for node, _ in new])
        logits, state = network.step(np.array([token for _, token in new]), state)  # (B, V)
        for row, (node, token) in enumerate(new):
            own = state if len(new) == 1 else network.select(state, np.array([row]))
            node.children[token] = Node(logits[row : row + 1].copy(), own)
    return [node.children[token] for node, token in wanted]

"""The places of a text that have been read, or that a search has tried: a tree, whose edges are tokens.

Shapes: B nodes, V tokens.
"""

from collections.abc import Sequence

import numpy as np

from unspool.arrays import FloatArray, Logits
from unspool.decode.boundaries import text_values
from unspool.decode.word_place import Place
from unspool.engines.base import SequenceNetwork, State


class Node:
    """A place in a text: the state there, what may come next, and the nodes after the tokens that were tried.

    Args:
        logits: are those of the next token, [1, V].
        state: is that of the network, of 1 row.
        place: is where in the words of the text it is; none predicts by the network alone.
    """

    __slots__ = ("_values", "children", "logits", "place", "state")

    def __init__(self, logits: Logits, state: State, place: Place | None = None) -> None:
        self.logits, self.state, self.place = logits, state, place
        self.children: dict[int, Node] = {}
        self._values: FloatArray | None = None

    @property
    def values(self) -> FloatArray:
        """The log-probabilities of the next token, [V]; minus infinity for those that are no text."""
        if self._values is None:
            values = text_values(self.logits[0])
            self._values = values if self.place is None else self.place.mixed(values)
        return self._values

    def place_after(self, token: int) -> Place | None:
        """Return where in the words of the text the next node is."""
        return None if self.place is None else self.place.after(token, lambda: self.values)

    def remember(self) -> None:
        """Let what comes next depend on the word that ends here, too."""
        if self.place is not None and self.place.remember():
            self.forget()

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
            node.children[token] = Node(logits[row : row + 1].copy(), own, node.place_after(token))
    return [node.children[token] for node, token in wanted]

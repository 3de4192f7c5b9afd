"""A text that is being typed: a state and logits for every position of it, so that each key costs one step.

    A l i c e _ w        what is typed next is read by one step, or by none where a search has read it already
    o-o-o-o-o-o-o        what is deleted costs nothing: the state before it is still there

A text that comes at once, such as a pasted one, has a position every 64 characters. Bytes are bounded: where the
positions take too many, every second one of the older half is dropped, and again when they do so the next time. So
positions are the sparser the older they are. Deleting back to where there is none reads again from the nearest one
before it.
"""

from unspool.arrays import IntArray
from unspool.decode.boundaries import TokenTexts
from unspool.decode.completion import Completion, Limits, complete
from unspool.decode.nodes import Node, step_nodes
from unspool.decode.reading import READ_AT_ONCE, Reading
from unspool.decode.word_place import start_place
from unspool.display.reprs import shown_value
from unspool.engines.base import HandoverNetwork, SequenceNetwork
from unspool.errors import UsageError
from unspool.text.cuts import encode_between, last_cut, next_cut, shared_cut, shared_length
from unspool.text.words import LINE_END, Until

MAX_BYTES = 64 * 2**20
MIN_POSITIONS = 16  # that are kept whatever they take
STRETCH = 64  # characters between the positions of a text that comes at once
STEPPED = 16  # characters at the end of such a text that have a position each
REMEMBERED = 64  # positions that remember their completions
READS = {"word": 512, "line": 192}  # tokens that the search for completions reads at most
EACH_READS = 10  # the same for each completion that is asked for, where that is more
SHOWN_READS = 24  # tokens that the search for a suggestion reads at most, so that a key takes a few milliseconds
SHOWN_MIN_PROBABILITY = 2e-3  # probability below which nothing is worth suggesting
CANDIDATES = 6  # words that a search for suggestions chooses from


def hastened(network: SequenceNetwork, start: Reading) -> tuple[SequenceNetwork, Reading]:
    """Return the network that is quickest to run, for many keys, and what was read converted to its own.

    Args:
        network: may have a successor.
        start: is a state of it.
    """
    if isinstance(network, HandoverNetwork):
        successor, state = network.hand_over(start.state)
        return successor, Reading(state, start.logits, start.ids)
    return network, start


class Position:
    """A position of the text that has a state.

    Args:
        offset: counts the characters before it.
        node: is the state and what may come next.

    Attributes:
        outdated: says that the network has changed since; the state stays, what may come next does not.
        found: are the completions that were searched for here.
    """

    __slots__ = ("found", "node", "offset", "outdated")

    def __init__(self, offset: int, node: Node) -> None:
        self.offset, self.node, self.outdated = offset, node, False
        self.found: dict[tuple[bytes, Limits], list[Completion]] = {}


class Session:
    """A text that is being typed, and its completions.

        session = Session(network, TokenTexts(tokenizer, by_document=False), start_reading(network))
        session.edit("Alice w")
        session.completions()

    Args:
        network: predicts the next token.
        texts: are those of its tokens.
        start: is what was read before the text.
        max_bytes: bounds what the states take; see above.
        word_cache: says whether words of the text may come again where they came before (`decode/word_place.py`); with
            tokens of more than a character they never do.

    Attributes:
        text: is what is typed.
    """

    def __init__(
        self,
        network: SequenceNetwork,
        texts: TokenTexts,
        start: Reading,
        max_bytes: int = MAX_BYTES,
        word_cache: bool = True,
    ) -> None:
        self._network, self._texts, self._tokenizer = network, texts, texts.tokenizer
        self._start, self._word_cache = start, word_cache
        self._positions = [Position(0, self._begin())]
        size = start.logits.nbytes + sum(array.nbytes for array in network.state_to_arrays(start.state).values())
        self._max_positions = max(MIN_POSITIONS, max_bytes // size)
        self.text = ""

    def __repr__(self) -> str:
        return f"Session({shown_value(self.text)}, {len(self.text):,} characters)"

    @property
    def positions(self) -> tuple[int, ...]:
        """The positions that have a state, the first one always among them."""
        return tuple(position.offset for position in self._positions)

    def edit(self, text: str) -> None:
        """Take the text as it is now: what it does not begin with any more is forgotten, what is new is read.

        Args:
            text: is the whole text, clean.

        Raises:
            UsageError: it is not a text.
        """
        if not isinstance(text, str):
            raise UsageError(f"what is typed must be a text. Received: {text!r:.60}.", "give a str.")
        shared = shared_length(self.text, text)
        self.text = text
        while not shared_cut(self._tokenizer, text, self._positions[-1].offset, shared):
            self._positions.pop()
        if (place := self._positions[-1].node.place) is not None:
            place.cache.truncate(place.words)
        self._read(last_cut(self._tokenizer, text, len(text)))

    def completions(self, n: int = 5, until: Until = "word") -> list[Completion]:
        """Return the n likeliest continuations up to the end of the word or the line, the likeliest first.

        Raises:
            UsageError: n is not positive, or until is neither word nor line.
        """
        _check(n, until)
        return self._search(Limits(n, until, max(READS[until], EACH_READS * n)))[:n]

    def suggestions(self, n: int = 1, until: Until = "word", min_saving: float = 0.0) -> list[Completion]:
        """Return what to suggest here: the continuations that are worth most, by `Completion.rank`.

        Args:
            n: is the maximum number of suggestions.
            until: says how far they may go: to the end of the word, or by several words up to that of the line.
            min_saving: leaves out those that are expected to save fewer keystrokes.

        Raises:
            UsageError: n is not positive, or until is neither word nor line.
        """
        _check(n, until)
        found = self._search(Limits(max(n, CANDIDATES), until, SHOWN_READS, SHOWN_MIN_PROBABILITY, until == "line"))
        worth = [one for one in found if one.saving > 0 and one.saving >= min_saving]
        return sorted(worth, key=lambda one: -one.rank)[:n]

    def renew(self, start: Reading) -> None:
        """Predict anew at every position, because the network has changed; its states stay as they are.

        Args:
            start: is what was read before the text, with what the network now predicts there.
        """
        self._start = start
        for position in self._positions:
            position.node.forget()
            position.found.clear()
            position.outdated = True

    def _last(self) -> Position:
        """Return the last position; one that is outdated is read again, from the position before it."""
        position = self._positions[-1]
        if position.outdated:
            self._positions.pop()
            if self._positions:
                self._read(position.offset)
            else:
                self._positions.append(Position(0, self._begin()))
        return self._positions[-1]

    def _begin(self) -> Node:
        """Return the place before a text, or before a line that is a document."""
        place = start_place(self._texts) if self._word_cache else None
        return Node(self._start.logits, self._start.state, place)

    def _search(self, limits: Limits) -> list[Completion]:
        position = self._last()
        left = self._left(position.offset)
        if (left, limits) not in position.found:
            position.found[left, limits] = complete(
                self._network, self._texts, position.node, self.text[-1:], left, limits
            )
        return position.found[left, limits]

    def _left(self, offset: int) -> bytes:
        """Return the bytes beyond a position that the next token must begin with."""
        left = self.text[offset:]
        if self._tokenizer.kind == "word" and (offset == 0 or self.text[offset - 1] == "\n"):
            left = f" {left}"  # which the first word of a line has in its token
        return (left.lower() if self._tokenizer.lowers else left).encode(errors="surrogatepass")

    def _read(self, end: int) -> None:
        """Read the text from the last position on, up to a cut; the end of a long one token by token."""
        start = self._positions[-1].offset
        line = self.text.rfind(LINE_END, start, end) + 1
        if self._texts.by_line and line > start:  # another document begins
            self._keep(line, self._begin())
            start = line
        while end - start > STRETCH + STEPPED:
            width = STRETCH
            while (stop := last_cut(self._tokenizer, self.text, min(start + width, end))) <= start:
                width *= 2  # a word that is longer than that
            self._keep(stop, self._node_after(self._positions[-1].node, self._ids(start, stop)))
            start = stop
        while start < end:
            stop = next_cut(self._tokenizer, self.text, start)
            node = self._positions[-1].node
            for token in self._ids(start, stop).tolist():
                (node,) = step_nodes(self._network, [(node, token)])
            self._keep(stop, node)
            start = stop

    def _node_after(self, node: Node, ids: IntArray) -> Node:
        """Return the node after more tokens, which are read T at once."""
        for start in range(0, len(ids), READ_AT_ONCE):
            piece = ids[start : start + READ_AT_ONCE]
            logits, state = self._network.unroll(piece[None], node.state)  # (1, T, V)
            for time, token in enumerate(piece.tolist()):
                node = Node(logits[:, time].copy(), state, node.place_after(token))
                node.remember()
        return node

    def _ids(self, start: int, stop: int) -> IntArray:
        return encode_between(self._tokenizer, self.text, start, stop)

    def _keep(self, offset: int, node: Node) -> None:
        """Add a position; the one before it forgets what it has searched, and where there are too many, some go."""
        self._positions[-1].node.forget()
        node.remember()
        self._positions.append(Position(offset, node))
        if len(self._positions) > REMEMBERED:
            self._positions[-REMEMBERED - 1].found.clear()
        if len(self._positions) > self._max_positions:
            half = len(self._positions) // 2
            self._positions[:half] = self._positions[:half:2]


def _check(n: int, until: str) -> None:
    if type(n) is not int or n < 1 or until not in READS:
        raise UsageError(
            f"n must be an integer, at least 1, and until word or line. Received: n={n!r:.20}, until={until!r:.40}.",
            "choose an n of 1 or more, and until='word' or 'line'.",
        )

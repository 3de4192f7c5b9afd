"""Complete a text: search for its likeliest continuations up to the end of a word or of a line, best first.

    "Alice w" -> "as" 0.41, "ould" 0.12, "ent" 0.09 ...

The search keeps the beginnings of continuations in a heap, the likeliest first, and lets the network read the token
that makes the next one. A beginning is at least as likely as anything that it begins, so the first n continuations that
leave the heap complete are the n likeliest. A line is too long for that: there, beginnings are compared after adding
what a character costs on average, so that long ones are followed to their ends, and the result is a good one rather
than provably the best. The number of tokens that are read is bounded in any case.

Shapes: B beginnings that are read at once, V tokens.
"""

import heapq
import math
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from unspool.arrays import FloatArray
from unspool.decode.boundaries import Ends, TokenTexts, text_of_bytes, whole_text
from unspool.decode.nodes import Node, step_nodes
from unspool.display.reprs import Displayed
from unspool.engines.base import SequenceNetwork
from unspool.text.words import Until, end_of, in_word

MAX_CHARACTERS = {"word": 60, "line": 160}  # of a continuation
CHARACTER_NATS = {"word": 0.0, "line": 0.7}  # that a further character is taken to cost
PHRASE_NATS = 0.3  # the same, where the words on the way are collected
NEGLIGIBLE = 1e-2  # of the least probability: endings that are less likely are not counted
LATER = 5  # characters that the rank adds to those of a completion
AT_ONCE = 8  # beginnings that are read together
ABOUT = 1.0  # nats by which they may be worse than the first of them


@dataclass(frozen=True, repr=False)
class Completion(Displayed):
    """One way in which a text may go on.

    Attributes:
        text: is the rest of the word or the line.
        probability: is that of the text going on with exactly this rest, whatever follows it.
        ending: is what accepting it writes after it, such as a space; empty where that saves no keystrokes.
        ending_probability: is that of the rest and the ending together.
    """

    text: str
    probability: float
    ending: str
    ending_probability: float

    @property
    def written(self) -> str:
        """What accepting it writes."""
        return self.text + self.ending

    @property
    def saving(self) -> float:
        """The keystrokes that it is expected to save: accepting it costs one, and it may be wrong."""
        return self.ending_probability * (len(self.written) - 1)

    @property
    def rank(self) -> float:
        """How much it is worth to be among the few that are shown.

        What is not shown now may be shown a key later, which then is all that is lost. So the probability counts for
        more than it does in the saving; `docs/decisions/0015-completion.md` has what was measured.
        """
        return self.ending_probability * (len(self.written) + LATER)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, for JSON."""
        return {**asdict(self), "saving": self.saving}


class Limits(NamedTuple):
    """How far a search goes.

    Attributes:
        wanted: is the number of continuations to find.
        until: says where they end.
        reads: is the number of tokens that the network reads at most.
        min_probability: is the probability below which a beginning is not followed.
        phrases: collects the ends of all words on the way, in place of continuations that are complete.
    """

    wanted: int
    until: Until
    reads: int
    min_probability: float = 1e-5
    phrases: bool = False


class _Beginning(NamedTuple):
    """The beginning of a continuation, whose last token has not been read yet.

    Attributes:
        node: is the place before that token.
        token: is that token; none at the start of the search.
        text: is what it adds to the text so far, that token included.
        begun: says whether the word has characters, among those of the text so far.
        total: is its log-probability.
        left: are the bytes of the text so far that tokens have yet to begin with.
    """

    node: Node
    token: int | None
    text: str
    begun: bool
    total: float
    left: bytes


class _Search:
    """A search, and what it has found."""

    def __init__(self, network: SequenceNetwork, texts: TokenTexts, limits: Limits) -> None:
        self._network, self._texts, self._limits = network, texts, limits
        self._nats = PHRASE_NATS if limits.phrases else CHARACTER_NATS[limits.until]
        self._heap: list[tuple[float, int, _Beginning | str]] = []
        self._pushed = 0
        self._best: list[float] = []  # the log-probabilities of the likeliest ends so far, a heap
        self.fitting = 0.0  # the probability of all tokens that fit what they must begin with
        self.ends: dict[str, dict[str, float]] = {}  # by text and ending, the probability of both
        self.ended: list[str] = []  # those that are complete, in order

    def run(self, root: Node, begun: bool, left: bytes) -> None:
        """Search from a place in a text. See `complete`."""
        self._branch(_Beginning(root, None, "", begun, 0.0, left), root)
        reads = 0
        while self._heap and len(self.ended) < self._limits.wanted and reads < self._limits.reads:
            if isinstance(self._heap[0][2], str):
                self._end(heapq.heappop(self._heap)[2])
                continue
            chosen = self._next()
            nodes = step_nodes(self._network, [(one.node, one.token or 0) for one in chosen])
            reads += len(chosen)
            for one, node in zip(chosen, nodes, strict=True):
                self._branch(one, node)
        for _, _, rest in sorted(self._heap):
            self._end(rest)

    def _end(self, one: _Beginning | str) -> None:
        if isinstance(one, str) and one not in self.ended:
            self.ended.append(one)

    def _next(self) -> list[_Beginning]:
        """Take the first beginnings from the heap, as far as they are about as good as the very first."""
        chosen, aside = list[_Beginning](), list[tuple[float, int, _Beginning | str]]()
        last = self._heap[0][0] + ABOUT
        while self._heap and len(chosen) + len(aside) < AT_ONCE and self._heap[0][0] <= last:
            item = heapq.heappop(self._heap)
            if isinstance(item[2], str):
                aside.append(item)
            else:
                chosen.append(item[2])
        for item in aside:
            heapq.heappush(self._heap, item)
        return chosen

    def _push(self, total: float, characters: int, item: _Beginning | str) -> None:
        self._pushed += 1
        heapq.heappush(self._heap, (-total - self._nats * characters, self._pushed, item))

    @property
    def _min_probability(self) -> float:
        """The probability below which no beginning is followed, that of what it must begin with included."""
        return self._limits.min_probability * (self.fitting or 1.0)

    @property
    def _floor(self) -> float:
        """The log-probability below which nothing is followed."""
        least = math.log(self._min_probability)
        return max(least, self._best[0]) if len(self._best) == self._limits.wanted else least

    def _branch(self, one: _Beginning, node: Node) -> None:
        """Add what may come after a beginning."""
        if one.left:
            self._branch_fitting(one, node)
            return
        values, until = one.total + node.values, self._limits.until
        ends = self._texts.ends(until, one.begun)
        if self._limits.phrases:
            self._add_ends(one.text, self._texts.ends("word", one.begun), values)
        else:
            self._push_ends(self._add_ends(one.text, ends, values))
        if len(one.text) >= MAX_CHARACTERS[until]:
            return
        for token in np.flatnonzero(ends.onward & (values > self._floor)).tolist():
            text = one.text + self._texts.texts[token]
            begun = one.begun or bool(ends.begins[token])
            self._push(values[token], len(text), _Beginning(node, token, text, begun, float(values[token]), b""))

    def _add_ends(self, before: str, ends: Ends, values: FloatArray) -> dict[str, float]:
        """Add the continuations that end with the next token, and return their probabilities."""
        masses = np.bincount(ends.piece, np.exp(values[ends.tokens]), len(ends.pieces))  # (G)
        totals = dict[str, float]()
        for index in np.flatnonzero(masses > NEGLIGIBLE * self._min_probability).tolist():
            text, ending = ends.pieces[index]
            self._add_end(totals, before + text, ending, float(masses[index]))
        return totals

    def _add_end(self, totals: dict[str, float], text: str, ending: str, mass: float) -> None:
        if text:
            endings = self.ends.setdefault(text, {})
            endings[ending] = endings.get(ending, 0.0) + mass
            totals[text] = totals.get(text, 0.0) + mass

    def _push_ends(self, totals: dict[str, float]) -> None:
        for text, mass in totals.items():
            self._push(math.log(mass), len(text), text)
            keep = heapq.heappush if len(self._best) < self._limits.wanted else heapq.heappushpop
            keep(self._best, math.log(mass))

    def _branch_fitting(self, one: _Beginning, node: Node) -> None:
        """Add the tokens that fit what the text so far has beyond its last whole token."""
        whole, shorter = self._texts.fitting(one.left)
        values = one.total + node.values
        self.fitting += float(np.exp(values[whole]).sum())
        totals: dict[str, float] = {}
        for token in whole[values[whole] > self._floor].tolist():
            text = text_of_bytes(self._texts.texts[token].encode(errors="surrogateescape")[len(one.left) :])
            self._fit(one, node, token, text, float(values[token]), totals)
        if not self._limits.phrases:
            self._push_ends(totals)
        for token, left in shorter:
            if np.isfinite(values[token]):
                self._push(
                    values[token], 0, one._replace(node=node, token=token, total=float(values[token]), left=left)
                )

    def _fit(self, one: _Beginning, node: Node, token: int, text: str, value: float, totals: dict[str, float]) -> None:
        end = end_of(text, self._limits.until, one.begun)
        if end >= 0:
            self._add_end(totals, text[:end], text[end], math.exp(value))
            return
        begun = one.begun or any(map(in_word, text))
        self._push(value, len(text), _Beginning(node, token, text, begun, value, b""))


def complete(
    network: SequenceNetwork, texts: TokenTexts, root: Node, before: str, left: bytes, limits: Limits
) -> list[Completion]:
    """Find continuations of a text, the likeliest first.

    Args:
        network: predicts the next token.
        texts: are those of its tokens.
        root: is the place after the tokens of the text.
        before: is the end of the text, at least its last character.
        left: are the bytes that the text has beyond those tokens: the beginning of a token.
        limits: say how far to search.

    Returns:
        at most as many as the limits say; of phrases, all that were found on the way.
    """
    search = _Search(network, texts, limits)
    search.run(root, bool(before) and in_word(before[-1]), left)
    scale = 1 / (search.fitting or 1.0)
    found = search.ends if limits.phrases else {text: search.ends[text] for text in search.ended}
    made = [_completion(text, endings, scale) for text, endings in found.items()]
    made.sort(key=lambda one: -one.probability)
    return made if limits.phrases else made[: limits.wanted]


def _completion(text: str, endings: dict[str, float], scale: float) -> Completion:
    """Choose the ending that is expected to save most."""
    together = sum(endings.values())
    ways = [(together * (len(text) - 1), "", together)]
    ways += [(mass * len(text), ending, mass) for ending, mass in endings.items()]
    _, ending, mass = max(ways, key=lambda way: way[0])
    return Completion(whole_text(text), min(1.0, together * scale), ending, min(1.0, mass * scale))

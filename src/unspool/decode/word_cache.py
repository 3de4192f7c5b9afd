"""The words that a text has so far: those that came before may come again. See `decode/word_place.py`.

A cache language model (Kuhn and De Mori, 1990) has the last words of a text, and of each context the words that
followed it: of the words before, and of the separator. How likely the last of these is, the one before it, ... is
learnt from the text itself, since in a dialogue it is the last but one who speaks next. So are the weights of the
contexts.

Shapes: B tokens of characters that words have.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from unspool.arrays import FloatArray
from unspool.decode.boundaries import TokenTexts
from unspool.decode.word_tree import CountedWords, WordTree, word_tree
from unspool.text.words import in_word

WORDS = 20_000  # the last ones of the text, which the cache has
RANKS = 6  # words after a context that may follow it again
SEARCHED = 24  # words after a context, among which these are searched
WEIGHT = 0.05  # of a context at first
TRUST = 20.0  # words that such a weight is worth
KEPT = 0.998  # of what is known of weights, after each word

Context = tuple[str, ...]  # what is between it and the word, and the words before; all words have the empty one
Group = tuple[str | int, ...]  # contexts that share their weights


class Part(NamedTuple):
    """A part of the mixture: the words that may come after a context.

    Attributes:
        group: is that of the context.
        share: is the probability that it predicts the word, after what the word has so far.
        words: are those that fit what the word has so far; none where none does.
        ranks: are those of the words, the last one 0; empty where they are not learnt.
    """

    group: Group
    share: float
    words: WordTree | None
    ranks: Mapping[str, int]


class Starts(NamedTuple):
    """How a word may begin after some contexts.

    Attributes:
        parts: are those of the mixture, the least specific first.
        rest: is the probability that none of them predicts the word.
        first: are the probabilities that one of them does and that it begins with a character, [B].
    """

    parts: tuple[Part, ...]
    rest: float
    first: FloatArray


class Finished(NamedTuple):
    """A word that is over.

    Attributes:
        number: is that of the word in the text, counted from 0.
        contexts: are those that it follows.
        word: is the word.
        parts: are those that predicted it, each with the probability that it was this one that did.
    """

    number: int
    contexts: tuple[Context, ...]
    word: str
    parts: tuple[Part, ...]


class _Weights(NamedTuple):
    """What is known of a group of contexts.

    Attributes:
        hits: counts the words that it predicted, older ones less.
        words: counts the words that it might have predicted.
        ranks: counts the hits by rank.
    """

    hits: float = WEIGHT * TRUST
    words: float = TRUST
    ranks: tuple[float, ...] = (2 / RANKS,) * RANKS


class _Entry(NamedTuple):
    """A word of the cache, and what was known of weights before it."""

    contexts: tuple[Context, ...]
    word: str
    former: tuple[tuple[Group, _Weights | None], ...]


class WordCache:
    """The words of one text.

    Args:
        texts: are those of the tokens, each of one character.

    Attributes:
        texts: are those of the tokens, V.
        tokens: are those of the characters.
        begins: are the tokens of characters that words have, [B].
        ends: are the other ones.
    """

    def __init__(self, texts: TokenTexts) -> None:
        self.texts = texts.texts
        self.tokens = {text: token for token, text in enumerate(texts.texts) if text}
        self.begins = np.array([token for text, token in self.tokens.items() if in_word(text)], np.int64)
        self.ends = np.array([token for text, token in self.tokens.items() if not in_word(text)], np.int64)
        self._followers: dict[Context, list[str]] = {}
        self._words = CountedWords()
        self._weights: dict[Group, _Weights] = {}
        self._entries: list[_Entry] = []
        self._forgotten = 0
        self._starts: dict[tuple[Context, ...], Starts] = {}  # that were asked for, as long as they hold

    def __len__(self) -> int:
        """Return the number of words of the text, those that are forgotten included."""
        return self._forgotten + len(self._entries)

    def starts(self, contexts: tuple[Context, ...]) -> Starts:
        """Return how a word may begin.

        Args:
            contexts: are those of the word, the least specific first. A share is what more specific ones leave of 1.
        """
        if contexts not in self._starts:
            parts = self._find_parts(contexts)
            self._starts[contexts] = Starts(parts, 1 - sum(part.share for part in parts), self._first(parts))
        return self._starts[contexts]

    def add(self, finished: Finished) -> None:
        """Add the next word of the text."""
        self._starts.clear()
        former, reached = list[tuple[Group, _Weights | None]](), 1.0
        for part in reversed(finished.parts):
            weights = self._weights.get(part.group)
            former.append((part.group, weights))
            self._weights[part.group] = _learnt(weights or _Weights(), part, finished.word, reached)
            reached = max(0.0, reached - part.share)
        for context in finished.contexts:
            if context:
                self._followers.setdefault(context, []).append(finished.word)
            else:
                self._words.count(finished.word, 1)
        self._entries.append(_Entry(finished.contexts, finished.word, tuple(former)))
        if len(self._entries) > WORDS:
            self._drop(self._entries.pop(0), 0)
            self._forgotten += 1

    def truncate(self, words: int) -> None:
        """Take all words out but the first ones of the text."""
        while len(self) > words and self._entries:
            self._starts.clear()
            entry = self._entries.pop()
            self._drop(entry, -1)
            for group, weights in entry.former:
                if weights is None:
                    del self._weights[group]
                else:
                    self._weights[group] = weights
        self._forgotten = min(self._forgotten, words)

    def _drop(self, entry: _Entry, index: int) -> None:
        """Take the first word or the last one out."""
        for context in entry.contexts:
            if not context:
                self._words.count(entry.word, -1)
                continue
            followers = self._followers[context]
            del followers[index]
            if not followers:
                del self._followers[context]

    def _find_parts(self, contexts: tuple[Context, ...]) -> tuple[Part, ...]:
        found, left = list[Part](), 1.0
        for context in reversed(contexts):
            last = self._last_words(context) if context else []
            if not last and (context or not self._words.total):
                continue
            group = _group(context, len(last))
            weights = self._weights.get(group, _Weights())
            share = left * weights.hits / weights.words
            words = word_tree(dict(zip(last, weights.ranks, strict=False))) if context else self._words
            found.append(Part(group, share, words, {word: rank for rank, word in enumerate(last)}))
            left -= share
        return tuple(reversed(found))

    def _first(self, parts: tuple[Part, ...]) -> FloatArray:
        """Return the probabilities of the characters that words begin with, [B]."""
        found = dict[str, float]()
        for part in parts:
            scale = part.share / part.words.total if part.words else 0.0
            for character, words in part.words.branches.items() if part.words else ():
                found[character] = found.get(character, 0.0) + scale * words.total
        return np.array([found.get(self.texts[token], 0.0) for token in self.begins.tolist()])

    def _last_words(self, context: Context) -> list[str]:
        """Return the different words that followed a context, the last one first."""
        found: dict[str, None] = {}
        for word in reversed(self._followers.get(context, [])[-SEARCHED:]):
            found[word] = None
            if len(found) == RANKS:
                break
        return list(found)


def _group(context: Context, followers: int) -> Group:
    """Return the group of a context: contexts of as many words, or of the same separator, and as many followers."""
    length = len(context) - 1
    return (length if length else context[0][-2:], min(followers, 3)) if context else ("",)


def _learnt(weights: _Weights, part: Part, word: str, reached: float) -> _Weights:
    """Return the weights of a group after one more word.

    Args:
        weights: are those of before.
        part: is that of the group, after the whole word.
        word: is what came.
        reached: is the probability that no more specific part predicted it.
    """
    ranks = weights.ranks
    if word in part.ranks:
        hit = part.ranks[word]
        ranks = tuple(KEPT * count + (part.share if rank == hit else 0) for rank, count in enumerate(ranks))
    return _Weights(KEPT * weights.hits + part.share, KEPT * weights.words + reached, ranks)

"""A place in a text that is being typed: which words may come there, since they came before.

    "ROMEO: ... JULIET: ... " -> ROMEO, the last word but one after such a line end

A network and the words of the text (`decode/word_cache.py`) are a mixture, each part of which predicts whole words. How
much a part counts within a word follows from how likely it found the beginning (Bayes' rule); how much it counts at
the start of the next one, from how often it was right (expectation maximization, a step for each word).

What comes next is a function of the text: what is deleted from the text is gone from the words, too.

Shapes: V tokens, B tokens of characters that words have, E of those that words have not.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from unspool.arrays import FloatArray
from unspool.decode.boundaries import TokenTexts
from unspool.decode.word_cache import Context, Finished, Part, Starts, WordCache
from unspool.text.words import in_word

WORD_CHARACTERS = 60  # of a word at most; longer ones do not come again
CONTEXT_WORDS = 3  # of the longest context
SEPARATOR = 8  # characters of it that are compared
MOST = 1 - 1e-6  # of the mixture, which the parts beside the network are at most


class Place(NamedTuple):
    """A place in a text: the words before it, and what it has of the next one.

    Attributes:
        cache: has the words of the text.
        words: is the number of words before it.
        before: are the last of these, in small letters.
        separator: is the end of what stands between the last of them and the next word.
        word: is what the text has of the next word.
        parts: are those of the mixture, once the word has begun.
        finished: is the word that the last token ended.
    """

    cache: WordCache
    words: int = 0
    before: tuple[str, ...] = ()
    separator: str = ""
    word: str = ""
    parts: tuple[Part, ...] = ()
    finished: Finished | None = None

    def mixed(self, values: FloatArray) -> FloatArray:
        """Return the log-probabilities of the next token, [V].

        Args:
            values: are those of the network, [V].
        """
        mixed = self._within_word(values) if self.word else self._at_start(values)
        if mixed is None:
            return values
        with np.errstate(divide="ignore"):
            logarithms: FloatArray = np.log(mixed)
        return logarithms

    def after(self, token: int, values: Callable[[], FloatArray]) -> "Place":
        """Return the place after one more token.

        Args:
            token: is what is read.
            values: returns what `mixed` returned here, [V].
        """
        text = self.cache.texts[token]
        if text and in_word(text):
            return self._after_character(text, token, values)
        if not self.word:
            return Place(self.cache, self.words, self.before, (self.separator + text)[-SEPARATOR:])
        before = (*self.before, self.word.lower())[-CONTEXT_WORDS:]
        if not text:  # an unknown character: what the word is, is not known
            return Place(self.cache, self.words, before)
        finished = Finished(self.words, self._contexts(), self.word, self._ended(values))
        return Place(self.cache, self.words + 1, before, text, finished=finished)

    def remember(self) -> bool:
        """Let the cache have the word that the last token ended, unless it has it; return whether that was new."""
        if self.finished is None or self.finished.number != len(self.cache):
            return False
        self.cache.add(self.finished)
        return True

    def _contexts(self) -> tuple[Context, ...]:
        """Return the contexts of the next word, the least specific first."""
        if len(self.word) > WORD_CHARACTERS:
            return ()
        separator: tuple[Context, ...] = () if self.separator == " " else ((self.separator,),)
        between = "".join(self.separator.split())
        last = tuple((between, *self.before[-length:]) for length in range(1, len(self.before) + 1))
        return ((), *separator, *last)

    def _starts(self) -> Starts:
        return self.cache.starts(self._contexts())

    def _at_start(self, values: FloatArray) -> FloatArray | None:
        """Mix at the start of a word, where what is no word is up to the network: [V]; none where no words came."""
        starts, begins = self._starts(), self.cache.begins
        if starts.rest == 1:
            return None
        mixed: FloatArray = np.exp(values)
        own = mixed[begins]  # (B)
        mixed[begins] = starts.rest * own + float(own.sum()) * starts.first
        return mixed

    def _within_word(self, values: FloatArray) -> FloatArray | None:
        """Mix within a word: [V]; none where no words fit what it has so far."""
        rest = 1 - sum(part.share for part in self.parts)
        if rest == 1:
            return None
        own = np.exp(values)  # (V)
        mixed: FloatArray = rest * own
        tokens, ends, over = self.cache.tokens, self.cache.ends, 0.0
        for part in self.parts:
            if part.words is None or not part.words.total:  # forgotten since
                continue
            scale = part.share / part.words.total
            for character, words in part.words.branches.items():
                if character:
                    mixed[tokens[character]] += scale * words.total
                else:
                    over += scale * words.total
        if over and (room := float(own[ends].sum())):
            mixed[ends] += over / room * own[ends]
        return mixed

    def _after_character(self, character: str, token: int, values: Callable[[], FloatArray]) -> "Place":
        """Return the place after one more character of the word."""
        parts = self.parts if self.word else self._starts().parts
        if any(part.share for part in parts):
            found = math.exp(values()[token])
            if not self.word:
                found /= float(np.exp(values()[self.cache.begins]).sum()) or 1.0
            parts = _weighted(parts, character, found)
        return Place(self.cache, self.words, self.before, self.separator, self.word + character, parts)

    def _ended(self, values: Callable[[], FloatArray]) -> tuple[Part, ...]:
        """Return the parts, now that the word is over."""
        if not any(part.share for part in self.parts):
            return self.parts
        return _weighted(self.parts, "", float(np.exp(values()[self.cache.ends]).sum()))


def has_words(texts: TokenTexts) -> bool:
    """Return whether words of a text can come again: where tokens are characters.

    Args:
        texts: are those of the tokens.
    """
    return texts.tokenizer.kind == "char"


def start_place(texts: TokenTexts) -> Place | None:
    """Return the place before the first word of a text; none where it cannot have words.

    Args:
        texts: are those of the tokens.
    """
    return Place(WordCache(texts)) if has_words(texts) else None


def _weighted(parts: tuple[Part, ...], character: str, mixture: float) -> tuple[Part, ...]:
    """Return the parts after one more character of the word.

    Args:
        parts: are those of before.
        character: is that of the word; the empty one says that it is over.
        mixture: is the probability that the mixture gave to it.
    """
    words = [part.words and part.words.branches.get(character) for part in parts]
    likely = [
        part.share * own.total / part.words.total if own and own.total and part.words else 0.0
        for part, own in zip(parts, words, strict=True)
    ]
    total = max(mixture, sum(likely) / MOST) or 1.0
    return tuple(
        Part(part.group, share / total, own, part.ranks) for part, share, own in zip(parts, likely, words, strict=True)
    )

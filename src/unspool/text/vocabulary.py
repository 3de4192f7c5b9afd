"""Make a tokenizer from a text: count tokens, choose a vocabulary, serialize it in the library's format."""

import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers, trainers
from tokenizers import Tokenizer as LibraryTokenizer

from unspool.arrays import Flags, IntArray
from unspool.errors import DataError
from unspool.specs.data import TokenizerName
from unspool.text.tokenizer import CHARACTER_OF_BYTE, SPECIAL_TOKENS, UNKNOWN, Tokenizer, code_points

WORD_LIMIT = 20_000
WORD_MINIMUM = 2  # words that occur once are what `<unk>` is learnt from
BPE_LIMIT = 2_000
LISTENING_SECONDS = 0.05

_IDEOGRAPH = r"[\p{Han}\p{Hiragana}\p{Katakana}]"
_WORD = rf" ?{_IDEOGRAPH}| ?(?:(?!{_IDEOGRAPH})\w)+(?:['’](?:(?!{_IDEOGRAPH})\w)+)*"
# A token never reaches across a line end, so that a long text can be encoded in pieces.
WORD_PATTERN = rf"{_WORD}| ?[^\w\s]|\s"
# No piece is long, because the time that learning pairs takes grows with the square of its length.
BPE_PATTERN = r" ?\p{L}[\p{L}\p{M}]{0,63}| ?\p{N}{1,3}| ?[^\s\p{L}\p{N}]{1,64}|\n|[^\S\n]{1,64}"


def make_tokenizer(
    kind: TokenizerName,
    pieces: Iterable[str],
    limit: int = 0,
    lowercase: bool = False,
    minimum: int = WORD_MINIMUM,
) -> Tokenizer:
    """Learn a vocabulary from a text.

    Args:
        kind: is `char`, `word`, `whitespace`, `bpe` (Sennrich et al., 2016, on bytes) or `byte`.
        pieces: are those of the training text.
        limit: is the maximum number of tokens to keep, most frequent first, the special ones not counted; 0 keeps all
            characters, 20,000 words that occur at least twice, or 2,000 pairs and bytes; of a text between blanks that
            has `<unk>` in it, every word.
        lowercase: reads texts in lower case; for `word`, `whitespace` and `bpe`.
        minimum: is how often a word must occur to be kept; for `word` and `whitespace` only.

    Raises:
        DataError: there is nothing to learn, because no word occurs twice.
    """
    if kind == "word":
        library = _word(pieces, limit, lowercase, minimum)
    elif kind == "whitespace":
        library = _whitespace(pieces, limit, lowercase, minimum)
    elif kind == "bpe":
        library = _bpe(pieces, limit, lowercase)
    else:
        library = _MAKERS[kind](pieces, limit)
    tokenizer = Tokenizer(library.to_str(), "word" if kind == "whitespace" else kind)
    if tokenizer.kind == "word" and tokenizer.vocabulary_size == len(SPECIAL_TOKENS):
        raise DataError(
            "a vocabulary must have at least one word. Received: a text in which none occurs twice.",
            "read it by character with --tokenizer char, or by byte pair with --tokenizer bpe.",
        )
    return tokenizer


def character_tokenizer(characters: Iterable[str]) -> Tokenizer:
    """Make a `char` tokenizer of some characters, in this order."""
    return Tokenizer(_char_library(characters).to_str(), "char")


def whitespace_tokenizer(words: Iterable[str]) -> Tokenizer:
    """Make a `word` tokenizer of some words, which are what stands between blanks; how many blanks there are is lost.

    Args:
        words: have no blanks, and differ.
    """
    return Tokenizer(_whitespace_library((f" {word}" for word in words), False).to_str(), "word")


def _word_decoder() -> decoders.Sequence:
    """Join words that have the space before them, of which the first of a line does not need its own."""
    return decoders.Sequence([decoders.Fuse(), decoders.Replace("\n ", "\n"), decoders.Strip(" ", 1, 0)])


def extend_characters(tokenizer: Tokenizer, pieces: Iterable[str]) -> Tokenizer:
    """Extend a `char` tokenizer by the characters of a new text; the old ids do not change."""
    known = set(tokenizer.vocabulary)
    new = [character for character in _characters(pieces, 0) if character not in known]
    return character_tokenizer([*tokenizer.vocabulary[len(SPECIAL_TOKENS) :], *new])


def extend_words(tokenizer: Tokenizer, pieces: Iterable[str]) -> Tokenizer:
    """Extend a `word` tokenizer by the frequent words of a new text; the old ids do not change."""
    learnt = LibraryTokenizer.from_str(tokenizer.serialize())
    learnt.model = models.WordLevel({}, unk_token=SPECIAL_TOKENS[UNKNOWN])
    known = set(tokenizer.vocabulary)
    new = [word for word in _learn_words(learnt, pieces, WORD_LIMIT) if word not in known]
    learnt.model = models.WordLevel(
        _ids([*tokenizer.vocabulary[len(SPECIAL_TOKENS) :], *new]), unk_token=SPECIAL_TOKENS[UNKNOWN]
    )
    return Tokenizer(learnt.to_str(), "word")


def lowercased(tokenizer: Tokenizer) -> tuple[Tokenizer, IntArray]:
    """Make a tokenizer that reads the words of a `word` tokenizer in lower case.

    Returns:
        the new tokenizer, and for each of the V old ids the new one, [V].
    """
    small = [token.lower() for token in tokenizer.vocabulary[len(SPECIAL_TOKENS) :]]
    ids = _ids(dict.fromkeys(small))
    library = LibraryTokenizer.from_str(tokenizer.serialize())
    library.normalizer = normalizers.Sequence([library.normalizer, normalizers.Lowercase()])
    library.model = models.WordLevel(ids, unk_token=SPECIAL_TOKENS[UNKNOWN])
    new_ids = [*range(len(SPECIAL_TOKENS)), *(ids[token] for token in small)]
    return Tokenizer(library.to_str(), "word"), np.array(new_ids, np.int64)


def without_tokens(tokenizer: Tokenizer, gone: Flags) -> tuple[Tokenizer, IntArray]:
    """Take tokens out of the vocabulary of a `char` or `word` tokenizer; the others keep their order.

    Args:
        tokenizer: is one of those.
        gone: marks the tokens to take out, none of them special, [V].

    Returns:
        the new tokenizer, and for each of the V old ids the new one, which is `<unk>` for those that are gone, [V].
    """
    kept = [token for token, out in zip(tokenizer.vocabulary, gone, strict=True) if not out]
    library = LibraryTokenizer.from_str(tokenizer.serialize())
    library.model = models.WordLevel(_ids(kept[len(SPECIAL_TOKENS) :]), unk_token=SPECIAL_TOKENS[UNKNOWN])
    return Tokenizer(library.to_str(), tokenizer.kind), np.where(gone, UNKNOWN, np.cumsum(~gone) - 1)


def _characters(pieces: Iterable[str], limit: int) -> list[str]:
    counts = np.zeros(0x110000, dtype=np.int64)
    for piece in pieces:
        found = np.bincount(code_points(piece))
        counts[: len(found)] += found
    counts[0xD800:0xE000] = 0  # surrogates are no characters
    chosen = np.flatnonzero(counts)
    if limit:
        chosen = np.sort(chosen[np.argsort(-counts[chosen], kind="stable")][:limit])
    return [chr(code) for code in chosen]


def _ids(tokens: Iterable[str]) -> dict[str, int]:
    return {token: index for index, token in enumerate([*SPECIAL_TOKENS, *tokens])}


def _char_library(characters: Iterable[str]) -> LibraryTokenizer:
    library = LibraryTokenizer(models.WordLevel(_ids(characters), unk_token=SPECIAL_TOKENS[UNKNOWN]))
    library.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    library.decoder = decoders.Fuse()
    return library


def _char(pieces: Iterable[str], limit: int) -> LibraryTokenizer:
    return _char_library(_characters(pieces, limit))


def _word(pieces: Iterable[str], limit: int, lowercase: bool, minimum: int) -> LibraryTokenizer:
    """Learn words with the space before them, which the first word of a line gets too: " the" is one token."""
    library = LibraryTokenizer(models.WordLevel({}, unk_token=SPECIAL_TOKENS[UNKNOWN]))
    library.normalizer = normalizers.Sequence(
        [
            normalizers.Prepend(" "),
            normalizers.Replace("\n", "\n "),
            normalizers.Replace(Regex(r"\A (?=\n)"), ""),  # not before an empty line,
            normalizers.Replace(Regex(r"\n (?=\n)"), "\n"),
            normalizers.Replace(Regex(r"\n \z"), "\n"),  # nor at the end
            *([normalizers.Lowercase()] if lowercase else []),
        ]
    )
    library.pre_tokenizer = pre_tokenizers.Split(Regex(WORD_PATTERN), "isolated")
    words = _learn_words(library, pieces, limit or WORD_LIMIT, minimum)
    library.model = models.WordLevel(_ids(words), unk_token=SPECIAL_TOKENS[UNKNOWN])
    library.decoder = _word_decoder()
    return library


def _whitespace(pieces: Iterable[str], limit: int, lowercase: bool, minimum: int) -> LibraryTokenizer:
    """Learn what stands between blanks; a text that has `<unk>` already was prepared, and keeps all of its words."""
    counts: Counter[str] = Counter()
    for piece in pieces:
        words = (piece.lower() if lowercase else piece).split()
        counts.update(words)
        if line_ends := piece.count("\n"):
            counts["\n"] += line_ends
    if counts.pop(SPECIAL_TOKENS[UNKNOWN], 0):
        limit, minimum = limit or len(counts), 1
    kept = [word for word, count in counts.most_common(limit or WORD_LIMIT) if count >= minimum]
    return _whitespace_library((word if word == "\n" else f" {word}" for word in kept), lowercase)


def _whitespace_library(tokens: Iterable[str], lowercase: bool) -> LibraryTokenizer:
    """Make words of what stands between blanks, with one space before each."""
    library = LibraryTokenizer(models.WordLevel(_ids(tokens), unk_token=SPECIAL_TOKENS[UNKNOWN]))
    library.normalizer = normalizers.Sequence(
        [
            normalizers.Prepend(" "),
            normalizers.Replace("\n", "\n "),
            normalizers.Replace(Regex(r"[^\S\n]+"), " "),
            normalizers.Replace(Regex(r" (?=\n|\z)"), ""),
            *([normalizers.Lowercase()] if lowercase else []),
        ]
    )
    library.pre_tokenizer = pre_tokenizers.Split(Regex(r" ?\S+|\s"), "isolated")
    library.decoder = _word_decoder()
    return library


def _learn_words(
    library: LibraryTokenizer, pieces: Iterable[str], limit: int, minimum: int = WORD_MINIMUM
) -> list[str]:
    """Return the words of a text that occur often enough, the most frequent first."""
    trainer = trainers.WordLevelTrainer(vocab_size=limit, min_frequency=minimum, special_tokens=[], show_progress=False)
    _train(library, pieces, trainer)
    vocabulary: dict[str, int] = library.get_vocab()
    return sorted(vocabulary, key=vocabulary.__getitem__)


def _bpe(pieces: Iterable[str], limit: int, lowercase: bool) -> LibraryTokenizer:
    library = LibraryTokenizer(models.BPE())
    if lowercase:
        library.normalizer = normalizers.Lowercase()
    library.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(BPE_PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=max(256, limit or BPE_LIMIT),
        special_tokens=[],
        initial_alphabet=CHARACTER_OF_BYTE,
        show_progress=False,
    )
    _train(library, pieces, trainer)
    learnt = json.loads(library.model.__getstate__())
    tokens = sorted(learnt["vocab"], key=learnt["vocab"].__getitem__)
    merges = [tuple(merge) for merge in learnt["merges"]]
    library.model = models.BPE(_ids(tokens), merges)
    library.decoder = decoders.ByteLevel()
    return library


def _byte(pieces: Iterable[str], limit: int) -> LibraryTokenizer:
    library = LibraryTokenizer(models.BPE(_ids(CHARACTER_OF_BYTE), []))
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    library.decoder = decoders.ByteLevel()
    return library


def _train(library: LibraryTokenizer, pieces: Iterable[str], trainer: Any) -> None:
    """Let the library learn from a text in a thread of its own, because it does not listen to Ctrl-C by itself."""
    problems: list[BaseException] = []
    interrupted = threading.Event()

    def whole() -> Iterator[str]:
        for piece in pieces:
            if interrupted.is_set():
                raise InterruptedError
            if piece:
                yield piece

    def train() -> None:
        try:
            library.train_from_iterator(whole(), trainer)
        except BaseException as problem:  # which the thread that waits shall raise
            problems.append(problem)

    thread = threading.Thread(target=train, daemon=True)
    try:
        thread.start()
        while thread.is_alive():
            thread.join(LISTENING_SECONDS)
    except BaseException:
        interrupted.set()
        raise
    if problems:
        raise problems[0]


_MAKERS = {"char": _char, "byte": _byte}

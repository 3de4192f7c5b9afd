r"""Read and write n-grams in ARPA format, the common language of n-gram tools.

    \data\
    ngram 1=4

    \1-grams:
    -0.6020600	the	-0.3010300        the logarithm to base 10, the words, and the logarithm of the backoff weight

    \end\

Words are divided by blanks, so a token that holds one is written with an escape, a space as `\x20`; but where each
token has one before it and no other, these are left out. `<s>` and `<unk>` have the same names as here; `<eos>` is
`</s>` there.

Shapes: G n-grams of one order, V tokens.
"""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np

from unspool.arrays import Array, FloatArray, IntArray
from unspool.engines.ngram.backoff import MIN_LOG_PROBABILITY, BackoffModel
from unspool.engines.ngram.counts import MAX_ORDER
from unspool.engines.ngram.model import first_children, levels_of, parents_of
from unspool.engines.ngram.packing import Packing, child_ranges, sorting
from unspool.engines.ngram.smoothing import IMPOSSIBLE
from unspool.errors import DataError
from unspool.folder.atomic import writing_atomically
from unspool.text.escapes import escaped
from unspool.text.tokenizer import BEGIN, END, PAD, SPECIAL_TOKENS, UNKNOWN

NAMES = {UNKNOWN: "<unk>", BEGIN: "<s>", END: "</s>"}
IDS = {name: token for token, name in NAMES.items()} | {"<UNK>": UNKNOWN}
TEN = math.log(10)
LOG_OF_ZERO = -99  # in place of the logarithm of zero


class Arpa(NamedTuple):
    """What a file in ARPA format holds.

    Attributes:
        model: has the n-grams.
        vocabulary: are the words of its tokens, [V], the special tokens first.
        lacking: are the special tokens that it does not have, which get a probability of nearly zero.
    """

    model: BackoffModel
    vocabulary: list[str]
    lacking: list[str]


class _Level(NamedTuple):
    """The n-grams of one order, as they are read; the first is the order in words, [G, order]."""

    words: list[list[str]]
    log_probabilities: list[float]
    log_backoffs: list[float]


def words_of(vocabulary: Sequence[str]) -> list[str]:
    """Return how the tokens of a vocabulary are written in ARPA format."""
    own = vocabulary[len(SPECIAL_TOKENS) :]
    if all(re.fullmatch(r" \S+", token) for token in own):
        words = [*SPECIAL_TOKENS, *(token[1:] for token in own)]
    else:
        words = [escaped(token).replace(" ", r"\x20") for token in vocabulary]
    words = [rf"\x{ord(word[0]):02x}{word[1:]}" if word in IDS else word for word in words]
    return [NAMES.get(token, word) for token, word in enumerate(words)]


def write_arpa(path: Path, model: BackoffModel, vocabulary: Sequence[str]) -> None:
    """Write a model as a file in ARPA format.

    Args:
        path: is that of the file.
        model: has the n-grams; `backoff_model` makes it of counts.
        vocabulary: are the tokens, [V], as a tokenizer names them.

    Raises:
        OutputError: the file cannot be written.
    """
    with writing_atomically(path) as file:
        for line in _lines(model, words_of(vocabulary)):
            file.write(f"{line}\n".encode())


def _lines(model: BackoffModel, words: Sequence[str]) -> Iterator[str]:
    levels = levels_of(model.first, model.order)
    probabilities, backoffs = (array / TEN for array in (model.log_probabilities, model.log_backoffs))
    probabilities[IMPOSSIBLE] = LOG_OF_ZERO
    written = np.flatnonzero(~np.isnan(model.log_probabilities))
    written = written[written != PAD]
    sizes = np.diff(np.searchsorted(written, levels))
    yield "\\data\\"
    yield from (f"ngram {order}={size}" for order, size in enumerate(sizes, 1))
    ngrams = words  # of the nodes of one order
    for order in range(1, model.order + 1):
        yield from ("", f"\\{order}-grams:")
        start, end = levels[order - 1 : order + 1]
        if order > 1:
            parents = parents_of(model.first, levels, order)
            last = (words[token] for token in model.tokens[start:end])
            ngrams = [f"{ngrams[parent]} {word}" for parent, word in zip(parents, last, strict=True)]
        for node in written[(written >= start) & (written < end)]:
            line = f"{probabilities[node]:.7g}\t{ngrams[node - start]}"
            yield line if order == model.order else f"{line}\t{backoffs[node]:.7g}"
    yield from ("", "\\end\\")


def read_arpa(path: Path, vocabulary: Sequence[str] | None = None) -> Arpa:
    """Read a file in ARPA format.

    Args:
        path: is that of the file.
        vocabulary: are the tokens, as a tokenizer names them; none takes the words of the file, after the special
            tokens.

    Raises:
        DataError: it is not such a file, or has a word that the vocabulary lacks.
    """
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            levels = _read(file, path)
    except (OSError, UnicodeDecodeError) as problem:
        raise DataError(f"{path} cannot be read: {problem}.", "name a text file in ARPA format.") from None
    if vocabulary is None:
        found = (word for (word,) in levels[0].words if word not in IDS)
        vocabulary = [*SPECIAL_TOKENS, *dict.fromkeys(found)]
        ids = {word: token for token, word in enumerate(vocabulary) if token >= len(SPECIAL_TOKENS)} | IDS
    else:
        ids = IDS | {word: token for token, word in enumerate(words_of(vocabulary)) if token != PAD}
    known = {word for (word,) in levels[0].words}
    lacking = [name for token, name in NAMES.items() if not any(IDS.get(word) == token for word in known & set(IDS))]
    _refuse_twice(levels, path)
    try:
        return Arpa(_model(levels, ids, len(vocabulary)), list(vocabulary), lacking)
    except KeyError as problem:
        raise DataError(
            f"an n-gram must consist of words of the vocabulary. Received: {problem.args[0]!r:.40} in {path}.",
            "take the tokenizer that the n-grams were counted with.",
        ) from None


def _refuse_twice(levels: Sequence[_Level], path: Path) -> None:
    """Refuse an n-gram that a file has twice, as one of its probabilities would be dropped.

    Raises:
        DataError: there is one.
    """
    for level in levels:
        seen = set[tuple[str, ...]]()
        for words in map(tuple, level.words):
            if words in seen:
                raise DataError(
                    f"an ARPA file must have every n-gram once. Received: {' '.join(words)!r:.60} twice in {path}.",
                    "leave one of them out, and count it once less in the lines at the start.",
                )
            seen.add(words)


def _read(file: TextIO, path: Path) -> list[_Level]:
    """Read the n-grams of each order."""
    levels, order, sizes = list[_Level](), 0, list[int]()
    for number, line in enumerate(file, 1):
        line = line.strip(" \t\r\n")
        try:
            if match := re.fullmatch(r"\\(\d+)-grams:", line):
                order += 1
                levels.append(_Level([], [], []))
                if int(match[1]) != order or order > min(len(sizes), MAX_ORDER):
                    raise ValueError(line)
            elif line == "\\end\\":
                break
            elif order and line:
                _add(levels[-1], re.split(r"[ \t]+", line), order)
            elif match := re.fullmatch(r"ngram\s+\d+\s*=\s*(\d+)", line):
                sizes.append(int(match[1]))
        except ValueError:
            raise DataError(
                f"a line of an ARPA file must be a logarithm, at most 0, {order or 'the'} words and a backoff weight. "
                f"Received: {line!r:.60} in line {number:,} of {path}.",
                f"name a file in ARPA format, of orders up to {MAX_ORDER}.",
            ) from None
    found = [len(level.words) for level in levels]
    if not found:
        raise DataError(
            f"an ARPA file must have n-grams, in lines below \\1-grams:. Received: {path}, which has none.",
            "name a file in ARPA format.",
        )
    if found != sizes:
        raise DataError(
            f"an ARPA file must have as many n-grams as it says. Received: {found} for {sizes} in {path}.",
            "name a whole file in ARPA format.",
        )
    return levels


def _add(level: _Level, fields: list[str], order: int) -> None:
    """Add the n-gram of a line to its order."""
    probability, words, backoff = float(fields[0]), fields[1 : order + 1], fields[order + 1 :]
    weight = float(backoff[0]) if backoff else 0.0
    if len(words) != order or len(backoff) > 1 or not (-math.inf < probability <= 0 and math.isfinite(weight)):
        raise ValueError(fields)
    level.words.append(words)
    level.log_probabilities.append(probability)
    level.log_backoffs.append(weight)


def _model(levels: Sequence[_Level], ids: dict[str, int], vocabulary_size: int) -> BackoffModel:
    """Make the trie, from the highest order down, so that every n-gram has the nodes that it begins with."""
    packing = Packing.of_vocabulary(vocabulary_size)
    fields = [_fields(level, order, ids) for order, level in enumerate(levels, 1)]
    found, prefixes = list[tuple[Array, IntArray, FloatArray, FloatArray]](), np.zeros((0, 0), np.int64)
    for order in range(len(levels), 1, -1):
        given = fields[order - 1]
        added = prefixes if prefixes.size else np.zeros((order, 0), np.int64)
        all_fields = np.concatenate([given, added], axis=1)  # (order, G)
        values = _values(levels[order - 1], added.shape[1])
        words = packing.pack(list(all_fields))
        is_added = np.arange(all_fields.shape[1]) >= given.shape[1]
        chosen = sorting(np.concatenate([words, is_added[None].astype(np.uint64)]))
        # of equal n-grams the first is kept, which was given rather than added
        chosen = chosen[packing.changes(words[:, chosen], order)]
        found.append((words[:, chosen], all_fields[-1, chosen] - 1, *(value[chosen] for value in values)))
        prefixes = all_fields[:-1, chosen]
    tokens = np.arange(vocabulary_size)
    values = (np.full(vocabulary_size, MIN_LOG_PROBABILITY), np.zeros(vocabulary_size))
    for value, read in zip(values, _values(levels[0], 0), strict=True):
        value[fields[0][0] - 1] = read
    values[0][IMPOSSIBLE] = MIN_LOG_PROBABILITY
    found.append((packing.pack([tokens + 1]), tokens, *values))
    found.reverse()
    return _joined(found, packing, vocabulary_size)


def _joined(
    levels: Sequence[tuple[Array, IntArray, FloatArray, FloatArray]], packing: Packing, vocabulary_size: int
) -> BackoffModel:
    """Join the nodes of all orders: packed n-grams [W, G], last tokens, and both logarithms."""
    children = list[IntArray]()
    for order, ((parents, *_), (words, *_)) in enumerate(pairwise(levels), 1):
        prefixes = packing.pack([packing.field(words, index) for index in range(order)])
        starts, ends = child_ranges(parents, prefixes)
        children.append(ends - starts)
    return BackoffModel(
        first=first_children(vocabulary_size, children),
        tokens=np.concatenate([level[1] for level in levels]).astype(np.min_scalar_type(vocabulary_size - 1)),
        log_probabilities=np.concatenate([level[2] for level in levels]).astype(np.float32),
        log_backoffs=np.concatenate([np.zeros(0), *(level[3] for level in levels[:-1])]).astype(np.float32),
        order=len(levels),
    )


def _fields(level: _Level, order: int, ids: dict[str, int]) -> IntArray:
    """Return the tokens of n-grams as fields to be packed, [order, G]."""
    tokens = [[ids[word] + 1 for word in words] for words in level.words]
    return np.array(tokens, np.int64).reshape(len(tokens), order).T


def _values(level: _Level, added: int) -> tuple[FloatArray, FloatArray]:
    """Return the natural logarithms of probabilities and backoff weights, also of nodes that are added."""
    probabilities = np.array([*(TEN * value for value in level.log_probabilities), *([math.nan] * added)])
    return probabilities, np.array([*(TEN * value for value in level.log_backoffs), *([0.0] * added)])

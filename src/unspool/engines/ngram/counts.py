"""Count the n-grams of a corpus.

Only the n-grams of the highest order are counted, one for every token of a document: the token, and the order - 1
before it. A document begins after `<s>`, before which there is nothing. What shorter n-grams need follows from these,
and they are a sum over documents: counts of the parts of a corpus add up to those of the whole, and a document can be
taken out again. Where documents depend on labels, these stand before `<s>`, as tokens that follow the vocabulary.

Counts are sorted, so that equal corpora have equal bytes, in whatever parts and order they were counted.

Shapes: G n-grams, N orders, W words, T tokens.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from unspool.arrays import Array, Arrays, IntArray
from unspool.data.tokens import Part
from unspool.engines.ngram.packing import Packing, are_ascending, smallest, sorting
from unspool.errors import DataError, ModelFolderError, UsageError
from unspool.text.tokenizer import BEGIN, PAD, SPECIAL_TOKENS

MAX_ORDER = 12
NOTHING = -1  # before a document begins
NO_LABELS: IntArray = np.zeros(0, np.int64)
BLOCK = 1 << 22  # tokens that are counted at once, which bounds the memory


@dataclass(frozen=True, eq=False)
class Counts:
    """How often each n-gram of the highest order occurs.

    Attributes:
        order: is the number of tokens of an n-gram, 1 to 12.
        vocabulary_size: is the number of tokens of the vocabulary.
        ngrams: are sorted, and packed from the last token to the first, [W, G] uint64; see `Packing`.
        counts: says how often each occurs, at least once, [G] int64.
    """

    order: int
    vocabulary_size: int
    ngrams: Array
    counts: IntArray

    @property
    def packing(self) -> Packing:
        """How the n-grams are packed."""
        return Packing.of_vocabulary(self.vocabulary_size)

    @property
    def tokens(self) -> IntArray:
        """The tokens that were counted, ascending, each once."""
        return np.unique(self.packing.field(self.ngrams, 0)).astype(np.int64) - 1

    def to_arrays(self) -> Arrays:
        """Return the arrays by name, to save them; counts are of the smallest type that holds them."""
        sizes = np.array([self.order, self.vocabulary_size], np.int64)
        return {"ngrams": self.ngrams, "counts": smallest(self.counts), "sizes": sizes}


def counts_from_arrays(arrays: Mapping[str, Array]) -> Counts:
    """Return the counts of arrays that `Counts.to_arrays` returned.

    Raises:
        ModelFolderError: the arrays are not such.
    """
    try:
        order, size = (int(value) for value in arrays["sizes"])
        check_sizes(order, size)
        found = Counts(order, size, np.asarray(arrays["ngrams"]), arrays["counts"].astype(np.int64))
        sound = (
            found.ngrams.dtype == np.uint64
            and arrays["counts"].dtype.kind == "u"
            and found.counts.ndim == 1
            and found.ngrams.shape == (found.packing.words(order), len(found.counts))
            and (found.counts > 0).all()
            and are_ascending(found.ngrams)
            and all(found.packing.field(found.ngrams, index).max(initial=0) <= size for index in range(order))
        )
    except (KeyError, ValueError, TypeError, UsageError):
        sound = False
    if not sound:
        shapes = {name: f"{array.dtype} {array.shape}" for name, array in arrays.items()}
        raise ModelFolderError(
            f"counts must have the arrays ngrams, counts and sizes. Received: {shapes!s:.120}.",
            "count the texts again: the arrays are damaged.",
        )
    return found


def last_tokens(before: IntArray, tokens: IntArray) -> IntArray:
    """Return the last N - 1 tokens of those before [..., N - 1] and those that were read since [..., T]."""
    return np.concatenate([before, tokens], axis=-1)[..., tokens.shape[-1] :]  # (..., N - 1)


def documents_of(part: Part) -> Iterator[IntArray]:
    """Yield the documents of a part of a corpus; a stream is one document."""
    if part.starts is None:
        yield part.tokens
    else:
        yield from (part.document(index) for index in range(len(part.starts) - 1))


def counts_of(
    documents: Iterable[IntArray], order: int, vocabulary_size: int, labels: Iterable[IntArray] | None = None
) -> Counts:
    """Count the n-grams of documents.

    Args:
        documents: are the token ids of each, [T], with `<eos>` where documents end with it and without `<s>`.
        order: is the number of tokens of an n-gram.
        vocabulary_size: is the number of tokens of the vocabulary, with the labels if there are any.
        labels: are the tokens of the labels of each document, [L]; none where documents depend on nothing.

    Raises:
        UsageError: the order is not 1 to 12, or the vocabulary has no more than the special tokens.
        DataError: a document has a token that no document can have.
    """
    check_sizes(order, vocabulary_size)
    found, held, size = list[Counts](), list[IntArray](), 0
    pairs = ((document, NO_LABELS) for document in documents) if labels is None else zip(documents, labels, strict=True)
    for document, own in pairs:
        for piece in _pieces(check_document(np.asarray(document), vocabulary_size), order, own):
            held.append(piece)
            size += len(piece)
            if size >= BLOCK:
                found.append(_count(held, order, vocabulary_size))
                held, size = [], 0
                while len(found) > 1 and len(found[-2].counts) <= 2 * len(found[-1].counts):
                    found[-2:] = [merged(found[-2:])]
    return merged([*found, _count(held, order, vocabulary_size)])


def merged(parts: Sequence[Counts]) -> Counts:
    """Add up the counts of at least one part of a corpus.

    Raises:
        UsageError: the parts are of different orders or vocabularies.
    """
    first, *others = parts
    for other in others:
        if (other.order, other.vocabulary_size) != (first.order, first.vocabulary_size):
            raise UsageError(
                "counts that are added up must be of the same order and vocabulary. Received: order "
                f"{first.order} of {first.vocabulary_size:,} tokens and order {other.order} of "
                f"{other.vocabulary_size:,}.",
                "count all parts with one tokenizer and one order.",
            )
    return _added(parts) if others else first


def without(counts: Counts, documents: Iterable[IntArray]) -> Counts:
    """Take documents out of counts, as if they had never been there.

    Raises:
        DataError: the counts do not hold the documents.
    """
    taken = counts_of(documents, counts.order, counts.vocabulary_size)
    left = _added([counts, Counts(taken.order, taken.vocabulary_size, taken.ngrams, -taken.counts)])
    if (left.counts < 0).any():
        raise DataError(
            "a document can be taken out only of counts that hold it. Received: "
            f"{-left.counts[left.counts < 0].sum():,} of {taken.counts.sum():,} tokens that they lack after the tokens "
            "before them.",
            "name documents that were counted, as they were; what was held out never was.",
        )
    kept = left.counts > 0
    return Counts(left.order, left.vocabulary_size, left.ngrams[:, kept], left.counts[kept])


def renumbered(counts: Counts, ids: IntArray, vocabulary_size: int) -> Counts:
    """Give the tokens of counts other ids.

    Args:
        counts: stay as they are.
        ids: are the new ids of the old ones; those of the tokens that were counted ascend as the old ones do, [V].
        vocabulary_size: is the number of tokens that there are from now on.
    """
    fields = np.append(0, ids + 1)  # (1 + V), as fields are packed
    old, new = counts.packing, Packing.of_vocabulary(vocabulary_size)
    ngrams = new.pack([fields[old.field(counts.ngrams, index)] for index in range(counts.order)])  # (W, G)
    return Counts(counts.order, vocabulary_size, ngrams, counts.counts)


def _added(parts: Sequence[Counts]) -> Counts:
    ngrams = np.concatenate([part.ngrams for part in parts], axis=1)
    counts = np.concatenate([part.counts for part in parts])
    return _summed(parts[0].order, parts[0].vocabulary_size, ngrams, counts, stable=True)


def _summed(order: int, vocabulary_size: int, ngrams: Array, counts: IntArray, stable: bool = False) -> Counts:
    """Sort n-grams [W, G], and sum the counts of equal ones; a stable sort is fast where parts are sorted already."""
    sorted_by = sorting(ngrams, stable)
    ngrams = ngrams[:, sorted_by]
    starts = np.flatnonzero(Packing.of_vocabulary(vocabulary_size).changes(ngrams, order))
    sums = np.add.reduceat(counts[sorted_by], starts) if len(starts) else counts
    return Counts(order, vocabulary_size, np.ascontiguousarray(ngrams[:, starts]), sums)


def _count(pieces: Sequence[IntArray], order: int, vocabulary_size: int) -> Counts:
    """Count pieces that each begin with order - 1 tokens of context."""
    packing = Packing.of_vocabulary(vocabulary_size)
    if not pieces:
        return Counts(order, vocabulary_size, np.zeros((packing.words(order), 0), np.uint64), np.zeros(0, np.int64))
    stream = np.concatenate(pieces) + 1
    starts = np.cumsum([0, *(len(piece) for piece in pieces[:-1])])
    counted = np.ones(len(stream), np.bool_)
    counted[(starts[:, None] + np.arange(order - 1)).ravel()] = False
    places = len(stream) - order + 1
    fields = [stream[order - 1 - back :][:places] for back in range(order)]  # the last token first
    ngrams = packing.pack(fields)[:, counted[order - 1 :]]
    return _summed(order, vocabulary_size, ngrams, np.ones(ngrams.shape[1], np.int64))


def _pieces(document: IntArray, order: int, labels: IntArray = NO_LABELS) -> Iterator[IntArray]:
    """Cut a document into pieces, each with the order - 1 tokens before it: [order - 1 + T] int64.

    Of labels and `<s>`, the first one is what a document begins after; the others are counted with its tokens.
    """
    first, *others = *labels, BEGIN
    before = np.full(order - 1, NOTHING, np.int64)
    before[-1:] = first
    document = np.concatenate([others, document]) if others else document
    for start in range(0, len(document), BLOCK):
        context = before if start == 0 else document[start - order + 1 : start]
        yield np.concatenate([context, document[start : start + BLOCK]]).astype(np.int64)


def check_document(document: IntArray, vocabulary_size: int) -> IntArray:
    """Refuse a document with tokens that no document can have; return it.

    Raises:
        DataError: it has such tokens.
    """
    if len(document) and (document.min() <= PAD or document.max() >= vocabulary_size or (document == BEGIN).any()):
        raise DataError(
            f"a document must have token ids of 1 to {vocabulary_size - 1}, without {SPECIAL_TOKENS[BEGIN]}. Received: "
            f"ids of {document.min()} to {document.max()}.",
            "encode the text with the tokenizer of this vocabulary.",
        )
    return document


def check_sizes(order: int, vocabulary_size: int) -> None:
    """Refuse sizes that counts cannot have.

    Raises:
        UsageError: the order is not 1 to 12, or the vocabulary has no more than the special tokens.
    """
    if not 1 <= order <= MAX_ORDER:
        raise UsageError(
            f"the order of n-grams must be 1 to {MAX_ORDER}. Received: {order}.",
            "choose 5 or 6 for words, 6 to 8 for characters.",
        )
    if vocabulary_size < len(SPECIAL_TOKENS):
        raise UsageError(
            f"a vocabulary must have the {len(SPECIAL_TOKENS)} special tokens. Received: {vocabulary_size} tokens.",
            "take the vocabulary size of a tokenizer.",
        )

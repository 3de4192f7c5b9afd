"""What captions have in common with those that people wrote: BLEU, CIDEr-D and ROUGE-L.

    references -> counted once -> CaptionReferences -> compared with several lists of captions

All three are computed as COCO's evaluation does, on tokens. Shapes: N pictures.
"""

from collections import Counter
from collections.abc import Sequence
from math import exp, log, sqrt

from unspool.evaluate.captions_tokens import Tokens

MAX_ORDER = 4  # n-grams of 1 to 4 tokens
SIGMA = 6.0  # of the penalty of CIDEr-D for another length, in tokens
BETA = 1.2  # the weight of recall in ROUGE-L

Counts = Counter[Tokens]


class CaptionReferences:
    """The references of N pictures, to compare one caption of each with.

    Args:
        references: are one or more for each picture, as tokens.
    """

    def __init__(self, references: Sequence[Sequence[Tokens]]) -> None:
        self.references = references
        self._counts = [[_ngrams(one) for one in several] for several in references]
        pictures: Counter[Tokens] = Counter()  # whose references have an n-gram
        for several in self._counts:
            pictures.update({ngram for orders in several for counts in orders for ngram in counts})
        self._rarity = {ngram: log(len(references) / count) for ngram, count in pictures.items()}
        self._norms = [[list(map(self._norm, orders)) for orders in several] for several in self._counts]

    def bleu(self, found: Sequence[Tokens]) -> tuple[float, ...]:
        """Compute BLEU-1 to BLEU-4 of N captions, 0 to 100 (Papineni et al., 2002).

        Matches are counted over all captions, without smoothing; the reference whose length is closest, the shorter one
        of two, says how long a caption should be. Where nothing matches, COCO's evaluation is slightly above 0, since
        it adds 1e-15 to the matches.
        """
        matches, ngrams, length, closest = [0] * MAX_ORDER, [0] * MAX_ORDER, 0, 0
        for caption, several, counted in zip(found, self.references, self._counts, strict=True):
            length += len(caption)
            closest += min((abs(len(one) - len(caption)), len(one)) for one in several)[1]
            for index, counts in enumerate(_ngrams(caption)):
                ngrams[index] += counts.total()
                matches[index] += sum(
                    min(count, max(orders[index].get(ngram, 0) for orders in counted))
                    for ngram, count in counts.items()
                )
        brevity = exp(min(0.0, 1 - closest / length)) if length else 0.0
        scores, product = [], 1.0
        for order, (right, total) in enumerate(zip(matches, ngrams, strict=True), 1):
            product *= right / max(total, 1)
            scores.append(100 * brevity * product ** (1 / order))
        return tuple(scores)

    def cider(self, found: Sequence[Tokens]) -> float:
        """Compute CIDEr-D of N captions, 0 to 10 (Vedantam et al., 2015).

        The weight of an n-gram is its count times the logarithm of N over the number of pictures whose references have
        it. So it is 0 for one picture alone, of which nothing can be said to be rare.
        """
        total = 0.0
        for caption, several, counted, norms in zip(found, self.references, self._counts, self._norms, strict=True):
            own = _ngrams(caption)
            own_norms = list(map(self._norm, own))
            scores = [
                exp(-((len(caption) - len(one)) ** 2) / (2 * SIGMA**2))
                * sum(map(self._cosine, own, own_norms, orders, reference_norms))
                / MAX_ORDER
                for one, orders, reference_norms in zip(several, counted, norms, strict=True)
            ]
            total += sum(scores) / len(scores)
        return 10 * total / len(found)

    def rouge_l(self, found: Sequence[Tokens]) -> float:
        """Compute ROUGE-L of N captions, 0 to 100: the mean over pictures (Lin, 2004).

        Precision and recall of the longest common subsequence are each the highest over the references.
        """
        total = 0.0
        for caption, several in zip(found, self.references, strict=True):
            common = [longest_common_subsequence(caption, one) for one in several]
            precision = max(common) / max(len(caption), 1)
            recall = max(both / max(len(one), 1) for both, one in zip(common, several, strict=True))
            if recall:
                total += (1 + BETA**2) * precision * recall / (recall + BETA**2 * precision)
        return 100 * total / len(found)

    def _norm(self, counts: Counts) -> float:
        """Compute the length of the vector of weights; an n-gram that no reference has counts as that of one."""
        unknown = log(len(self.references))
        return sqrt(sum((count * self._rarity.get(ngram, unknown)) ** 2 for ngram, count in counts.items()))

    def _cosine(self, found: Counts, norm: float, reference: Counts, reference_norm: float) -> float:
        """Compute the cosine of two vectors of weights, of which the first is cut to the second where it is above."""
        product = sum(
            min(count, reference[ngram]) * reference[ngram] * self._rarity[ngram] ** 2
            for ngram, count in found.items()
            if ngram in reference
        )
        return product / (norm * reference_norm) if product else 0.0


def longest_common_subsequence(one: Sequence[str], other: Sequence[str]) -> int:
    """Compute the length of the longest common subsequence, a row of the table at a time as bits of a number.

    Hyyrö, "Bit-parallel LCS-length computation revisited", 2004.
    """
    places: dict[str, int] = {}
    for index, token in enumerate(one):
        places[token] = places.get(token, 0) | 1 << index
    everywhere = (1 << len(one)) - 1
    rises = everywhere  # a bit is 0 where the table's row is one higher than at its left
    for token in other:
        matching = rises & places.get(token, 0)
        rises = (rises + matching | rises - matching) & everywhere
    return len(one) - rises.bit_count()


def _ngrams(tokens: Tokens) -> list[Counts]:
    """Count the n-grams of each order, 1 to 4."""
    return [
        Counter(tokens[start : start + order] for start in range(len(tokens) - order + 1))
        for order in range(1, MAX_ORDER + 1)
    ]

"""Kneser-Ney smoothing once more, over dictionaries of tuples: slow, and another way to the same numbers."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from unspool.text.tokenizer import BEGIN

Ngram = tuple[int, ...]


class SlowKneserNey:
    """Modified Kneser-Ney over documents, each a list of tokens, after as many labels; see `engines/ngram/model.py`."""

    def __init__(
        self,
        documents: Sequence[Sequence[int]],
        order: int,
        size: int,
        min_count: int = 1,
        labels: Sequence[Sequence[int]] = (),
    ) -> None:
        self.size = size
        self.occurrences: list[Counter[Ngram]] = [Counter() for _ in range(order + 1)]
        for document, own in zip(documents, labels or [()] * len(documents), strict=True):
            text = (*own, BEGIN, *document)
            for end in range(2, len(text) + 1):
                for length in range(1, min(order, end) + 1):
                    self.occurrences[length][text[end - length : end]] += 1
        self.counts = [self._counts(length) for length in range(order + 1)]
        self.discounts = [discounts(list(counts.values())) for counts in self.counts]
        self.kept = [
            {ngram for ngram, count in found.items() if length < 3 or count >= min_count}
            for length, found in enumerate(self.occurrences)
        ]
        self.after: defaultdict[Ngram, list[int]] = defaultdict(list)
        for counts in self.counts[1:]:
            for ngram in counts:
                self.after[ngram[:-1]].append(ngram[-1])

    def _counts(self, length: int) -> dict[Ngram, int]:
        if length in (0, len(self.occurrences) - 1):
            return dict(self.occurrences[length])
        before = Counter(ngram[1:] for ngram in self.occurrences[length + 1])
        found = self.occurrences[length]
        return {ngram: before[ngram] or count for ngram, count in found.items()}

    def probability(self, context: Ngram, token: int) -> float:
        """The probability of a token after a context of any length below the order."""
        length = len(context) + 1
        following = {one: self.counts[length][(*context, one)] for one in self.after[context] if self._follows(one)}
        shorter = 0.0 if length == 1 and token == BEGIN else 1 / (self.size - 2)
        if length > 1:
            shorter = self.probability(context[1:], token)
        if not following:
            return shorter
        total = sum(following.values())
        kept = {
            one: count - self.discounts[length][min(count, 3) - 1]
            for one, count in following.items()
            if (*context, one) in self.kept[length]
        }
        return kept.get(token, 0.0) / total + (1 - sum(kept.values()) / total) * shorter

    def _follows(self, token: int) -> bool:
        """Whether a token is one of a text; `<s>` and labels are not predicted."""
        return token != BEGIN and token < self.size


def discounts(counts: Sequence[int]) -> tuple[float, ...]:
    """The three discounts, or those of small corpora."""
    n = [sum(count == times for count in counts) for times in range(5)]
    if n[1] and n[2] and n[3]:
        y = n[1] / (n[1] + 2 * n[2])
        found = tuple(r - (r + 1) * y * n[r + 1] / n[r] for r in (1, 2, 3))
        if all(0 < one <= r for r, one in enumerate(found, 1)):
            return found
    return (0.5, 1.0, 1.5)

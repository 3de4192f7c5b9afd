"""How fast a large text is encoded, on one core: megabytes of UTF-8 per second, median of five."""

import statistics
import time

from benchmarks.common import Bench
from unspool.data.sources import embedded_corpus
from unspool.specs.data import TokenizerName
from unspool.text.vocabulary import make_tokenizer

SIZES: dict[TokenizerName, int] = {"char": 100, "byte": 100, "word": 4, "bpe": 4}  # megabytes
REPEATS = 5


def run(bench: Bench) -> None:
    """Encode the embedded corpus again and again with each tokenizer."""
    text = embedded_corpus()
    for kind, megabytes in SIZES.items():
        tokenizer = make_tokenizer(kind, [text])
        piece = text * max(1, int(1e6) // len(text))
        size = len(piece.encode())
        rates = []
        for _ in range(REPEATS):
            started = time.perf_counter()
            for _ in range(int(megabytes * 1e6) // size):
                tokenizer.encode(piece)
            rates.append(int(megabytes * 1e6) // size * size / 1e6 / (time.perf_counter() - started))
        bench.add(
            tokenizer=kind, mb_per_second=statistics.median(rates), lowest=min(rates), highest=max(rates), mb=megabytes
        )

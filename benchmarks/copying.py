"""The index of a training text: seconds and memory to build it, and to look for copies in it.

Texts of 1, 10 and 100 MB: the books of the data folder one after the other, tinyshakespeare and the Penn Treebank, and
from the second time on with the words of every line in a random order, so that a text is not a copy of itself. Queried
with 10,000 characters that are not in it, as `evaluate --copying` does, and by the constraint of `--max-copy 30`, which
is asked after each of them. pydivsufsort sorts, or NumPy as it does without it, each in a process of its own. Bytes of
memory are those that the process needs at its peak besides what it has loaded, for each byte of the text.
"""

import math
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.claims import Claim, lowest
from benchmarks.common import Bench, in_own_process
from unspool.data import suffixes
from unspool.data.suffixes import SuffixIndex
from unspool.decode.copying import CopyLimit
from unspool.evaluate.copying import Copies
from unspool.text.vocabulary import character_tokenizer

SIZES = (1, 10, 100)  # MB
NUMPY_SIZES = (1, 10)  # which would need some GB for more
BOOKS = ("alice_en", "war_and_peace_en", "nietzsche_en", "verwandlung_de", "onegin_ru", "hongloumeng_zh")
QUERY = 10_000  # characters
LIMIT = 30  # of a copy, in characters
CLAIMS = (
    Claim("seconds to build and to query 100 MB", 30.0, lowest("seconds", megabytes=100), True),
    Claim("bytes of memory for each of 100 MB, at the peak", 8.0, lowest("peak_bytes_per_byte", megabytes=100), True),
    Claim("milliseconds for a character under --max-copy, 100 MB", 0.2, lowest("step_ms", megabytes=100), True),
)


def run(bench: Bench) -> None:
    """Build and query an index of each size, with each way of sorting."""
    book = bench.text("books/alice_en.txt")
    if book is None:
        return
    with tempfile.TemporaryDirectory() as place:
        for megabytes in SIZES:
            text, query = made_text(book.parent.parent, megabytes * 1_000_000)
            path = Path(place, f"{megabytes}.txt")
            path.write_bytes(text)
            for sorts, sizes in (("pydivsufsort", SIZES), ("numpy", NUMPY_SIZES)):
                if megabytes in sizes and (sorts == "numpy" or bench.has("pydivsufsort", "copying")):
                    found = in_own_process(measure, path, query, sorts)
                    bench.add(sorts=sorts, megabytes=megabytes, **found)


def measure(path: Path, query: str, sorts: str) -> dict[str, Any]:
    """Build an index, look for the copies in a text, and step through it under the constraint."""
    before = _peak_bytes()
    text = path.read_bytes()
    started = time.perf_counter()
    if sorts == "numpy":
        suffixes.suffix_array = suffixes.sorted_suffixes
    index = SuffixIndex(text)
    built = time.perf_counter()
    copies = Copies(query)
    copies.look_in(index, 0)
    queried = time.perf_counter()
    tokenizer = character_tokenizer(sorted(set(query)))
    constraint = CopyLimit(index, tokenizer, LIMIT).after(())
    for token in tokenizer.encode(query):
        constraint.allowed()
        constraint.advance(int(token))
    stepped = time.perf_counter()
    return {
        "build_seconds": built - started,
        "query_seconds": queried - built,
        "seconds": queried - started,
        "step_ms": 1e3 * (stepped - queried) / len(query),
        "peak_bytes_per_byte": (_peak_bytes() - before) / len(text),
        "longest": int(copies.lengths.max()),
        "share_in_20": float((copies.longest_of_each() >= 20).mean()),
    }


def made_text(data: Path, size: int) -> tuple[bytes, str]:
    """A text of so many bytes, and 10,000 characters of English that are not in it."""
    books = [(data / "books" / f"{name}.txt").read_text(encoding="utf-8") for name in BOOKS]
    query = books[0][50_000 : 50_000 + QUERY]
    books[0] = books[0][:50_000] + books[0][50_000 + QUERY :]
    others = [data / "tinyshakespeare" / "input.txt", *sorted((data / "ptb").glob("*.txt"))]
    texts = [*books, *(path.read_text(encoding="utf-8") for path in others if path.exists())]
    pieces, length = [], 0
    for piece in _endless(texts):
        pieces.append(piece.encode())
        length += len(pieces[-1])
        if length >= size:
            break
    return b"".join(pieces)[:size], query


def _endless(texts: list[str]) -> Iterator[str]:
    yield from texts
    generator = random.Random(0)
    while True:
        for text in texts:
            for line in text.splitlines():
                words = line.split()
                generator.shuffle(words)
                yield " ".join(words) + "\n"


def _peak_bytes() -> float:
    """The most memory that this process has needed; Linux says it without what its parent needed."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return math.nan
    return next(1024.0 * int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))

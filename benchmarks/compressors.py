"""The same held-out text through gzip, bzip2, xz and PPMd, in bits per byte, beside what models make of it.

tinyshakespeare, the last tenth held out. A compressor sees nothing before the held-out text, or the training text; then
what counts is size(training text + held-out text) - size(training text). gzip looks back 32 KB at most, which it can
also be given as a dictionary, and bzip2 at most 900 KB. Every compressor learns while it reads, and so do adapted
figures; the static figures of a model do not. The sizes of models and of the training text are counted nowhere. The
seconds are those of a compressor; a model is trained before, for three minutes.
"""

import bz2
import gzip
import lzma
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.common import Bench, trained, unspool

MINUTES = 3.0  # of the network
PPMD_ORDERS = (5, 8, 16)
PPMD_MEMORY = 256 << 20
WAYS = ("network", "counts", "both")  # of learning
NOTHING, TRAINING, WINDOW = "nothing", "the training text", "its last 32 KB"


def run(bench: Bench) -> None:
    """Compress the held-out part with each, then count and train on the other part, and measure."""
    text = bench.text("tinyshakespeare/input.txt")
    if text is None:
        return
    whole = text.read_text(encoding="utf-8")
    border = len(whole) * 9 // 10
    learnt, held_out = whole[:border].encode(), whole[border:].encode()
    compressors = dict(_compressors())
    if bench.has("pyppmd", "bench"):
        compressors |= {f"PPMd, order {order}": partial(_ppmd, order) for order in PPMD_ORDERS}
    for name, compress in compressors.items():
        for seen, before in ((NOTHING, b""), (TRAINING, learnt)):
            _add(bench, name, seen, held_out, partial(_size, compress, before, held_out))
    _add(bench, "gzip, dictionary", WINDOW, held_out, lambda: len(_with_dictionary(learnt, held_out)))
    _measure_models(bench, text)


def _compressors() -> Iterator[tuple[str, Callable[[bytes], bytes]]]:
    """Yield those of the standard library, at their strongest."""
    yield "gzip -9", partial(gzip.compress, compresslevel=9, mtime=0)
    yield "bzip2 -9", partial(bz2.compress, compresslevel=9)
    yield "xz -9e", partial(lzma.compress, preset=9 | lzma.PRESET_EXTREME)


def _ppmd(order: int, data: bytes) -> bytes:
    import pyppmd

    encoder = pyppmd.Ppmd7Encoder(order, PPMD_MEMORY)
    return bytes(encoder.encode(data) + encoder.flush())


def _size(compress: Callable[[bytes], bytes], before: bytes, held_out: bytes) -> int:
    """The bytes that a text adds to a compressed one before it, or has alone."""
    return len(compress(before + held_out)) - (len(compress(before)) if before else 0)


def _with_dictionary(learnt: bytes, held_out: bytes) -> bytes:
    deflate = zlib.compressobj(9, wbits=-zlib.MAX_WBITS, zdict=learnt[-(1 << 15) :])
    return deflate.compress(held_out) + deflate.flush()


def _add(bench: Bench, what: str, seen: str, held_out: bytes, size: Callable[[], int]) -> None:
    started = time.perf_counter()
    bits = 8 * size() / len(held_out)
    bench.add(
        what=what,
        sees_before=seen,
        learns_while_reading="yes",
        bits_per_byte=bits,
        seconds=time.perf_counter() - started,
    )


def _measure_models(bench: Bench, text: Path) -> None:
    """Add the figures in bits per byte of a network with counts, and of both alone, static and while they learn."""
    folder = trained(text, MINUTES)
    found = unspool("evaluate", folder, "--adapt", report="reading what was held out")
    parts = {"network and counts": found, **found.get("parts", {})}
    learning = {f"network and counts, learning: {way}": found["adapted"].get(way) for way in WAYS}
    for learns, figures in (("no", parts), ("yes", learning)):
        for what, column in figures.items():
            if column is not None:
                bench.add(
                    what=what,
                    sees_before=TRAINING,
                    learns_while_reading=learns,
                    bits_per_byte=column["bits_per_byte"],
                )

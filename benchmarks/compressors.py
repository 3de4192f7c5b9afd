"""The same held-out text through gzip, bzip2, xz and PPMd, in bits per byte, beside what models make of it.

tinyshakespeare, the last tenth held out. A compressor sees nothing before the held-out text, or the training text; then
what counts is size(training text + held-out text) - size(training text). gzip looks back 32 KB at most, which it can
also be given as a dictionary, and bzip2 at most 900 KB. Every compressor learns while it reads, and so do adapted
figures; the static figures of a model do not. The sizes of models and of the training text are counted nowhere.
"""

import bz2
import gzip
import lzma
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.common import Bench, unspool
from unspool.tasks.language.specs import TextEvaluationSpec

MINUTES = 3.0  # of the network
PPMD_ORDERS = (5, 8, 16)
PPMD_MEMORY = 256 << 20
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
    with tempfile.TemporaryDirectory() as place:
        for part, content in (("learnt", learnt), ("held_out", held_out)):
            Path(place, part).with_suffix(".txt").write_bytes(content)
        _measure_models(bench, Path(place))


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


def _measure_models(bench: Bench, place: Path) -> None:
    """Add whatever figures in bits per byte `unspool evaluate` gives: of counts, and of a network with its counts."""
    learnt, held_out = place / "learnt.txt", place / "held_out.txt"
    common = ("--validation", held_out)
    for name, options in (("counts", ("--model", "ngram")), ("network", ("--minutes", str(MINUTES)))):
        out = place / name
        started = time.perf_counter()
        unspool("train", learnt, *common, "--out", out, *options)
        seconds = time.perf_counter() - started
        adapting = ("--adapt",) if "adapt" in TextEvaluationSpec.model_fields else ()
        for what, bits in _figures(unspool("evaluate", out, held_out, *adapting), name):
            learns = "yes" if what.startswith(f"{name}: adapted") and not what.endswith("static") else "no"
            bench.add(
                what=what,
                sees_before=TRAINING,
                learns_while_reading=learns,
                bits_per_byte=bits,
                seconds=seconds,
            )


def _figures(found: Any, what: str) -> Iterator[tuple[str, float]]:
    """Yield all figures in bits per byte, whatever parts and ways of reading `evaluate` tells apart."""
    if isinstance(found, dict):
        for name, value in found.items():
            if name == "bits_per_byte":
                yield what, value
            elif name.endswith("_bits_per_byte") and not name.startswith("fresh"):
                yield f"{what}: {name.removesuffix('_bits_per_byte')}", value
            else:
                yield from _figures(value, f"{what}: {name}")

"""What every framework finds on a machine, and how the machine is prepared for training."""

import ctypes
import sys
from functools import cache
from pathlib import Path

from unspool.specs.training import Precision

# From glibc's malloc.h: blocks above the threshold come straight from the kernel, page by page, each time.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


@cache
def keep_large_blocks() -> None:
    """Make glibc keep large blocks of memory for the next step instead of returning them to the system.

    Training allocates and frees the same large arrays at every step; getting their pages from the system each time
    takes about a third of the time.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):  # another C library, such as musl
        return
    mallopt(M_MMAP_THRESHOLD, 1 << 30)
    mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)


@cache
def processor_precision() -> Precision:
    """Return `bfloat16` if the processor multiplies it in hardware, else `float32`."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return "float32"
    return "bfloat16" if "avx512_bf16" in flags or "amx_bf16" in flags else "float32"

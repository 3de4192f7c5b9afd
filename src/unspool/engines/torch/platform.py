"""Find out what the machine offers to PyTorch, and prepare it."""

import ctypes
import sys
import time
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from unspool.arrays import Array
from unspool.data.partition import Process

# From glibc's malloc.h: blocks above the threshold come straight from the kernel, page by page, each time.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3

PROBE_SIZE, PROBES = 1024, 20  # the width of the matrices whose product is timed, and how often


@cache
def keep_large_blocks() -> None:
    """Tell glibc, once, to keep large blocks of memory for the next step instead of giving them back.

    Training makes and drops the same large arrays at every step; fetching their pages anew from the kernel
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
def device() -> torch.device:
    """Return where tensors live: on the GPU of this process where PyTorch finds one, else with the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def choose_device(process: Process) -> torch.device:
    """Give each of several processes a GPU of its own, as far as there are any, and return where its tensors live."""
    if process.world > 1 and torch.cuda.is_available():
        torch.cuda.set_device(process.rank % torch.cuda.device_count())
    return device()


def as_tensor(array: Array) -> Tensor:
    """Move an array to where tensors live; with the processor it shares its memory."""
    return torch.from_numpy(array).to(device())


def as_array(tensor: Tensor) -> Array:
    """Return a tensor as an array, which may share its memory."""
    return tensor.detach().cpu().numpy()


def usual_rows() -> int:
    """Return how many rows of a batch keep the machine busy: a GPU needs many."""
    return 32 if device().type == "cpu" else 256


def native_precision() -> str:
    """Return `bfloat16` where the GPU or else the processor multiplies it in hardware, else `float32`."""
    if device().type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return "float32"
    return "bfloat16" if "avx512_bf16" in flags or "amx_bf16" in flags else "float32"


def product_rate(kind: torch.dtype) -> float:
    """Measure the operations per second of a large product, the best of several, in about a tenth of a second."""
    one, other = (torch.randn(PROBE_SIZE, PROBE_SIZE, device=device()).to(kind) for _ in range(2))
    shortest = float("inf")
    for _ in range(PROBES):
        started = time.perf_counter()
        (one @ other)[0, 0].item()  # waits until it is there
        shortest = min(shortest, time.perf_counter() - started)
    return 2 * PROBE_SIZE**3 / shortest

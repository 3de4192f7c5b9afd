"""Compute the cross-entropy of a softmax over tokens, and its gradient, in one pass over the logits.

Shapes: N positions, V tokens. Logits and their gradient are *stored*: in bfloat16 (as uint16) or float32.
"""

from functools import cache
from typing import Any

import numpy as np
from numba import float32, int64

from unspool.engines.kernels.arithmetic import exponential, narrow, widen
from unspool.engines.kernels.compiling import inlined
from unspool.engines.kernels.parallel import CHUNKS, Call, arguments, compile_kernel, matrix, take
from unspool.engines.kernels.tiles import STORAGE
from unspool.text.tokenizer import PAD

POSITIONS = 8  # of a chunk
MARGIN = 64  # columns: compiled loops sum in another order if arrays are so close that they might overlap
SMOOTHING, SCALE = 0, 1  # indices into the settings


@inlined
def workspace_columns(size: int) -> int:
    """Return the columns of a workspace for logits of V tokens, with margins on both sides."""
    return size + 2 * MARGIN


@inlined
def max_of(logits: Any) -> Any:
    """Return the maximum of stored logits [V]."""
    maximum = widen(logits[0])
    for token in range(logits.shape[0]):
        maximum = max(maximum, widen(logits[token]))
    return maximum


@inlined
def exponentials(logits: Any, maximum: Any, powers: Any) -> tuple[Any, Any]:
    """Write exp(logit - maximum) into powers [V]; return their sum, and the sum of the logits."""
    total, logit_sum = np.float32(0), np.float32(0)
    for token in range(logits.shape[0]):
        logit = widen(logits[token])
        powers[token] = exponential(logit - maximum)
        total += powers[token]
        logit_sum += logit
    return total, logit_sum


@cache
def loss_kernel(precision: str) -> Any:
    """Compile the kernel for one precision of what is stored.

    It takes N, V; logits [N, V], stored; targets [N] int64; the label smoothing and the weight of a position, [2];
    the gradient [N, V], stored, and the nats [N], both of which it writes; a workspace [chunks, `workspace_columns`].
    """
    storage = STORAGE[precision]

    def loss(call: Call) -> None:
        """Compute POSITIONS positions for each chunk; padding has neither loss nor gradient."""
        given = arguments(call)
        count, size = given[2], given[3]
        logits, targets = matrix(given[4], storage, count, size), matrix(given[5], int64, 1, count)
        settings = matrix(given[6], float32, 1, 2)
        gradient, nats = matrix(given[7], storage, count, size), matrix(given[8], float32, 1, count)
        workspace = matrix(given[9], float32, given[CHUNKS], workspace_columns(size))
        smoothing, scale = settings[0, SMOOTHING], settings[0, SCALE]
        spread = smoothing / np.float32(size)
        chunk = take(call)
        while chunk < given[CHUNKS]:
            powers = workspace[chunk, MARGIN : MARGIN + size]
            for n in range(chunk * POSITIONS, min(count, (chunk + 1) * POSITIONS)):
                target = targets[0, n]
                if target == PAD:
                    nats[0, n] = np.float32(0)
                    for i in range(size):
                        gradient[n, i] = narrow(np.float32(0), gradient)
                else:
                    maximum = max_of(logits[n])
                    total, logit_sum = exponentials(logits[n], maximum, powers)
                    expected = (np.float32(1) - smoothing) * widen(logits[n, target]) + spread * logit_sum
                    nats[0, n] = np.log(total) + (maximum - expected)
                    factor = scale / total
                    for i in range(size):
                        powers[i] = powers[i] * factor - spread * scale
                    powers[target] -= (np.float32(1) - smoothing) * scale
                    for i in range(size):
                        gradient[n, i] = narrow(powers[i], gradient)
            chunk = take(call)

    return compile_kernel(loss)


@cache
def nats_kernel(precision: str) -> Any:
    """Compile the same without a gradient: N, V; logits, targets; the nats, which it writes; a workspace."""
    storage = STORAGE[precision]

    def nats(call: Call) -> None:
        given = arguments(call)
        count, size = given[2], given[3]
        logits, targets = matrix(given[4], storage, count, size), matrix(given[5], int64, 1, count)
        found = matrix(given[6], float32, 1, count)
        workspace = matrix(given[7], float32, given[CHUNKS], workspace_columns(size))
        chunk = take(call)
        while chunk < given[CHUNKS]:
            powers = workspace[chunk, MARGIN : MARGIN + size]
            for n in range(chunk * POSITIONS, min(count, (chunk + 1) * POSITIONS)):
                maximum = max_of(logits[n])
                total, _ = exponentials(logits[n], maximum, powers)
                found[0, n] = np.log(total) + (maximum - widen(logits[n, targets[0, n]]))
            chunk = take(call)

    return compile_kernel(nats)

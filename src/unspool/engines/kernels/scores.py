"""Compute the scores of additive attention, forward and backward, without the tensor of all sums.

Shapes: B rows, T time steps, S source positions, H hidden units. Queries and keys are *stored*: in bfloat16 (as uint16)
or float32. All else is float32.
"""

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from numba import float32

from unspool.engines.kernels.arithmetic import hyperbolic_tangent, widen
from unspool.engines.kernels.compiling import inlined
from unspool.engines.kernels.parallel import CHUNKS, Call, arguments, compile_kernel, matrix, take
from unspool.engines.kernels.tiles import STORAGE


@inlined
def score_of(query: Any, key: Any, vector: Any) -> Any:
    """Return the score of a query and a key, vector . tanh(query + key), all [H]."""
    total = np.float32(0)
    for i in range(vector.shape[0]):
        total += vector[i] * hyperbolic_tangent(widen(query[i]) + widen(key[i]))
    return total


@inlined
def add_slopes(query: Any, key: Any, vector: Any, d_score: Any, d_query: Any, d_key: Any, d_vector: Any) -> None:
    """Add the gradients of one score, times that of the score, to those of query, key and vector, all [H]."""
    for i in range(vector.shape[0]):
        value = hyperbolic_tangent(widen(query[i]) + widen(key[i]))
        slope = d_score * vector[i] * (np.float32(1) - value * value)
        d_query[i] += slope
        d_key[i] += slope
        d_vector[i] += d_score * value


@cache
def score_kernels(precision: str) -> SimpleNamespace:
    """Compile both kernels for one precision of what is stored; a chunk is a row of the batch.

    They take T, S, H; queries [B T, H] and keys [B S, H], stored; the vector [H] and the scores [B T, S]. Backward
    reads the gradient of the scores there, and adds to the gradients [B T, H], [B S, H] and, of the vector, [B, H].
    """
    storage = STORAGE[precision]

    def scores(call: Call) -> None:
        given = arguments(call)
        rows, steps, length, size = given[CHUNKS], given[2], given[3], given[4]
        queries, keys = matrix(given[5], storage, rows * steps, size), matrix(given[6], storage, rows * length, size)
        vector, found = matrix(given[7], float32, 1, size)[0], matrix(given[8], float32, rows * steps, length)
        row = take(call)
        while row < rows:
            for t in range(row * steps, (row + 1) * steps):
                for s in range(length):
                    found[t, s] = score_of(queries[t], keys[row * length + s], vector)
            row = take(call)

    def scores_back(call: Call) -> None:
        given = arguments(call)
        rows, steps, length, size = given[CHUNKS], given[2], given[3], given[4]
        queries, keys = matrix(given[5], storage, rows * steps, size), matrix(given[6], storage, rows * length, size)
        vector, d_scores = matrix(given[7], float32, 1, size)[0], matrix(given[8], float32, rows * steps, length)
        d_queries, d_keys = (
            matrix(given[9], float32, rows * steps, size),
            matrix(given[10], float32, rows * length, size),
        )
        d_vectors = matrix(given[11], float32, rows, size)
        row = take(call)
        while row < rows:
            for t in range(row * steps, (row + 1) * steps):
                for s in range(length):
                    if d_scores[t, s] != 0:  # it is 0 after the end of a source
                        k = row * length + s
                        add_slopes(queries[t], keys[k], vector, d_scores[t, s], d_queries[t], d_keys[k], d_vectors[row])
            row = take(call)

    return SimpleNamespace(forward=compile_kernel(scores), back=compile_kernel(scores_back))

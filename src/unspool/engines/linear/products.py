"""Products of sparse rows and a matrix, compiled where Numba is installed.

Shapes: N rows, F features, C labels.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from unspool.arrays import Array, FloatArray, IntArray
from unspool.engines.linear.features import SparseRows

Product = Callable[[IntArray, IntArray, FloatArray, Array, Array], None]


def product(rows: SparseRows, matrix: Array) -> Array:
    """Multiply rows [N, F] by a matrix [F, C]: [N, C] of the type of the matrix."""
    result = np.zeros((len(rows.starts) - 1, matrix.shape[1]), matrix.dtype)
    _products()[0](*rows, matrix, result)
    return result


def transposed_product(rows: SparseRows, matrix: Array, features: int) -> Array:
    """Multiply the transpose of rows [N, F] by a matrix [N, C]: [F, C]."""
    result = np.zeros((features, matrix.shape[1]), matrix.dtype)
    _products()[1](*rows, matrix, result)
    return result


@cache
def _products() -> tuple[Product, Product]:
    try:
        from unspool.engines.kernels import sparse
    except (ImportError, OSError):  # without Numba, or with one that cannot be loaded
        return _plain_product, _plain_transposed_product
    return sparse.product, sparse.transposed_product


def _plain_product(starts: IntArray, columns: IntArray, values: FloatArray, matrix: Array, result: Array) -> None:
    rows = SparseRows(starts, columns, values).rows
    for label in range(matrix.shape[1]):
        result[:, label] += np.bincount(rows, values * matrix[columns, label], minlength=len(result))


def _plain_transposed_product(
    starts: IntArray, columns: IntArray, values: FloatArray, matrix: Array, result: Array
) -> None:
    rows = SparseRows(starts, columns, values).rows
    for label in range(matrix.shape[1]):
        result[:, label] += np.bincount(columns, values * matrix[rows, label], minlength=len(result))

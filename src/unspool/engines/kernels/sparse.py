"""Products of sparse rows and a matrix: those of `engines/linear/products.py`, compiled.

Shapes: N rows, F features, C labels.
"""

from unspool.arrays import Array, FloatArray, IntArray
from unspool.engines.kernels.compiling import compiled


def _product(starts: IntArray, columns: IntArray, values: FloatArray, matrix: Array, result: Array) -> None:
    """Add to [N, C] the product of rows [N, F] and a matrix [F, C]."""
    for row in range(starts.shape[0] - 1):
        for place in range(starts[row], starts[row + 1]):
            column, value = columns[place], values[place]
            for label in range(matrix.shape[1]):
                result[row, label] += value * matrix[column, label]


def _transposed_product(starts: IntArray, columns: IntArray, values: FloatArray, matrix: Array, result: Array) -> None:
    """Add to [F, C] the product of the transpose of rows [N, F] and a matrix [N, C]."""
    for row in range(starts.shape[0] - 1):
        for place in range(starts[row], starts[row + 1]):
            column, value = columns[place], values[place]
            for label in range(matrix.shape[1]):
                result[column, label] += value * matrix[row, label]


product = compiled(_product, fast=False)
transposed_product = compiled(_transposed_product, fast=False)

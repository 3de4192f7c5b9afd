"""Compiled kernels on tensors: by their addresses, on the threads that PyTorch has.

Without Numba there are no kernels, and every operation has a slower form in PyTorch's own operators.
"""

from typing import Any

import torch
from torch import Tensor

try:
    from unspool.engines.kernels import parallel

    PRECISIONS = {torch.float32: "float32", torch.bfloat16: "bfloat16"}  # the kernels' names of the types they store
except ImportError:
    PRECISIONS = {}


def launch(kernel: Any, chunks: int, *arguments: int | Tensor) -> None:
    """Run a kernel over all its chunks, and wait for it.

    Args:
        kernel: is compiled by a module of `engines/kernels`.
        chunks: is the number of pieces of the work.
        *arguments: are sizes, and contiguous tensors, which are passed by address; 0 stands for no tensor.
    """
    assert all(isinstance(item, int) or item.is_contiguous() for item in arguments)
    addresses = (item.data_ptr() if isinstance(item, Tensor) else item for item in arguments)
    parallel.launch(kernel, chunks, torch.get_num_threads(), *addresses)

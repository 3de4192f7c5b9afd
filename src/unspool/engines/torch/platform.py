"""Describe the machine as PyTorch finds it, and prepare it."""

from functools import cache

import torch
from torch import Tensor

from unspool.arrays import Array
from unspool.data.partition import Process
from unspool.engines.machine import processor_precision
from unspool.specs.training import Precision


@cache
def device() -> torch.device:
    """Return the device of tensors: the GPU of this process if PyTorch finds one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def choose_device(process: Process) -> torch.device:
    """Choose a GPU for each of several processes, if there are any, and return the device of its tensors."""
    if process.world > 1 and torch.cuda.is_available():
        torch.cuda.set_device(process.rank % torch.cuda.device_count())
    return device()


def as_tensor(array: Array) -> Tensor:
    """Copy an array to the device of tensors; on the processor the tensor shares its memory."""
    return torch.from_numpy(array).to(device())


def as_array(tensor: Tensor) -> Array:
    """Return a tensor as an array, which may share its memory."""
    return tensor.detach().cpu().numpy()


def usual_rows() -> int:
    """Return the number of rows of a batch that keeps the machine busy; a GPU needs many."""
    return 32 if device().type == "cpu" else 256


def native_precision() -> Precision:
    """Return `bfloat16` if the GPU, or without one the processor, multiplies it in hardware, else `float32`."""
    if device().type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    return processor_precision()

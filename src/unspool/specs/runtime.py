"""How to run a model that is trained: what `load` and the commands that open a model share."""

from typing import Literal

from unspool.specs.base import Option, Spec, setting


class RuntimeSpec(Spec):
    """The settings of a network that only infers.

    Attributes:
        engine: computes: `numpy`, `numba`, `torch`, or `auto`, where NumPy starts and in a long text the kernels of
            Numba take over.
        weights: is the format of the weights: `float32`, or, with Numba, `bfloat16` or `int8`, which take a half or a
            quarter of the memory at a small loss.
        threads: limits the processor's threads that the kernels of Numba use; 0 takes all.
    """

    engine: Literal["auto", "numpy", "numba", "torch"] = setting(
        "auto", Option("Engine", flags=("-e",), synonyms=("backend", "framework", "device", "gpu", "cuda"))
    )
    weights: Literal["float32", "bfloat16", "int8"] = setting(
        "float32", Option("Engine", synonyms=("precision", "dtype", "quantize", "quantization"))
    )
    threads: int = setting(0, Option("Engine", synonyms=("workers", "cores", "jobs", "num-threads")), ge=0, le=1024)

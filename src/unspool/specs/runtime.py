"""How to run a trained model: the settings of `load` and of the commands that open a model."""

from typing import Literal

from unspool.specs.base import Option, Spec, setting

ExportFormat = Literal["keras", "saved-model", "state-dict", "arpa"]


class RuntimeSpec(Spec):
    """The settings of a network for inference.

    Attributes:
        engine: runs the network: `numpy`, `numba`, `torch`, `keras`, or `auto`, which starts with NumPy and in a long
            text hands over to the compiled kernels of Numba.
        weights: sets the format of the weights: `float32`, or with Numba `bfloat16` or `int8`, which take half or a
            quarter of the memory and predict slightly worse.
        threads: limits the threads of Numba's kernels; 0 uses all.
    """

    engine: Literal["auto", "numpy", "numba", "torch", "keras"] = setting(
        "auto", Option("Engine", flags=("-e",), synonyms=("backend", "framework", "device", "gpu", "cuda"))
    )
    weights: Literal["float32", "bfloat16", "int8"] = setting(
        "float32", Option("Engine", synonyms=("precision", "dtype", "quantize", "quantization"))
    )
    threads: int = setting(0, Option("Engine", synonyms=("workers", "cores", "jobs", "num-threads")), ge=0, le=1024)


class ExportSpec(Spec):
    """How a model is written for programs without Unspool.

    Attributes:
        format: sets what is written: a `keras` file, a `saved-model` of TensorFlow, a `state-dict` of PyTorch in a
            safetensors file, or `arpa`, the n-grams of a model that was counted.
    """

    format: ExportFormat = setting("keras", Option(common=True, synonyms=("to", "type", "framework", "as")))

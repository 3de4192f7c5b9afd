"""Tiny ONNX image networks, and pictures for them."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FEATURES, STRIDE = 5, 4
TYPES = {np.float32: TensorProto.FLOAT, np.float16: TensorProto.FLOAT16}


def kernel(channels: int = 3) -> np.ndarray:
    """The weights of the only layer, [F, C, 4, 4]."""
    return np.random.default_rng(0).normal(0, 0.01, (FEATURES, channels, STRIDE, STRIDE)).astype(np.float32)


def write_network(
    path: Path,
    *,
    shape: tuple[Any, ...] = ("n", 3, 16, 16),
    channels_first: bool = True,
    dtype: Any = np.float32,
    outputs: tuple[str, ...] = ("pooled", "map"),
    nan: bool = False,
    slow: int = 0,
) -> Path:
    """Write a network of one convolution with stride 4 and no padding.

    Args:
        path: is that of the file.
        shape: is that of the input; texts are free sizes.
        channels_first: says in which order the axes of input and map are.
        dtype: is the type of all numbers.
        outputs: are some of `pooled` [B, F], `map`, `tokens` [B, S, F], `classed` (tokens after a class token).
        nan: makes all outputs be no numbers where a picture is black.
        slow: repeats a useless product so many times.
    """
    channels = shape[1] if channels_first else shape[3]
    weights = kernel(3 if isinstance(channels, str) else channels).astype(dtype)
    nodes = []
    read = "image"
    if not channels_first:
        nodes.append(helper.make_node("Transpose", ["image"], ["turned"], perm=[0, 3, 1, 2]))
        read = "turned"
    for number in range(slow):
        nodes.append(helper.make_node("Erf", [read], [f"erf{number}"]))
        nodes.append(helper.make_node("Mul", [f"erf{number}", "zero"], [f"nothing{number}"]))
        nodes.append(helper.make_node("Add", [read, f"nothing{number}"], [f"same{number}"]))
        read = f"same{number}"
    nodes.append(helper.make_node("Conv", [read, "kernel"], ["raw"], strides=[STRIDE, STRIDE]))
    if nan:  # 0 / 0 where everything is black
        nodes.append(helper.make_node("Div", ["raw", "raw"], ["ratio"]))
        nodes.append(helper.make_node("Mul", ["raw", "ratio"], ["found"]))
    else:
        nodes.append(helper.make_node("Identity", ["raw"], ["found"]))
    nodes += [
        helper.make_node("GlobalAveragePool", ["found"], ["average"]),
        helper.make_node("Flatten", ["average"], ["pooled"]),
        helper.make_node("Reshape", ["found", "flat"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["tokens"], perm=[0, 2, 1]),
        helper.make_node("ReduceMean", ["tokens", "one"], ["mean"]),
        helper.make_node("Concat", ["mean", "tokens"], ["classed"], axis=1),
        helper.make_node("Identity", ["found"], ["map"])
        if channels_first
        else helper.make_node("Transpose", ["found"], ["map"], perm=[0, 2, 3, 1]),
        helper.make_node("ArgMax", ["pooled"], ["best"], axis=1),
    ]
    constants = [
        numpy_helper.from_array(weights, "kernel"),
        numpy_helper.from_array(np.array([0, FEATURES, -1], np.int64), "flat"),
        numpy_helper.from_array(np.array([1], np.int64), "one"),
        numpy_helper.from_array(np.array(0, dtype), "zero"),
    ]
    kind = TYPES[dtype]
    given = helper.make_tensor_value_info("image", kind, shape)
    made = [
        helper.make_tensor_value_info(name, TensorProto.INT64 if name == "best" else kind, None) for name in outputs
    ]
    graph = helper.make_graph(nodes, "tiny", [given], made, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


def write_pictures(folder: Path, count: int, size: int = 16, seed: int = 0) -> list[Path]:
    """Write pictures of random pixels."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    paths = [folder / f"{number:05}.png" for number in range(count)]
    for path in paths:
        Image.fromarray(generator.integers(0, 256, (size, size, 3), np.uint8)).save(path)
    return paths


def write_text_network(path: Path) -> Path:
    """Write a network that reads no pictures."""
    given = helper.make_tensor_value_info("ids", TensorProto.INT64, ["n", 7])
    made = helper.make_tensor_value_info("same", TensorProto.INT64, None)
    graph = helper.make_graph([helper.make_node("Identity", ["ids"], ["same"])], "text", [given], [made])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, path)
    return path

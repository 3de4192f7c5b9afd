"""A folder of small pictures with captions, and a tiny ONNX network that computes features of pictures."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"red": (220, 30, 30), "green": (30, 180, 30), "blue": (30, 30, 220), "white": (240, 240, 240)}
SIDE = 8  # pixels of a picture


def captioned_folder(folder: Path, copies: int = 6, seed: int = 0) -> Path:
    """Write pictures of two colours, one above the other, each with two captions; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    rows = []
    for copy in range(copies):
        for upper, top in COLOURS.items():
            for lower, bottom in COLOURS.items():
                pixels = np.empty((SIDE, SIDE, 3), np.uint8)
                pixels[: SIDE // 2], pixels[SIDE // 2 :] = top, bottom
                noisy = np.clip(pixels + generator.integers(-9, 10, pixels.shape), 0, 255).astype(np.uint8)
                name = f"{upper}-{lower}-{copy}.png"
                Image.fromarray(noisy).save(folder / name)
                rows += [{"file_name": name, "text": f"{upper} above {lower}"}] * 2
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "metadata.jsonl").write_text(text, encoding="utf-8")
    return folder


def tiny_extractor(path: Path, grid: int = 4, features: int = 6) -> Path:
    """Write an ONNX network that pools pictures of 8 x 8 pixels to a grid, and mixes their colours; return its path."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = np.random.default_rng(0).normal(0, 1, (features, 3, 1, 1)).astype(np.float32)
    side = SIDE // grid
    nodes = [
        helper.make_node("AveragePool", ["image"], ["pooled"], kernel_shape=[side, side], strides=[side, side]),
        helper.make_node("Conv", ["pooled", "weights"], ["mixed"]),
        helper.make_node("Relu", ["mixed"], ["map"]),
    ]
    shape = ["n", 3, SIDE, SIDE]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("map", TensorProto.FLOAT, ["n", features, grid, grid])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))
    path.with_suffix(".json").write_text(json.dumps({"scale": 1 / 255, "mean": [0.5] * 3}), encoding="utf-8")
    return path

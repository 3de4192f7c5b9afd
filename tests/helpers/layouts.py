"""Small pictures and the layouts in which they lie on disk."""

import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

FEATURES = {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}


def noise(seed: int = 0, height: int = 8, width: int = 6, channels: int = 3) -> np.ndarray:
    """Random pixels, [H, W, C] or [H, W]."""
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The bytes of a file of an image."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def write_picture(path: Path, seed: int = 0) -> Path:
    """Write a small PNG of noise; equal seeds give equal pictures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(Image.fromarray(noise(seed))))
    return path


def write_lines(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def write_objects(path: Path, *objects: dict[str, Any]) -> Path:
    return write_lines(path, *map(json.dumps, objects))


def write_idx(path: Path, values: np.ndarray) -> Path:
    """Write bytes of any shape as an IDX file, compressed if its name says so."""
    head = bytes((0, 0, 8, values.ndim)) + np.array(values.shape, ">u4").tobytes()
    data = head + values.tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def arrow_table(columns: dict[str, Any], features: dict[str, Any] | None = None, kind: Any = None) -> Any:
    """A table whose column `image` has bytes or {bytes, path}, as the library `datasets` writes it."""
    import pyarrow

    images = columns["image"]
    structs = [
        image if isinstance(image, dict) or image is None else {"bytes": image, "path": None} for image in images
    ]
    kind = kind or pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    arrays = {**columns, "image": pyarrow.array(structs, kind)}
    table = pyarrow.table(arrays)
    return table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features or {}}})})


def save_to_disk(folder: Path, table: Any, shards: int = 1) -> Path:
    """Write a table as `Dataset.save_to_disk` does: streams of Arrow, and what describes them."""
    import pyarrow

    folder.mkdir(parents=True, exist_ok=True)
    names = [f"data-{number:05}-of-{shards:05}.arrow" for number in range(shards)]
    size = -(-table.num_rows // shards)
    for number, name in enumerate(names):
        with pyarrow.OSFile(str(folder / name), "wb") as sink, pyarrow.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table.slice(number * size, size), max_chunksize=2)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name} for name in names]}))
    (folder / "dataset_info.json").write_text(json.dumps({"features": FEATURES}))
    return folder


def save_dict_to_disk(folder: Path, parts: dict[str, Any]) -> Path:
    """Write tables as `DatasetDict.save_to_disk` does."""
    for name, table in parts.items():
        save_to_disk(folder / name, table)
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": list(parts)}))
    return folder


def names_of(rows: Sequence[Any]) -> list[str]:
    """The names of the files of pictures, without folders."""
    return [Path(row.picture.name).name for row in rows]

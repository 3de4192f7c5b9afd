"""Refuse weights and states that are not those of a network."""

from collections.abc import Mapping

import numpy as np

from unspool.arrays import Array
from unspool.errors import ModelFolderError


def check_weights(spec_shapes: Mapping[str, tuple[int, ...]], weights: Mapping[str, Array]) -> None:
    """Refuse weights that do not fit the spec.

    Raises:
        ModelFolderError: a name, shape or type differs, or a weight is NaN or infinite.
    """
    if set(weights) != set(spec_shapes):
        missing, extra = set(spec_shapes) - set(weights), set(weights) - set(spec_shapes)
        raise ModelFolderError(
            f"the weights do not fit config.json: missing {sorted(missing)[:2]}, unknown {sorted(extra)[:2]}.",
            "restore the folder from a copy.",
        )
    for name, shape in spec_shapes.items():
        if weights[name].shape != shape or weights[name].dtype != np.float32:
            raise ModelFolderError(
                f"{name} must be float32 {shape}. Received: {weights[name].dtype} {weights[name].shape}.",
                "restore the folder from a copy.",
            )
        if not np.isfinite(weights[name]).all():
            raise ModelFolderError(f"{name} holds NaN or infinite weights.", "restore it from a copy.")


def check_state(shapes: Mapping[str, tuple[int | None, ...]], arrays: Mapping[str, Array]) -> None:
    """Refuse arrays that are not those of a state.

    Args:
        shapes: are those of the arrays by name, in which none stands for any size that all arrays have on that axis;
            `mask` is bool, `tokens` int64, the others float32.
        arrays: are checked.

    Raises:
        ModelFolderError: a name, shape or type differs.
    """
    kinds = {name: {"mask": np.bool_, "tokens": np.int64}.get(name, np.float32) for name in shapes}
    fits = arrays.keys() == shapes.keys() and all(
        array.ndim == len(shapes[name])
        and array.dtype == kinds[name]
        and all(expected in (None, size) for expected, size in zip(shapes[name], array.shape, strict=True))
        for name, array in arrays.items()
    )
    open_axes = {
        (axis, size)
        for name, array in arrays.items()
        if fits
        for axis, size in enumerate(array.shape)
        if shapes[name][axis] is None
    }
    if not fits or len(open_axes) != len({axis for axis, _ in open_axes}):
        found = {name: f"{array.dtype} {array.shape}" for name, array in arrays.items()}
        raise ModelFolderError(
            f"a state of this network must have the arrays {', '.join(shapes)}. Received: {found!s:.120}.",
            "read the text again: the state is damaged, or of another network.",
        )


def check_rows(arrays: Mapping[str, Array]) -> None:
    """Refuse the arrays of a state, each [., B, ...], that have different numbers of rows.

    Raises:
        ModelFolderError: they have.
    """
    rows = {array.shape[1] for array in arrays.values()}
    if len(rows) > 1:
        raise ModelFolderError(
            f"a state of this network must have the same rows in all arrays. Received: {sorted(rows)}.",
            "read the text again: the state is damaged.",
        )

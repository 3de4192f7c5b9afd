"""Recurrent layers in plain NumPy: the products of many time steps at once, then the recurrence step by step.

Shapes: B rows, T time steps, W width of the input, H hidden, G gates.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from unspool.arrays import Array
from unspool.engines.numpy.cells import STEPS, CellState, mingru_step, sigmoid
from unspool.engines.parameters import NORMALISED_MINIMUM
from unspool.specs.shapes import CellName

MakeLayer = Callable[[CellName, Mapping[str, Array]], "Layer"]


class Layer(Protocol):
    """One layer of any cell."""

    def read(self, inputs: Array) -> Array:
        """Compute what depends on the input alone: [..., W] to [..., G * H]."""

    def run(self, prepared: Array, cell_state: CellState) -> tuple[Array, CellState]:
        """Run what depends on the state: [B, T, G * H] to [B, T, H], and the cell state after the last step."""


class RecurrentLayer:
    """An `rnn`, `lstm` or `gru`. The matrices are transposed once, so that rows of inputs multiply from the left."""

    def __init__(self, cell: CellName, weights: Mapping[str, Array]) -> None:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        input, recurrent, self._bias_ih, self._bias_hh = (weights[name] for name in names)
        self._weight_ih = np.ascontiguousarray(input.T)  # (W, G * H)
        self._weight_hh = np.ascontiguousarray(recurrent.T)  # (H, G * H)
        self._step = STEPS[cell]

    def read(self, inputs: Array) -> Array:
        """Multiply the inputs: [..., W] to [..., G * H]."""
        result: Array = inputs @ self._weight_ih + self._bias_ih
        return result

    def run(self, prepared: Array, cell_state: CellState) -> tuple[Array, CellState]:
        """Run step by step: [B, T, G * H] to [B, T, H]."""
        hidden = np.empty((*prepared.shape[:2], cell_state[0].shape[-1]), np.float32)  # (B, T, H)
        for time in range(prepared.shape[1]):
            cell_state = self._step(prepared[:, time], cell_state, self._recur)
            hidden[:, time] = cell_state[0]
        return hidden, cell_state

    def _recur(self, hidden: Array) -> Array:
        """Multiply the states: [B, H] to [B, G * H]."""
        result: Array = hidden @ self._weight_hh + self._bias_hh
        return result


class MinGruBlock:
    """A `mingru` with its two residual branches; `engines/torch/mingru.py` has a diagram."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._norm, self._mlp_norm, self._bias_in = (weights[name] for name in ("norm", "mlp_norm", "bias_in"))
        self._weight_in, self._weight_out, self._weight_up, self._weight_down = (
            np.ascontiguousarray(weights[f"weight_{name}"].T) for name in ("in", "out", "up", "down")
        )

    def read(self, inputs: Array) -> Array:
        """Return the input itself, which is the residual stream: [..., H]."""
        return inputs

    def run(self, prepared: Array, cell_state: CellState) -> tuple[Array, CellState]:
        """Run both branches: [B, T, H] to [B, T, H]."""
        size = prepared.shape[-1]
        gates = normalised(prepared, self._norm) @ self._weight_in + self._bias_in  # (B, T, 3 H)
        hidden, cell_state = self.scan(gates, cell_state)  # (B, T, H)
        total = prepared + (hidden * silu(gates[..., 2 * size :])) @ self._weight_out  # (B, T, H)
        pairs = normalised(total, self._mlp_norm) @ self._weight_up  # (B, T, 2 H)
        return total + (silu(pairs[..., :size]) * pairs[..., size:]) @ self._weight_down, cell_state

    def scan(self, gates: Array, cell_state: CellState) -> tuple[Array, CellState]:
        """Compute the states of all steps: [B, T, 3 H] to [B, T, H]."""
        hidden = np.empty((*gates.shape[:2], cell_state[0].shape[-1]), np.float32)  # (B, T, H)
        for time in range(gates.shape[1]):
            cell_state = mingru_step(gates[:, time], cell_state)
            hidden[:, time] = cell_state[0]
        return hidden, cell_state


def make_layer(cell: CellName, weights: Mapping[str, Array]) -> Layer:
    """Make a layer of any cell, from what `weights_of` returns."""
    return MinGruBlock(weights) if cell == "mingru" else RecurrentLayer(cell, weights)


def weights_of(weights: Mapping[str, Array], part: str, layer: int, direction: str = "") -> dict[str, Array]:
    """Return the weights of one layer of a part by their names without its index, which counts from 0 at the input."""
    start, end = f"{part}.cell.", f"_l{layer}{direction}"
    return {
        name.removeprefix(start).removesuffix(end): array
        for name, array in weights.items()
        if name.startswith(start) and name.endswith(end)
    }


def normalised(x: Array, scale: Array) -> Array:
    """Normalise by the root mean square over the last axis (Zhang and Sennrich, 2019)."""
    result: Array = x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + np.float32(NORMALISED_MINIMUM)) * scale
    return result


def silu(x: Array) -> Array:
    """Compute x sigmoid(x)."""
    return x * sigmoid(x)

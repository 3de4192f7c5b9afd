"""Run GRU and RNN layers, whose recurrence is one compiled kernel for a whole window.

One product multiplies the inputs of all time steps, a kernel (`engines/kernels/recurrent.py`) runs the recurrence step
by step, and one product computes each gradient of a weight at the end. PyTorch's own layers are the definition, and run
where there are no kernels: without Numba, on another processor, on a GPU. PyTorch's LSTM, alone of the three, has such
a kernel itself (oneDNN's), of the same speed.

Shapes: B rows, T time steps, N = B T positions, E input features, H hidden units, G gates.
"""

from contextlib import suppress
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.func import functional_call

from unspool.engines.torch.compiled import PRECISIONS, launch
from unspool.engines.torch.platform import native_precision
from unspool.engines.torch.products import multiply

with suppress(ImportError):  # without Numba
    from unspool.engines.kernels.recurrent import ROWS, packed_shape, recurrent_kernels
    from unspool.engines.kernels.tiles import PANEL

CellState = tuple[Tensor, ...]  # (hidden,) or, for the LSTM, (hidden, cell); each [1, B, H]


def read_window(
    layer: nn.RNNBase, values: Tensor, cell_state: CellState, recurrent: Tensor | None = None
) -> tuple[Tensor, CellState]:
    """Run one layer over T steps, by a kernel where there is one.

    Args:
        layer: has one layer and direction, batch first.
        values: are the inputs, [B, T, E].
        cell_state: is the state before the first step.
        recurrent: replaces the recurrent matrix of the layer, [G H, H]; none keeps it.

    Returns:
        [B, T, H], and the state after the last step.
    """
    precision = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32
    matrix = cast(Tensor, layer.weight_hh_l0) if recurrent is None else recurrent
    if type(layer) in WINDOWS and values.device.type == "cpu" and has_kernels(precision):
        weights = (layer.weight_ih_l0, matrix, layer.bias_ih_l0, layer.bias_hh_l0)
        first = cell_state[0][0].float().contiguous()  # (B, H)
        values, last = WINDOWS[type(layer)].apply(values, precision, *weights, first)
        return values, (last[None],)
    given = (values, cell_state if isinstance(layer, nn.LSTM) else cell_state[0])
    values, after = functional_call(layer, {"weight_hh_l0": matrix}, given)  # (B, T, H)
    return values, after if isinstance(layer, nn.LSTM) else (after,)


@cache
def has_kernels(precision: torch.dtype) -> bool:
    """Return whether the processor has the registers for the kernels, and for bfloat16 the instruction."""
    if precision not in PRECISIONS or torch.backends.cpu.get_cpu_capability() != "AVX512":
        return False
    return precision == torch.float32 or native_precision() == "bfloat16"


class Window:
    """Holds the arguments of one layer's kernels: sizes, products of the inputs, the packed matrix, workspaces.

    Args:
        values: are the inputs, [B, T, E].
        precision: is that of the products.
        weight: multiplies the inputs, [G H, E].
        weight_recurrent: multiplies the states, [G H, H].
        bias: is added to the products of the inputs, [G H].
    """

    def __init__(
        self, values: Tensor, precision: torch.dtype, weight: Tensor, weight_recurrent: Tensor, bias: Tensor
    ) -> None:
        self.rows, self.steps, _ = values.shape
        self.size = weight_recurrent.shape[1]
        self.chunks = -(-self.rows // ROWS)
        self.precision, self.kernels = precision, recurrent_kernels(PRECISIONS[precision])
        self.values = self.flat(values)  # (N, E)
        self.weight, self.weight_recurrent = weight.to(precision), weight_recurrent
        self.gates = multiply(self.values, self.weight.t(), bias.to(precision))  # (N, G H)

    def forward(self, kernel: Any, *arrays: Tensor) -> None:
        """Launch a forward kernel; the recurrent matrix is packed as [H, G H]."""
        gates, size = self.weight_recurrent.shape
        self._launch(kernel, size, gates, 1, self.gates, *arrays)

    def back(self, kernel: Any, kept: Tensor, *arrays: Tensor) -> None:
        """Launch a backward kernel; the recurrent matrix is packed as [G H, H]."""
        gates, size = self.weight_recurrent.shape
        self._launch(kernel, gates, size, 0, kept, *arrays)

    def empty(self, gates: int = 1, dtype: torch.dtype | None = None) -> Tensor:
        """Make an empty tensor, [N, G H]."""
        return self.values.new_empty(self.rows * self.steps, gates * self.size, dtype=dtype or self.precision)

    def before(self, first: Tensor, output: Tensor) -> Tensor:
        """Return the state before each step, [N, H]: the first one, then all but the last of the outputs [N, H]."""
        return torch.cat([first.to(self.precision), output[: -self.rows]])

    def flat(self, values: Tensor) -> Tensor:
        """Flatten [B, T, features] to [N, features], ordered by time step, and without a gap, as kernels read it."""
        return values.to(self.precision).transpose(0, 1).contiguous().view(self.rows * self.steps, -1)  # (N, features)

    def batched(self, values: Tensor) -> Tensor:
        """Restore [N, features] to [B, T, features]."""
        return values.view(self.steps, self.rows, -1).transpose(0, 1)  # (B, T, features)

    def gradients(self, d_gates: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the gradients of values [B, T, E] and weight [G H, E] from that of the gates [N, G H]."""
        d_weight = multiply(d_gates.t(), self.values).float()  # (G H, E)
        return self.batched(multiply(d_gates, self.weight)), d_weight  # (B, T, E)

    def _launch(self, kernel: Any, inner: int, outer: int, transposed: int, first: Tensor, *arrays: Tensor) -> None:
        depth, width = packed_shape(inner, outer, PRECISIONS[self.precision])
        panels = self.values.new_empty(depth * width)
        source = self.weight_recurrent.contiguous()
        launch(self.kernels.pack, width // PANEL, inner, outer, transposed, source, panels)
        inputs = self.values.new_zeros(self.chunks * ROWS, depth)  # of the products, row by row
        sums = torch.empty(self.chunks * ROWS, width)
        sizes = (self.rows, self.steps, self.size)
        launch(kernel, self.chunks, *sizes, first, panels, *arrays, inputs, sums)


def copied(values: Tensor) -> Tensor:
    """Copy a tensor, which a kernel then replaces, without a gap."""
    return values.clone(memory_format=torch.contiguous_format)


def over_positions(d_gates: Tensor) -> Tensor:
    """Sum over all positions, [N, G] to [G] float32, by a product, which needs no copy in float32."""
    return (d_gates.new_ones(1, len(d_gates)) @ d_gates)[0].float()


class GruWindow(torch.autograd.Function):
    """Runs an `nn.GRU` of one layer over a window."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, precision: torch.dtype, *given: Tensor) -> tuple[Tensor, ...]:
        """Run values [B, T, E], with four weights, from hidden [B, H] to [B, T, H] and the last hidden."""
        weight, recurrent, bias, bias_recurrent, hidden = given
        size = recurrent.shape[1]
        with torch.autocast("cpu", enabled=False):
            outside = bias_recurrent.clone()
            outside[2 * size :] = 0  # the reset gate is applied to this part of it
            window = Window(values, precision, weight, recurrent, bias + outside)
            output, inside, last = window.empty(), window.empty(), hidden.clone()
            window.forward(window.kernels.gru, last, bias_recurrent[2 * size :].contiguous(), output, inside)
            ctx.saved = SimpleNamespace(window=window, hidden=hidden, output=output, inside=inside)
            return window.batched(output), last

    @staticmethod
    def backward(ctx: Any, d_output: Tensor, d_hidden: Tensor) -> tuple[Tensor | None, ...]:
        """Compute the gradients of values, weights and the first state."""
        saved, window = ctx.saved, ctx.saved.window
        with torch.autocast("cpu", enabled=False):
            d_hidden, d_gates, d_state = copied(d_hidden), window.empty(3), window.empty(3)
            changed = (saved.hidden, d_hidden, saved.output, saved.inside, window.flat(d_output), d_gates, d_state)
            window.back(window.kernels.gru_back, window.gates, *changed)
            d_recurrent = multiply(d_state.t(), window.before(saved.hidden, saved.output)).float()
            d_values, d_weight = window.gradients(d_gates)
            sums = over_positions(d_gates), over_positions(d_state)  # each (3 H)
            return d_values, None, d_weight, d_recurrent, *sums, d_hidden


class RnnWindow(torch.autograd.Function):
    """Runs an `nn.RNN` of one layer over a window, with tanh."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, precision: torch.dtype, *given: Tensor) -> tuple[Tensor, ...]:
        """Run values [B, T, E], with four weights, from hidden [B, H] to [B, T, H] and the last hidden."""
        weight, recurrent, bias, bias_recurrent, hidden = given
        with torch.autocast("cpu", enabled=False):
            window = Window(values, precision, weight, recurrent, bias + bias_recurrent)
            output, last = window.empty(), hidden.clone()
            window.forward(window.kernels.rnn, last, output)
            ctx.saved = SimpleNamespace(window=window, hidden=hidden, output=output)
            return window.batched(output), last

    @staticmethod
    def backward(ctx: Any, d_output: Tensor, d_hidden: Tensor) -> tuple[Tensor | None, ...]:
        """Compute the gradients of values, weights and the first state."""
        saved, window = ctx.saved, ctx.saved.window
        with torch.autocast("cpu", enabled=False):
            d_hidden, d_gates = copied(d_hidden), window.empty()
            window.back(window.kernels.rnn_back, saved.output, d_hidden, window.flat(d_output), d_gates)
            d_values, d_weight = window.gradients(d_gates)
            d_bias = over_positions(d_gates)
            d_recurrent = multiply(d_gates.t(), window.before(saved.hidden, saved.output)).float()
            return d_values, None, d_weight, d_recurrent, d_bias, d_bias, d_hidden


WINDOWS: dict[type[nn.RNNBase], Any] = {nn.GRU: GruWindow, nn.RNN: RnnWindow}

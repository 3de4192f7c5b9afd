"""Run stacked recurrent layers, for encoders and decoders.

Shapes: B rows, T time steps, E input features, H hidden units, G gates.
"""

from collections.abc import Callable
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unspool.engines.dropout import draw_mask
from unspool.engines.torch.mingru import MinGruBlock, normalised
from unspool.engines.torch.platform import as_tensor, device
from unspool.engines.torch.recurrent import CellState, read_window
from unspool.specs.network import DecoderSpec, TextEncoderSpec

CellStates = tuple[CellState, ...]  # one a layer

CELLS: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Dropout:
    """Draws variational dropout: one mask a row for all time steps of a window (Gal and Ghahramani, 2016).

    Args:
        hidden: is the rate between layers and on the output, 0 to 1.
        input: is the rate on the embedded input.
        generator: draws the masks.
        recurrent: is the rate of DropConnect in the recurrent matrices.
    """

    def __init__(self, hidden: float, input: float, generator: np.random.Generator, recurrent: float = 0.0) -> None:
        self.hidden, self.input, self.recurrent, self.generator = hidden, input, recurrent, generator

    def __call__(self, values: Tensor, rate: float) -> Tensor:
        """Apply dropout at a rate to [B, T, features]."""
        if not rate:
            return values
        mask = self.mask(values.shape[0], values.shape[2], rate)[:, None]  # (B, 1, features)
        return values * mask.to(values.dtype)

    def drop_connect(self, layer: nn.RNNBase) -> Tensor | None:
        """Apply DropConnect to the recurrent matrix [G H, H], the same for all rows and steps (Merity et al., 2018).

        Returns:
            none if the rate is 0.
        """
        if not self.recurrent:
            return None
        matrix = cast(Tensor, layer.weight_hh_l0)
        return matrix * self.mask(len(matrix), layer.hidden_size, self.recurrent)

    def mask(self, rows: int, features: int, rate: float) -> Tensor:
        """Draw a mask of zeros at a rate, and otherwise 1 / (1 - rate): [B, features]."""
        return as_tensor(draw_mask(self.generator, rows, features, rate))


class Layers(nn.Module):
    """Holds layers of any cell, and runs each over a whole window.

    Args:
        spec: describes the encoder or decoder that they belong to.
        width: is the size of the first layer's input, E.
        bidirectional: lets each layer read in both directions.
    """

    def __init__(self, spec: DecoderSpec | TextEncoderSpec, width: int, bidirectional: bool = False) -> None:
        super().__init__()
        size = self._size = spec.hidden_size
        self._cell = spec.cell
        if spec.cell == "mingru":
            if width != size:
                self.weight_enter = nn.Parameter(torch.empty(size, width))
            self.layers = nn.ModuleList(MinGruBlock(size) for _ in range(spec.num_layers))
            self.norm_leave = nn.Parameter(torch.empty(size))
            return
        widths = [width] + [size * (1 + bidirectional)] * (spec.num_layers - 1)
        # one module a layer and direction, so that dropout between layers can use one mask for all time steps
        self.layers = nn.ModuleList(CELLS[spec.cell](w, size, batch_first=True) for w in widths)
        if bidirectional:
            self.reverse = nn.ModuleList(CELLS[spec.cell](w, size, batch_first=True) for w in widths)

    def forward(
        self, values: Tensor, cell_states: CellStates, dropout: Dropout | None = None
    ) -> tuple[Tensor, CellStates]:
        """Run over T steps: [B, T, E] to [B, T, H], and the cell states after the last."""
        if self._cell == "mingru":
            return self._blocks(values, cell_states, dropout)
        after = []
        for module, cell_state in zip(self.layers, cell_states, strict=True):
            values, cell_state = _read(module, values, cell_state, dropout)  # (B, T, H)
            after.append(cell_state)
            if dropout:
                values = dropout(values, dropout.hidden)
        # in the time-major order of a kernel's output, PyTorch's product in inference would be 25 times slower
        return values.contiguous(), tuple(after)

    def both_ways(self, values: Tensor, backwards: Tensor, dropout: Dropout | None = None) -> Tensor:
        """Run in both directions: [B, T, E] to [B, T, 2 H].

        Args:
            values: are the inputs, [B, T, E].
            backwards: are the positions in the order of the backward direction, [B, T, 1].
            dropout: is none for inference.
        """
        for layer, reverse, cell_state in zip(self.layers, self.reverse, self.zeros(len(values)), strict=True):
            reversed_ = values.take_along_dim(backwards, 1)
            found, _ = _read(layer, values, cell_state, dropout)  # (B, T, H)
            reversed_, _ = _read(reverse, reversed_, cell_state, dropout)  # (B, T, H)
            values = torch.cat([found, reversed_.take_along_dim(backwards, 1)], dim=2)  # (B, T, 2 H)
            if dropout:
                values = dropout(values, dropout.hidden)
        return values

    def zeros(self, rows: int) -> CellStates:
        """Return the initial cell states, zeros."""
        zeros = torch.zeros(1, rows, self._size, device=device())
        cell_state = (zeros, zeros) if self._cell == "lstm" else (zeros,)
        return (cell_state,) * len(self.layers)

    def _blocks(self, values: Tensor, cell_states: CellStates, dropout: Dropout | None) -> tuple[Tensor, CellStates]:
        if values.shape[2] != self._size:
            values = F.linear(values, self.weight_enter)  # (B, T, H)
        after, masks = [], None
        for layer, (cell_state,) in zip(self.layers, cell_states, strict=True):
            if dropout and dropout.hidden:
                rows = len(values)
                masks = (dropout.mask(rows, self._size, dropout.hidden), dropout.mask(rows, self._size, dropout.hidden))
            values, last = layer(values, cell_state[0], masks)  # (B, T, H), (B, H)
            after.append((last[None],))
        values = normalised(values, self.norm_leave)
        return dropout(values, dropout.hidden) if dropout else values, tuple(after)


def _read(
    module: nn.Module, values: Tensor, cell_state: CellState, dropout: Dropout | None
) -> tuple[Tensor, CellState]:
    """Run one layer and direction, with DropConnect if there is dropout."""
    layer = cast(nn.RNNBase, module)
    return read_window(layer, values, cell_state, dropout.drop_connect(layer) if dropout else None)


def embedded(tokens: Tensor, embedding: nn.Embedding | None, vocabulary_size: int) -> Tensor:
    """Embed token ids [B, T] as vectors [B, T, E] or, without an embedding, as one-hot vectors [B, T, V]."""
    return F.one_hot(tokens, vocabulary_size).float() if embedding is None else cast(Tensor, embedding(tokens))

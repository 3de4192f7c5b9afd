"""The decoder as a PyTorch module: one unroll for every cell.

Shapes: B rows, T time steps, E embedding, H hidden, L layers, V tokens.
"""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unspool.engines.torch.mingru import MinGruBlock, normalised
from unspool.engines.torch.recurrent import Memory, read_window
from unspool.specs.network import DecoderSpec

TorchState = tuple[Memory, ...]  # one memory a layer

CELLS: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Dropout:
    """Locked dropout: one mask a row for all time steps of a window (Gal and Ghahramani, 2016).

    Args:
        inside: share of zeros between layers and on the output.
        input: share of zeros on the embedded input.
        generator: draws the masks.
    """

    def __init__(self, inside: float, input: float, generator: torch.Generator) -> None:
        self.inside, self.input, self._generator = inside, input, generator

    def __call__(self, values: Tensor, share: float) -> Tensor:
        """Zero a share of the features, [B, T, features] to the same."""
        if not share:
            return values
        mask = self.mask(values.shape[0], values.shape[2], share)[:, None]  # (B, 1, features)
        return values * mask.to(values.dtype)

    def mask(self, rows: int, features: int, share: float) -> Tensor:
        """Zeros, and otherwise what keeps the mean: [B, features]."""
        kept = torch.rand((rows, features), generator=self._generator) >= share
        return kept.float() / (1 - share)


class Decoder(nn.Module):
    """Embedding, recurrent layers and a linear output at every step."""

    def __init__(self, spec: DecoderSpec) -> None:
        super().__init__()
        self.spec = spec
        if spec.embedding_size:
            self.embedding = nn.Embedding(spec.vocabulary_size, spec.embedding_size)
        width = spec.embedding_size or spec.vocabulary_size
        if spec.cell == "mingru":
            if width != spec.hidden_size:
                self.weight_enter = nn.Parameter(torch.empty(spec.hidden_size, width))
            self.layers = nn.ModuleList(MinGruBlock(spec.hidden_size) for _ in range(spec.num_layers))
            self.norm_leave = nn.Parameter(torch.empty(spec.hidden_size))
        else:
            widths = [width] + [spec.hidden_size] * (spec.num_layers - 1)
            # one module a layer, so that the dropout between layers can be locked
            self.layers = nn.ModuleList(CELLS[spec.cell](w, spec.hidden_size, batch_first=True) for w in widths)
        self.output = nn.Linear(spec.hidden_size, spec.vocabulary_size)
        if spec.tie_weights:
            self.output.weight = self.embedding.weight

    def forward(self, tokens: Tensor, state: TorchState, dropout: Dropout | None = None) -> tuple[Tensor, TorchState]:
        """[B, T] int64 to logits [B, T, V], and the next state; without dropout for inference."""
        values = self._embed(tokens)  # (B, T, E)
        if dropout:
            values = dropout(values, dropout.input)
        run = self._blocks if self.spec.cell == "mingru" else self._layers
        values, state = run(values, state, dropout)  # (B, T, H)
        return self.output(values), state  # (B, T, V)

    def _layers(self, values: Tensor, state: TorchState, dropout: Dropout | None) -> tuple[Tensor, TorchState]:
        memories = []
        for layer, memory in zip(self.layers, state, strict=True):
            values, memory = read_window(cast(nn.RNNBase, layer), values, memory)  # (B, T, H)
            memories.append(memory)
            if dropout:
                values = dropout(values, dropout.inside)
        return values, tuple(memories)

    def _blocks(self, values: Tensor, state: TorchState, dropout: Dropout | None) -> tuple[Tensor, TorchState]:
        if values.shape[2] != self.spec.hidden_size:
            values = F.linear(values, self.weight_enter)  # (B, T, H)
        memories, masks = [], None
        for layer, (memory,) in zip(self.layers, state, strict=True):
            if dropout and dropout.inside:
                rows, size = len(values), self.spec.hidden_size
                masks = (dropout.mask(rows, size, dropout.inside), dropout.mask(rows, size, dropout.inside))
            values, last = layer(values, memory[0], masks)  # (B, T, H), (B, H)
            memories.append((last[None],))
        values = normalised(values, self.norm_leave)
        return dropout(values, dropout.inside) if dropout else values, tuple(memories)

    def initial_state(self, rows: int) -> TorchState:
        """Zeros."""
        zeros = torch.zeros(1, rows, self.spec.hidden_size)
        memory = (zeros, zeros) if self.spec.cell == "lstm" else (zeros,)
        return (memory,) * self.spec.num_layers

    def _embed(self, tokens: Tensor) -> Tensor:
        if self.spec.embedding_size:
            return cast(Tensor, self.embedding(tokens))
        return F.one_hot(tokens, self.spec.vocabulary_size).to(self.output.weight.dtype)  # (B, T, V)

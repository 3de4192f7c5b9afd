"""The decoder as a PyTorch module, with one unroll for every cell.

Shapes: B rows, T time steps, E embedding, H hidden units, L layers, V tokens, W width of the encoder's states.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from unspool.engines.parameters import input_width, state_names
from unspool.engines.torch.attention import Attention, Memory
from unspool.engines.torch.encoders import Encoded
from unspool.engines.torch.layers import CellStates, Dropout, Layers, embedded
from unspool.specs.network import DecoderSpec


class TorchState(NamedTuple):
    """What a decoder carries between steps.

    Attributes:
        layers: are the cell states of the layers, of tensors [1, B, H].
        memory: is what attention reads; none without a source.
    """

    layers: CellStates
    memory: Memory | None = None


class Bridge(nn.Module):
    """Maps an encoder's summary to the cell state of each layer of a decoder, by a linear layer and tanh.

    Args:
        width: is the width of the encoder's states, W.
        spec: describes the decoder.
    """

    def __init__(self, width: int, spec: DecoderSpec) -> None:
        super().__init__()
        self._size = spec.hidden_size
        rows = len(state_names(spec)) * spec.hidden_size
        self.layers = nn.ModuleList(nn.Linear(width, rows) for _ in range(spec.num_layers))

    def forward(self, encoded: Encoded) -> CellStates:
        """Compute the initial cell states of the layers."""
        joined = [torch.tanh(layer(encoded.summary).float())[None] for layer in self.layers]  # each (1, B, H or 2 H)
        return tuple(torch.split(values, self._size, dim=2) for values in joined)


class Decoder(nn.Module):
    """Holds an embedding, recurrent layers, optional attention, and a linear output.

    Args:
        spec: says what to build.
        width: is the width of the encoder's states, W, if there is attention.
    """

    def __init__(self, spec: DecoderSpec, width: int = 0) -> None:
        super().__init__()
        self.spec = spec
        embeds = spec.decoder_input == "previous" and spec.embedding_size
        self.embedding = nn.Embedding(spec.vocabulary_size, spec.embedding_size) if embeds else None
        self.cell = Layers(spec, input_width(spec))
        self.attention = None if spec.attention == "none" else Attention(spec, width)
        self.output = nn.Linear(spec.hidden_size, spec.vocabulary_size)
        if spec.tie_weights and self.embedding is not None:
            self.output.weight = self.embedding.weight

    def forward(self, tokens: Tensor, state: TorchState, dropout: Dropout | None = None) -> tuple[Tensor, TorchState]:
        """Unroll [B, T] int64 to logits [B, T, V], and return them and the next state; no dropout for inference."""
        values, state = self.run_layers(tokens, state, dropout)  # (B, T, H)
        if self.attention is not None and state.memory is not None:
            values = self.attention(values, state.memory)
            values = dropout(values, dropout.hidden) if dropout else values
        return self.output(values), state  # (B, T, V)

    def run_layers(
        self, tokens: Tensor, state: TorchState, dropout: Dropout | None = None
    ) -> tuple[Tensor, TorchState]:
        """Run the recurrent layers: [B, T] to the top layer's states [B, T, H], before attention."""
        values = self._embed(tokens)  # (B, T, E)
        if dropout and self.spec.decoder_input == "previous":
            values = dropout(values, dropout.input)
        values, cell_states = self.cell(values, state.layers, dropout)  # (B, T, H)
        return values, TorchState(cell_states, state.memory)

    def initial_state(self, rows: int) -> TorchState:
        """Make a state of zeros."""
        return TorchState(self.cell.zeros(rows))

    def _embed(self, tokens: Tensor) -> Tensor:
        if self.spec.decoder_input == "none":
            return torch.ones(*tokens.shape, 1, device=tokens.device)  # (B, T, 1)
        return embedded(tokens, self.embedding, self.spec.vocabulary_size)

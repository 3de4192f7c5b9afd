"""A network as a `torch.nn.Module` of standard layers: `nn.Embedding`, `nn.LSTM`, `nn.GRU` or `nn.RNN`, `nn.Linear`.

The arrays of its `state_dict` are all that has to be kept: `docs/how-to/keras.md` shows a module that loads them where
Unspool is not installed.

Shapes: B rows, T time steps, S tokens of a text, W width of a state, V tokens, C labels.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import rnn

from unspool.arrays import Array
from unspool.engines.parameters import MASKED
from unspool.engines.standard import head_of, sequence_part, state_dict
from unspool.specs.network import DecoderSpec, HeadSpec, NetworkSpec, TextEncoderSpec, VectorEncoderSpec
from unspool.specs.shapes import CellName
from unspool.text.tokenizer import PAD

LAYERS: dict[CellName, type[nn.RNN | nn.LSTM | nn.GRU]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class _Recurrent(nn.Module):
    """An embedding, or one-hot vectors, and recurrent layers, which have the name of their cell."""

    def __init__(self, spec: DecoderSpec | TextEncoderSpec, bidirectional: bool = False) -> None:
        super().__init__()
        self._vocabulary_size, self._cell = spec.vocabulary_size, spec.cell
        width = spec.embedding_size or spec.vocabulary_size
        self.embedding = nn.Embedding(spec.vocabulary_size, width) if spec.embedding_size else None
        options: dict[str, Any] = {"batch_first": True, "bidirectional": bidirectional}
        self.add_module(spec.cell, LAYERS[spec.cell](width, spec.hidden_size, spec.num_layers, **options))

    def embed(self, tokens: Tensor) -> Tensor:
        """Look up the input of the first layer: [B, T] to [B, T, E]."""
        if self.embedding is not None:
            found: Tensor = self.embedding(tokens)
            return found
        return functional.one_hot(tokens, self._vocabulary_size).float()

    def recur(self, values: Any, state: Any = None) -> tuple[Any, Any]:
        """Run the recurrent layers."""
        found: tuple[Any, Any] = self.get_submodule(self._cell)(values, state)
        return found


class LanguageNetwork(_Recurrent):
    """Predicts the next token: `logits, state = network(tokens, state)`."""

    def __init__(self, spec: DecoderSpec) -> None:
        super().__init__(spec)
        self.output = nn.Linear(spec.hidden_size, spec.vocabulary_size)
        if spec.tie_weights and self.embedding is not None:
            self.output.weight = self.embedding.weight

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Read tokens: [B, T] to logits [B, T, V] and the state after them; without a state before, from zeros."""
        hidden, state = self.recur(self.embed(tokens), state)  # (B, T, H)
        return self.output(hidden), state


class TextClassifierNetwork(_Recurrent):
    """Scores the labels of texts: `logits = network(tokens)`. A text ends where `<pad>`, 0, begins."""

    def __init__(self, spec: TextEncoderSpec, head: HeadSpec) -> None:
        super().__init__(spec, spec.bidirectional)
        self._pooling, self._directions = head.pooling, 2 if spec.bidirectional else 1
        self.score = nn.Linear(spec.width, 1, bias=False) if head.pooling == "attention" else None
        self.output = nn.Linear(spec.width, head.labels)

    def forward(self, tokens: Tensor) -> Tensor:
        """Read texts: [B, S] to logits [B, C]."""
        mask = tokens != PAD  # (B, S)
        packed = rnn.pack_padded_sequence(self.embed(tokens), mask.sum(1).cpu(), batch_first=True, enforce_sorted=False)
        packed, state = self.recur(packed)
        if self._pooling == "last":
            hidden = state[0] if isinstance(state, tuple) else state  # (L D, B, H)
            pooled = torch.cat(tuple(hidden[-self._directions :]), dim=1)  # (B, W)
        else:
            states, _ = rnn.pad_packed_sequence(packed, batch_first=True, total_length=tokens.shape[1])  # (B, S, W)
            pooled = self._pooled(states, mask)
        logits: Tensor = self.output(pooled)
        return logits

    def _pooled(self, states: Tensor, mask: Tensor) -> Tensor:
        """Pool the states of each row: [B, S, W] to [B, W]."""
        if self._pooling == "max":
            return states.masked_fill(~mask[..., None], MASKED).amax(1)
        scores = states[..., 0] * 0 if self.score is None else self.score(states)[..., 0]  # (B, S)
        weights = scores.masked_fill(~mask, MASKED).softmax(1)  # (B, S)
        return (weights[:, None] @ states)[:, 0]


class VectorClassifierNetwork(nn.Module):
    """Scores the labels of rows of numbers: `logits = network(numbers)`."""

    def __init__(self, spec: VectorEncoderSpec, head: HeadSpec) -> None:
        super().__init__()
        self.hidden, self.output = nn.Linear(spec.numbers, spec.hidden_size), nn.Linear(spec.hidden_size, head.labels)

    def forward(self, numbers: Tensor) -> Tensor:
        """Read rows: [B, F] to logits [B, C]."""
        logits: Tensor = self.output(self.hidden(numbers).tanh())
        return logits


def export_network(spec: NetworkSpec, weights: Mapping[str, Array]) -> nn.Module:
    """Make a module that predicts the logits of a network.

    Args:
        spec: describes the network.
        weights: are its arrays, by the names of `parameter_shapes`.

    Raises:
        UsageError: standard layers cannot be its parts.
    """
    module = _module(spec)
    arrays = {name: torch.from_numpy(array.copy()) for name, array in state_dict(spec, weights).items()}
    module.load_state_dict(arrays)
    return module.eval()


def _module(spec: NetworkSpec) -> nn.Module:
    part = sequence_part(spec)
    if isinstance(part, DecoderSpec):
        return LanguageNetwork(part)
    if isinstance(part, TextEncoderSpec):
        return TextClassifierNetwork(part, head_of(spec))
    return VectorClassifierNetwork(part, head_of(spec))

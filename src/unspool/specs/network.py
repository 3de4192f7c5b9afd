"""What a network is made of: the parts and their sizes."""

from typing import Literal, Self

from pydantic import Field, model_validator

from unspool.specs.base import Spec

CellName = Literal["rnn", "lstm", "gru", "mingru"]


class DecoderShape(Spec):
    """The sizes of a decoder that a person chooses; the vocabulary comes from the text.

    Attributes:
        cell: `rnn` (tanh), `lstm`, `gru`, or `mingru`, whose gates see the input alone (Feng et al., 2024).
        num_layers: recurrent layers, one on top of the other.
        hidden_size: numbers in the state of one layer.
        embedding_size: numbers that stand for a token at the input; 0 means one-hot vectors.
        tie_weights: the output layer uses the embedding's weights (Press and Wolf, 2017).
    """

    cell: CellName = "lstm"
    num_layers: int = Field(1, ge=1, le=32)
    hidden_size: int = Field(512, ge=1, le=16384)
    embedding_size: int = Field(64, ge=0, le=16384)
    tie_weights: bool = False

    @model_validator(mode="after")
    def _tied_sizes_agree(self) -> Self:
        if self.tie_weights and self.embedding_size != self.hidden_size:
            raise ValueError(
                f"tie_weights needs embedding_size equal to hidden_size ({self.hidden_size}), "
                f"and embedding_size is {self.embedding_size}"
            )
        return self


class DecoderSpec(DecoderShape):
    """A decoder for one vocabulary.

    Attributes:
        vocabulary_size: tokens in the vocabulary, the special ones included.
    """

    vocabulary_size: int = Field(ge=5, le=2_000_000)


class NetworkSpec(Spec):
    """A network as a composition of parts."""

    decoder: DecoderSpec

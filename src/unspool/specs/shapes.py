"""The sizes of a network's parts that a person chooses, as settings; `network.py` has what is built from them."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import model_validator

from unspool.specs.base import Option, Spec, setting

CellName = Literal["rnn", "lstm", "gru", "mingru"]
AttentionName = Literal["none", "dot", "additive"]
PoolingName = Literal["last", "max", "mean", "attention"]
DecoderInput = Literal["previous", "none"]


class DecoderShape(Spec):
    """The sizes of a decoder that a person chooses; the vocabulary comes from the text.

    Attributes:
        cell: the recurrent cell: `rnn` (tanh), `lstm`, `gru`, or `mingru`, whose gates see the input alone (Feng et
            al., 2024).
        num_layers: the number of recurrent layers, one on top of the other.
        hidden_size: the number of hidden units of a layer.
        embedding_size: the size of the vector that stands for a token at the input; 0 means one-hot vectors.
        tie_weights: the output layer uses the embedding's weights (Press and Wolf, 2017).
    """

    cell: CellName = setting(
        "lstm",
        Option(
            "Network",
            synonyms=("rnn", "unit", "lstm", "gru", "model", "arch"),
            default="gru or lstm, as text and time decide",
        ),
    )
    num_layers: int = setting(1, Option("Network", synonyms=("layers", "depth", "n-layers")), ge=1, le=32)
    hidden_size: int = setting(
        512,
        Option(
            "Network",
            common=True,
            synonyms=("hidden", "hidden-dim", "width", "size", "units", "state-size", "rnn-size", "n-hidden"),
            default="as wide as text and time allow",
        ),
        ge=1,
        le=16384,
    )
    embedding_size: int = setting(
        64,
        Option(
            "Network",
            synonyms=("embedding", "emb", "embedding-dim", "embed-size"),
            default="64; 256 of large vocabularies",
        ),
        ge=0,
        le=16384,
    )
    tie_weights: bool = setting(False, Option("Network", synonyms=("tied", "tie", "weight-tying", "tie-embeddings")))

    @model_validator(mode="after")
    def _tied_sizes_agree(self) -> Self:
        """Sizes that nobody has set yet can still be chosen to agree."""
        both = {"embedding_size", "hidden_size"} <= self.model_fields_set
        if self.tie_weights and both and self.embedding_size != self.hidden_size:
            raise ValueError(
                f"tie_weights needs embedding_size equal to hidden_size ({self.hidden_size}), "
                f"and embedding_size is {self.embedding_size}"
            )
        return self


class SourceDecoderShape(DecoderShape):
    """The sizes of a decoder that starts from what an encoder made of a source.

    Attributes:
        decoder_input: what each step of the decoder reads: the `previous` token, or `none`, so that the whole sequence
            comes from the initial state.
    """

    decoder_input: DecoderInput = setting("previous", Option("Network", synonyms=("feed-previous", "input")))

    @model_validator(mode="after")
    def _nothing_to_tie(self) -> Self:
        if self.decoder_input == "none" and self.tie_weights:
            raise ValueError("tie_weights needs decoder_input previous, because without tokens there is no embedding")
        return self


class AttentionDecoderShape(SourceDecoderShape):
    """The sizes of a decoder that may look back on the states of an encoder.

    Attributes:
        attention: how it looks back: not at all (`none`), `dot` (Luong et al., 2015, general) or `additive` (Bahdanau
            et al., 2015).
    """

    attention: AttentionName = setting("additive", Option("Network", synonyms=("attend",)))


class EncoderShape(Spec):
    """The sizes of a text encoder that a person chooses; the names differ from the decoder's own.

    Attributes:
        encoder_cell: the recurrent cell of the encoder's layers: `rnn`, `lstm`, `gru` or `mingru`.
        encoder_layers: the number of its layers, one on top of the other.
        encoder_size: the number of hidden units of a layer and direction.
        encoder_embedding: the size of the vector that stands for a token of the source; 0 means one-hot vectors.
        bidirectional: every layer reads the source from both ends (Schuster and Paliwal, 1997); `mingru` reads one
            way.
    """

    encoder_cell: CellName = setting("gru", Option("Network"))
    encoder_layers: int = setting(1, Option("Network"), ge=1, le=32)
    encoder_size: int = setting(
        256, Option("Network", synonyms=("encoder-hidden", "encoder-hidden-size")), ge=1, le=16384
    )
    encoder_embedding: int = setting(256, Option("Network", synonyms=("encoder-embedding-size",)), ge=0, le=16384)
    bidirectional: bool = setting(True, Option("Network", synonyms=("bi", "both-directions", "bilstm")))

    @model_validator(mode="before")
    @classmethod
    def _one_way_unless_both_are_requested(cls, values: Any) -> Any:
        one_way = isinstance(values, Mapping) and values.get("encoder_cell") == "mingru"
        return {"bidirectional": False, **values} if one_way else values

    @model_validator(mode="after")
    def _one_direction(self) -> Self:
        check_direction(self.bidirectional, self.encoder_cell)
        return self


class ConditionEncoderShape(Spec):
    """The size of what a label or some numbers are encoded as.

    Attributes:
        encoder_size: the number of hidden units that a condition becomes.
    """

    encoder_size: int = setting(
        64, Option("Network", synonyms=("encoder-hidden", "encoder-hidden-size")), ge=1, le=16384
    )


class HeadShape(Spec):
    """What a person chooses of a head; the labels come from the data.

    Attributes:
        pooling: what a classifier reads of the encoder's states: the `last` one (of a direction that reads backwards,
            the first one), the `max` or `mean` of all, or their mean weighted by `attention`.
    """

    pooling: PoolingName = setting(
        "last", Option("Network", synonyms=("pool", "head"), default="attention of words, else max")
    )


def check_direction(bidirectional: bool, cell: CellName) -> None:
    """Refuse a cell that reads one way where both ways are wanted."""
    if bidirectional and cell == "mingru":
        raise ValueError("bidirectional needs an rnn, lstm or gru, and the cell is mingru")

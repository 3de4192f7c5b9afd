"""The sizes of a network's parts that a person chooses; `network.py` describes what is built from them."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import model_validator

from unspool.specs.base import Option, Spec, setting

CellName = Literal["rnn", "lstm", "gru", "mingru"]
AttentionName = Literal["none", "dot", "additive"]
PoolingName = Literal["last", "max", "mean", "attention"]
DecoderInput = Literal["previous", "none"]


class NgramShape(Spec):
    """The sizes of a Markov chain that a person chooses; the vocabulary comes from the text.

    Attributes:
        order: counts runs of so many tokens, so that a token is predicted from the `order` - 1 before it.
        min_count: drops runs of three tokens or more that occur less often, which makes the model smaller.
    """

    order: int = setting(
        8,
        Option("Network", synonyms=("n", "ngram-order", "n-gram", "context"), default="8; 5 of words and byte pairs"),
        ge=1,
        le=12,
    )
    min_count: int = setting(
        1,
        Option(
            "Network",
            synonyms=("prune", "cutoff", "min-freq"),
            default="1; beside a network more of large texts",
        ),
        ge=1,
    )


class DecoderShape(Spec):
    """The sizes of a decoder that a person chooses; the vocabulary comes from the text.

    Attributes:
        cell: sets the recurrent cell: `rnn` (Elman, 1990), `lstm`, `gru`, or `mingru`, whose gates depend on the input
            alone (Feng et al., 2024).
        num_layers: stacks this many recurrent layers.
        hidden_size: sets the number of hidden units of a layer.
        embedding_size: sets the size of a token's embedding; 0 uses one-hot vectors.
        tie_weights: shares the weights of the embedding with the output layer (Press and Wolf, 2017).
    """

    cell: CellName = setting(
        "lstm",
        Option(
            "Network",
            synonyms=("rnn", "unit", "lstm", "gru", "arch"),
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
        """Compare the two sizes only where both are set; one that is not is chosen to agree."""
        both = {"embedding_size", "hidden_size"} <= self.model_fields_set
        if self.tie_weights and both and self.embedding_size != self.hidden_size:
            raise ValueError(
                f"tie_weights needs embedding_size equal to hidden_size ({self.hidden_size}), "
                f"and embedding_size is {self.embedding_size}"
            )
        return self


class CountedDecoderShape(DecoderShape, NgramShape):
    """The sizes of a decoder, and those of the n-grams that are counted beside it."""


class SourceDecoderShape(DecoderShape):
    """The sizes of a decoder that starts from the state of an encoder.

    Attributes:
        decoder_input: sets what each step of the decoder reads: the `previous` token, or `none`, so that the sequence
            depends on the initial state alone.
    """

    decoder_input: DecoderInput = setting("previous", Option("Network", synonyms=("feed-previous", "input")))

    @model_validator(mode="after")
    def _nothing_to_tie(self) -> Self:
        if self.decoder_input == "none" and self.tie_weights:
            raise ValueError("tie_weights needs decoder_input previous, because without tokens there is no embedding")
        return self


class CountedSourceDecoderShape(SourceDecoderShape, NgramShape):
    """The sizes of a decoder that starts from a state, and those of the n-grams that are counted beside it."""


class AttentionDecoderShape(SourceDecoderShape):
    """The sizes of a decoder that may attend to the states of an encoder.

    Attributes:
        attention: sets how the decoder attends to the states of the encoder: `dot` (Luong et al., 2015, general),
            `additive` (Bahdanau et al., 2015), or `none`.
    """

    attention: AttentionName = setting("additive", Option("Network", synonyms=("attend",)))


class CountedAttentionDecoderShape(AttentionDecoderShape, NgramShape):
    """The sizes of a decoder that may attend to a source, and those of the n-grams that are counted beside it."""


class EncoderShape(Spec):
    """The sizes of a text encoder that a person chooses; the names differ from the decoder's own.

    Attributes:
        encoder_cell: sets the recurrent cell of the encoder: `rnn`, `lstm`, `gru` or `mingru`.
        encoder_layers: stacks this many recurrent layers in the encoder.
        encoder_size: sets the number of hidden units of an encoder layer in each direction.
        encoder_embedding: sets the size of the embedding of a source token; 0 uses one-hot vectors.
        bidirectional: makes the encoder read the source in both directions (Schuster and Paliwal, 1997); `mingru` reads
            it forwards only.
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
    """The size of the state that a label, or a vector of numbers, is encoded as.

    Attributes:
        encoder_size: sets the number of hidden units that a condition is encoded as.
    """

    encoder_size: int = setting(
        64, Option("Network", synonyms=("encoder-hidden", "encoder-hidden-size")), ge=1, le=16384
    )


class PictureEncoderShape(Spec):
    """The size of the states that pictures are encoded as.

    Attributes:
        encoder_size: sets the number of hidden units that each position of a picture is encoded as.
        encoder_stages: sets the numbers of channels of the stages of a convolutional network, each of which halves the
            height and width; without an extractor only.
    """

    encoder_size: int = setting(
        256, Option("Network", synonyms=("encoder-hidden", "encoder-hidden-size")), ge=1, le=16384
    )
    encoder_stages: tuple[int, ...] = setting(
        (), Option("Network", synonyms=("stages", "channels", "filters"), metavar="CHANNELS", default="by the pictures")
    )


class VectorEncoderShape(Spec):
    """The size of the state that a row of numbers is encoded as.

    Attributes:
        encoder_size: sets the number of hidden units that read the numbers of a row.
    """

    encoder_size: int = setting(
        64, Option("Network", synonyms=("encoder-hidden", "encoder-hidden-size")), ge=1, le=16384
    )


class HeadShape(Spec):
    """The choices of a head that a person makes; the labels come from the data.

    Attributes:
        pooling: sets how a classifier combines the encoder's states: the `last` one of each direction, the `max` or
            `mean` of all, or their mean weighted by `attention`.
    """

    pooling: PoolingName = setting(
        "last", Option("Network", synonyms=("pool", "head"), default="attention of words, else max")
    )


def check_direction(bidirectional: bool, cell: CellName) -> None:
    """Refuse a bidirectional encoder of a cell that reads in one direction only.

    Raises:
        ValueError: the cell is `mingru`.
    """
    if bidirectional and cell == "mingru":
        raise ValueError("bidirectional needs an rnn, lstm or gru, and the cell is mingru")

"""What a network is made of: the parts and their sizes.

    source -> encoder -> state -> bridge -> decoder -> sequence
                           `----> head -> label

A network has a decoder, or an encoder and a head, or an encoder and a decoder; the bridge comes with the last.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from unspool.specs.base import Spec, build

CellName = Literal["rnn", "lstm", "gru", "mingru"]
AttentionName = Literal["none", "dot", "additive"]
PoolingName = Literal["last", "max", "mean", "attention"]


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
        attention: how it looks back on the encoder's states: not at all, `dot` (Luong et al., 2015, general) or
            `additive` (Bahdanau et al., 2015).
        decoder_input: what each step reads: the `previous` token, or `none`, so that all comes from the state.
    """

    vocabulary_size: int = Field(ge=5, le=2_000_000)
    attention: AttentionName = "none"
    decoder_input: Literal["previous", "none"] = "previous"

    @model_validator(mode="after")
    def _nothing_to_tie(self) -> Self:
        if self.decoder_input == "none" and self.tie_weights:
            raise ValueError("tie_weights needs decoder_input previous, because without tokens there is no embedding")
        return self


class EncoderShape(Spec):
    """What a person chooses of a text encoder, and of how a decoder uses it; names differ from the decoder's own.

    Attributes:
        encoder_cell: of its layers.
        encoder_layers: one on top of the other.
        encoder_size: numbers in the state of one layer and direction.
        encoder_embedding: numbers that stand for a token; 0 means one-hot vectors.
        bidirectional: every layer reads the source from both ends.
        attention: `none`, `dot` or `additive`.
        decoder_input: what each step of the decoder reads: the `previous` token, or `none`.
    """

    encoder_cell: CellName = "gru"
    encoder_layers: int = Field(1, ge=1, le=32)
    encoder_size: int = Field(256, ge=1, le=16384)
    encoder_embedding: int = Field(256, ge=0, le=16384)
    bidirectional: bool = True
    attention: AttentionName = "additive"
    decoder_input: Literal["previous", "none"] = "previous"

    @model_validator(mode="after")
    def _one_direction(self) -> Self:
        _check_direction(self.bidirectional, self.encoder_cell)
        return self


def encoder_shape(values: Mapping[str, Any]) -> EncoderShape:
    """The shape that some values ask for; a cell that reads one way only does so unless both are asked for.

    Raises:
        UsageError: a value breaks its rule.
    """
    only = {"bidirectional": False} if values.get("encoder_cell") == "mingru" else {}
    return build(EncoderShape, {**only, **values}, "encoder")


def _check_direction(bidirectional: bool, cell: CellName) -> None:
    if bidirectional and cell == "mingru":
        raise ValueError("bidirectional needs an rnn, lstm or gru, and the cell is mingru")


class TextEncoderSpec(Spec):
    """Reads a text into a state.

    Attributes:
        vocabulary_size: tokens in its vocabulary, the special ones included.
        cell: of its layers, as in a decoder.
        num_layers: one on top of the other.
        hidden_size: numbers in the state of one layer and direction.
        embedding_size: numbers that stand for a token; 0 means one-hot vectors.
        bidirectional: every layer reads the text from both ends (Schuster and Paliwal, 1997).
    """

    kind: Literal["text"] = "text"
    vocabulary_size: int = Field(ge=5, le=2_000_000)
    cell: CellName = "gru"
    num_layers: int = Field(1, ge=1, le=32)
    hidden_size: int = Field(256, ge=1, le=16384)
    embedding_size: int = Field(256, ge=0, le=16384)
    bidirectional: bool = False

    @property
    def width(self) -> int:
        """Numbers in one of its states."""
        return self.hidden_size * (2 if self.bidirectional else 1)

    @model_validator(mode="after")
    def _one_direction(self) -> Self:
        _check_direction(self.bidirectional, self.cell)
        return self


def text_encoder(shape: EncoderShape, vocabulary_size: int) -> TextEncoderSpec:
    """The encoder of a shape for one vocabulary."""
    return TextEncoderSpec(
        vocabulary_size=vocabulary_size,
        cell=shape.encoder_cell,
        num_layers=shape.encoder_layers,
        hidden_size=shape.encoder_size,
        embedding_size=shape.encoder_embedding,
        bidirectional=shape.bidirectional,
    )


class LabelEncoderSpec(Spec):
    """One vector for each label; of several labels, or shares of them, the weighted sum.

    Attributes:
        labels: how many there are.
        hidden_size: numbers in a vector.
    """

    kind: Literal["label"] = "label"
    labels: int = Field(ge=1, le=1_000_000)
    hidden_size: int = Field(64, ge=1, le=16384)

    @property
    def width(self) -> int:
        """Numbers in its state."""
        return self.hidden_size


class VectorEncoderSpec(Spec):
    """Numbers to a state, by a linear layer and tanh.

    Attributes:
        numbers: how many are read.
        hidden_size: how many come out.
    """

    kind: Literal["vector"] = "vector"
    numbers: int = Field(ge=1, le=1_000_000)
    hidden_size: int = Field(64, ge=1, le=16384)

    @property
    def width(self) -> int:
        """Numbers in its state."""
        return self.hidden_size


EncoderSpec = Annotated[TextEncoderSpec | LabelEncoderSpec | VectorEncoderSpec, Field(discriminator="kind")]


class HeadShape(Spec):
    """What a person chooses of a head; the labels come from the data.

    Attributes:
        pooling: what is read: the `last` state (of a direction that reads backwards, the first one), the `max` or
            `mean` of all, or their mean weighted by `attention`.
    """

    pooling: PoolingName = "last"


class HeadSpec(HeadShape):
    """Reads scores of labels off the encoder's states.

    Attributes:
        labels: how many there are.
    """

    labels: int = Field(ge=2, le=1_000_000)


class NetworkSpec(Spec):
    """A network as a composition of parts.

    Attributes:
        kind: of the network, which tells who builds it.
        encoder: a source to states; none begins every sequence with zeros.
        decoder: a state to a sequence.
        head: states to a label.
    """

    kind: Literal["recurrent"] = "recurrent"
    encoder: EncoderSpec | None = None
    decoder: DecoderSpec | None = None
    head: HeadSpec | None = None

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.decoder is None and self.head is None:
            raise ValueError("a network needs a decoder or a head")
        if self.head is not None and self.encoder is None:
            raise ValueError("a head needs an encoder to read from")
        if self.head is not None and self.head.pooling == "attention" and getattr(self.encoder, "kind", "") != "text":
            raise ValueError("pooling by attention needs a text encoder, whose states are several")
        if (
            self.decoder is not None
            and self.decoder.attention != "none"
            and getattr(self.encoder, "kind", "") != "text"
        ):
            raise ValueError("attention needs a text encoder to look back on")
        return self

    @model_serializer(mode="wrap")
    def _only_what_is_there(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Parts that are absent, and what an older file does not know, are left out."""
        found = {name: part for name, part in handler(self).items() if part is not None}
        if self.kind == NetworkSpec.model_fields["kind"].default:
            found.pop("kind", None)
        for name in ("attention", "decoder_input"):
            if self.decoder is not None and getattr(self.decoder, name) == DecoderSpec.model_fields[name].default:
                found["decoder"].pop(name, None)
        return found

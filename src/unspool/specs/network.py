"""What a network is made of: the parts and their sizes.

    source -> encoder -> state -> bridge -> decoder -> sequence
                           `----> head -> label

A network has a decoder, or an encoder and a head, or an encoder and a decoder; the bridge comes with the last. Or it is
a Markov chain.
"""

from math import ceil, prod
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from unspool.specs.base import Spec
from unspool.specs.shapes import (
    AttentionDecoderShape,
    AttentionName,
    CellName,
    EncoderShape,
    HeadShape,
    NgramShape,
    check_direction,
)


class DecoderSpec(AttentionDecoderShape):
    """A decoder for one vocabulary.

    Attributes:
        vocabulary_size: is the number of tokens in the vocabulary, the special ones included.
    """

    vocabulary_size: int = Field(ge=5, le=2_000_000)
    attention: AttentionName = "none"


class NgramSpec(NgramShape):
    """A Markov chain for one vocabulary.

    Attributes:
        vocabulary_size: is the number of tokens in the vocabulary, the special ones included.
        labels: is the number of labels that texts depend on, which stand before `<s>` as tokens that follow the
            vocabulary.
    """

    vocabulary_size: int = Field(ge=5, le=2_000_000)
    labels: int = Field(0, ge=0, le=1_000_000)


class TextEncoderSpec(Spec):
    """Reads a text into a state.

    Attributes:
        vocabulary_size: is the number of tokens in its vocabulary, the special ones included.
        cell: is the recurrent cell of its layers, as in a decoder.
        num_layers: is the number of layers, which are stacked.
        hidden_size: is the number of hidden units of a layer in each direction.
        embedding_size: is the size of a token's embedding; 0 uses one-hot vectors.
        bidirectional: makes every layer read the text in both directions (Schuster and Paliwal, 1997).
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
        """The size of its state at a position."""
        return self.hidden_size * (2 if self.bidirectional else 1)

    @model_validator(mode="after")
    def _one_direction(self) -> Self:
        check_direction(self.bidirectional, self.cell)
        return self


def text_encoder(shape: EncoderShape, vocabulary_size: int) -> TextEncoderSpec:
    """Return the spec of an encoder of a shape, for one vocabulary."""
    return TextEncoderSpec(
        vocabulary_size=vocabulary_size,
        cell=shape.encoder_cell,
        num_layers=shape.encoder_layers,
        hidden_size=shape.encoder_size,
        embedding_size=shape.encoder_embedding,
        bidirectional=shape.bidirectional,
    )


class LabelEncoderSpec(Spec):
    """Looks up one vector for each label; a blend of labels becomes the weighted sum of their vectors.

    Attributes:
        labels: is the number of labels.
        hidden_size: is the size of a vector.
    """

    kind: Literal["label"] = "label"
    labels: int = Field(ge=1, le=1_000_000)
    hidden_size: int = Field(64, ge=1, le=16384)

    @property
    def width(self) -> int:
        """The size of its state."""
        return self.hidden_size


class VectorEncoderSpec(Spec):
    """Maps a vector to a state by a linear layer and tanh.

    Attributes:
        numbers: is the size of the vector.
        hidden_size: is the size of the state.
    """

    kind: Literal["vector"] = "vector"
    numbers: int = Field(ge=1, le=1_000_000)
    hidden_size: int = Field(64, ge=1, le=16384)

    @property
    def width(self) -> int:
        """The size of its state."""
        return self.hidden_size


class FeatureEncoderSpec(Spec):
    """Maps the features of a picture at each of its positions to a state, by a linear layer and tanh.

    Attributes:
        positions: is the number of positions, S; 1 for features of the whole picture.
        features: is the number of features at a position, F.
        hidden_size: is the size of the state at a position.
    """

    kind: Literal["features"] = "features"
    positions: int = Field(ge=1, le=1_000_000)
    features: int = Field(ge=1, le=1_000_000)
    hidden_size: int = Field(256, ge=1, le=16384)

    @property
    def width(self) -> int:
        """The size of its state at a position."""
        return self.hidden_size


class ImageEncoderSpec(Spec):
    """Maps pictures to states by a small residual convolutional network, which is trained with the rest.

    Attributes:
        image_height: is the height of the pictures, in pixels.
        image_width: is their width.
        channels: is the number of channels, C: 1 for grey pictures, 3 for coloured ones.
        stages: are the numbers of channels of the stages; each stage halves the height and width.
        blocks: is the number of residual blocks of a stage.
        hidden_size: is the size of the state at a position.
    """

    kind: Literal["cnn"] = "cnn"
    image_height: int = Field(ge=1, le=1024)
    image_width: int = Field(ge=1, le=1024)
    channels: Literal[1, 3]
    stages: tuple[Annotated[int, Field(ge=1, le=4096)], ...] = Field((32, 64), min_length=1, max_length=10)
    blocks: int = Field(1, ge=0, le=32)
    hidden_size: int = Field(128, ge=1, le=16384)

    @property
    def width(self) -> int:
        """The size of its state at a position."""
        return self.hidden_size

    @property
    def grid(self) -> tuple[int, int]:
        """The height and width of the map of positions."""
        parts = 2 ** len(self.stages)
        return ceil(self.image_height / parts), ceil(self.image_width / parts)

    @property
    def positions(self) -> int:
        """The number of positions, S, row by row from the upper left."""
        return prod(self.grid)


EncoderSpec = Annotated[
    TextEncoderSpec | LabelEncoderSpec | VectorEncoderSpec | FeatureEncoderSpec | ImageEncoderSpec,
    Field(discriminator="kind"),
]
SEVERAL = ("text", "features", "cnn")  # the encoders that return a state at each of several positions


class HeadSpec(HeadShape):
    """Scores labels by the encoder's states.

    Attributes:
        labels: is the number of labels.
    """

    labels: int = Field(ge=2, le=1_000_000)


class NetworkSpec(Spec):
    """A network as a composition of parts.

    Attributes:
        kind: is the kind of network, which an engine must be able to build.
        encoder: encodes a source as states; without one every sequence starts from the initial state.
        decoder: generates a sequence from a state.
        head: scores labels from states.
        ngram: is a Markov chain, alone, or beside a decoder with whose predictions its own are mixed.
    """

    kind: Literal["recurrent", "ngram"] = "recurrent"
    encoder: EncoderSpec | None = None
    decoder: DecoderSpec | None = None
    head: HeadSpec | None = None
    ngram: NgramSpec | None = None

    @property
    def generator(self) -> DecoderSpec | NgramSpec | None:
        """The part that generates a sequence, if there is one."""
        return self.decoder or self.ngram

    @property
    def mixed(self) -> bool:
        """Whether the predictions of a decoder and those of counts are mixed."""
        return self.decoder is not None and self.ngram is not None

    def without_counts(self) -> Self:
        """Return the network that is trained."""
        return self.model_copy(update={"ngram": None}) if self.mixed else self

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.kind == "ngram":
            if self.ngram is None or self.encoder or self.decoder or self.head:
                raise ValueError("a network of the kind ngram needs an ngram, and has no other part beside it")
            return self
        if self.ngram is not None and (
            self.decoder is None or self.decoder.vocabulary_size != self.ngram.vocabulary_size
        ):
            raise ValueError("an ngram stands alone, or beside a decoder of the same vocabulary")
        if self.decoder is None and self.head is None:
            raise ValueError("a network needs a decoder or a head")
        if self.head is not None and self.encoder is None:
            raise ValueError("a head needs an encoder to read from")
        several = getattr(self.encoder, "kind", "") in SEVERAL
        if self.head is not None and self.head.pooling == "attention" and not several:
            raise ValueError("pooling by attention needs an encoder of texts or pictures, whose states are several")
        if self.decoder is not None and self.decoder.attention != "none" and not several:
            raise ValueError("attention needs an encoder of texts or pictures, whose states it attends to")
        return self

    @model_serializer(mode="wrap")
    def _only_what_is_there(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out absent parts, and newer fields that have their defaults, so that files stay as they were."""
        found = {name: part for name, part in handler(self).items() if part is not None}
        if self.kind == NetworkSpec.model_fields["kind"].default:
            found.pop("kind", None)
        if self.ngram is not None and not self.ngram.labels:
            found["ngram"].pop("labels", None)
        for name in ("attention", "decoder_input"):
            if self.decoder is not None and getattr(self.decoder, name) == DecoderSpec.model_fields[name].default:
                found["decoder"].pop(name, None)
        return found

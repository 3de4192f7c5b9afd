"""The networks that engines are compared on: every cell, encoder, attention and head, with weights and batches."""

from itertools import product
from typing import Any, get_args

import numpy as np

from unspool.arrays import Arrays
from unspool.data.batches import Batch, FeatureSource, ImageSource, Source, TextSource, VectorSource
from unspool.engines.initial import initial_weights
from unspool.specs.network import (
    SEVERAL,
    DecoderSpec,
    EncoderSpec,
    FeatureEncoderSpec,
    HeadSpec,
    ImageEncoderSpec,
    LabelEncoderSpec,
    NetworkSpec,
    TextEncoderSpec,
    VectorEncoderSpec,
)
from unspool.specs.shapes import AttentionName, CellName, PoolingName
from unspool.text.tokenizer import PAD

VOCABULARY, HIDDEN, EMBEDDING, LABELS = 69, 128, 64, 10
ROWS, STEPS = 8, 32
DEVIATION = 0.05  # of what is added to the initial weights, so that biases are not zero
INPUTS: dict[str, dict[str, Any]] = {
    "embedding": {"embedding_size": EMBEDDING},
    "one-hot": {"embedding_size": 0},
    "tied": {"embedding_size": HIDDEN, "tie_weights": True},
}
PICTURES: tuple[EncoderSpec, ...] = (
    ImageEncoderSpec(image_height=28, image_width=28, channels=1, stages=(16, 32), hidden_size=HIDDEN),
    ImageEncoderSpec(image_height=30, image_width=21, channels=3, stages=(8, 16, 32), blocks=2, hidden_size=HIDDEN),
    FeatureEncoderSpec(positions=49, features=64, hidden_size=HIDDEN),
)
CONDITIONS: tuple[EncoderSpec, ...] = (LabelEncoderSpec(labels=LABELS), VectorEncoderSpec(numbers=LABELS))


def networks() -> dict[str, list[NetworkSpec]]:
    """All of them, by the name of their group."""
    cells, attentions = get_args(CellName), get_args(AttentionName)
    texts: dict[str, list[TextEncoderSpec]] = {
        cell: [_text_encoder(cell, both) for both in (False, True) if not (both and cell == "mingru")] for cell in cells
    }
    groups = {
        f"decoder, {cell}": [
            NetworkSpec(decoder=_decoder(cell, num_layers=layers, **INPUTS[kind]))
            for layers, kind in product((1, 2), INPUTS)
        ]
        for cell in cells
    }
    groups |= {
        f"text to text, {cell}": [
            NetworkSpec(encoder=encoder, decoder=_decoder(cell, attention=attention))
            for encoder, attention in product(texts[cell], attentions)
        ]
        for cell in cells
    }
    groups["picture to text"] = [
        NetworkSpec(encoder=encoder, decoder=_decoder("gru", attention=attention))
        for encoder, attention in product(PICTURES, attentions)
    ]
    groups["label or numbers to text"] = [
        NetworkSpec(encoder=encoder, decoder=_decoder(cell, decoder_input=fed))
        for encoder, cell, fed in product(CONDITIONS, cells, ("previous", "none"))
    ]
    groups["to label"] = [
        NetworkSpec(encoder=encoder, head=HeadSpec(labels=LABELS, pooling=pooling))
        for encoder, pooling in product(
            (*(encoder for found in texts.values() for encoder in found), *PICTURES, *CONDITIONS), get_args(PoolingName)
        )
        if pooling != "attention" or encoder.kind in SEVERAL
    ]
    return groups


def used_weights(spec: NetworkSpec) -> Arrays:
    """Initial weights, and what training might have added."""
    generator = np.random.default_rng(1)
    return {
        name: (array + generator.normal(0, DEVIATION, array.shape)).astype(np.float32)
        for name, array in initial_weights(spec, 0).items()
    }


def batch_of(spec: NetworkSpec) -> Batch:
    """A batch that the network can read, with targets of its decoder or labels of its head."""
    generator = np.random.default_rng(2)
    steps = STEPS if spec.decoder is not None else 0
    tokens = generator.integers(4, VOCABULARY, (ROWS, steps + 1))
    labels = generator.integers(0, LABELS, ROWS) if spec.head is not None else None
    source = None if spec.encoder is None else _source_of(spec.encoder, generator)
    return Batch(tokens[:, :-1].copy(), tokens[:, 1:].copy()[:, :steps], np.ones(ROWS, np.bool_), source, labels)


def _source_of(encoder: EncoderSpec, generator: np.random.Generator) -> Source:
    """Something to encode, [ROWS, ...]; texts are of several lengths."""
    match encoder:
        case TextEncoderSpec():
            lengths = generator.integers(1, STEPS + 1, ROWS)
            tokens = generator.integers(4, VOCABULARY, (ROWS, int(lengths.max())))
            tokens[np.arange(tokens.shape[1]) >= lengths[:, None]] = PAD
            return TextSource(tokens, lengths)
        case ImageEncoderSpec():
            size = (ROWS, encoder.image_height, encoder.image_width, encoder.channels)
            return ImageSource(generator.integers(0, 256, size, dtype=np.uint8))
        case FeatureEncoderSpec():
            return FeatureSource(generator.normal(size=(ROWS, encoder.positions, encoder.features)).astype(np.float32))
        case _:
            return VectorSource(generator.random((ROWS, LABELS)).astype(np.float32))


def _text_encoder(cell: CellName, both: bool) -> TextEncoderSpec:
    return TextEncoderSpec(
        vocabulary_size=VOCABULARY, cell=cell, hidden_size=HIDDEN, embedding_size=EMBEDDING, bidirectional=both
    )


def _decoder(cell: CellName, **settings: Any) -> DecoderSpec:
    sizes = {"hidden_size": HIDDEN, "embedding_size": EMBEDDING, "vocabulary_size": VOCABULARY}
    return DecoderSpec(cell=cell, **{**sizes, **settings})

"""The types of the keywords of `train`. Written by `make docs` from the specs; do not edit."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypedDict

from unspool.training.callback import Callback


class RunKeywords(TypedDict, total=False):
    """What every run takes besides its settings."""

    out: str | Path | None
    overwrite: bool
    start_from: str | Path | None
    callback: Callback | None
    progress: bool | None
    settings: dict[str, dict[str, Any]] | None


class SourcesKeywords(TypedDict, total=False):
    """Settings of every task."""

    validation: str | Path | Sequence[str | Path]
    validation_split: str | float
    encoding: str
    suffixes: Sequence[str]
    delimiter: str
    header: bool | None
    license: str | None
    language: str | None


class TextDataKeywords(TypedDict, total=False):
    """Settings of language and ngram and conditional."""

    lines: bool
    documents: Literal["line", "file"] | None
    separator: str | None


class TrainingKeywords(TypedDict, total=False):
    """Settings of every task but ngram."""

    engine: Literal["torch", "keras"]
    batch_size: int
    optimizer: Literal["adamw", "muon", "normuon"]
    learning_rate: float
    matrix_rate: float
    weight_decay: float
    warmup: float
    decay_from: float
    final_rate: float
    clip: float
    dropout: float
    input_dropout: float
    recurrent_dropout: float
    label_smoothing: float
    averaged: int
    precision: Literal["float32", "bfloat16"]
    threads: int
    validations: int
    patience: int
    seed: int
    minutes: float | None
    epochs: float | None
    steps: int | None


class DecoderTrainingKeywords(TypedDict, total=False):
    """Settings of language and translation and captioning and conditional."""

    teacher_forcing: float
    scheduled_sampling: bool
    cell: Literal["rnn", "lstm", "gru", "mingru"]
    num_layers: int
    hidden_size: int
    embedding_size: int
    tie_weights: bool


class EncoderKeywords(TypedDict, total=False):
    """Settings of translation and classification."""

    encoder_cell: Literal["rnn", "lstm", "gru", "mingru"]
    encoder_layers: int
    encoder_embedding: int
    bidirectional: bool


class PictureDataKeywords(TypedDict, total=False):
    """Settings of captioning and image-classification."""

    image: str | None
    extractor: str | Path | None
    extractor_size: int | None
    extractor_scale: float | None
    extractor_mean: str | None
    extractor_deviation: str | None
    extractor_channels: Literal["rgb", "bgr"] | None
    extractor_output: str | None
    extractor_grid: int | None
    picture_size: int
    flip: bool | None
    shift: int | None
    encoder_stages: Sequence[int]


class LanguageKeywords(
    RunKeywords,
    SourcesKeywords,
    TextDataKeywords,
    TrainingKeywords,
    DecoderTrainingKeywords,
    total=False,
):
    """The keywords of `train` for a model of language."""

    tokenizer: Literal["char", "word", "whitespace", "bpe", "byte"]
    vocabulary_limit: int
    text: str | Sequence[str]
    counts: bool
    sequence_length: int
    reset_probability: float
    order: int
    min_count: int


class NgramKeywords(RunKeywords, SourcesKeywords, TextDataKeywords, total=False):
    """The keywords of `train` for a model of ngram."""

    tokenizer: Literal["char", "word", "whitespace", "bpe", "byte"]
    vocabulary_limit: int
    text: str | Sequence[str]
    tokenizer_from: str | Path | None
    order: int
    min_count: int


class TranslationKeywords(
    RunKeywords,
    SourcesKeywords,
    TrainingKeywords,
    DecoderTrainingKeywords,
    EncoderKeywords,
    total=False,
):
    """The keywords of `train` for a model of translation."""

    tokenizer: Literal["char", "word", "whitespace", "bpe", "byte"]
    vocabulary_limit: int
    source: str | None
    target: str | None
    source_file: str | Path | None
    target_file: str | Path | None
    validation_source_file: str | Path | None
    validation_target_file: str | Path | None
    joint_vocabulary: bool
    max_length: int | None
    counts: bool
    order: int
    min_count: int
    decoder_input: Literal["previous", "none"]
    attention: Literal["none", "dot", "additive"]
    encoder_size: int


class CaptioningKeywords(
    RunKeywords,
    SourcesKeywords,
    TrainingKeywords,
    DecoderTrainingKeywords,
    PictureDataKeywords,
    total=False,
):
    """The keywords of `train` for a model of captioning."""

    tokenizer: Literal["char", "word", "whitespace", "bpe", "byte"]
    vocabulary_limit: int
    text: str | Sequence[str]
    lowercase: bool
    max_length: int | None
    counts: bool
    order: int
    min_count: int
    decoder_input: Literal["previous", "none"]
    attention: Literal["none", "dot", "additive"]
    encoder_size: int


class ConditionalKeywords(
    RunKeywords,
    SourcesKeywords,
    TextDataKeywords,
    TrainingKeywords,
    DecoderTrainingKeywords,
    total=False,
):
    """The keywords of `train` for a model of conditional."""

    tokenizer: Literal["char", "word", "whitespace", "bpe", "byte"]
    vocabulary_limit: int
    text: str | Sequence[str]
    condition: str | Sequence[str]
    condition_kind: Literal["auto", "labels", "numbers"]
    max_length: int | None
    counts: bool
    order: int
    min_count: int
    decoder_input: Literal["previous", "none"]
    encoder_size: int


class ClassificationKeywords(RunKeywords, SourcesKeywords, TrainingKeywords, EncoderKeywords, total=False):
    """The keywords of `train` for a model of classification."""

    tokenizer: Literal["char", "word", "whitespace", "bpe", "byte"]
    vocabulary_limit: int
    text: str | Sequence[str]
    label: str | None
    lowercase: bool
    max_length: int | None
    class_weights: bool | Sequence[float]
    word_dropout: float
    unfreeze: Literal["at-once", "gradual"] | int
    counts: bool
    encoder_size: int
    pooling: Literal["last", "max", "mean", "attention"]


class VectorClassificationKeywords(RunKeywords, SourcesKeywords, TrainingKeywords, total=False):
    """The keywords of `train` for a model of vector-classification."""

    features: str | Sequence[str]
    label: str | None
    class_weights: bool | Sequence[float]
    feature_dropout: float
    encoder_size: int


class ImageClassificationKeywords(RunKeywords, SourcesKeywords, TrainingKeywords, PictureDataKeywords, total=False):
    """The keywords of `train` for a model of image-classification."""

    label: str | None
    class_weights: bool | Sequence[float]
    encoder_size: int
    pooling: Literal["last", "max", "mean", "attention"]


class EveryKeyword(
    RunKeywords,
    SourcesKeywords,
    TextDataKeywords,
    TrainingKeywords,
    DecoderTrainingKeywords,
    EncoderKeywords,
    PictureDataKeywords,
    total=False,
):
    """The keywords of `train` for a model of any task."""

    tokenizer: Literal["char", "word", "whitespace", "bpe", "byte"]
    vocabulary_limit: int
    text: str | Sequence[str]
    counts: bool
    sequence_length: int
    reset_probability: float
    order: int
    min_count: int
    tokenizer_from: str | Path | None
    source: str | None
    target: str | None
    source_file: str | Path | None
    target_file: str | Path | None
    validation_source_file: str | Path | None
    validation_target_file: str | Path | None
    joint_vocabulary: bool
    max_length: int | None
    decoder_input: Literal["previous", "none"]
    attention: Literal["none", "dot", "additive"]
    encoder_size: int
    lowercase: bool
    condition: str | Sequence[str]
    condition_kind: Literal["auto", "labels", "numbers"]
    label: str | None
    class_weights: bool | Sequence[float]
    word_dropout: float
    unfreeze: Literal["at-once", "gradual"] | int
    pooling: Literal["last", "max", "mean", "attention"]
    features: str | Sequence[str]
    feature_dropout: float

"""The types of the keywords of `train`. Written by `make docs` from the specs; do not edit."""

from collections.abc import Mapping, Sequence
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
    settings: Mapping[str, Mapping[str, Any]] | None


class SharedKeywords(TypedDict, total=False):
    """Settings of every task."""

    validation: str | Sequence[str]
    validation_split: str | float
    encoding: str
    suffixes: Sequence[str]
    delimiter: str
    header: bool | None


class AllButVectorClassificationImageClassificationKeywords(TypedDict, total=False):
    """Settings of every task but vector-classification and image-classification."""

    tokenizer: Literal["char", "word", "bpe", "byte"]
    vocabulary_limit: int


class OfLanguageNgramConditionalKeywords(TypedDict, total=False):
    """Settings of language and ngram and conditional."""

    lines: bool
    documents: Literal["line", "file"] | None
    separator: str | None


class AllButTranslationVectorClassificationImageClassificationKeywords(TypedDict, total=False):
    """Settings of every task but translation and vector-classification and image-classification."""

    text: str | Sequence[str]


class AllButNgramKeywords(TypedDict, total=False):
    """Settings of every task but ngram."""

    engine: Literal["torch", "keras"]
    batch_size: int
    optimizer: Literal["adamw", "muon"]
    learning_rate: float
    matrix_rate: float
    weight_decay: float
    warmup: float
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


class OfLanguageTranslationCaptioningConditionalKeywords(TypedDict, total=False):
    """Settings of language and translation and captioning and conditional."""

    teacher_forcing: float
    scheduled_sampling: bool
    cell: Literal["rnn", "lstm", "gru", "mingru"]
    num_layers: int
    hidden_size: int
    embedding_size: int
    tie_weights: bool


class OnlyLanguageKeywords(TypedDict, total=False):
    """Settings of language."""

    sequence_length: int
    reset_probability: float


class OfLanguageClassificationKeywords(TypedDict, total=False):
    """Settings of language and classification."""

    counts: bool


class OfLanguageNgramKeywords(TypedDict, total=False):
    """Settings of language and ngram."""

    order: int
    min_count: int


class OnlyNgramKeywords(TypedDict, total=False):
    """Settings of ngram."""

    tokenizer_from: str | None


class OnlyTranslationKeywords(TypedDict, total=False):
    """Settings of translation."""

    source: str | None
    target: str | None
    source_file: str | None
    target_file: str | None
    validation_source_file: str | None
    validation_target_file: str | None
    joint_vocabulary: bool


class OfTranslationCaptioningConditionalClassificationKeywords(TypedDict, total=False):
    """Settings of translation and captioning and conditional and classification."""

    max_length: int | None


class OfTranslationCaptioningConditionalKeywords(TypedDict, total=False):
    """Settings of translation and captioning and conditional."""

    decoder_input: Literal["previous", "none"]


class OfTranslationCaptioningKeywords(TypedDict, total=False):
    """Settings of translation and captioning."""

    attention: Literal["none", "dot", "additive"]


class OfTranslationClassificationKeywords(TypedDict, total=False):
    """Settings of translation and classification."""

    encoder_cell: Literal["rnn", "lstm", "gru", "mingru"]
    encoder_layers: int
    encoder_embedding: int
    bidirectional: bool


class AllButLanguageNgramKeywords(TypedDict, total=False):
    """Settings of every task but language and ngram."""

    encoder_size: int


class OfCaptioningImageClassificationKeywords(TypedDict, total=False):
    """Settings of captioning and image-classification."""

    image: str | None
    extractor: str | None
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


class OfCaptioningClassificationKeywords(TypedDict, total=False):
    """Settings of captioning and classification."""

    lowercase: bool


class OnlyConditionalKeywords(TypedDict, total=False):
    """Settings of conditional."""

    condition: str | Sequence[str]
    condition_kind: Literal["auto", "labels", "numbers"]


class OfClassificationVectorClassificationImageClassificationKeywords(TypedDict, total=False):
    """Settings of classification and vector-classification and image-classification."""

    label: str | None
    class_weights: bool | Sequence[float]


class OnlyClassificationKeywords(TypedDict, total=False):
    """Settings of classification."""

    word_dropout: float
    unfreeze: Literal["at-once", "gradual"] | int


class OfClassificationImageClassificationKeywords(TypedDict, total=False):
    """Settings of classification and image-classification."""

    pooling: Literal["last", "max", "mean", "attention"]


class OnlyVectorClassificationKeywords(TypedDict, total=False):
    """Settings of vector-classification."""

    features: str | Sequence[str]
    feature_dropout: float


class LanguageKeywords(
    RunKeywords,
    SharedKeywords,
    AllButVectorClassificationImageClassificationKeywords,
    OfLanguageNgramConditionalKeywords,
    AllButTranslationVectorClassificationImageClassificationKeywords,
    AllButNgramKeywords,
    OfLanguageTranslationCaptioningConditionalKeywords,
    OnlyLanguageKeywords,
    OfLanguageClassificationKeywords,
    OfLanguageNgramKeywords,
    total=False,
):
    """The keywords of `train` for a model of language."""


class NgramKeywords(
    RunKeywords,
    SharedKeywords,
    AllButVectorClassificationImageClassificationKeywords,
    OfLanguageNgramConditionalKeywords,
    AllButTranslationVectorClassificationImageClassificationKeywords,
    OfLanguageNgramKeywords,
    OnlyNgramKeywords,
    total=False,
):
    """The keywords of `train` for a model of ngram."""


class TranslationKeywords(
    RunKeywords,
    SharedKeywords,
    AllButVectorClassificationImageClassificationKeywords,
    AllButNgramKeywords,
    OfLanguageTranslationCaptioningConditionalKeywords,
    OnlyTranslationKeywords,
    OfTranslationCaptioningConditionalClassificationKeywords,
    OfTranslationCaptioningConditionalKeywords,
    OfTranslationCaptioningKeywords,
    OfTranslationClassificationKeywords,
    AllButLanguageNgramKeywords,
    total=False,
):
    """The keywords of `train` for a model of translation."""


class CaptioningKeywords(
    RunKeywords,
    SharedKeywords,
    AllButVectorClassificationImageClassificationKeywords,
    AllButTranslationVectorClassificationImageClassificationKeywords,
    AllButNgramKeywords,
    OfLanguageTranslationCaptioningConditionalKeywords,
    OfTranslationCaptioningConditionalClassificationKeywords,
    OfTranslationCaptioningConditionalKeywords,
    OfTranslationCaptioningKeywords,
    AllButLanguageNgramKeywords,
    OfCaptioningImageClassificationKeywords,
    OfCaptioningClassificationKeywords,
    total=False,
):
    """The keywords of `train` for a model of captioning."""


class ConditionalKeywords(
    RunKeywords,
    SharedKeywords,
    AllButVectorClassificationImageClassificationKeywords,
    OfLanguageNgramConditionalKeywords,
    AllButTranslationVectorClassificationImageClassificationKeywords,
    AllButNgramKeywords,
    OfLanguageTranslationCaptioningConditionalKeywords,
    OfTranslationCaptioningConditionalClassificationKeywords,
    OfTranslationCaptioningConditionalKeywords,
    AllButLanguageNgramKeywords,
    OnlyConditionalKeywords,
    total=False,
):
    """The keywords of `train` for a model of conditional."""


class ClassificationKeywords(
    RunKeywords,
    SharedKeywords,
    AllButVectorClassificationImageClassificationKeywords,
    AllButTranslationVectorClassificationImageClassificationKeywords,
    AllButNgramKeywords,
    OfLanguageClassificationKeywords,
    OfTranslationCaptioningConditionalClassificationKeywords,
    OfTranslationClassificationKeywords,
    AllButLanguageNgramKeywords,
    OfCaptioningClassificationKeywords,
    OfClassificationVectorClassificationImageClassificationKeywords,
    OnlyClassificationKeywords,
    OfClassificationImageClassificationKeywords,
    total=False,
):
    """The keywords of `train` for a model of classification."""


class VectorClassificationKeywords(
    RunKeywords,
    SharedKeywords,
    AllButNgramKeywords,
    AllButLanguageNgramKeywords,
    OfClassificationVectorClassificationImageClassificationKeywords,
    OnlyVectorClassificationKeywords,
    total=False,
):
    """The keywords of `train` for a model of vector-classification."""


class ImageClassificationKeywords(
    RunKeywords,
    SharedKeywords,
    AllButNgramKeywords,
    AllButLanguageNgramKeywords,
    OfCaptioningImageClassificationKeywords,
    OfClassificationVectorClassificationImageClassificationKeywords,
    OfClassificationImageClassificationKeywords,
    total=False,
):
    """The keywords of `train` for a model of image-classification."""


class EveryKeyword(
    RunKeywords,
    SharedKeywords,
    AllButVectorClassificationImageClassificationKeywords,
    OfLanguageNgramConditionalKeywords,
    AllButTranslationVectorClassificationImageClassificationKeywords,
    AllButNgramKeywords,
    OfLanguageTranslationCaptioningConditionalKeywords,
    OnlyLanguageKeywords,
    OfLanguageClassificationKeywords,
    OfLanguageNgramKeywords,
    OnlyNgramKeywords,
    OnlyTranslationKeywords,
    OfTranslationCaptioningConditionalClassificationKeywords,
    OfTranslationCaptioningConditionalKeywords,
    OfTranslationCaptioningKeywords,
    OfTranslationClassificationKeywords,
    AllButLanguageNgramKeywords,
    OfCaptioningImageClassificationKeywords,
    OfCaptioningClassificationKeywords,
    OnlyConditionalKeywords,
    OfClassificationVectorClassificationImageClassificationKeywords,
    OnlyClassificationKeywords,
    OfClassificationImageClassificationKeywords,
    OnlyVectorClassificationKeywords,
    total=False,
):
    """The keywords of `train` for a model of any task."""

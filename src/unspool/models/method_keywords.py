"""The types of the keywords of the methods of models. Written by `make docs` from the specs; do not edit."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypedDict


class SamplingKeywords(TypedDict, total=False):
    """How to choose the next token, and when to stop."""

    max_new_tokens: int
    temperature: float
    top_k: int
    top_p: float
    min_p: float
    typical_p: float
    repetition_penalty: float
    frequency_penalty: float
    presence_penalty: float
    stop: str | Sequence[str]
    seed: int | None
    num_samples: int
    ignore_eos: bool
    max_copy: int


class BeamKeywords(TypedDict, total=False):
    """How to search for the likeliest sequence."""

    beams: int
    n_best: int
    length_penalty: float
    max_new_tokens: int


class TextKeywords(TypedDict, total=False):
    """How a text is read."""

    validation: str | Path | Sequence[str | Path]
    validation_split: str | float
    encoding: str
    suffixes: Sequence[str]
    delimiter: str
    header: bool | None
    tokenizer: Literal["char", "word", "whitespace", "bpe", "byte"]
    vocabulary_limit: int
    lines: bool
    documents: Literal["line", "file"] | None
    separator: str | None
    text: str | Sequence[str]


class ReadingKeywords(TextKeywords, total=False):
    """How to read more, and what."""

    epochs: int
    minutes: float
    learning_rate: float
    seed: int


class LanguageEvaluationKeywords(TypedDict, total=False):
    """How to evaluate a model of language."""

    validation: str | Path | Sequence[str | Path]
    validation_split: str | float
    encoding: str
    suffixes: Sequence[str]
    delimiter: str
    header: bool | None
    tokenizer: Literal["char", "word", "whitespace", "bpe", "byte"]
    vocabulary_limit: int
    lines: bool
    documents: Literal["line", "file"] | None
    separator: str | None
    text: str | Sequence[str]
    copying: bool
    adapt: bool
    keystrokes: bool


class NgramEvaluationKeywords(TypedDict, total=False):
    """How to evaluate a model of ngram."""

    validation: str | Path | Sequence[str | Path]
    validation_split: str | float
    encoding: str
    suffixes: Sequence[str]
    delimiter: str
    header: bool | None
    tokenizer: Literal["char", "word", "whitespace", "bpe", "byte"]
    vocabulary_limit: int
    lines: bool
    documents: Literal["line", "file"] | None
    separator: str | None
    text: str | Sequence[str]
    tokenizer_from: str | Path | None
    copying: bool
    adapt: bool
    keystrokes: bool


class TranslationEvaluationKeywords(TypedDict, total=False):
    """How to evaluate a model of translation."""

    validation: str | Path | Sequence[str | Path]
    validation_split: str | float
    encoding: str
    suffixes: Sequence[str]
    delimiter: str
    header: bool | None
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
    reference: Sequence[str]
    reference_file: Sequence[str]
    beams: int
    n_best: int
    length_penalty: float
    max_new_tokens: int


class CaptioningEvaluationKeywords(TypedDict, total=False):
    """How to evaluate a model of captioning."""

    validation: str | Path | Sequence[str | Path]
    validation_split: str | float
    encoding: str
    suffixes: Sequence[str]
    delimiter: str
    header: bool | None
    tokenizer: Literal["char", "word", "whitespace", "bpe", "byte"]
    vocabulary_limit: int
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
    text: str | Sequence[str]
    lowercase: bool
    max_length: int | None
    beams: int
    n_best: int
    length_penalty: float
    max_new_tokens: int


class ConditionalEvaluationKeywords(TypedDict, total=False):
    """How to evaluate a model of conditional."""

    validation: str | Path | Sequence[str | Path]
    validation_split: str | float
    encoding: str
    suffixes: Sequence[str]
    delimiter: str
    header: bool | None
    tokenizer: Literal["char", "word", "whitespace", "bpe", "byte"]
    vocabulary_limit: int
    lines: bool
    documents: Literal["line", "file"] | None
    separator: str | None
    text: str | Sequence[str]
    condition: str | Sequence[str]
    condition_kind: Literal["auto", "labels", "numbers"]
    max_length: int | None


class ClassificationEvaluationKeywords(TypedDict, total=False):
    """How to evaluate a model of classification."""

    validation: str | Path | Sequence[str | Path]
    validation_split: str | float
    encoding: str
    suffixes: Sequence[str]
    delimiter: str
    header: bool | None
    tokenizer: Literal["char", "word", "whitespace", "bpe", "byte"]
    vocabulary_limit: int
    text: str | Sequence[str]
    label: str | None
    lowercase: bool
    max_length: int | None


class VectorClassificationEvaluationKeywords(TypedDict, total=False):
    """How to evaluate a model of vector-classification."""

    validation: str | Path | Sequence[str | Path]
    validation_split: str | float
    encoding: str
    suffixes: Sequence[str]
    delimiter: str
    header: bool | None
    features: str | Sequence[str]
    label: str | None


class ImageClassificationEvaluationKeywords(TypedDict, total=False):
    """How to evaluate a model of image-classification."""

    validation: str | Path | Sequence[str | Path]
    validation_split: str | float
    encoding: str
    suffixes: Sequence[str]
    delimiter: str
    header: bool | None
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
    label: str | None

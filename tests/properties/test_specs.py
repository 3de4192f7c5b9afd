"""Specs survive a round trip, and refuse what they do not know with the rule, the value and a hint."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.errors import ModelFolderError, UsageError, nearest
from unspool.specs.base import Spec, build
from unspool.specs.data import DataSpec
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.recipe import TrainingRecipe
from unspool.specs.sampling import SamplingSpec
from unspool.specs.shapes import (
    ConditionEncoderShape,
    CountedAttentionDecoderShape,
    CountedDecoderShape,
    CountedSourceDecoderShape,
    DecoderShape,
    EncoderShape,
    HeadShape,
    NgramShape,
    PictureEncoderShape,
    VectorEncoderShape,
)
from unspool.specs.training import (
    AttentionTrainingSpec,
    BudgetSpec,
    HeadTrainingSpec,
    MixedTrainingSpec,
    TextHeadTrainingSpec,
    TrainingSpec,
    VectorTrainingSpec,
    WindowTrainingSpec,
)
from unspool.tasks.captioning.specs import CaptioningDataSpec, CaptioningRecipe
from unspool.tasks.classification.specs import ClassificationDataSpec, ClassificationRecipe
from unspool.tasks.conditional.specs import ConditionalDataSpec, ConditionalRecipe
from unspool.tasks.images.specs import ImageDataSpec, ImageRecipe
from unspool.tasks.language.specs import LanguageRecipe, TextDataSpec
from unspool.tasks.ngram.specs import NgramDataSpec, NgramRecipe
from unspool.tasks.registry import ROWS
from unspool.tasks.translation.specs import TranslationDataSpec, TranslationRecipe
from unspool.tasks.vectors.specs import VectorDataSpec, VectorRecipe

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
sampling = st.builds(
    SamplingSpec,
    max_new_tokens=st.integers(0, 10**8),
    temperature=st.floats(0, 1e300),
    top_k=st.integers(0, 10**9),
    top_p=st.floats(0, 1, exclude_min=True),
    frequency_penalty=st.floats(-1e6, 1e6),
    stop=st.lists(names, max_size=3).map(tuple),
    seed=st.none() | st.integers(0, 2**63 - 1),
)
sizes = {
    "cell": st.sampled_from(["rnn", "lstm", "gru", "mingru"]),
    "num_layers": st.integers(1, 32),
    "hidden_size": st.integers(1, 16384),
    "embedding_size": st.integers(0, 16384),
}
ngrams = {"order": st.integers(1, 12), "min_count": st.integers(1)}
shapes = st.builds(DecoderShape, **sizes)
several = st.lists(names).map(tuple)
texts = st.builds(TextDataSpec, sources=several, suffixes=several, lines=st.booleans())
counted = st.builds(NgramDataSpec, sources=several, suffixes=several, lines=st.booleans())
columns = st.lists(names, min_size=1, max_size=3, unique=True).map(tuple)
pairs = st.builds(TranslationDataSpec, sources=several, source=names, target=names, joint_vocabulary=st.booleans())
conditioned = st.builds(ConditionalDataSpec, sources=several, text=columns, condition=columns)
labelled = st.builds(ClassificationDataSpec, sources=several, text=columns, label=st.none() | names)
budgets = st.one_of(
    st.builds(BudgetSpec, minutes=st.floats(1e-9, 1e9)),
    st.builds(BudgetSpec, epochs=st.floats(1e-9, 1e9)),
    st.builds(BudgetSpec, steps=st.integers(1, 10**9)),
)
seeds = st.integers(0, 2**63 - 1)
encoders = st.builds(EncoderShape, encoder_size=st.integers(1, 16384), bidirectional=st.booleans())
heads = st.builds(HeadShape, pooling=st.sampled_from(["last", "max", "mean", "attention"]))
decoders = st.builds(
    CountedAttentionDecoderShape,
    **ngrams,
    tie_weights=st.just(False),
    attention=st.sampled_from(["none", "dot", "additive"]),
)
pictures = st.builds(PictureEncoderShape, encoder_size=st.integers(1, 16384))
weights = st.booleans() | st.lists(st.floats(1e-9, 1e9), min_size=1).map(tuple)
windows = st.builds(WindowTrainingSpec, seed=seeds, sequence_length=st.integers(1, 65536))
guesses = st.builds(
    AttentionTrainingSpec,
    seed=seeds,
    teacher_forcing=st.floats(0, 1),
    scheduled_sampling=st.booleans(),
    counts=st.booleans(),
)
labels = st.builds(
    TextHeadTrainingSpec, unfreeze=st.sampled_from(["at-once", "gradual", 1, 500]), class_weights=weights
)
common = {"budget": budgets, "started_from": st.none() | names}
parts = {
    LanguageRecipe: {"data": texts, "network": st.builds(CountedDecoderShape, **sizes, **ngrams), "training": windows},
    TranslationRecipe: {"data": pairs, "network": decoders, "encoder": encoders, "training": guesses},
    ConditionalRecipe: {
        "data": conditioned,
        "network": st.builds(CountedSourceDecoderShape, **ngrams, tie_weights=st.just(False)),
        "encoder": st.builds(ConditionEncoderShape, encoder_size=st.integers(1, 16384)),
        "training": st.builds(MixedTrainingSpec, seed=seeds, counts=st.booleans()),
    },
    VectorRecipe: {
        "data": st.builds(VectorDataSpec, sources=several, features=several, label=st.none() | names.map("l".__add__)),
        "encoder": st.builds(VectorEncoderShape, encoder_size=st.integers(1, 16384)),
        "training": st.builds(VectorTrainingSpec, seed=seeds, feature_dropout=st.floats(0, 0.99)),
    },
    ImageRecipe: {
        "data": st.builds(ImageDataSpec, sources=several, label=st.none() | names, picture_size=st.integers(0, 1024)),
        "encoder": pictures,
        "head": heads,
        "training": st.builds(HeadTrainingSpec, seed=seeds, class_weights=weights),
    },
    CaptioningRecipe: {
        "data": st.builds(CaptioningDataSpec, sources=several, text=several, flip=st.none() | st.booleans()),
        "network": decoders,
        "encoder": pictures,
        "training": guesses,
    },
    ClassificationRecipe: {"data": labelled, "encoder": encoders, "head": heads, "training": labels},
    NgramRecipe: {
        "data": counted,
        "network": st.builds(NgramShape, **ngrams),
    },
}
recipes = st.one_of(
    [
        st.builds(kind, **fields, **(common if issubclass(kind, TrainingRecipe) else {}))
        for kind, fields in parts.items()
    ]
)


def test_there_is_a_strategy_for_the_recipe_of_every_task() -> None:
    assert set(parts) == {row.load("recipe") for row in ROWS.values()}


@given(st.one_of(sampling, shapes, budgets, recipes))
def test_a_spec_survives_a_dictionary_and_json(spec: Spec) -> None:
    assert build(type(spec), spec.model_dump(), "test") == spec
    assert build(type(spec), json.loads(spec.model_dump_json()), "test") == spec
    assert spec.changed() == spec


def test_a_plain_string_is_one_stop_string() -> None:
    for stop in ("ab", ["ab"], ("ab",)):
        assert build(SamplingSpec, {"stop": stop}, "here").stop == ("ab",)
    assert SamplingSpec().changed(stop="ab").stop == ("ab",)


@pytest.mark.parametrize("kind", [DataSpec, DecoderShape, SamplingSpec, TrainingSpec, LanguageRecipe])
def test_an_unknown_field_is_named_with_the_known_ones(kind: type[Spec]) -> None:
    with pytest.raises(UsageError) as caught:
        build(kind, {"tempreature": 1}, "here")
    assert "here: tempreature is not a known setting" in caught.value.message
    assert caught.value.hint == nearest("tempreature", kind.model_fields, 30)
    assert ("temperature" in kind.model_fields) == (caught.value.hint == "the nearest: temperature.")


def test_an_unknown_field_inside_another_spec_is_named_by_its_path() -> None:
    with pytest.raises(UsageError, match=r"network\.hidden is not a known setting"):
        build(LanguageRecipe, {"network": {"hidden": 3}}, "recipe.toml")


@pytest.mark.parametrize(
    ("kind", "values", "field", "received"),
    [
        (DecoderShape, {"hidden_size": 0}, "hidden_size", "0"),
        (DecoderShape, {"hidden_size": 1.5}, "hidden_size", "1.5"),
        (DecoderShape, {"hidden_size": True}, "hidden_size", "True"),
        (DecoderShape, {"cell": "LSTM"}, "cell", "'LSTM'"),
        (SamplingSpec, {"temperature": -1.0}, "temperature", "-1.0"),
        (SamplingSpec, {"temperature": float("nan")}, "temperature", "nan"),
        (SamplingSpec, {"temperature": float("inf")}, "temperature", "inf"),
        (SamplingSpec, {"top_p": 0.0}, "top_p", "0.0"),
        (SamplingSpec, {"stop": 5}, "stop", "5"),
        (SamplingSpec, {"seed": -1}, "seed", "-1"),
        (TrainingSpec, {"dropout": 1.0}, "dropout", "1.0"),
        (DataSpec, {"validation_split": 1.0}, "validation_split", "1.0"),
        (DataSpec, {"tokenizer": "letters"}, "tokenizer", "'letters'"),
    ],
)
def test_a_broken_rule_names_field_rule_and_value(
    kind: type[Spec], values: dict[str, Any], field: str, received: str
) -> None:
    with pytest.raises(ModelFolderError) as caught:
        build(kind, values, "config.json", ModelFolderError)
    assert caught.value.message.startswith(f"config.json: {field}: ")
    assert f"Received: {field}={received}" in caught.value.message
    assert field in caught.value.hint


def test_a_missing_field_is_named() -> None:
    with pytest.raises(UsageError, match="vocabulary_size: field required"):
        build(DecoderSpec, {}, "test")


@pytest.mark.parametrize("values", [{}, {"minutes": 1.0, "steps": 3}, {"steps": 3, "epochs": 1.0}])
def test_a_budget_is_exactly_one_thing(values: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="exactly one of minutes, epochs and steps"):
        build(BudgetSpec, values, "budget")


def test_tied_weights_need_equal_sizes() -> None:
    with pytest.raises(UsageError, match=r"embedding_size equal to hidden_size \(8\), and embedding_size is 4"):
        build(DecoderShape, {"tie_weights": True, "hidden_size": 8, "embedding_size": 4}, "network")


def test_a_spec_cannot_be_changed_in_place() -> None:
    spec = NetworkSpec(decoder=DecoderSpec(vocabulary_size=9))
    with pytest.raises(ValueError, match="frozen"):
        spec.decoder.hidden_size = 3  # type: ignore[misc]

"""Every text that a method of a model receives is cleaned as training texts are, and what is replaced is said."""

from pathlib import Path

import numpy as np
import pytest

import unspool
from unspool.api import train
from unspool.errors import DataError, DataWarning, UsageError
from unspool.models.text import TextModel
from unspool.text.incoming import clean_text, clean_texts

PLAIN = "the cat\nsees a dog\n"
FORMS = ["the cat\r\nsees a dog\r\n", "\ufeffthe cat\rsees a dog\n"]
TINY = {"steps": 2, "threads": 1, "precision": "float32", "encoder_size": 8}


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> unspool.TextClassifier:
    path = tmp_path_factory.mktemp("doors") / "t.csv"
    path.write_text("text,label\n" + f'"{PLAIN}�😀",x\na dog,y\n' * 20, encoding="utf-8")
    model = train(path, text="text", label="label", tokenizer="char", **TINY)
    assert isinstance(model, unspool.TextClassifier)
    return model


@pytest.fixture(scope="module")
def translator(tmp_path_factory: pytest.TempPathFactory) -> unspool.Translator:
    path = tmp_path_factory.mktemp("doors") / "t.csv"
    path.write_text("en,de\n" + f'"{PLAIN}�😀",die Katze\na dog,ein Hund\n' * 20, encoding="utf-8")
    model = train(path, source="en", target="de", tokenizer="char", hidden_size=8, **TINY)
    assert isinstance(model, unspool.Translator)
    return model


@pytest.mark.parametrize("form", FORMS)
def test_a_language_model_reads_every_form_alike(model: TextModel, form: str) -> None:
    assert model.score(form) == model.score(PLAIN)
    assert model.read(form).ids == model.read(PLAIN).ids
    settings = {"max_new_tokens": 30, "seed": 1}
    assert model.generate(form, **settings) == model.generate(PLAIN, **settings)
    assert "".join(model.stream(form, **settings)) == model.generate(PLAIN, **settings)
    assert model.samples(form, **settings) == model.samples(PLAIN, **settings)


@pytest.mark.parametrize("form", FORMS)
def test_a_classifier_reads_every_form_alike(classifier: unspool.TextClassifier, form: str) -> None:
    assert np.array_equal(classifier.probabilities([form]), classifier.probabilities([PLAIN]))
    assert classifier.classify(form) == classifier.classify(PLAIN)
    assert classifier.influence(form) == classifier.influence(PLAIN)
    assert classifier.inspect([form]) == classifier.inspect([PLAIN])


@pytest.mark.parametrize("form", FORMS)
def test_a_translator_reads_every_form_alike(translator: unspool.Translator, form: str) -> None:
    assert translator.translations([form]) == translator.translations([PLAIN])
    assert translator.translate(form) == translator.translate(PLAIN)
    assert translator.inspect([form]) == translator.inspect([PLAIN])
    assert np.array_equal(translator.states([form]), translator.states([PLAIN]))


def test_the_states_of_a_translator_are_those_of_each_text_alone(translator: unspool.Translator) -> None:
    texts = ["the cat", "a dog sees a dog", "", "cat"] * 100  # more than one batch
    together = translator.states(texts)
    assert together.shape == (400, 1, 8)
    assert together.dtype == np.float32
    for index in (0, 1, 2, 3, 399):
        assert np.allclose(together[index], translator.states(texts[index])[0], atol=1e-5)
    assert not np.allclose(together[0], together[1], atol=1e-3)
    assert translator.states([]).shape == (0, 1, 8)


def test_a_blank_text_has_an_empty_translation(translator: unspool.Translator) -> None:
    assert translator.translate(["", "  \t"]) == ["", ""]


def test_a_plain_string_is_one_text(classifier: unspool.TextClassifier, translator: unspool.Translator) -> None:
    assert classifier.probabilities("cat").shape == (1, 2)
    assert len(translator.translations("cat")) == 1
    assert len(translator.states("cat")) == 1
    assert len(classifier.inspect("cat").rows) == len(translator.inspect("cat").rows) == 1


def test_what_the_vocabulary_lacks_of_a_prompt_is_said(model: TextModel) -> None:
    with pytest.warns(DataWarning, match="^'Ж', '∞' are not in the vocabulary of the model, and are read as <unk>\\.$"):
        model.generate("the Ж∞Ж cat", max_new_tokens=2)
    with pytest.warns(DataWarning, match="^'Ж' is not in the vocabulary"):
        model.read("the").read(" Ж")
    with pytest.warns(DataWarning, match="'Д' and others are not in"):
        model.read("АБВГДЖ")


@pytest.mark.filterwarnings("ignore:'😀' is not in the vocabulary")
def test_halves_of_pairs_are_replaced_and_said_at_every_door(
    model: TextModel, classifier: unspool.TextClassifier, translator: unspool.Translator
) -> None:
    doors = [
        lambda text: model.score(text).nats_per_token,
        lambda text: model.read(text).ids,
        lambda text: model.generate(text, max_new_tokens=3, seed=0),
        lambda text: model.generate("a", stop=text, max_new_tokens=3, seed=0),
        lambda text: classifier.probabilities([text]).tolist(),
        lambda text: classifier.influence(text).nats,
        lambda text: translator.translate([text]),
    ]
    for door in doors:
        with pytest.warns(DataWarning, match=r"2 characters that no Unicode text can have became U[+]FFFD") as heard:
            found = door("a \ud83d e \ude00")
        assert len(heard) == 1
        assert found == door("a \ufffd e \ufffd")
        assert door("a \ud83d\ude00") == door("a \U0001f600")


def test_what_is_no_text_is_refused(model: TextModel, classifier: unspool.TextClassifier) -> None:
    with pytest.raises(DataError, match="NUL character"):
        model.generate("a\0b")
    with pytest.raises(UsageError, match=r"text 2 must be a text. Received: nan"):
        classifier.classify(["a", float("nan")])  # type: ignore[list-item]
    with pytest.raises(UsageError, match=r"must be a text. Received: None"):
        model.score(None)  # type: ignore[arg-type]


def test_several_texts_are_said_in_one_warning() -> None:
    with pytest.warns(DataWarning, match="texts from text 2 on: 3 characters") as heard:
        assert clean_texts(["a", "\ud800", "\ud800\ud800"]) == ["a", "\ufffd", "\ufffd\ufffd"]
    assert len(heard) == 1
    assert clean_text("grün\r\n") == "grün\n"


def test_the_files_of_other_systems_score_alike(model: TextModel, tmp_path: Path) -> None:
    scores = []
    for number, form in enumerate([PLAIN, *FORMS]):
        path = tmp_path / f"{number}.txt"
        path.write_bytes(form.encode())
        scores.append(model.score(path.read_bytes().decode()))
    assert scores[0] == scores[1] == scores[2]

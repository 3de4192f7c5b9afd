"""Language models that people trained with Keras, as models of Unspool: the same predictions, and what is refused."""

import itertools
import string
from pathlib import Path
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

import unspool  # noqa: E402
from helpers.small import small_text  # noqa: E402
from unspool.arrays import softmax  # noqa: E402
from unspool.errors import OutputError, UsageError  # noqa: E402
from unspool.text.tokenizer import BEGIN, REPLACEMENT, SPECIAL_TOKENS  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras saves so

layers = keras.layers
CHARACTERS = "\n " + string.ascii_lowercase
SIZE = len(CHARACTERS)
TEXT = "the cat sees a dog"
IDS = np.array([[CHARACTERS.index(character) for character in TEXT]])
CELLS = {"rnn": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}
SPECIAL = len(SPECIAL_TOKENS)


def randomised(model: "keras.Model") -> "keras.Model":
    """Weights in which every array matters, the biases too."""
    generator = np.random.default_rng(0)
    model.set_weights([generator.normal(0, 0.4, array.shape) for array in model.get_weights()])
    return model


def sequential(*made: Any, shape: Any = (None, SIZE), **dense: Any) -> "keras.Model":
    return randomised(keras.Sequential([keras.Input(shape), *made, layers.Dense(SIZE, **dense)]))


def logits_of(model: unspool.TextModel) -> np.ndarray:
    """The logits of the characters after each one of the text, from the initial state: [T, K]."""
    tokens = model.tokenizer.encode(TEXT)[None]
    logits, _ = model.network.unroll(tokens, model.network.initial_state(1))
    order = model.tokenizer.encode(CHARACTERS)
    return logits[0][:, order]


@pytest.mark.parametrize(("cell", "input"), list(itertools.product(CELLS, ("embedding", "one-hot"))))
def test_a_stack_of_layers_predicts_the_same_logits(cell: str, input: str) -> None:
    stack = [CELLS[cell](size, return_sequences=True) for size in (12, 9)]  # also of different widths
    read = [layers.Embedding(SIZE, 5), layers.Dropout(0.5)] if input == "embedding" else []
    model = sequential(*read, *stack, shape=(None,) if read else (None, SIZE))
    found = unspool.from_keras(model, CHARACTERS)
    expected = model(IDS if read else np.eye(SIZE)[IDS], training=False)[0]
    np.testing.assert_allclose(logits_of(found), expected, atol=1e-4)
    assert (found.config.network.decoder.embedding_size == 0) == (input == "one-hot")


def test_the_character_example_of_keras_predicts_the_same_at_its_last_step() -> None:
    """One-hot windows of a fixed length, the last state alone, and a softmax."""
    model = sequential(layers.LSTM(16), shape=(len(TEXT), SIZE), activation="softmax")
    found = unspool.from_keras(model, {character: index for index, character in enumerate(CHARACTERS)})
    expected = np.asarray(model(np.eye(SIZE)[IDS]))[0]
    np.testing.assert_allclose(softmax(logits_of(found)[-1].astype(np.float64)), expected, atol=1e-5)
    assert unspool.from_keras(model, dict(enumerate(CHARACTERS))).score(TEXT) == found.score(TEXT)


def test_layers_without_weights_and_models_within_models_are_read_through() -> None:
    one_hot = [layers.Reshape((-1, 1)), layers.CategoryEncoding(SIZE, output_mode="one_hot")]
    inner = keras.Sequential([keras.Input((None, SIZE)), layers.GRU(7, return_sequences=True, use_bias=False)])
    made = [*one_hot, inner, layers.TimeDistributed(layers.Dense(SIZE, use_bias=False)), layers.Softmax()]
    model = randomised(keras.Sequential([keras.Input((None,), dtype="int32"), *made]))
    found = logits_of(unspool.from_keras(model, CHARACTERS))
    np.testing.assert_allclose(softmax(found.astype(np.float64)), np.asarray(model(IDS))[0], atol=1e-5)


def test_one_hot_vectors_of_a_lambda_and_states_that_are_kept_are_converted() -> None:
    for first in (layers.Lambda(lambda x: keras.ops.one_hot(x, SIZE)), layers.Embedding(SIZE, 5)):
        kept = layers.LSTM(6, return_sequences=True, stateful=True)
        shape = keras.Input(batch_shape=(1, None), dtype="int32")
        model = randomised(keras.Sequential([shape, first, kept, layers.Dense(SIZE)]))
        expected = model(IDS)[0]
        state = kept.states[0].numpy()
        np.testing.assert_allclose(logits_of(unspool.from_keras(model, CHARACTERS)), expected, atol=1e-4)
        assert np.array_equal(kept.states[0].numpy(), state)


def test_a_model_that_was_exported_comes_back_as_it_was(untrained: Any, tmp_path: Path) -> None:
    for cell, shape in (("lstm", {"embedding_size": 0}), ("gru", {"num_layers": 2})):
        model = unspool.load(untrained(cell, name=cell, **shape))
        model.to_keras().save(tmp_path / f"{cell}.keras")
        back = unspool.from_keras(tmp_path / f"{cell}.keras", model.tokenizer)
        assert back.score("the cat").nats_per_token == pytest.approx(model.score("the cat").nats_per_token, abs=1e-5)
        assert back.config.network == model.config.network
        assert back.generate("the", seed=1) == model.generate("the", seed=1)


def test_what_the_model_does_not_know_is_never_likely_and_always_finite() -> None:
    model = sequential(layers.LSTM(6), shape=(8, SIZE))
    found = unspool.from_keras(model, CHARACTERS)
    state = found.network.initial_state(1)
    logits, _ = found.network.unroll(np.arange(SPECIAL + SIZE)[None], state)
    assert (logits[..., :SPECIAL].max(-1) < logits[..., SPECIAL:].min(-1) - 10).all()
    assert np.isfinite(found.score("an Ä").nats_per_token)
    assert set(found.generate(max_new_tokens=400, temperature=3.0, seed=0)) <= set(CHARACTERS)


def test_indices_without_a_character_are_left_out() -> None:
    """Keras counts words from 1 and keeps 0 for padding; its lookups begin with `[UNK]`."""
    model = randomised(keras.Sequential([keras.Input((None,)), layers.Embedding(4, 3), layers.GRU(5), layers.Dense(4)]))
    for vocabulary in ({"a": 1, "b": 2}, ["", "[UNK]", "a", "b"]):
        assert set(unspool.from_keras(model, vocabulary).generate(seed=1, max_new_tokens=50)) == {"a", "b"}


def test_the_model_folder_is_written_and_opens(tmp_path: Path) -> None:
    model = sequential(layers.GRU(6), shape=(8, SIZE))
    found = unspool.from_keras(model, CHARACTERS, out=tmp_path / "gru")
    assert found.path == tmp_path / "gru"
    assert "Keras" in found.card
    assert unspool.load(tmp_path / "gru").generate("a", seed=1) == found.generate("a", seed=1)
    assert found.evaluate("the cat sees a dog\n" * 20).bits_per_byte > 0
    with pytest.raises(OutputError, match="holds a model already"):
        unspool.from_keras(model, CHARACTERS, out=tmp_path / "gru")
    unspool.from_keras(model, CHARACTERS, out=tmp_path / "gru", overwrite=True)


def branching() -> "keras.Model":
    inputs = keras.Input((None, SIZE))
    values = layers.LSTM(SIZE, return_sequences=True)(inputs)
    return keras.Model(inputs, layers.Dense(SIZE)(layers.Add()([values, inputs])))


def scaled() -> "keras.Model":
    inputs = keras.Input((None, SIZE))
    return randomised(keras.Model(inputs, layers.Dense(SIZE)(layers.LSTM(4)(inputs)) / 0.5))


def masked() -> "keras.Model":
    """Index 0, which the mask hides, is the line end."""
    read = layers.Embedding(SIZE, 5, mask_zero=True)
    return sequential(read, layers.LSTM(9, return_sequences=True), shape=(None,))


def subclassed() -> "keras.Model":
    class Model(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.recurrent, self.dense = layers.GRU(4), layers.Dense(SIZE)

        def call(self, inputs: Any) -> Any:
            return self.dense(self.recurrent(inputs))

    model = Model()
    model(np.zeros((1, 3, SIZE)))
    return model


REFUSED = {
    "reset_after=False, where True is needed": lambda: sequential(layers.GRU(4, reset_after=False, name="old")),
    "the layer one with activation='relu'": lambda: sequential(layers.LSTM(4, activation="relu", name="one")),
    "the layer both, a Bidirectional": lambda: sequential(layers.Bidirectional(layers.LSTM(4), name="both")),
    "the layer second, a GRU, after a LSTM": lambda: sequential(
        layers.LSTM(4, return_sequences=True), layers.GRU(4, name="second")
    ),
    "a LayerNormalization": lambda: sequential(layers.LSTM(4, return_sequences=True), layers.LayerNormalization()),
    "a Dense, there": lambda: sequential(layers.LSTM(4), layers.Dense(4, activation="relu")),
    "with the activation relu": lambda: sequential(layers.LSTM(4), activation="relu"),
    "without a recurrent layer": lambda: keras.Sequential([keras.Input((None,)), layers.Embedding(SIZE, 4)]),
    "a Add": branching,
    "predict otherwise one after another": scaled,
    "index 0 is masked": masked,
    "not sequential, or functional with one input": subclassed,
}


@pytest.mark.parametrize("message", REFUSED)
def test_a_model_that_cannot_be_converted_is_refused_by_name(message: str) -> None:
    with pytest.raises(UsageError, match="a Keras model must be") as problem:
        unspool.from_keras(REFUSED[message](), CHARACTERS)
    assert message in problem.value.message


def test_a_vocabulary_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    model = sequential(layers.LSTM(4))
    for vocabulary, message in (
        (CHARACTERS[1:], "an entry for each token"),
        ({"a": SIZE}, "the model must know every token"),
        (["the", "cat"], "must be characters that differ.* Received: 'the': 0."),
        ({"a": None}, "Received: 'a': None."),
        ("aa" + CHARACTERS, "must be characters that differ"),
        ({}, "Received: none"),
        (set(CHARACTERS), "must be a tokenizer, or a string, a list or a dict"),  # its order is none
        (None, "Received: None"),
    ):
        with pytest.raises(UsageError, match=message):
            unspool.from_keras(model, vocabulary)
    with pytest.raises(UsageError, match="Received: None"):
        unspool.keras_callback(None)
    unbuilt = keras.Sequential([layers.Embedding(SIZE, 4), layers.LSTM(4), layers.Dense(SIZE)])
    with pytest.raises(UsageError, match="must have weights"):
        unspool.from_keras(unbuilt, CHARACTERS)
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")  # as in a model folder of Unspool
    unreadable = "must be one that Keras can load"
    for source, message in ((tmp_path / "no.keras", unreadable), (tmp_path, unreadable), (7, "takes a keras.Model")):
        with pytest.raises(UsageError, match=message):
            unspool.from_keras(source, CHARACTERS)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "small.txt"
    path.write_text(small_text(), encoding="utf-8")
    return path


def test_a_dataset_has_every_token_of_the_text_once_in_an_epoch(text: Path) -> None:
    dataset = unspool.batches(text, batch_size=4, sequence_length=16, validation_split=0.1)
    first, second = (list(dataset.as_numpy_iterator()) for _ in range(2))
    assert len(first) == len(second) == len(dataset)
    whole, decode = text.read_text(encoding="utf-8"), dataset.tokenizer.decode
    border = int(len(whole) * 0.9)
    for epoch in (first, second):
        assert sum(np.count_nonzero(targets) for _, targets in epoch) == border
        for inputs, targets in epoch:
            assert inputs.dtype == targets.dtype == np.int32
            assert (inputs[:, 0] == BEGIN).all()  # each window starts from zeros
            assert np.array_equal(inputs[:, 1:][targets[:, 1:] > 0], targets[:, :-1][targets[:, 1:] > 0])
    learnt = "".join(decode(row) for row in np.concatenate([targets for _, targets in first], axis=1))
    assert all(one in (other, REPLACEMENT) for one, other in zip(learnt, whole[:border], strict=True))
    for _ in range(2):  # the held-out part is always the same, and none of it becomes unknown
        held_out = np.concatenate([targets for _, targets in dataset.validation.as_numpy_iterator()], axis=1)
        assert "".join(map(decode, held_out)) == whole[border:]


def test_a_dataset_is_made_of_what_is_given_to_train(tmp_path: Path) -> None:
    table = tmp_path / "posts.csv"
    table.write_text("title,body\n" + "a short title,and a long body\n" * 20, encoding="utf-8")
    for columns in ("body", ("title", "body")):
        given = unspool.batches(table, text=columns, tokenizer="word")
        words = {token.strip() for token in given.tokenizer.vocabulary}
        assert "body" in words
        assert ("title" in words) == (columns != "body")


def test_a_dataset_of_documents_can_be_fitted_with_a_callback_that_shows_samples(text: Path, tmp_path: Path) -> None:
    dataset = unspool.batches(text, batch_size=8, sequence_length=32, lines=True)
    size, shown = dataset.tokenizer.vocabulary_size, []
    network = keras.Sequential([layers.Embedding(size, 8), layers.GRU(16, return_sequences=True), layers.Dense(size)])
    network.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0))
    options = {"by_document": True, "prompt": "the ", "write": shown.append, "max_new_tokens": 20}
    callback = unspool.keras_callback(dataset.tokenizer, tmp_path / "kept", **options)
    network.fit(dataset, validation_data=dataset.validation, epochs=2, verbose=0, shuffle=False, callbacks=[callback])
    assert [sample[:5] for sample in shown] == ["\nthe "] * 2
    kept = unspool.load(tmp_path / "kept")
    assert kept.config.by_document
    assert shown[1] == "\nthe " + kept.generate("the ", seed=0, max_new_tokens=20)
    with pytest.raises(OutputError):
        unspool.keras_callback(dataset.tokenizer, tmp_path / "kept")
    with pytest.raises(UsageError, match="temperature"):
        unspool.keras_callback(dataset.tokenizer, temperature=-1)


def test_a_callback_refuses_a_model_before_an_epoch_is_spent_on_it() -> None:
    model, shown = sequential(layers.GRU(4, reset_after=False)), []
    model.compile("adam", "mse")
    callback = unspool.keras_callback(CHARACTERS, write=shown.append)
    with pytest.raises(UsageError, match="reset_after=False"):
        model.fit(np.eye(SIZE)[IDS], np.zeros((1, SIZE)), epochs=1, verbose=0, callbacks=[callback])
    assert not shown

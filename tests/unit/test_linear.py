"""A linear classifier beside a network: how it is fitted, when it is mixed in, what its files may hold."""

from itertools import pairwise

import numpy as np
import pytest

from unspool.arrays import FloatArray, IntArray, log_softmax, softmax
from unspool.data.batches import TextSource
from unspool.data.labelled_texts import EncodedTexts
from unspool.engines.linear import products
from unspool.engines.linear.features import SparseRows
from unspool.engines.linear.fitting import fit_weights
from unspool.engines.linear.mixture import ALONE, MixedClassifier, MixtureWeights, arrays_of, fit_mixture, open_mixture
from unspool.engines.linear.model import Counted, LinearClassifier
from unspool.errors import ModelFolderError
from unspool.specs.linear import LinearSpec
from unspool.text.tokenizer import END

SPEC = LinearSpec(order=2, max_features=1000, labels=3)


def some_rows(generator: np.random.Generator, rows: int, features: int) -> tuple[SparseRows, FloatArray]:
    dense = np.where(generator.random((rows, features)) < 0.3, generator.random((rows, features)), 0).astype(np.float32)
    where = np.nonzero(dense)
    starts = np.searchsorted(where[0], np.arange(rows + 1))
    return SparseRows(starts, where[1].astype(np.int32), dense[where]), dense


def some_texts(generator: np.random.Generator, count: int) -> tuple[EncodedTexts, IntArray]:
    """Texts of three labels, each of which prefers other tokens."""
    labels = generator.integers(0, 3, count)
    shares = softmax(2 * generator.standard_normal((3, 20)))
    texts = [np.append(generator.choice(20, 12, p=shares[label]) + 4, END) for label in labels]
    return EncodedTexts(texts), labels


def fitted(generator: np.random.Generator) -> tuple[LinearClassifier, EncodedTexts, IntArray]:
    texts, labels = some_texts(generator, 400)
    return Counted(SPEC, texts, labels, np.ones(3)).fit(0.1)[0], texts, labels


def test_compiled_products_are_those_of_numpy() -> None:
    generator = np.random.default_rng(0)
    rows, dense = some_rows(generator, 30, 12)
    matrix, other = generator.standard_normal((12, 3)), generator.standard_normal((30, 3))
    plain, transposed = np.zeros((30, 3)), np.zeros((12, 3))
    products._plain_product(*rows, matrix, plain)
    products._plain_transposed_product(*rows, other, transposed)
    np.testing.assert_allclose(plain, dense @ matrix, atol=1e-6)
    np.testing.assert_allclose(transposed, dense.T @ other, atol=1e-6)
    np.testing.assert_allclose(products.product(rows, matrix), plain, atol=1e-6)
    np.testing.assert_allclose(products.transposed_product(rows, other, 12), transposed, atol=1e-6)


@pytest.mark.parametrize("strength", [3.0, 0.1])
def test_the_loss_is_as_low_as_that_of_scikit_learn(strength: float) -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    generator = np.random.default_rng(1)
    rows, dense = some_rows(generator, 200, 15)
    labels = (dense @ generator.standard_normal((15, 3)) + generator.gumbel(size=(200, 3))).argmax(axis=1)
    importance = generator.random(200) + 0.5
    found = fit_weights(rows, 15, labels, importance, strength / importance.sum(), np.zeros((16, 3)))
    other = linear.LogisticRegression(C=1 / strength, max_iter=1000, tol=1e-8).fit(dense, labels, importance)

    def loss(weights: FloatArray, biases: FloatArray) -> float:
        logs = log_softmax(dense @ weights + biases)
        return float(-(logs[np.arange(200), labels] * importance).sum() + strength / 2 * (weights**2).sum())

    assert loss(found[:-1], found[-1]) <= loss(other.coef_.T, other.intercept_) * 1.001


def test_a_classifier_finds_what_the_labels_prefer_and_the_same_again() -> None:
    model, texts, labels = fitted(np.random.default_rng(2))
    found = model.classify(texts.read(np.arange(400)))
    assert found.dtype == np.float32
    assert (found.argmax(axis=1) == labels).mean() > 0.9
    again = fitted(np.random.default_rng(2))[0]
    for name, array in model.to_arrays().items():
        np.testing.assert_array_equal(array, again.to_arrays()[name])


def test_a_weaker_penalty_fits_what_was_learnt_better_from_wherever_it_begins() -> None:
    texts, labels = some_texts(np.random.default_rng(3), 300)
    counted, start, nats = Counted(SPEC, texts, labels, np.ones(3)), None, []
    for strength in (1.0, 0.1, 0.01):
        model, start = counted.fit(strength, start)
        logs = log_softmax(model.classify(texts.read(np.arange(300))).astype(np.float64))
        nats.append(-logs[np.arange(300), labels].mean())
    assert all(later < before for before, later in pairwise(nats))


def logs_and_labels(generator: np.random.Generator, count: int) -> tuple[FloatArray, FloatArray, IntArray]:
    """Log-probabilities of two classifiers that know different things, and the right labels."""
    one, other = (2 * generator.standard_normal((count, 4)) for _ in range(2))
    labels = (one + other + generator.gumbel(size=(count, 4))).argmax(axis=1)
    return log_softmax(one), log_softmax(other), labels


def nats(weights: MixtureWeights, one: FloatArray, other: FloatArray, labels: IntArray) -> float:
    mixed = log_softmax(weights.network * one + weights.counts * other)
    return float(-mixed[np.arange(len(labels)), labels].mean())


def test_what_knows_different_things_is_mixed_and_better_on_other_examples() -> None:
    generator = np.random.default_rng(4)
    weights = fit_mixture(*logs_and_labels(generator, 300), np.ones(300))
    assert weights.network == pytest.approx(1, abs=0.3)
    assert weights.counts == pytest.approx(1, abs=0.3)
    others = logs_and_labels(generator, 2000)
    assert nats(weights, *others) < 0.8 * nats(ALONE, *others)


def test_what_knows_nothing_is_left_out_on_either_side() -> None:
    generator = np.random.default_rng(5)
    one = logs_and_labels(generator, 400)[0]
    noise = log_softmax(generator.standard_normal((400, 4)))
    labels = (2 * one + generator.gumbel(size=(400, 4))).argmax(axis=1)
    assert fit_mixture(one, noise, labels, np.ones(400)) == ALONE
    weights = fit_mixture(noise, one, labels, np.ones(400))
    assert weights.counts > 1
    assert weights.network < 0.2


def test_few_examples_say_little() -> None:
    """Three examples on which the counts are right do not make them trusted without bounds."""
    one = log_softmax(np.zeros((3, 4)))
    other = log_softmax(10 * np.eye(4)[[0, 1, 2]])
    weights = fit_mixture(one, other, np.arange(3), np.ones(3))
    assert weights.counts < 2


def test_a_mixture_adds_log_probabilities_and_stands_alone_without_counts() -> None:
    model, texts, _ = fitted(np.random.default_rng(6))
    network = fitted(np.random.default_rng(7))[0]
    source = texts.read(np.arange(20))
    assert isinstance(source, TextSource)
    mixed = MixedClassifier(network, model, MixtureWeights(0.7, 0.5))
    one, other = (log_softmax(part.classify(source).astype(np.float64)) for part in (network, model))
    np.testing.assert_allclose(softmax(mixed.classify(source)), softmax(0.7 * one + 0.5 * other), atol=1e-5)
    opened = open_mixture(network, SPEC, mixed.to_arrays())
    np.testing.assert_array_equal(opened.classify(source), mixed.classify(source))
    assert mixed.components == {"network": network, "counts": model}
    alone = MixedClassifier(network, model, ALONE)
    assert alone.components == {}
    np.testing.assert_allclose(softmax(alone.classify(source)), softmax(network.classify(source)), atol=1e-6)


@pytest.mark.parametrize("name", ["keys", "rarity", "weights", "biases", "mixture"])
def test_arrays_that_do_not_fit_are_refused(name: str) -> None:
    model = fitted(np.random.default_rng(8))[0]
    arrays = arrays_of(model, MixtureWeights(0.5, 0.5))
    wrong = {"keys": 0, "mixture": -1}.get(name, np.nan)
    for damaged in (arrays[name][:-1], arrays[name].astype(np.int8), np.full_like(arrays[name], wrong)):
        with pytest.raises(ModelFolderError):
            open_mixture(model, SPEC, {**arrays, name: damaged})
    with pytest.raises(ModelFolderError):
        open_mixture(model, SPEC, {one: array for one, array in arrays.items() if one != name})

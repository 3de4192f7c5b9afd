"""Files in ARPA format: what they say, what is written, what is refused."""

import math
from pathlib import Path

import numpy as np
import pytest

from unspool.engines.ngram.arpa import read_arpa, words_of, write_arpa
from unspool.engines.ngram.backoff import backoff_model
from unspool.engines.ngram.counts import counts_of
from unspool.engines.ngram.model import build_model
from unspool.engines.ngram.network import build_network
from unspool.errors import DataError, OutputError
from unspool.text.tokenizer import BEGIN, END, PAD, SPECIAL_TOKENS, UNKNOWN

# The 3-gram "b a b" has no 2-gram "b a" that it could continue.
ARPA = """
\\data\\
ngram 1=5
ngram 2=3
ngram 3=2

\\1-grams:
-1.0\t<unk>
-99\t<s>\t-0.3
-0.5\t</s>
-0.4\ta\t-0.2
-0.6\tb\t-0.1

\\2-grams:
-0.2\t<s> a\t-0.05
-0.3\ta b\t-0.15
-0.25\tb </s>

\\3-grams:
-0.1\t<s> a b
-0.7\tb a b

\\end\\
"""
SCORES = [  # a text, and the logarithm to base 10 of each word after the words before it
    (["<s>", "a", "b", "</s>"], [-0.2, -0.1, -0.15 - 0.25]),
    (["<s>", "a", "<unk>", "a"], [-0.2, -0.05 - 0.2 - 1.0, -0.4]),
    (["<pad>", "b", "a", "b", "</s>"], [-0.6, -0.1 - 0.4, -0.7, -0.15 - 0.25]),
    (["<pad>", "b", "a", "a", "b"], [-0.6, -0.1 - 0.4, -0.2 - 0.4, -0.3]),
    (["<s>", "b", "b"], [-0.3 - 0.6, -0.1 - 0.6]),
]


def written(place: Path, text: str = ARPA) -> Path:
    path = place / "model.arpa"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("compiled", [False, True])
def test_a_file_scores_by_hand(tmp_path: Path, compiled: bool) -> None:
    model, vocabulary, _ = read_arpa(written(tmp_path))
    ids = {word: token for token, word in enumerate(vocabulary)} | {"</s>": END}
    network = build_network(model, compiled)
    for words, expected in SCORES:
        text = np.array([[ids[word] for word in words]])
        nll, _ = network.nll(text[:, :-1], text[:, 1:], network.initial_state(1))
        np.testing.assert_allclose(-nll[0] / math.log(10), expected, atol=1e-6)
        logits, _ = network.unroll(text[:, :-1], network.initial_state(1))
        chosen = np.take_along_axis(logits, text[:, 1:, None], axis=-1)[..., 0]
        np.testing.assert_allclose(-chosen, nll, atol=1e-6)


def test_the_words_of_a_file_are_a_vocabulary(tmp_path: Path) -> None:
    model, vocabulary, _ = read_arpa(written(tmp_path))
    assert vocabulary == [*SPECIAL_TOKENS, "a", "b"]
    assert (model.order, model.vocabulary_size) == (3, 6)
    assert read_arpa(written(tmp_path), [*SPECIAL_TOKENS, "b", "a", "c"]).vocabulary[6] == "c"


def test_what_a_file_lacks_never_comes(tmp_path: Path) -> None:
    text = ARPA.replace("-1.0\t<unk>\n", "").replace("1=5", "1=4")
    network = build_network(read_arpa(written(tmp_path, text)).model)
    logits, _ = network.unroll(np.array([[PAD]]), network.initial_state(1))
    np.testing.assert_allclose(logits[0, 0, [PAD, UNKNOWN, BEGIN]], -100 * math.log(10), rtol=1e-6)
    assert np.isfinite(logits).all()


TOKENS = [*SPECIAL_TOKENS, " ", "\n", "\\", "é", "漢", "\t", "<", "ab c"]


@pytest.mark.parametrize(("order", "min_count"), [(1, 1), (2, 1), (4, 1), (4, 2)])
def test_what_is_written_is_read_as_the_same_distributions(tmp_path: Path, order: int, min_count: int) -> None:
    generator = np.random.default_rng(0)
    documents = [np.append(generator.integers(4, len(TOKENS), 30), END) for _ in range(20)]
    model = build_model(counts_of(documents, order, len(TOKENS)), min_count)
    path = tmp_path / "model.arpa"
    write_arpa(path, backoff_model(model), TOKENS)
    again, vocabulary, _ = read_arpa(path, TOKENS)
    assert vocabulary == TOKENS
    text = generator.integers(1, len(TOKENS), (2, 40))
    one, other = (build_network(made, compiled=False) for made in (model, again))
    possible = np.delete(np.arange(len(TOKENS)), [PAD, BEGIN])
    expected, _ = one.unroll(text, one.initial_state(2))
    found, _ = other.unroll(text, other.initial_state(2))
    np.testing.assert_allclose(found[..., possible], expected[..., possible], rtol=0, atol=1e-5)
    assert again.tokens.tolist() == model.tokens.tolist()


def test_tokens_are_written_without_blanks() -> None:
    words = words_of([*TOKENS, "<s>x", "</s>", "<UNK>"])
    assert words[UNKNOWN : END + 1] == ["<unk>", "<s>", "</s>"]
    assert words[4:] == [r"\x20", r"\n", r"\\", "é", "漢", r"\t", "<", r"ab\x20c", "<s>x", r"\x3c/s>", r"\x3cUNK>"]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("-0.4\ta", "much\ta"),
        ("-0.4\ta", "nan\ta"),
        ("-0.4\ta", "0.4\ta"),
        ("<s> a\t-0.05", "<s> a\t-0.05\t3"),
        ("-0.3\ta b\t-0.15", "-0.3\ta"),
        ("ngram 2=3", "ngram 2=4"),
        ("\\3-grams:", "\\4-grams:"),
        ("ngram 3=2\n", ""),
        ("\\data\\", ""),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, before: str, after: str) -> None:
    text = ARPA.replace(before, after) if after or before != "\\data\\" else "a text\nof lines\n"
    with pytest.raises(DataError, match="ARPA"):
        read_arpa(written(tmp_path, text))


def test_an_ngram_that_a_file_has_twice_is_refused(tmp_path: Path) -> None:
    twice = ARPA.replace("-0.3\ta b", "-0.2\ta b\t-0.15\n-0.3\ta b").replace("ngram 2=3", "ngram 2=4")
    with pytest.raises(DataError, match=r"every n-gram once\. Received: 'a b' twice"):
        read_arpa(written(tmp_path, twice))


def test_special_tokens_that_a_file_lacks_are_named(tmp_path: Path) -> None:
    assert read_arpa(written(tmp_path)).lacking == []
    text = "\\data\\\nngram 1=2\n\n\\1-grams:\n-0.3\t<UNK>\n-0.3\ta\n\\end\\\n"
    assert read_arpa(written(tmp_path, text)).lacking == ["<s>", "</s>"]


def test_other_words_and_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"words of the vocabulary\. Received: 'b'"):
        read_arpa(written(tmp_path), [*SPECIAL_TOKENS, "a"])
    with pytest.raises(DataError, match="cannot be read"):
        read_arpa(tmp_path / "none.arpa")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="cannot be read"):
        read_arpa(tmp_path / "binary")
    model, vocabulary, _ = read_arpa(written(tmp_path))
    with pytest.raises(OutputError):
        write_arpa(tmp_path / "binary" / "model.arpa", model, vocabulary)

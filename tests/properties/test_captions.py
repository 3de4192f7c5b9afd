"""What holds of the comparison of any captions, and that it equals the definitions written out another way."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from properties.strategies import texts
from unspool.evaluate.captions_overlap import BETA, CaptionReferences, longest_common_subsequence
from unspool.evaluate.captions_tokens import Tokens, caption_tokens

captions = st.lists(st.sampled_from("abcdef"), max_size=9).map(tuple)
written = st.lists(captions.filter(bool), min_size=1, max_size=4)
pictures = st.lists(st.tuples(captions, written), min_size=1, max_size=6)


def grams(tokens: Tokens, order: int) -> Counter[Tokens]:
    return Counter(zip(*(tokens[start:] for start in range(order)), strict=False))


def cider_by_vectors(found: list[Tokens], references: list[list[Tokens]]) -> float:
    """CIDEr-D by whole vectors over all n-grams of an order, as the paper writes it."""
    scores = np.zeros(len(found))
    for order in (1, 2, 3, 4):
        counted = [[grams(one, order) for one in several] for several in references]
        every = sorted(
            {g for several in counted for one in several for g in one} | {g for c in found for g in grams(c, order)}
        )
        frequency = np.array([sum(any(g in one for one in several) for several in counted) for g in every])
        inverse = np.log(len(found) / np.maximum(frequency, 1))
        for index, (caption, several) in enumerate(zip(found, references, strict=True)):
            own = np.array([grams(caption, order)[g] for g in every]) * inverse
            for one in several:
                other = np.array([grams(one, order)[g] for g in every]) * inverse
                lengths = np.linalg.norm(own) * np.linalg.norm(other)
                cosine = np.minimum(own, other) @ other / lengths if lengths else 0.0
                penalty = np.exp(-((len(caption) - len(one)) ** 2) / (2 * 6.0**2))
                scores[index] += 10 * penalty * cosine / len(several) / 4
    return float(scores.mean())


def split(rows: list[tuple[Tokens, list[Tokens]]]) -> tuple[list[Tokens], list[list[Tokens]]]:
    return [found for found, _ in rows], [several for _, several in rows]


@given(pictures)
def test_cider_is_that_of_whole_vectors(rows: list[Any]) -> None:
    found, references = split(rows)
    assert CaptionReferences(references).cider(found) == pytest.approx(cider_by_vectors(found, references), abs=1e-9)


@given(captions, captions)
def test_the_longest_common_subsequence_is_that_of_the_table(one: Tokens, other: Tokens) -> None:
    table = np.zeros((len(one) + 1, len(other) + 1), int)
    for i, token in enumerate(one, 1):
        for j, rival in enumerate(other, 1):
            table[i, j] = table[i - 1, j - 1] + 1 if token == rival else max(table[i - 1, j], table[i, j - 1])
    assert longest_common_subsequence(one, other) == table[-1, -1]


@settings(deadline=None)  # the first example imports sacrebleu
@given(pictures)
def test_bleu_is_that_of_sacrebleu(rows: list[Any]) -> None:
    """Its closest length is the shorter of two too; no smoothing, and no n-grams left out where captions are short."""
    bleu = pytest.importorskip("sacrebleu.metrics.bleu").BLEU
    found, references = split(rows)
    streams = [
        [" ".join(several[index]) if index < len(several) else None for several in references]
        for index in range(max(map(len, references)))
    ]
    own = CaptionReferences(references).bleu(found)
    for order in (1, 2, 3, 4):
        rival = bleu(tokenize="none", smooth_method="none", max_ngram_order=order, force=True)
        score = rival.corpus_score([" ".join(one) for one in found], streams).score
        assert own[order - 1] == pytest.approx(score, abs=1e-9)


@given(pictures)
def test_scores_have_bounds(rows: list[Any]) -> None:
    found, references = split(rows)
    counted = CaptionReferences(references)
    assert all(0 <= score <= 100 + 1e-9 for score in (*counted.bleu(found), counted.rouge_l(found)))
    assert 0 <= counted.cider(found) <= 10 + 1e-9


@given(st.lists(captions.filter(lambda one: len(one) >= 4), min_size=2, max_size=6, unique=True))
def test_the_same_caption_scores_the_maximum(found: list[Tokens]) -> None:
    """Of CIDEr-D if an n-gram of each length is in no other picture's references."""
    counted = CaptionReferences([[one] for one in found])
    assert counted.bleu(found) == pytest.approx((100,) * 4)
    assert counted.rouge_l(found) == pytest.approx(100)
    marked = [tuple(f"{token}{index}" for token in one) for index, one in enumerate(found)]
    assert CaptionReferences([[one] for one in marked]).cider(marked) == pytest.approx(10)


@given(pictures, st.randoms())
def test_the_order_of_references_and_of_pictures_does_not_matter(rows: list[Any], random: Any) -> None:
    mixed = [(found, random.sample(several, len(several))) for found, several in random.sample(rows, len(rows))]
    (found, references), (other_found, other_references) = split(rows), split(mixed)
    counted, other = CaptionReferences(references), CaptionReferences(other_references)
    assert counted.bleu(found) == pytest.approx(other.bleu(other_found))
    assert counted.cider(found) == pytest.approx(other.cider(other_found), abs=1e-9)
    assert counted.rouge_l(found) == pytest.approx(other.rouge_l(other_found))


@given(pictures, st.data())
def test_a_further_reference_of_the_same_length_lowers_no_bleu_and_no_rouge_l(rows: list[Any], data: Any) -> None:
    """Of another length it may, since captions may then be found too short."""
    found, references = split(rows)
    longer = [[*several, tuple(data.draw(st.permutations(several[0])))] for several in references]
    before, after = CaptionReferences(references), CaptionReferences(longer)
    assert all(one <= other + 1e-9 for one, other in zip(before.bleu(found), after.bleu(found), strict=True))
    assert before.rouge_l(found) <= after.rouge_l(found) + 1e-9


@given(captions.filter(bool), captions.filter(bool))
def test_rouge_l_weighs_recall_more_than_precision(one: Tokens, other: Tokens) -> None:
    assert BETA > 1
    if len(one) < len(other):
        short, long = CaptionReferences([[other]]).rouge_l([one]), CaptionReferences([[one]]).rouge_l([other])
        assert short <= long + 1e-9


@given(texts)
def test_tokens_are_the_tokens_of_themselves(text: str) -> None:
    tokens = caption_tokens(text)
    assert all(token == "".join(token.split()) != "" for token in tokens)
    assert caption_tokens(" ".join(tokens)) == tokens

"""The arithmetic of keys that are saved, on suggestions that are known."""

from typing import Any

import numpy as np
import pytest

from helpers.typed import TALE, counted_network
from unspool.data.tokens import Part, part_of_text
from unspool.decode.boundaries import TokenTexts
from unspool.engines.base import SequenceNetwork
from unspool.engines.gate import FIGURES, POWERS, Gate
from unspool.engines.mixture import mixture
from unspool.engines.ngram.counts import counts_of
from unspool.engines.ngram.model import build_model
from unspool.engines.ngram.network import build_network
from unspool.evaluate.keystrokes import Offer, curve, keystrokes_text, perfect_offers, recall, type_text, word_starts
from unspool.tasks.language.keystrokes import measure_keystrokes, texts_of
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer

TEXT = "the cat sat.\n"
LINE = "Ottokar met Ottokar."
NAMES = make_tokenizer("char", [TALE, LINE])


def part_of_lines(tokenizer: Tokenizer, lines: list[str]) -> Part:
    """Lines that are a document each."""
    parts = [part_of_text(tokenizer, line, ends=True) for line in lines]
    starts = np.cumsum([0, *(len(part.tokens) for part in parts)])
    size = sum(part.characters for part in parts)
    counts = np.sum([part.counts for part in parts], axis=0)
    return Part(np.concatenate([part.tokens for part in parts]), starts, size, size, 0.0, counts)


def typed_by_counts(part: Part, network: SequenceNetwork | None = None, by_document: bool = False) -> dict[str, Any]:
    """The figures of counts that know a tale."""
    return measure_keystrokes(network or counted_network(NAMES), TokenTexts(NAMES, by_document), part)


def offers(**at: list[tuple[str, float]]) -> list[list[Offer]]:
    found: list[list[Offer]] = [[] for _ in TEXT]
    for name, own in at.items():
        found[int(name[1:])] = [Offer(*one) for one in own]
    return found


def test_a_text_without_suggestions_takes_a_key_for_each_character() -> None:
    typing = type_text(TEXT, offers())
    assert (typing.characters, typing.keys, typing.shown, typing.accepted, typing.saved) == (13, 13, 0, 0, 0.0)


def test_a_suggestion_that_fits_takes_one_key_and_one_that_does_not_takes_none() -> None:
    typing = type_text(TEXT, offers(_0=[("they ", 2.0)], _1=[("he ", 2.0)], _4=[("cat", 1.0)]))
    assert typing.keys == 13 - 2 - 2
    assert (typing.shown, typing.accepted) == (3, 2)


def test_the_character_after_the_word_must_fit_too() -> None:
    assert type_text(TEXT, offers(_9=[("at ", 1.0)])).accepted == 0


def test_of_several_suggestions_the_longest_that_fits_is_accepted_if_it_is_shown() -> None:
    found = offers(_0=[("then ", 3.0), ("the ", 2.0), ("the cat ", 1.0)])
    assert type_text(TEXT, found, 1).keys == 13
    assert type_text(TEXT, found, 2).keys == 10
    assert type_text(TEXT, found, 3).keys == 6
    assert type_text(TEXT, found, 3, min_saving=1.5).keys == 10


def test_the_oracle_accepts_every_word_and_every_line() -> None:
    assert type_text(TEXT, perfect_offers(TEXT, "word")).keys == 4  # a line end has a key of its own
    assert type_text(TEXT, perfect_offers(TEXT, "line")).keys == 1


def test_the_words_of_a_text_begin_where_they_do() -> None:
    assert word_starts("“Oh, it's a cat") == [(1, "Oh"), (5, "it's"), (10, "a")]


def test_recall_counts_the_words_among_the_first_suggestions() -> None:
    found = [("a", ["b", "a", "c"]), ("b", ["b"]), ("c", [])]
    assert recall(found, 1) == pytest.approx(1 / 3)
    assert recall(found, 3) == pytest.approx(2 / 3)


def test_a_higher_threshold_shows_fewer() -> None:
    points = curve([TEXT], [offers(_0=[("the ", 0.4)], _4=[("cow ", 1.2)])])
    coverage = [point["coverage"] for point in points]
    assert coverage == sorted(coverage, reverse=True)
    assert points[0]["precision"] == 0.5
    assert points[0]["saved"] == pytest.approx(3 / 13)
    assert points[-1] == {"min_saving": 4.0, "coverage": 0.0, "precision": 0.0, "saved": 0.0}


def test_a_network_that_knows_a_text_saves_most_of_its_keys_and_the_oracle_more() -> None:
    tokenizer = make_tokenizer("char", [TALE])
    part = part_of_text(tokenizer, TALE[:105])
    alone = Gate(np.array([[1.0, 0.0, 0.0]]), np.zeros((FIGURES, POWERS)))  # the network decides
    network = mixture(counted_network(tokenizer, order=6), counted_network(tokenizer, order=1), alone)
    found = measure_keystrokes(network, TokenTexts(tokenizer, by_document=False), part)
    assert found["characters"] == 105
    for unit in ("words", "lines"):
        assert found["counts"][f"{unit}_1"] < 0.3 < found["model"][f"{unit}_1"] <= found["model"][f"{unit}_3"]
        assert found["model"][f"{unit}_1"] < found["oracle"]["lines_1"]
    assert 0.5 < found["model"]["recall_1"] <= found["model"]["recall_3"] <= 1
    assert found["curve"][0]["saved"] == pytest.approx(found["model"]["words_1"])
    shown = keystrokes_text(found)
    assert "keys saved on 105 characters" in shown
    assert "oracle" in shown


def test_documents_are_typed_one_after_the_other() -> None:
    tokenizer = make_tokenizer("char", ["ab"])
    documents = part_of_lines(tokenizer, ["ab"] * 3)
    assert texts_of(tokenizer, documents) == ["ab\n"] * 3
    assert texts_of(tokenizer, documents, 4) == ["ab\n", "a"]
    assert texts_of(tokenizer, part_of_text(tokenizer, "ab"), 1) == ["a"]


@pytest.mark.parametrize(
    ("by_document", "more"),
    [
        pytest.param(False, 0.02, id="a stream, whose words come again"),
        pytest.param(True, 0.2, id="lines as documents"),
    ],
)
def test_counts_that_learn_what_is_typed_save_more_where_a_text_repeats_what_the_model_has_not_read(
    by_document: bool, more: float
) -> None:
    lines = [LINE] * 5
    part = part_of_lines(NAMES, lines) if by_document else part_of_text(NAMES, "".join(f"{line}\n" for line in lines))
    found = typed_by_counts(part, by_document=by_document)
    for figure in ("words_1", "recall_1"):
        assert found["learning"][figure] > found["model"][figure] + more
    assert "--learn" in keystrokes_text(found)


def test_a_line_is_learnt_when_it_is_finished_and_not_before() -> None:
    found = typed_by_counts(part_of_text(NAMES, LINE))
    assert found["learning"] == found["model"]


def test_a_model_that_cannot_learn_what_is_typed_has_no_such_figures() -> None:
    pruned = build_model(counts_of([NAMES.encode(TALE)], 3, NAMES.vocabulary_size), min_count=2)
    found = typed_by_counts(part_of_text(NAMES, LINE), build_network(pruned, compiled=False))
    assert "learning" not in found
    assert "--learn" not in keystrokes_text(found)

"""The copying figure: what is counted as a copy, over segments too, and what is said of it."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import unspool
from conformance.engines import trainer
from helpers.pages import check_page
from helpers.small import small_text
from unspool.api import train
from unspool.data.tokens import open_part
from unspool.data.training_text import searchable, segments, texts_of
from unspool.errors import ModelFolderError, UsageError
from unspool.evaluate.copying import SPANS, Copies, LongestCopy, copied, find_copies, longest_copy
from unspool.models.text import TextModel
from unspool.specs.base import build
from unspool.tasks.language.page import language_page, language_text
from unspool.tasks.language.specs import TextDataSpec
from unspool.tasks.language.task import prepare_text

KNOWN = "a naïve café – the cat sees the dog 🙂, and the dog the cat"


def found_in(known: str, *texts: str, size: int = 1 << 20, overlap: int = 64) -> list[Copies]:
    return find_copies(texts, segments(searchable([known], by_document=False), size, overlap))


@given(st.text("aé🙂 b", max_size=30), st.text("aé🙂 b", min_size=1, max_size=60))
def test_lengths_are_those_of_the_longest_copies(text: str, known: str) -> None:
    (copies,) = found_in(known, text)
    for start, length in enumerate(copies.lengths):
        assert text[start : start + length] in known
        assert start + length == len(text) or text[start : start + length + 1] not in known
        place = int(copies.places[start])
        assert known.encode()[place:].decode(errors="ignore").startswith(text[start : start + length]) or not length
    inside = copies.longest_of_each()
    for position in range(len(text)):
        reaching = [int(n) for start, n in enumerate(copies.lengths) if start <= position < start + n]
        assert inside[position] == max(reaching, default=0)


@given(st.text("ab ", min_size=1, max_size=30), st.lists(st.text("ab ", min_size=1, max_size=9), min_size=1))
def test_segments_find_what_the_whole_has(text: str, pieces: list[str]) -> None:
    known = "".join(pieces)
    whole = found_in(known, text)[0]
    parts = find_copies([text], segments(searchable(pieces, by_document=False), 5, len(text)))[0]
    assert parts.lengths.tolist() == whole.lengths.tolist()
    for start, length in enumerate(parts.lengths):
        place = int(parts.places[start])
        assert known[place : place + length] == text[start : start + length]


def test_shares_are_of_characters_in_long_spans() -> None:
    text = f"xyz{KNOWN[:30]}xyz{KNOWN[5:17]}xyz"
    found = found_in(KNOWN, text)
    figures = copied(found, LongestCopy(*longest_copy(found)[::-1]))
    assert figures.characters == len(text)
    assert figures.shares == {10: 42 / 51, 20: 30 / 51, 30: 30 / 51, 50: 0.0}
    assert longest_copy(found) == (KNOWN[:30], 0)


def test_words_are_whole() -> None:
    (copies,) = found_in("the cat sees the dogs of war", "so the cat sees the dog of war")
    assert copies.longest_words().tolist() == [0, 4, 4, 4, 4, 0, 1, 0]  # "dog" is a part of "dogs"; the text ends


def test_no_copy_reaches_over_the_end_of_a_document_or_what_cannot_be_read() -> None:
    pieces = searchable(["one two", "three �four"], by_document=True)
    (copies,) = find_copies(["one twothree"], segments(pieces, 1 << 20, 9))
    assert copies.lengths.max() == 7
    pieces = searchable(["three �four"], by_document=True)
    (copies,) = find_copies(["three �four"], segments(pieces, 1 << 20, 9))
    assert copies.lengths.max() == 6


def test_nothing_is_copied_of_nothing() -> None:
    assert longest_copy([]) == ("", 0)
    figures = copied(found_in("abc", ""), LongestCopy(0, ""))
    assert (figures.characters, figures.shares, figures.word_shares) == (0, {}, {})


@pytest.mark.parametrize("kind", ["char", "word", "bpe", "byte"])
@pytest.mark.parametrize("lines", [False, True])
def test_the_training_text_comes_back(tmp_path: Path, kind: str, lines: bool) -> None:
    text = "".join(f"{line}, it's said – “naïve” 🙂\n" for line in small_text(40).splitlines())
    (tmp_path / "t.txt").write_text(text, encoding="utf-8")
    spec = build(TextDataSpec, {"sources": (str(tmp_path / "t.txt"),), "tokenizer": kind, "lines": lines}, "data")
    tokenizer, _ = prepare_text(tmp_path, spec)
    found = list(texts_of(open_part(tmp_path, "training"), tokenizer))
    if lines:
        assert set(found) <= set(text.splitlines())
    else:
        assert text.startswith("".join(found))
        assert len("".join(found)) > 0.89 * len(text)


@pytest.fixture(scope="module")
def copier(tmp_path_factory: pytest.TempPathFactory) -> TextModel:
    """A model that has memorised its text."""
    place = tmp_path_factory.mktemp("copier")
    (place / "small.txt").write_text(small_text(), encoding="utf-8")
    model = train(place / "small.txt", out=place / "model", model="ngram", order=12)
    assert isinstance(model, TextModel)
    return model


def test_evaluate_says_how_much_is_copied_and_from_where(copier: TextModel) -> None:
    figures = copier.evaluate(copying=True)
    assert figures.copying is not None
    generated, held_out = figures.copying.generated, figures.copying.held_out
    assert generated.characters == 10_000
    assert 300 < held_out.characters < 400  # there is no more
    assert generated.shares[10] > held_out.shares[10]
    assert list(generated.shares) == list(SPANS)
    longest = generated.longest
    text = (copier.path.parent / "small.txt").read_text(encoding="utf-8")
    assert longest.text in text
    assert longest.characters == len(longest.text)
    line = text[: text.index(longest.text)].count("\n") + 1
    assert longest.where == f"{copier.path.parent / 'small.txt'}, line {line}"
    assert copier.evaluate(copying=True).to_dict()["copying"] == figures.to_dict()["copying"]
    assert "copying" not in copier.evaluate().to_dict()


def test_what_is_shown_marks_the_copies(copier: TextModel) -> None:
    figures = copier.evaluate(copying=True)
    assert figures.copying is not None
    text, page = language_text(figures), language_page(figures)
    assert "in spans of 20 characters or more" in text
    shown = check_page(page)
    assert len(shown.all("table")) == 2  # the figures, and how much is copied
    assert page.count("by what is copied") == len(figures.copying.samples)
    assert re.search(r'class="cool" style="--a:[^"]*" data-tip="copied, \d+ characters"', page)
    plain = copier.evaluate()
    assert language_text(plain) == ""
    assert "How much does it copy?" not in language_page(plain)


def test_a_source_that_has_gone_is_a_place_in_the_training_text(tmp_path: Path) -> None:
    (tmp_path / "small.txt").write_text(small_text(), encoding="utf-8")
    for name, lines in (("stream", False), ("lines", True)):
        train(tmp_path / "small.txt", out=tmp_path / name, model="ngram", order=12, lines=lines)
    (tmp_path / "small.txt").unlink()
    for name, noun in (("stream", "character"), ("lines", "document")):
        model = unspool.load(tmp_path / name)
        assert isinstance(model, TextModel)
        found = model.evaluate(copying=True).copying
        assert found is not None
        longest = found.generated.longest
        told, number = longest.where.split()[:2]
        assert told == noun
        texts = list(texts_of(open_part(tmp_path / name / "training", "training"), model.tokenizer))
        at = int(number.replace(",", "")) - 1
        assert longest.text in texts[at] if name == "lines" else texts[0][at:].startswith(longest.text)


def test_a_run_closes_with_the_figure(copier: TextModel) -> None:
    assert "| copied_20 | " in copier.card
    assert "| longest_copy_held_out | " in copier.card
    assert "| longest_copy_from | small.txt, line " in copier.card  # without the folders that it is in


def test_where_the_training_text_is_gone_that_is_said(copier: TextModel, tmp_path: Path) -> None:
    copier.save(tmp_path / "saved")
    saved = unspool.load(tmp_path / "saved")
    assert isinstance(saved, TextModel)
    with pytest.raises(ModelFolderError, match="max_copy compares with the training text"):
        saved.generate("the", max_copy=10)
    for data in (None, copier.path.parent / "small.txt"):
        with pytest.raises(ModelFolderError, match="copying compares with the training text"):
            saved.evaluate(data, copying=True)
    assert saved.generate("the", max_new_tokens=5, seed=0) == copier.generate("the", max_new_tokens=5, seed=0)


def test_generation_takes_a_limit_in_every_way(copier: TextModel) -> None:
    known = small_text()
    settings = {"max_copy": 12, "seed": 3, "max_new_tokens": 150, "temperature": 0.3}
    text = copier.generate("the cat", **settings)
    assert len(text) == 150
    whole = "the cat" + text
    assert not any(whole[end - 13 : end] in known for end in range(13, len(whole) + 1))
    assert "".join(copier.stream("the cat", **settings)) == text
    assert copier.read("the ").read("cat").generate(**settings) == text
    samples = copier.samples("the cat", num_samples=2, **settings)
    assert samples[0].text == text
    free = {**settings, "max_copy": 0}
    assert copier.generate("the cat", **free) == copier.generate("the cat", seed=3, max_new_tokens=150, temperature=0.3)
    assert copier.generate("the cat", **free) != text
    with pytest.raises(UsageError, match="max_copy"):
        copier.generate("the cat", max_copy=-1)


@pytest.mark.engines
def test_a_limit_is_kept_with_every_engine(model_folder: Path) -> None:
    known, texts = small_text(), []
    for engine in ("numpy", "numba", trainer() or "torch"):
        model = unspool.load(model_folder, engine=engine)
        assert isinstance(model, TextModel)
        texts.append(model.generate("the cat", max_copy=6, seed=1, max_new_tokens=60, temperature=0.2))
        whole = "the cat" + texts[-1]
        assert not any(whole[end - 7 : end] in known[: int(0.9 * len(known))] for end in range(8, len(whole) + 1))
    assert len(set(texts)) == 1

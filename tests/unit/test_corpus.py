"""A text becomes two parts of ids on disk; sizes and spelling costs are those of the text."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.small import small_text
from unspool.data.corpus import Corpus, open_corpus, prepare_corpus
from unspool.data.tokens import part_of_text
from unspool.errors import DataError, ModelFolderError, UsageError
from unspool.specs.data import Split, TokenizerName
from unspool.tasks.language.evaluation import open_text
from unspool.tasks.language.specs import TextDataSpec
from unspool.text import reading
from unspool.text.tokenizer import END, SPELLING_BITS, Tokenizer
from unspool.text.vocabulary import make_tokenizer


def prepare(
    folder: Path,
    text: str,
    kind: TokenizerName = "char",
    lines: bool = False,
    fraction: float = 0.1,
    held_out: Path | None = None,
    place: str | None = None,
) -> tuple[Tokenizer, Corpus]:
    path = folder / "source.txt"
    path.write_bytes(text.encode())
    spec = TextDataSpec(lines=lines)
    whole, apart = (None if one is None else open_text((str(one),), spec) for one in (path, held_out))
    assert whole is not None
    split = Split(fraction, place)
    tokenizer = prepare_corpus(folder, whole, apart, split, lambda p: make_tokenizer(kind, p), lambda size: None)
    return tokenizer, open_corpus(folder)


@pytest.mark.parametrize("kind", ["char", "bpe", "byte"])
def test_both_parts_together_are_the_text(tmp_path: Path, kind: TokenizerName) -> None:
    text = small_text() + "é漢👩"
    tokenizer, corpus = prepare(tmp_path, text, kind=kind, fraction=0.25)
    cut = int(len(text) * 0.75)
    assert tokenizer.decode(corpus.training.tokens) == text[:cut]
    assert corpus.training.characters == cut
    assert corpus.training.bytes + corpus.validation.bytes == len(text.encode())
    assert corpus.validation.tokens.tolist() == tokenizer.encode(text[cut:]).tolist()


@pytest.mark.parametrize("kind", ["word", "bpe", "char"])
def test_ids_do_not_depend_on_the_size_of_the_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: TokenizerName
) -> None:
    text = small_text().replace("cat", "\n\ncat ")
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    _, whole = prepare(tmp_path / "one", text, kind=kind)
    monkeypatch.setattr(reading, "PIECE_BYTES", 64)
    _, cut = prepare(tmp_path / "two", text, kind=kind)
    assert cut.training.tokens.tolist() == whole.training.tokens.tolist()


def test_documents_end_with_eos_and_count_their_line_ends(tmp_path: Path) -> None:
    text = small_text(lines=20)
    tokenizer, corpus = prepare(tmp_path, text, lines=True, fraction=0.1, place="end")
    part = corpus.training
    assert part.starts is not None
    assert len(part.starts) - 1 == 18
    assert (part.tokens[part.starts[1:] - 1] == END).all()
    assert tokenizer.decode(part.tokens[: part.starts[1]]) == text.split("\n")[0]
    assert part.bytes + corpus.validation.bytes == len(text.encode())
    assert part.characters + corpus.validation.characters == len(text)


def test_the_tokenizer_learns_from_the_training_part_alone(tmp_path: Path) -> None:
    tokenizer, corpus = prepare(tmp_path, "a" * 90 + "é" * 10)
    assert "é" not in tokenizer.vocabulary
    assert corpus.validation.spelling_bits == pytest.approx(10 * SPELLING_BITS)


def test_held_out_files_leave_the_text_whole(tmp_path: Path) -> None:
    (tmp_path / "held.txt").write_text("b" * 30)
    _, corpus = prepare(tmp_path, "ab" * 50, held_out=tmp_path / "held.txt")
    assert (corpus.training.characters, corpus.validation.characters) == (100, 30)


@pytest.mark.parametrize("text", ["", "a", "too short"])
@pytest.mark.parametrize("lines", [False, True])
def test_a_text_that_is_too_small_is_refused(tmp_path: Path, text: str, lines: bool) -> None:
    with pytest.raises(DataError) as caught:
        prepare(tmp_path, text, lines=lines)
    assert "Received: " in caught.value.message


def test_a_missing_or_damaged_part_is_refused(tmp_path: Path) -> None:
    prepare(tmp_path, small_text())
    path = tmp_path / "training.tokens"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelFolderError, match="training part of the text is missing or damaged"):
        open_corpus(tmp_path)


def test_a_text_in_memory_is_one_stream() -> None:
    part = part_of_text(make_tokenizer("char", ["ab"]), "abé")
    assert (part.characters, part.bytes, part.starts) == (3, 4, None)
    assert part.spelling_bits == pytest.approx(SPELLING_BITS)
    assert np.asarray(part.tokens).tolist() == [4, 5, 1]


def test_documents_are_lines_files_rows_or_what_a_separator_divides_and_never_empty(tmp_path: Path) -> None:
    table, one, two = tmp_path / "t.tsv", tmp_path / "one.txt", tmp_path / "two.txt"
    table.write_text("a\tb\nx\ty\n\t\n\tz\n", encoding="utf-8")
    one.write_bytes(b"one\n\n  \ntwo\r\nthr\ree")
    two.write_text("a\nb\n\n\nc\n\n", encoding="utf-8")

    def documents(*paths: Path, **settings: Any) -> list[str]:
        return list(open_text(tuple(map(str, paths)), TextDataSpec(**settings)).pieces())

    assert documents(table, text=("a", "b")) == ["x y", "z"]
    assert documents(one, lines=True) == documents(one, documents="line") == ["one", "two", "thr\nee"]
    assert documents(one, two, documents="file") == ["one\n\n  \ntwo\nthr\nee", "a\nb\n\n\nc\n"]
    assert documents(two, separator="\n\n") == ["a\nb", "c"]
    for plain in (False, True):
        with pytest.raises(DataError, match="is a table"):
            documents(table, lines=plain)


def test_documents_are_held_out_at_random_and_a_text_at_its_end(tmp_path: Path) -> None:
    text = "".join(f"{'x' * (1 + number)}\n" for number in range(40))  # sorted by length
    _, corpus = prepare(tmp_path, text, lines=True, fraction=0.25)
    held_out = corpus.validation.lengths - 1
    assert len(held_out) == 10
    assert held_out.min() < 15
    _, corpus = prepare(tmp_path, text, lines=True, fraction=0.25, place="end")
    assert (corpus.validation.lengths - 1).tolist() == list(range(31, 41))
    with pytest.raises(UsageError, match="random is for rows, lines and other documents"):
        prepare(tmp_path, text, place="random")

"""Bytes become the same text however they are cut, and an error names the offset of the byte."""

import codecs
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.errors import DataError, UsageError
from unspool.text import reading
from unspool.text.reading import read_pieces

ENCODINGS = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}
texts = st.lists(
    st.one_of(
        st.sampled_from(["\r\n", "\n", "\r", "é", "漢", "👩", "long line without end"]),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
    ),
    max_size=12,
).map(lambda parts: "".join(parts).lstrip("\ufeff"))
piece_sizes = st.integers(4, 12)


def pieces_of(data: bytes, size: int, encoding: str = "auto") -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "PIECE_BYTES", size)
        return list(read_pieces(io.BytesIO(data), "x.txt", encoding))


def clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=texts, size=piece_sizes)
def test_the_encoding_is_inferred_from_its_mark_in_any_chunking(encoding: str, text: str, size: int) -> None:
    assert "".join(pieces_of(ENCODINGS[encoding] + text.encode(encoding), size)) == clean(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "latin-1", "shift_jis"])
@given(data=st.data(), size=piece_sizes)
def test_a_named_encoding_is_read_in_any_chunking(encoding: str, data: st.DataObject, size: int) -> None:
    text = data.draw(st.text(st.characters(codec=encoding, exclude_characters="\0\ufeff\\~¥‾")))
    assert "".join(pieces_of(text.encode(encoding), size, encoding)) == clean(text)


@given(texts, piece_sizes)
def test_pieces_end_at_line_ends_unless_a_line_is_longer_than_a_piece(text: str, size: int) -> None:
    pieces = pieces_of(text.encode(), size)
    assert all(piece.endswith("\n") or len(piece) > size for piece in pieces[:-1])


good = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=20)


@given(mark=st.booleans(), before=good, after=good, size=piece_sizes)
def test_a_byte_that_cannot_be_read_is_named_by_its_offset(mark: bool, before: str, after: str, size: int) -> None:
    start = codecs.BOM_UTF8 * mark + before.encode()
    with pytest.raises(DataError, match=rf"x\.txt: byte 0xff at offset {len(start)} is not") as caught:
        pieces_of(start + b"\xff" + after.encode(), size)
    assert "--encoding" in caught.value.hint


@given(mark=st.booleans(), before=good, after=good, size=piece_sizes)
def test_a_nul_is_named_by_its_offset(mark: bool, before: str, after: str, size: int) -> None:
    start = codecs.BOM_UTF8 * mark + before.encode()
    with pytest.raises(DataError, match=rf"NUL character at offset {len(start)}, so this is not plain text"):
        pieces_of(start + b"\0" + after.encode(), size)


@pytest.mark.parametrize("data", [b"abc\xc3", b"ab\xe6\xbc", "👩".encode()[:3]])
def test_a_text_cut_inside_a_character_is_an_error(data: bytes) -> None:
    with pytest.raises(DataError, match="is not utf-8"):
        pieces_of(data, 1 << 20)


def test_a_binary_file_is_an_error() -> None:
    with pytest.raises(DataError, match="at offset 0 is not utf-8"):
        pieces_of(b"\x89PNG\r\n\x1a\n" + bytes(range(256)), 1 << 20)


@pytest.mark.parametrize("encoding", ["no-such-thing", "base64", "rot13", "hex"])
def test_an_encoding_that_is_not_of_text_is_refused(encoding: str) -> None:
    with pytest.raises(UsageError, match=f"Received: '{encoding}'"):
        pieces_of(b"abc", 1 << 20, encoding)


def test_an_empty_file_is_an_empty_text() -> None:
    assert "".join(pieces_of(b"", 1 << 20)) == ""

"""A text again, from the token ids of one part of a corpus: what a model has learnt, or what was held out from it.

Bytes that no UTF-8 has stand where a string of the text can neither begin before nor end after.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from unspool.data.tokens import Part, open_part
from unspool.errors import ModelFolderError
from unspool.text.incremental import IncrementalDecoder
from unspool.text.tokenizer import REPLACEMENT, Tokenizer

END_OF_DOCUMENT, UNREADABLE = b"\xff", b"\xfe"  # in place of `<eos>`, and of a token that the vocabulary lacks
AT_ONCE = 1 << 20  # tokens that are decoded at once


def texts_of(part: Part, tokenizer: Tokenizer) -> Iterator[str]:
    """Yield the documents of a part, or the pieces of a stream; what the vocabulary lacks is U+FFFD."""
    if part.starts is not None:
        for index in range(len(part.starts) - 1):
            yield tokenizer.decode(part.document(index))
        return
    decoder = IncrementalDecoder(tokenizer)
    for start in range(0, len(part.tokens), AT_ONCE):
        ids = part.tokens[start : start + AT_ONCE]
        yield tokenizer.decode(ids) if tokenizer.kind == "char" else decoder.add(ids.tolist())


def searchable(texts: Iterable[str], by_document: bool) -> Iterator[bytes]:
    """Yield the bytes of texts to be searched.

    Args:
        texts: are documents, or the pieces of a stream.
        by_document: says which of the two they are.
    """
    for text in texts:
        yield text.encode().replace(REPLACEMENT.encode(), UNREADABLE)
        if by_document:
            yield END_OF_DOCUMENT


def open_training_text(folder: Path, purpose: str) -> Part:
    """Open the text that a model has learnt.

    Args:
        folder: is `training/` of the model.
        purpose: says what needs the text.

    Raises:
        ModelFolderError: it is gone, or damaged.
    """
    try:
        return open_part(folder, "training", verify=False)
    except ModelFolderError as problem:
        raise ModelFolderError(
            f"{purpose} compares with the training text, which must be in the model folder. Received: "
            f"{problem.message}",
            "use the folder that was trained, or train again: copies, and models whose counts were changed, have none.",
        ) from None


def segments(pieces: Iterable[bytes], size: int, overlap: int) -> Iterator[tuple[int, bytes]]:
    """Join pieces to segments of a text, each with its position, so that bounded memory is enough for any text.

    Args:
        pieces: are bytes.
        size: is the number of new bytes in a segment, at least; the last may have fewer.
        overlap: is the number of bytes before these, at least 1, which the segment before ends with.
    """
    held, new, start = bytearray(), 0, 0
    for piece in pieces:
        held += piece
        new += len(piece)
        if new >= size:
            yield start, bytes(held)
            start, new = start + max(0, len(held) - overlap), 0
            del held[:-overlap]
    if new:
        yield start, bytes(held)

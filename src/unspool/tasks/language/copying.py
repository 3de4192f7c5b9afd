"""How much of what a model generates is copied from its training text.

seeded samples, held-out text of the same lengths -> longest copies in the training text -> shares by length
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unspool.data.files import bare_name
from unspool.data.sources import Sources, embedded_corpus
from unspool.data.suffixes import sorts_fast
from unspool.data.tokens import Part
from unspool.data.training_text import END_OF_DOCUMENT, open_training_text, searchable, segments, texts_of
from unspool.decode.generation import generate
from unspool.decode.reading import sample_seeds, start_reading
from unspool.engines.announcing import announce
from unspool.engines.base import SequenceNetwork
from unspool.errors import UnspoolError
from unspool.evaluate.copying import Copies, CopyingFigures, LongestCopy, copied, find_copies, longest_copy
from unspool.folder.model_folder import ModelFolder
from unspool.tasks.language.specs import TextDataSpec
from unspool.tasks.training_text import TrainingText
from unspool.text.tokenizer import Tokenizer

CHARACTERS = 10_000  # that are generated, about
SAMPLES, DOCUMENTS = 10, 50  # of a stream; documents that are generated at once
MAX_DOCUMENTS = 2_000  # that are generated where each is short
SEGMENT, PLAIN_SEGMENT = 1 << 26, 1 << 22  # bytes that are searched at once; see `sorts_fast`
OVERLAP = 1 << 14  # bytes; a longer span may be cut at the border of a segment
CLOSING_BYTES, PLAIN_CLOSING_BYTES = 30_000_000, 3_000_000  # of a training text up to which a run closes with them
CLOSING_SPAN = 20  # characters, of the spans that these are about

Pair = tuple[list[Copies], list[Copies]]  # in the generated and in the held-out texts


@dataclass(frozen=True)
class Copying:
    """Measures how much of what a model generates is copied.

    Attributes:
        network: generates, from its initial state, with the model's own settings of generation.
        tokenizer: is that of the model.
        folder: is that of the model, which holds the training text.
        by_document: says whether the network learnt where documents end.
        data: says what the training text was read from.
    """

    network: SequenceNetwork
    tokenizer: Tokenizer
    folder: ModelFolder
    by_document: bool
    data: TextDataSpec

    def figures(self, held_out: Part) -> CopyingFigures:
        """Generate some text, and measure how much of it is copied, beside a text that the model has not learnt.

        Raises:
            ModelFolderError: the training text is gone.
        """
        training = self._training()
        found = self._find(training, held_out, CHARACTERS, announce)
        generated, natural = (copied(one, self._located(one, training)) for one in found)
        samples = tuple((copies.text, copies.longest_of_each()) for copies in found[0])
        return CopyingFigures(generated, natural, training.characters, samples)

    def closing(self, held_out: Part) -> dict[str, Any]:
        """Compute the figures that a run closes with, and that the card shows; none where they would take long."""
        training = self._training()
        if training.bytes > (CLOSING_BYTES if sorts_fast() else PLAIN_CLOSING_BYTES):
            return {}
        figures: dict[str, Any] = {}
        count = min(CHARACTERS, training.characters // 10)
        for name, found in zip(("", "_held_out"), self._find(training, held_out, count, _say_nothing), strict=True):
            span = longest_copy(found)[0]
            shares = copied(found, LongestCopy(len(span), span)).shares
            figures[f"copied_{CLOSING_SPAN}{name}"] = shares.get(CLOSING_SPAN, 0.0)
            figures[f"longest_copy{name}"] = len(span)
            if span and not name:
                figures["longest_copy_from"] = bare_name(self._located(found, training).where)
        return figures

    def _training(self) -> Part:
        return open_training_text(self.folder.training, "copying")

    def _find(self, training: Part, held_out: Part, count: int, say: Callable[[str], None]) -> Pair:
        """Find the copies in so many generated characters, and in as many of a held-out text."""
        say(f"copying: {count:,} characters are being generated.")
        samples = self._samples(training, count)
        pieces = searchable(texts_of(training, self.tokenizer), training.starts is not None)
        size = SEGMENT if sorts_fast() else PLAIN_SEGMENT
        parts = _said(segments(pieces, size, OVERLAP), training.bytes, say)
        found = find_copies([*samples, *_alike(samples, held_out, self.tokenizer)], parts)
        return found[: len(samples)], found[len(samples) :]

    def _samples(self, training: Part, count: int) -> list[str]:
        """Generate texts of so many characters in all, about, with the seeds 0, 1, 2 and so on."""
        rows = DOCUMENTS if self.by_document else SAMPLES
        length = max(1, round(count / SAMPLES * len(training.tokens) / training.characters))
        own, text = self.folder.read_sampling(), TrainingText(self.folder, self.tokenizer)
        reading, found = start_reading(self.network), list[str]()
        while sum(map(len, found)) < count and len(found) < MAX_DOCUMENTS:
            spec = own.changed(max_new_tokens=length, num_samples=rows, seed=len(found))
            limit = text.limit(spec.max_copy).after(()) if spec.max_copy else None
            texts = [""] * rows
            for piece in generate(
                self.network, self.tokenizer, reading, spec, sample_seeds(spec), self.by_document, limit
            ):
                texts[piece.row] += piece.text
            found += texts
            if not self.by_document:
                break
        return [text for text in found if text]

    def _located(self, found: Sequence[Copies], training: Part) -> LongestCopy:
        span, place = longest_copy(found)
        where = _file_of(span, self.data) or _place_of(place, training, self.tokenizer) if span else ""
        return LongestCopy(len(span), span, where)


def _say_nothing(line: str) -> None:
    """Drop a line."""


def _said(found: Iterator[tuple[int, bytes]], size: int, say: Callable[[str], None]) -> Iterator[tuple[int, bytes]]:
    """Say how much of the training text is searched."""
    for start, segment in found:
        end = min(start + len(segment), size) / 1e6
        say(f"copying: they are being looked for in the training text, up to {end:,.1f} of {size / 1e6:,.1f} MB.")
        yield start, segment


def _alike(samples: Sequence[str], held_out: Part, tokenizer: Tokenizer) -> list[str]:
    """Return parts of a held-out text that are as long as the samples; of documents, so many characters in all."""
    found, start = list[str](), 0
    if held_out.starts is None:
        text = "".join(texts_of(held_out, tokenizer))
        between = max(0, len(text) - sum(map(len, samples))) // max(1, len(samples))
        for sample in samples:
            found.append(text[start : start + len(sample)])
            start += len(sample) + between
        return [one for one in found if one]
    wanted = sum(map(len, samples))
    for text in texts_of(held_out, tokenizer):
        if wanted <= 0:
            break
        found.append(text[:wanted])
        wanted -= len(text)
    return [one for one in found if one]


def _file_of(span: str, data: TextDataSpec) -> str:
    """Return the file and line of a span in the sources of the training; empty where they are not as they were."""
    try:
        if not data.sources:
            return f"the embedded corpus, character {embedded_corpus().index(span) + 1:,}"
        if not all(Path(source).is_file() or Path(source).is_dir() for source in data.sources):
            return ""  # standard input and pipes cannot be read again
        sources = Sources(data.sources, data, tables=bool(data.text))
        for file in sources.files:
            before, found, _ = "".join(sources.pieces_of(file)).partition(span)
            if found:
                line = before.count("\n") + 1
                return f"{file.name}, line {line:,}"
    except (UnspoolError, ValueError):
        pass
    return ""


def _place_of(place: int, training: Part, tokenizer: Tokenizer) -> str:
    """Return the place of a span in the training text, from its position in bytes."""
    documents = training.starts is not None
    passed = counted = 0
    for piece in searchable(texts_of(training, tokenizer), documents):
        before = np.frombuffer(piece[: max(0, place - passed)], np.uint8)
        counted += int((before == END_OF_DOCUMENT[0] if documents else (before & 0xC0) != 0x80).sum())
        passed += len(piece)
        if passed > place:
            break
    return f"{'document' if documents else 'character'} {counted + 1:,} of the training text"

"""What the report of a language model shows: what it writes, and what surprises it in text that it never saw."""

from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from unspool.arrays import IntArray
from unspool.data.tokens import Part, open_part
from unspool.decode.reading import read, start_reading
from unspool.engines.base import SequenceNetwork
from unspool.errors import ModelFolderError
from unspool.evaluate.surprisal import surprisal
from unspool.folder.model_folder import ModelFolder
from unspool.pages.page import section
from unspool.tasks.reporting.surprisal import Passage, surprisal_part
from unspool.tasks.reporting.writing import writing_part
from unspool.text.tokenizer import Tokenizer

PASSAGE = {"char": 1200, "byte": 1200}  # tokens that are shaded, by the kind of the tokenizer
OTHERWISE = 400  # of another
DOCUMENTS = 30  # at most
PROMPT = 40  # characters at most
WRITES, SURPRISES = "What does it write?", "What surprises it?"


def held_out_part(folder: ModelFolder) -> Part | None:
    """Open the part of the text that a model never saw; none where it is gone, as from a copy of the folder."""
    with suppress(ModelFolderError):
        return open_part(folder.training, "validation", verify=False)
    return None


def language_sections(
    network: SequenceNetwork, tokenizer: Tokenizer, by_document: bool, folder: ModelFolder
) -> list[str]:
    """Return the sections of a language model's own.

    Args:
        network: is that of the model.
        tokenizer: is that of the model.
        by_document: says whether it learnt where documents end.
        folder: holds the part that was held out.
    """
    part = held_out_part(folder)
    texts = [] if part is None else list(held_out_texts(part, tokenizer))
    prompt = first_words(tokenizer.decode(texts[0])) if texts else ""
    start = read(network, tokenizer.encode(prompt), start_reading(network))
    passages = [Passage(surprisal(network, tokenizer, ids)) for ids in texts]
    return [
        section(WRITES, writing_part(network, tokenizer, by_document, start, prompt)),
        section(SURPRISES, surprisal_part(passages, tokenizer.kind)) if passages else "",
    ]


def held_out_texts(part: Part, tokenizer: Tokenizer) -> Iterator[IntArray]:
    """Yield the beginning of a stream from its first line end on, or the first documents."""
    left = PASSAGE.get(tokenizer.kind, OTHERWISE)
    if part.starts is None:
        tokens = np.array(part.tokens[: 2 * left])
        ends = [index for index, token in enumerate(tokens[:left]) if "\n" in tokenizer.show(int(token))]
        first = ends[0] + 1 if ends else 0
        yield tokens[first : first + left]
        return
    for index in range(min(DOCUMENTS, len(part.starts) - 1)):
        if left <= 0:
            return
        yield np.array(part.document(index)[:left])
        left -= len(part.document(index))


def first_words(text: str) -> str:
    """Return the first words of a text, without a blank at the end; nothing where they are short."""
    line = next((line for line in text.split("\n") if line.strip()), "")
    words = line[:PROMPT].rsplit(" ", 1)[0] if len(line) > PROMPT else line.rsplit(" ", 1)[0]
    return words if " " in line else line[: max(1, len(line) // 2)]

"""Completion as one types: the keys that it saves after 3 minutes of training, and how long a key takes.

The first 8,000 characters that were held out are typed, one key for each, and one to accept a suggestion, which must
fit up to the character after the word. `words` suggests the rest of the word, `lines` any number of words of the line.
Recall is that of the word at its start; since some 1,400 words tell a difference of half a point from chance badly, it
is measured on 110,000 characters too, with the standard error of the difference from the counts alone. The oracle knows
what comes. A key is measured with its suggestion of words.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import unspool as library
from benchmarks.claims import Claim, Figure, difference, highest, quotient
from benchmarks.common import Bench, trained, unspool
from unspool.arrays import FloatArray
from unspool.data.tokens import open_part
from unspool.decode.boundaries import TokenTexts
from unspool.decode.reading import start_reading
from unspool.decode.session import Session, hastened
from unspool.engines.base import SequenceNetwork
from unspool.engines.mixture import Mixture
from unspool.evaluate.keystrokes import word_starts
from unspool.folder.model_folder import ModelFolder
from unspool.tasks.language.keystrokes import texts_of
from unspool.text.tokenizer import Tokenizer

TEXTS = ("tinyshakespeare/input.txt", "books/war_and_peace_en.txt")
MINUTES = 3.0
KEYS = 500  # that are timed
LENGTHS = (10, 100_000)  # characters before them
MORE = 110_000  # characters, of the words that are to be told at their start
ABOVE = "model above counts, more words"
POETRY, PROSE = TEXTS


def _saved(text: str, name: str) -> Figure:
    return highest(name, text=text, who="model")


CLAIMS = (
    *(
        Claim(f"{text}, keys saved, words, {count}", bound, _saved(text, f"words_{count}"))
        for text, bounds in ((POETRY, (0.28, 0.36)), (PROSE, (0.33, 0.41)))
        for count, bound in zip((1, 3), bounds, strict=True)
    ),
    *(
        Claim(
            f"{text}, recall {count} above that of counts alone",
            0.03,
            difference(_saved(text, f"recall_{count}"), highest(f"recall_{count}", text=text, who="counts")),
        )
        for text in TEXTS
        for count in (1, 3)
    ),
    *(
        Claim(
            f"{text}, recall {count} above that of counts alone, {MORE:,} characters",
            0.03,
            highest(f"recall_{count}", text=text, who=ABOVE),
        )
        for text in TEXTS
        for count in (1, 3)
    ),
    Claim("a key, 99th percentile, milliseconds", 10.0, highest("key_milliseconds"), True),
    *(
        Claim(
            f"{text}, a key after 100,000 characters by the same one after 10",
            1.3,
            quotient(
                highest("key_milliseconds", text=text, before=LENGTHS[1]),
                highest("key_milliseconds", text=text, before=LENGTHS[0]),
            ),
            True,
        )
        for text in TEXTS
    ),
)


def run(bench: Bench) -> None:
    """Train on each text, type with network, counts and their mixture, and time keys."""
    for name in TEXTS:
        text = bench.text(name)
        if text is None:
            continue
        folder = trained(text, MINUTES)
        found = unspool("evaluate", folder, "--keystrokes", report=f"typing {name}")["keystrokes"]
        for who in ("model", "network", "counts", "oracle"):
            bench.add(text=name, who=who, **found.get(who, {}))
        for point in found["curve"]:
            bench.add(text=name, who="curve", **point)
        for row in recalls(folder):
            bench.add(text=name, **row)
        for before, times in key_times(folder).items():
            bench.add(text=name, who="a key", before=before, **times)


def recalls(folder: Path) -> Iterator[dict[str, Any]]:
    """The recall of the model and of its counts at the start of words, and the difference with its standard error."""
    model = library.load(folder)
    assert isinstance(model, library.TextModel)
    network = model.network
    assert isinstance(network, Mixture)
    (text,) = texts_of(model.tokenizer, open_part(ModelFolder(folder).training, "validation"), MORE)
    starts = word_starts(text)
    hits = {"model": told(network, model.tokenizer, text), "counts": told(network.counts, model.tokenizer, text)}
    for who, found in hits.items():
        yield {"who": f"{who}, more words", "words": len(starts), **recall_of(found)}
    difference_of_each = hits["model"].astype(float) - hits["counts"]
    errors = (difference_of_each.std(axis=0) / np.sqrt(len(starts))).tolist()
    yield {
        "who": ABOVE,
        "words": len(starts),
        **recall_of(difference_of_each),
        "error_1": errors[0],
        "error_3": errors[1],
    }


def recall_of(found: FloatArray) -> dict[str, float]:
    """The means of columns that say of each word whether it was the first of the suggestions, and among three."""
    return dict(zip(("recall_1", "recall_3"), found.mean(axis=0).tolist(), strict=True))


def told(network: SequenceNetwork, tokenizer: Tokenizer, text: str) -> FloatArray:
    """Whether each word of a text is the likeliest where it begins, and whether it is among three, [words, 2]."""
    network, start = hastened(network, start_reading(network))
    session, found = Session(network, TokenTexts(tokenizer, by_document=False), start), []
    for position, word in word_starts(text):
        session.edit(text[:position])
        suggested = [one.text for one in session.completions(3)]
        found.append((word in suggested[:1], word in suggested))
    return np.array(found, float)


def key_times(folder: Path) -> dict[int, dict[str, float]]:
    """The milliseconds that a key takes, with the suggestion that follows it, by the number of characters before it.

    The same keys are typed in turn into sessions that differ in how much of the text before they have read.
    """
    model = library.load(folder)
    assert isinstance(model, library.TextModel)
    place = max(LENGTHS)
    (held_out,) = texts_of(model.tokenizer, open_part(ModelFolder(folder).training, "validation"), place + KEYS)
    held_out = (held_out * (1 + (place + KEYS) // len(held_out)))[: place + KEYS]
    sessions = {before: model.session(held_out[place - before : place]) for before in LENGTHS}
    seconds: dict[int, list[float]] = {before: [] for before in LENGTHS}
    for end in range(place + 1, place + KEYS + 1):
        for before, session in sessions.items():
            seconds[before].append(_seconds(session, held_out[place - before : end]))
    return {before: percentiles(times) for before, times in seconds.items()}


def _seconds(session: Any, text: str) -> float:
    started = time.perf_counter()
    session.edit(text)
    session.suggestions()
    return time.perf_counter() - started


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """The median and the 99th percentile, in milliseconds."""
    middle, high = np.percentile(1000 * np.array(seconds), (50, 99))
    return {"median_milliseconds": float(middle), "key_milliseconds": float(high)}

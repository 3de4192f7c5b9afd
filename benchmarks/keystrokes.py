"""Completion as one types: the keys that it saves after 3 minutes of training, and how long a key takes.

The first 8,000 characters that were held out are typed, one key for each, and one to accept a suggestion, which must
fit up to the character after the word. `words` suggests the rest of the word, `lines` any number of words of the line.
Recall is that of the word at its start; since some 1,400 words tell a difference of half a point from chance badly, it
is measured on 110,000 characters too, with the standard error of the difference from the counts alone. The model has
the words of the text that is typed, which may come again; `without_cache`, and the network and the counts alone, do
not, and `counts with words` are what counts make of the same words. `learning` is the model whose counts learn each
line when it has been typed (`unspool complete --learn`). The oracle knows what comes. A key is measured with its
suggestion of words.
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
from unspool.decode.session import Session
from unspool.engines.mixture import Mixture
from unspool.evaluate.keystrokes import word_starts
from unspool.folder.model_folder import ModelFolder
from unspool.tasks.language.keystrokes import learning_sessions, sessions_of, texts_of, type_characters

TEXTS = ("tinyshakespeare/input.txt", "books/war_and_peace_en.txt")
MINUTES = 3.0
KEYS = 500  # that are timed
LENGTHS = (10, 100_000)  # characters before them
MORE = 110_000  # characters, of the words that are to be told at their start
MODEL, WITHOUT_CACHE, COUNTS, LEARNING = "model", "without_cache", "counts", "learning"
COUNTS_WITH_WORDS = "counts with words"
POETRY, PROSE = TEXTS


def above(who: str, other: str) -> str:
    """Return the name of the difference of two in recall, on the longer text."""
    return f"{who} above {other}, more words"


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
            highest(f"recall_{count}", text=text, who=above(MODEL, COUNTS)),
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
        for who in (MODEL, WITHOUT_CACHE, "network", COUNTS, LEARNING, "oracle"):
            bench.add(text=name, who=who, **found.get(who, {}))
        for point in found["curve"]:
            bench.add(text=name, who="curve", **point)
        for row in recalls(folder):
            bench.add(text=name, **row)
        for before, times in key_times(folder).items():
            bench.add(text=name, who="a key", before=before, **times)


def recalls(folder: Path) -> Iterator[dict[str, Any]]:
    """The recall of the model and its parts at the start of words, and differences with their standard errors."""
    model = library.load(folder)
    assert isinstance(model, library.TextModel)
    network, texts = model.network, TokenTexts(model.tokenizer, by_document=False)
    assert isinstance(network, Mixture)
    (text,) = texts_of(model.tokenizer, open_part(ModelFolder(folder).training, "validation"), MORE)
    words = word_starts(text)
    sessions = {
        MODEL: sessions_of(network, texts),
        WITHOUT_CACHE: sessions_of(network, texts, word_cache=False),
        COUNTS: sessions_of(network.counts, texts, word_cache=False),
        COUNTS_WITH_WORDS: sessions_of(network.counts, texts),
        LEARNING: learning_sessions(network, texts),
    }
    hits = {who: told(open_session(), text) for who, open_session in sessions.items() if open_session is not None}
    for who, found in hits.items():
        yield {"who": f"{who}, more words", "words": len(words), **recall_of(found)}
    for who, other in (
        (MODEL, COUNTS),
        (MODEL, COUNTS_WITH_WORDS),
        (MODEL, WITHOUT_CACHE),
        (WITHOUT_CACHE, COUNTS),
        (LEARNING, COUNTS),
    ):
        differences = hits[who] - hits[other]  # (words, 2)
        errors = (differences.std(axis=0) / np.sqrt(len(words))).tolist()
        yield {
            "who": above(who, other),
            "words": len(words),
            **recall_of(differences),
            "error_1": errors[0],
            "error_3": errors[1],
        }


def recall_of(found: FloatArray) -> dict[str, float]:
    """The means of columns that say of each word whether it was the first of the suggestions, and among three."""
    return dict(zip(("recall_1", "recall_3"), found.mean(axis=0).tolist(), strict=True))


def told(session: Session, text: str) -> FloatArray:
    """Whether each word of a text is the likeliest where it begins, and whether it is among three, [words, 2]."""
    words, found = dict(word_starts(text)), []
    for position in type_characters(session, text):
        if position in words:
            suggested = [one.text for one in session.completions(3)]
            found.append((words[position] in suggested[:1], words[position] in suggested))
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

"""Counts beside other programs: KenLM looks up the same n-grams, nltk counts the same sentences, in the same run.

The first sentences of the Penn Treebank, order 5. KenLM's Python package only queries: it reads the file in ARPA
format that Unspool wrote, and both score the same sentences. nltk's smoothing is so slow that few words are scored.
Then text in bytes, order 6, by `unspool train` in a process of its own: 10 MB and 100 MB of the sources of Python.
"""

import json
import math
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.claims import Claim, lowest, magnitude, quotient
from benchmarks.common import Bench, unspool
from benchmarks.ngrams import sentences
from unspool.arrays import FloatArray, IntArray
from unspool.engines.ngram.arpa import read_arpa, words_of, write_arpa
from unspool.engines.ngram.backoff import BackoffModel, backoff_model
from unspool.engines.ngram.counts import counts_of
from unspool.engines.ngram.model import NgramModel, build_model
from unspool.engines.ngram.network import build_network
from unspool.text.tokenizer import BEGIN, PAD, UNKNOWN

ORDER, LEARNT, SCORED = 5, 5_000, 500  # sentences
SLOW_WORDS = 20  # that nltk scores with Kneser-Ney
SIZES = {"10 MB of bytes": 10**7, "100 MB of bytes": 10**8}
UNSPOOL, UNSPOOL_ARPA, KENLM = "unspool", "unspool, of probabilities", "kenlm"
NLTK, NLTK_MLE = "nltk KneserNeyInterpolated", "nltk MLE"
COUNTING, SCORING = "count_seconds", "score_microseconds"
CLAIMS = (
    Claim(
        "KenLM's published scores, largest difference in logarithms to base 10",
        1e-5,
        magnitude(lowest("difference", what="published scores")),
        True,
    ),
    Claim(
        "KenLM's scores of sentences, largest difference in logarithms to base 10",
        1e-3,
        magnitude(lowest("difference", what=KENLM)),
        True,
    ),
    Claim(
        "time for a word, of that of nltk's smoothing",
        0.001,
        quotient(lowest(SCORING, what=UNSPOOL), lowest(SCORING, what=NLTK)),
        True,
    ),
    Claim(
        "time to count, of that of nltk",
        0.1,
        quotient(lowest(COUNTING, what=UNSPOOL), lowest(COUNTING, what=NLTK)),
        True,
    ),
    Claim("seconds to count 10 MB at order 6", 30, lowest("wall_seconds", what="10 MB of bytes"), True),
    Claim("resident memory, MB, for 10 MB at order 6", 2000, lowest("peak_mb", what="10 MB of bytes"), True),
    Claim("resident memory, MB, for 100 MB at order 6", 2000, lowest("peak_mb", what="100 MB of bytes"), True),
)


def run(bench: Bench) -> None:
    """Count, score and compare."""
    published = bench.text("reference/kenlm/expected_scores.json")
    if published is not None:
        bench.add(what="published scores", difference=published_difference(published))
    text = bench.text("ptb/ptb.train.txt.gz")
    if text is not None:
        learnt, held_out, vocabulary = sentences(text, text.with_name("ptb.test.txt"))
        compare(bench, learnt[:LEARNT], held_out[:SCORED], vocabulary)
    for what, size in SIZES.items():
        large(bench, what, size)


def published_difference(path: Path) -> float:
    """The largest difference from the scores that KenLM's own test asserts."""
    model, vocabulary, _ = read_arpa(path.with_name("test.arpa"))
    ids = {word: token for token, word in enumerate(words_of(vocabulary))}
    network, worst = build_network(model), 0.0
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
        context = [ids.get(word, UNKNOWN) for word in case["start_context"]] or [PAD]
        targets = [ids.get(word, UNKNOWN) for word in case["words"]]
        inputs = np.array([[*context, *targets[:-1]]])
        nats, _ = network.nll(inputs, np.array([[*context[1:], *targets]]), network.initial_state(1))
        found = -nats[0, len(context) - 1 :] / math.log(10)
        worst = max(worst, float(np.abs(found - case["log10_scores"]).max()))
    return worst


def compare(bench: Bench, learnt: Sequence[IntArray], held_out: Sequence[IntArray], vocabulary: Sequence[str]) -> None:
    """Count some sentences with each program, and score others."""
    counting = time.perf_counter()
    model = build_model(counts_of(learnt, ORDER, len(vocabulary)))
    counted = time.perf_counter() - counting
    tokens = sum(map(len, held_out))
    ours, seconds = scores_of(model, held_out)
    bench.add(what=UNSPOOL, count_seconds=counted, score_microseconds=1e6 * seconds / tokens, nats=mean(ours, tokens))
    again, seconds = scores_of(backoff_model(model), held_out)
    bench.add(
        what=UNSPOOL_ARPA,
        score_microseconds=1e6 * seconds / tokens,
        nats=mean(again, tokens),
        difference=float(np.abs(ours - again).max()),
    )
    written = words_of(vocabulary)
    words = [[written[token] for token in sentence[:-1]] for sentence in held_out]
    for package in ("kenlm", "nltk"):
        if find_spec(package) is None:
            print(f"{bench.name}: {package} is not compared: it is not installed (pip install {package})")
    if find_spec("kenlm"):
        theirs, seconds, loading = kenlm_scores(backoff_model(model), vocabulary, words)
        bench.add(
            what=KENLM,
            load_seconds=loading,
            score_microseconds=1e6 * seconds / tokens,
            nats=mean(theirs, tokens),
            difference=float(np.abs(ours - theirs).max()),
        )
    if find_spec("nltk"):
        texts = [[written[token] for token in sentence[:-1]] for sentence in learnt]
        for what, kind, scored in ((NLTK_MLE, "MLE", tokens), (NLTK, "KneserNeyInterpolated", SLOW_WORDS)):
            bench.add(what=what, **nltk_seconds(kind, texts, words, scored))


def mean(scores: FloatArray, tokens: int) -> float:
    """Nats per token, of the logarithms to base 10 of sentences."""
    return float(-scores.sum() * math.log(10) / tokens)


def scores_of(model: NgramModel | BackoffModel, held_out: Sequence[IntArray]) -> tuple[FloatArray, float]:
    """The logarithm to base 10 of each sentence, and the seconds that all took, one after another."""
    network, targets = build_network(model), np.concatenate(held_out)
    inputs = np.concatenate([np.append(BEGIN, sentence[:-1]) for sentence in held_out])  # nothing is known before <s>
    network.nll(inputs[None, :1], targets[None, :1], network.initial_state(1))  # kernels are compiled, or loaded
    started = time.perf_counter()
    nats, _ = network.nll(inputs[None], targets[None], network.initial_state(1))
    seconds = time.perf_counter() - started
    starts = np.cumsum([0, *map(len, held_out[:-1])])
    return -np.add.reduceat(nats[0], starts, dtype=np.float64) / math.log(10), seconds


def kenlm_scores(
    model: BackoffModel, vocabulary: Sequence[str], sentences: Sequence[Sequence[str]]
) -> tuple[FloatArray, float, float]:
    """What KenLM says of sentences, the seconds that this took, and those to read the file."""
    import kenlm

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "words.arpa"
        write_arpa(path, model, vocabulary)
        started = time.perf_counter()
        reader = kenlm.Model(str(path))
        loaded = time.perf_counter()
    joined = [" ".join(words) for words in sentences]
    scoring = time.perf_counter()
    scores = [reader.score(text) for text in joined]
    return np.array(scores), time.perf_counter() - scoring, loaded - started


def nltk_seconds(
    kind: str, learnt: Sequence[Sequence[str]], held_out: Sequence[Sequence[str]], scored: int
) -> dict[str, Any]:
    """The time in which nltk counts sentences, and scores a word."""
    from nltk import lm
    from nltk.lm.preprocessing import pad_both_ends, padded_everygram_pipeline

    model, (grams, vocabulary) = getattr(lm, kind)(ORDER), padded_everygram_pipeline(ORDER, learnt)
    counting = time.perf_counter()
    model.fit(grams, vocabulary)
    counted = time.perf_counter() - counting
    score: Callable[..., float] = model.logscore
    asked = []
    for sentence in held_out:
        padded = list(pad_both_ends(sentence, ORDER))
        asked += [(padded[end], padded[end - ORDER + 1 : end]) for end in range(ORDER - 1, len(padded))]
    scoring = time.perf_counter()
    for word, context in asked[:scored]:
        score(word, context)
    return {COUNTING: counted, SCORING: 1e6 * (time.perf_counter() - scoring) / min(scored, len(asked))}


def large(bench: Bench, what: str, size: int) -> None:
    """Count the sources of the installed Python, as far as they go, by the command."""
    with tempfile.TemporaryDirectory() as place:
        path, left = Path(place) / "sources.txt", size
        found = (sorted(Path(sysconfig.get_path(name)).rglob("*.py")) for name in ("stdlib", "purelib"))
        with path.open("wb") as file:
            for source in dict.fromkeys(chain(*found)):
                text = source.read_text(encoding="utf-8", errors="ignore").encode()[:left].decode(errors="ignore")
                left -= file.write(text.encode())
        counted = unspool(
            "train", path, "--model", "ngram", "--tokenizer", "byte", "--order", 6, "--out", Path(place) / "model",
            report=f"counting {what}",
        )  # fmt: skip
        size = (Path(place) / "model" / "model.safetensors").stat().st_size
        bench.add(
            what=what,
            bytes=path.stat().st_size,
            wall_seconds=counted["wall_seconds"],
            peak_mb=counted["peak_mb"],
            ngrams=counted["ngrams"],
            bytes_per_ngram=size / counted["ngrams"],
        )

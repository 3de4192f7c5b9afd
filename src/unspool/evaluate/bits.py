"""How well a network predicts a text, in figures that compare across tokenizers.

There are two figures. *Carried*: the state is passed along the whole text and every token counts
once. *Fresh*: the mean over tokens 64 to 256 after the initial state, at 512 fixed random places; it is
what somebody with a prompt gets, and what the best checkpoint is chosen by.

Shapes: B rows, T time steps.
"""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.data.batches import pad_sequences
from unspool.data.corpus import Part
from unspool.engines.base import SequenceNetwork, State
from unspool.text.tokenizer import BEGIN, PAD

CHUNK = 256  # time steps read at once
CARRIED_ROWS_ABOVE = 500_000  # tokens beyond which a text is read in several rows
WARM_UP = 1024  # tokens that each of those rows reads before it counts
FRESH_PLACES, FRESH_FROM, FRESH_TO = 512, 64, 256
LOGITS_AT_ONCE = 1 << 24
STUCK = 4.0  # nats per token above which a fresh start counts as dead


@dataclass(frozen=True)
class Figures:
    """What `unspool evaluate` reports of a language model.

    Attributes:
        bits_per_byte: of UTF-8; compares across tokenizers. Unknown tokens are charged for their names.
        bits_per_character: the same per Unicode character.
        nats_per_token: without the charge for names.
        perplexity: e to the nats per token.
        fresh_bits_per_character: from the initial state; bits per character at the same charge.
        fresh_nats_per_token: the same in nats per token.
        stuck: share of fresh starts whose mean is above 4 nats per token and twice the carried figure.
        tokens: counted.
        seconds: the evaluation took.
    """

    bits_per_byte: float
    bits_per_character: float
    nats_per_token: float
    perplexity: float
    fresh_bits_per_character: float
    fresh_nats_per_token: float
    stuck: float
    tokens: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """The figures by name, for JSON."""
        return asdict(self)


Beginning = Callable[[IntArray], State]  # numbers of documents to the state that each is read from


def evaluate_part(
    network: SequenceNetwork,
    part: Part,
    rows: int | None = None,
    most: int | None = None,
    places: int = FRESH_PLACES,
    begin: Beginning | None = None,
) -> Figures:
    """Measure a network on one part of a corpus.

    Args:
        network: of any engine.
        part: at least 1 token.
        rows: that a stream is read in, see `carried_nats`.
        most: tokens of a stream, or documents, to read; the figures of a longer part are estimated from these.
        places: fresh starts in a stream.
        begin: where documents start; none starts them all from the initial state.
    """
    started = time.perf_counter()
    tokens = len(part.tokens)
    if part.starts is None:
        read = part.tokens[:most]
        nats = carried_nats(network, read, rows) * tokens / len(read)
        means = fresh_means(network, part.tokens, places)
    else:
        sums, lengths = document_nats(network, part, most=most, begin=begin)
        nats, means = float(sums.sum() / lengths.sum()) * tokens, sums / lengths
    fresh = float(means.mean()) if part.starts is None else nats / tokens
    bits = nats / math.log(2) + part.spelling_bits
    stuck = float(np.mean(means > max(STUCK, 2 * nats / tokens)))
    spelling_per_token = part.spelling_bits / tokens
    return Figures(
        bits_per_byte=bits / part.bytes,
        bits_per_character=bits / part.characters,
        nats_per_token=nats / tokens,
        perplexity=math.exp(min(nats / tokens, 700)),
        fresh_bits_per_character=(fresh / math.log(2) + spelling_per_token) * tokens / part.characters,
        fresh_nats_per_token=fresh,
        stuck=stuck,
        tokens=tokens,
        seconds=time.perf_counter() - started,
    )


def token_nats(network: SequenceNetwork, tokens: IntArray, state: State = None) -> FloatArray:
    """Compute minus the log-probability of every token of one text, [N] in nats, from the initial state or another."""
    inputs = np.concatenate([[BEGIN], tokens[:-1]])[None]  # (1, N)
    targets = np.asarray(tokens)[None]  # (1, N)
    state = network.initial_state(1) if state is None else state
    chunk = _chunk(network, 1)
    pieces = []
    for start in range(0, len(tokens), chunk):
        window = slice(start, start + chunk)
        nats, state = network.nll(inputs[:, window], targets[:, window], state)
        pieces.append(nats[0])
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def carried_nats(network: SequenceNetwork, tokens: IntArray, rows: int | None = None) -> float:
    """Sum the nats over a whole text, the state passed along, every token counted once.

    One row reads it all. In several rows, which is faster, each first reads the 1,024 tokens before its
    part (the first row: those at the end of the text).

    Args:
        network: of any engine.
        tokens: [N].
        rows: how many; none takes 1, and more for a text of more than 500,000 tokens.
    """
    rows = rows or max(1, len(tokens) // CARRIED_ROWS_ABOVE)
    if rows == 1:
        return float(token_nats(network, tokens).sum(dtype=np.float64))
    length = -(-len(tokens) // rows)
    first = np.arange(rows) * length  # the first token that each row counts
    state = network.initial_state(rows)
    total = 0.0
    chunk = _chunk(network, rows)
    for start in range(-WARM_UP, length, chunk):
        within = np.arange(start, min(start + chunk, length))
        place = first[:, None] + within  # (B, T)
        targets, inputs = tokens[place % len(tokens)], tokens[(place - 1) % len(tokens)]
        counted = (within >= 0) & (place < len(tokens))
        nats, state = network.nll(inputs, targets, state)
        total += float(nats[counted].sum(dtype=np.float64))
    return total


def fresh_means(network: SequenceNetwork, tokens: IntArray, places: int = FRESH_PLACES, seed: int = 0) -> FloatArray:
    """Compute the mean nats per token after a fresh start, at fixed random places.

    Args:
        network: of any engine.
        tokens: [N]; where it is shorter than 256 tokens, its length takes the place of 256.
        places: B.
        seed: of the places.

    Returns:
        [B] float64, the mean over tokens 64 to 256 after the initial state, in nats.
    """
    length = min(FRESH_TO, len(tokens))
    skipped = FRESH_FROM if length > 2 * FRESH_FROM else length // 4
    starts = np.random.default_rng(seed).integers(0, len(tokens) - length + 1, places)
    targets = tokens[starts[:, None] + np.arange(length)]  # (B, T)
    inputs = np.concatenate([np.full((places, 1), BEGIN), targets[:, :-1]], axis=1)
    state = network.initial_state(places)
    sums = np.zeros(places)
    chunk = _chunk(network, places)
    for start in range(0, length, chunk):
        window = slice(start, min(start + chunk, length))
        nats, state = network.nll(inputs[:, window], targets[:, window], state)
        sums += nats[:, max(0, skipped - start) :].sum(axis=1, dtype=np.float64)
    return sums / (length - skipped)


def document_nats(
    network: SequenceNetwork, part: Part, rows: int = 64, most: int | None = None, begin: Beginning | None = None
) -> tuple[FloatArray, FloatArray]:
    """Sum the nats and count the tokens of each document.

    Args:
        network: of any engine.
        part: documents.
        rows: documents in a batch.
        most: how many documents, evenly spread; none means all.
        begin: where each starts; none starts them all from the initial state.

    Returns:
        [D] sums and [D] lengths, in order of length.
    """
    assert part.starts is not None
    lengths = np.diff(part.starts)
    order = np.argsort(lengths, kind="stable")
    if most is not None and len(order) > most:
        order = order[np.linspace(0, len(order) - 1, most).astype(int)]
    sums = []
    for start in range(0, len(order), rows):
        chosen = order[start : start + rows]
        texts = pad_sequences([part.tokens[part.starts[i] : part.starts[i + 1]] for i in chosen])  # (B, T)
        state = network.initial_state(len(chosen)) if begin is None else begin(chosen)
        sums.append(batched_nll(network, texts, state))
    return np.concatenate(sums), lengths[order].astype(np.float64)


def batched_nll(network: SequenceNetwork, targets: IntArray, state: State) -> FloatArray:
    """Sum the nats of whole texts.

    Args:
        network: of any engine.
        targets: [B, T], the shorter ones padded.
        state: where they start, of B rows.

    Returns:
        [B] float64.
    """
    inputs = np.concatenate([np.full((len(targets), 1), BEGIN), targets[:, :-1]], axis=1)
    sums = np.zeros(len(targets))
    chunk = _chunk(network, len(targets))
    for start in range(0, targets.shape[1], chunk):
        window = slice(start, start + chunk)
        nats, state = network.nll(inputs[:, window], targets[:, window], state)
        sums += np.where(targets[:, window] == PAD, 0, nats).sum(axis=1, dtype=np.float64)
    return sums


def _chunk(network: SequenceNetwork, rows: int) -> int:
    """Choose how many time steps to read at once, so that the logits of all rows stay within bounds."""
    return max(1, min(CHUNK, LOGITS_AT_ONCE // (rows * network.vocabulary_size)))

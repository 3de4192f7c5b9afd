"""How well a network predicts a text, in figures that compare across tokenizers.

There are two figures. *Carried*: the state is passed along the whole text and every token counts once. *Fresh*: the
mean over tokens 64 to 256 after the initial state, from 256 fixed random positions; it is what a prompt meets, and
what the best checkpoint is chosen by.

Shapes: B rows, T time steps.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.data.batches import pad_sequences, shifted_right
from unspool.data.tokens import Part
from unspool.display.reprs import Displayed
from unspool.engines.announcing import advance
from unspool.engines.base import SequenceNetwork, State
from unspool.evaluate.adapted import AdaptedFigures
from unspool.evaluate.copying import CopyingFigures
from unspool.text.tokenizer import BEGIN, PAD

CHUNK = 256  # time steps read at once
CARRIED_ROWS_ABOVE = 500_000  # tokens beyond which a text is read in several rows
WARM_UP = 1024  # tokens that each of those rows reads before its own are counted
FRESH_STARTS, FRESH_FROM, FRESH_TO = 256, 64, 256
MAX_LOGITS = 1 << 24  # computed at once
STUCK = 4.0  # nats per token above which a fresh start counts as dead

EXTRA_FIGURES = ("parts", "adapted", "copying", "keystrokes")  # figures that stand beside those of the model


@dataclass(frozen=True, repr=False)
class Figures(Displayed):
    """What `unspool evaluate` reports for a language model.

    Attributes:
        bits_per_byte: is the carried nll per byte of UTF-8, which compares across tokenizers; an unknown token also
            costs its spelling.
        bits_per_character: is the same per Unicode character.
        nats_per_token: is the carried nll per token, without the cost of spelling.
        perplexity: is e to the power of the nats per token.
        fresh_bits_per_character: is measured from the initial state, per Unicode character, with the cost of spelling.
        fresh_nats_per_token: is the same per token, without the cost of spelling.
        stuck: is the fraction of fresh starts whose mean nll is above 4 nats per token and twice the carried one.
        tokens: counts the tokens of the text.
        seconds: is the time that the evaluation took.
        keystrokes: are the figures of typing with completion, by `measure_keystrokes`; none unless requested.
        parts: are the figures of the network alone, and of the counts alone, by these names; empty where there are no
            counts beside the network.
        copying: says how much of what the model generates is copied; none where that was not requested.
        adapted: are the figures of the model when it goes on learning while it reads, where these were asked for.
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
    keystrokes: dict[str, Any] | None = None
    parts: Mapping[str, "Figures"] = field(default_factory=dict)
    adapted: AdaptedFigures | None = None
    copying: CopyingFigures | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the figures that there are by name, for JSON."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        values["parts"] = {name: part.to_dict() for name, part in self.parts.items()} or None
        for name, found in (("adapted", self.adapted), ("copying", self.copying)):
            values[name] = None if found is None else found.to_dict()
        return {name: value for name, value in values.items() if value is not None}

    def closing(self) -> dict[str, Any]:
        """Return the figures that a run ends with: all that say how good the model is."""
        others = ("seconds", "tokens", *EXTRA_FIGURES)
        found = {name: value for name, value in self.to_dict().items() if name not in others}
        return found | {f"{name}_nats_per_token": part.nats_per_token for name, part in self.parts.items()}


InitialStates = Callable[[IntArray], State]  # indices of B documents -> the states of B rows that they start from


def evaluate_part(
    network: SequenceNetwork,
    part: Part,
    rows: int | None = None,
    limit: int | None = None,
    fresh_starts: int = FRESH_STARTS,
    initial_states: InitialStates | None = None,
) -> Figures:
    """Measure a network on one part of a corpus.

    Args:
        network: predicts it, in any engine.
        part: is a stream or a set of documents, of at least 1 token.
        rows: is the number of rows that read a stream; see `carried_nats`.
        limit: is the maximum number of tokens of a stream, or of documents, to read; the figures of a longer part are
            estimated from these.
        fresh_starts: is the number of fresh starts in a stream.
        initial_states: gives the states that documents start from; none means the initial state of the network.
    """
    started = time.perf_counter()
    tokens = len(part.tokens)
    if part.starts is None:
        read = part.tokens[:limit]
        nats = carried_nats(network, read, rows) * tokens / len(read)
        means = fresh_means(network, part.tokens, fresh_starts)
    else:
        sums, lengths = document_nats(network, part, max_documents=limit, initial_states=initial_states)
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
    """Compute the nll of every token of one text.

    Args:
        network: predicts it, in any engine.
        tokens: are the N token ids.
        state: is what the text starts from, of 1 row; none means the initial state.

    Returns:
        [N] float32, in nats.
    """
    inputs = np.concatenate([[BEGIN], tokens[:-1]])[None]  # (1, N)
    targets = np.asarray(tokens)[None]  # (1, N)
    state = network.initial_state(1) if state is None else state
    chunk = steps_at_once(network, 1)
    pieces = []
    for start in range(0, len(tokens), chunk):
        window = slice(start, start + chunk)
        nats, state = network.nll(inputs[:, window], targets[:, window], state)
        pieces.append(nats[0])
        advance(min(start + chunk, len(tokens)), len(tokens), "tokens read")
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def carried_nats(network: SequenceNetwork, tokens: IntArray, rows: int | None = None) -> float:
    """Sum the nll of a whole text, in nats: the state is passed along, and every token is counted once.

    A single row reads the whole text. Several rows, which are faster, read a part each, and before it the 1,024 tokens
    that precede it (the first row reads the last ones of the text).

    Args:
        network: predicts it, in any engine.
        tokens: are the N token ids.
        rows: is the number of rows; none takes 1, or one for each 500,000 tokens of a longer text.
    """
    rows = rows or max(1, len(tokens) // CARRIED_ROWS_ABOVE)
    if rows == 1:
        return float(token_nats(network, tokens).sum(dtype=np.float64))
    length = -(-len(tokens) // rows)
    first = np.arange(rows) * length  # the first token that each row counts
    state = network.initial_state(rows)
    total = 0.0
    chunk = steps_at_once(network, rows)
    for start in range(-WARM_UP, length, chunk):
        within = np.arange(start, min(start + chunk, length))
        positions = first[:, None] + within  # (B, T)
        targets, inputs = tokens[positions % len(tokens)], tokens[(positions - 1) % len(tokens)]
        counted = (within >= 0) & (positions < len(tokens))
        nats, state = network.nll(inputs, targets, state)
        total += float(nats[counted].sum(dtype=np.float64))
        advance(min(rows * max(0, start + chunk), len(tokens)), len(tokens), "tokens read")
    return total


def fresh_means(network: SequenceNetwork, tokens: IntArray, count: int = FRESH_STARTS, seed: int = 0) -> FloatArray:
    """Compute the mean nll after each of B fresh starts, at fixed random positions of a text.

    Args:
        network: predicts it, in any engine.
        tokens: are the N token ids; a text of fewer than 256 is read to its end.
        count: is the number of starts, B.
        seed: draws the positions.

    Returns:
        [B] float64, the mean over tokens 64 to 256 after each start, in nats per token.
    """
    length = min(FRESH_TO, len(tokens))
    skipped = FRESH_FROM if length > 2 * FRESH_FROM else length // 4
    starts = np.random.default_rng(seed).integers(0, len(tokens) - length + 1, count)
    targets = tokens[starts[:, None] + np.arange(length)]  # (B, T)
    inputs = shifted_right(targets)  # (B, T)
    state = network.initial_state(count)
    sums = np.zeros(count)
    chunk = steps_at_once(network, count)
    for start in range(0, length, chunk):
        window = slice(start, min(start + chunk, length))
        nats, state = network.nll(inputs[:, window], targets[:, window], state)
        sums += nats[:, max(0, skipped - start) :].sum(axis=1, dtype=np.float64)
    return sums / (length - skipped)


def document_nats(
    network: SequenceNetwork,
    part: Part,
    rows: int = 64,
    max_documents: int | None = None,
    initial_states: InitialStates | None = None,
    chosen: IntArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Sum the nll and count the tokens of each document.

    Args:
        network: predicts them, in any engine.
        part: is a set of documents.
        rows: is the number of documents in a batch, B.
        max_documents: is the maximum number to read, D, evenly spread over the lengths; none reads all.
        initial_states: gives the states that documents start from; none means the initial state of the network.
        chosen: are the indices of the documents that may be read; none means all.

    Returns:
        [D] sums in nats and [D] lengths in tokens, both float64, the shortest document first.
    """
    assert part.starts is not None
    chosen = np.arange(len(part.lengths)) if chosen is None else chosen
    order = chosen[np.argsort(part.lengths[chosen], kind="stable")]
    if max_documents is not None and len(order) > max_documents:
        order = order[np.linspace(0, len(order) - 1, max_documents).astype(int)]
    sums = []
    for start in range(0, len(order), rows):
        batch = order[start : start + rows]
        texts = pad_sequences([part.document(int(index)) for index in batch])  # (B, T)
        state = network.initial_state(len(batch)) if initial_states is None else initial_states(batch)
        sums.append(batched_nll(network, texts, state))
        advance(min(start + rows, len(order)), len(order), "texts read")
    return np.concatenate(sums), part.lengths[order].astype(np.float64)


def batched_nll(network: SequenceNetwork, targets: IntArray, state: State) -> FloatArray:
    """Sum the nll of whole texts, as one batch.

    Args:
        network: predicts them, in any engine.
        targets: are their token ids, [B, T], the shorter ones padded.
        state: is what they start from, of B rows.

    Returns:
        [B] float64, in nats.
    """
    inputs = shifted_right(targets)  # (B, T)
    sums = np.zeros(len(targets))
    chunk = steps_at_once(network, len(targets))
    for start in range(0, targets.shape[1], chunk):
        window = slice(start, start + chunk)
        nats, state = network.nll(inputs[:, window], targets[:, window], state)
        sums += np.where(targets[:, window] == PAD, 0, nats).sum(axis=1, dtype=np.float64)
    return sums


def steps_at_once(network: SequenceNetwork, rows: int) -> int:
    """Choose how many time steps to read at once, so that the logits of all rows stay within bounds."""
    return max(1, min(CHUNK, MAX_LOGITS // (rows * network.vocabulary_size)))

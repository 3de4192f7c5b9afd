"""Generate: read a prompt into a state, then one token at a time, the state and the token going back in.

    state, <s> prompt -> [unroll] -> logits, state -> draw -> token -> [step] -> logits, state -> ...

Samples are rows of one batch; each has its own random numbers, and leaves the batch when it ends.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from unspool.arrays import IntArray, Logits
from unspool.data.batches import Source
from unspool.decode.sampler import COMPILABLE, Sampler, checked
from unspool.decode.stop import StopMatcher
from unspool.engines.base import HandoverNetwork, Network, State, Writer
from unspool.specs.sampling import SamplingSpec
from unspool.text.incremental import IncrementalDecoder
from unspool.text.tokenizer import BEGIN, END, PAD, UNKNOWN, Tokenizer

READ_AT_ONCE = 512
HANDOVER = 2048  # tokens that a network which is quick to start writes itself
FIRST_BLOCK, LARGEST_BLOCK = 8, 256  # tokens written in one call

FinishReason = Literal["stop", "length"]


class Piece(NamedTuple):
    """Some new text of one sample.

    Attributes:
        sample: counts from 0.
        text: that can no longer change; may be empty.
        tokens: how many the sample has so far.
        finish_reason: `stop` (end of document or stop string) or `length`; none while it goes on.
    """

    sample: int
    text: str
    tokens: int
    finish_reason: FinishReason | None


@dataclass(frozen=True)
class Reading:
    """A state after some text, with the logits of what comes next: where generation starts.

    Attributes:
        state: of 1 row, of the network that read.
        logits: [1, V] for the next token.
        ids: what was read, without `<s>`.
    """

    state: State
    logits: Logits
    ids: list[int]


def start_reading(network: Network, source: Source | None = None) -> Reading:
    """The state after `<s>`: from the initial state, or from where a source of 1 row starts."""
    first = network.initial_state(1) if source is None else network.encode(source)
    logits, state = network.step(np.array([BEGIN]), first)
    return Reading(state, logits, [])


def read(network: Network, ids: IntArray, reading: Reading) -> Reading:
    """Read more tokens [N] after what was read before."""
    logits, state = reading.logits, reading.state
    for start in range(0, len(ids), READ_AT_ONCE):
        unrolled, state = network.unroll(np.asarray(ids[start : start + READ_AT_ONCE])[None], state)  # (1, T, V)
        logits = unrolled[:, -1]  # (1, V)
    return Reading(state, logits, [*reading.ids, *(int(i) for i in ids)])


def sample_seeds(spec: SamplingSpec) -> list[int]:
    """The seed of each sample: sample i draws with seed + i."""
    first = secrets.randbits(32) if spec.seed is None else spec.seed
    return [(first + i) % 2**63 for i in range(spec.num_samples)]


def generate(
    network: Network,
    tokenizer: Tokenizer,
    reading: Reading,
    spec: SamplingSpec,
    seeds: list[int],
    by_document: bool,
) -> Iterator[Piece]:
    """Write samples side by side and yield their text as it comes.

    Args:
        network: steps.
        tokenizer: decodes.
        reading: where to start.
        spec: the settings.
        seeds: one for each sample.
        by_document: whether the network learnt `<eos>`; if not, it is never drawn.
    """
    may_end = by_document and not spec.ignore_eos
    forbidden = (PAD, UNKNOWN, BEGIN) if may_end else (PAD, UNKNOWN, BEGIN, END)
    rows = [_Row(number, seed, tokenizer, reading, spec, forbidden) for number, seed in enumerate(seeds)]
    if spec.max_new_tokens == 0:
        yield from (Piece(row.number, "", 0, "length") for row in rows)
        return
    chosen = np.zeros(len(rows), np.int64)
    logits, state = reading.logits[chosen], network.select(reading.state, chosen)
    if isinstance(network, Writer):
        yield from _write_in_blocks(network, rows, logits, state)
        return
    left_to_start = HANDOVER // len(rows) if isinstance(network, HandoverNetwork) else spec.max_new_tokens
    if isinstance(network, HandoverNetwork) and left_to_start < spec.max_new_tokens:
        network.prepare()
    while True:
        pieces = [row.take([row.sampler.choose(row_logits)]) for row, row_logits in zip(rows, logits, strict=True)]
        yield from pieces
        going = np.array([i for i, piece in enumerate(pieces) if piece.finish_reason is None], np.int64)
        if not len(going):
            return
        if len(going) < len(rows):
            rows, state = [rows[i] for i in going], network.select(state, going)
        logits, state = network.step(np.array([row.token for row in rows]), state)
        left_to_start -= 1
        if left_to_start == 0 and isinstance(network, HandoverNetwork):
            network, state = network.hand_over(state)
            if isinstance(network, Writer):
                yield from _write_in_blocks(network, rows, logits, state)
                return


def _write_in_blocks(network: Writer, rows: list["_Row"], logits: Logits, state: State) -> Iterator[Piece]:
    """Many tokens a call; the first blocks are short, so that text comes at once."""
    block = FIRST_BLOCK
    while rows:
        samplers, count = [row.sampler for row in rows], min(block, rows[0].left)
        written, logits, state = network.write(logits, state, samplers, COMPILABLE, count, END)
        going = []
        for number, (row, tokens) in enumerate(zip(rows, written, strict=True)):
            checked(int(tokens[-1]))
            piece = row.take(tokens.tolist())
            yield piece
            if piece.finish_reason is None:
                going.append(number)
        if len(going) < len(rows):
            kept = np.array(going, np.int64)
            rows, logits, state = [rows[i] for i in going], logits[kept], network.select(state, kept)
        block = min(2 * block, LARGEST_BLOCK)


class _Row:
    """One sample: decodes what is drawn, and knows when it ends."""

    def __init__(
        self,
        number: int,
        seed: int,
        tokenizer: Tokenizer,
        reading: Reading,
        spec: SamplingSpec,
        forbidden: tuple[int, ...],
    ) -> None:
        self.number, self.token, self._count, self._most = number, BEGIN, 0, spec.max_new_tokens
        self.sampler = Sampler(spec, tokenizer.vocabulary_size, forbidden, reading.ids, seed)
        self._decoder = IncrementalDecoder(tokenizer, reading.ids[-1] if reading.ids else None)
        self._stops, self._matcher = spec.stop, StopMatcher(spec.stop)

    @property
    def left(self) -> int:
        """How many tokens it may still write."""
        return self._most - self._count

    def take(self, tokens: list[int]) -> Piece:
        """The text that drawn tokens complete, none of them but perhaps the last `<eos>`."""
        if self._stops and len(tokens) > 1:  # it is to be known at which of them it stopped
            return self._take_one_by_one(tokens)
        self.token = tokens[-1]
        self._count += len(tokens)
        text = self._matcher.add(self._decoder.add([token for token in tokens if token != END]))
        if self._matcher.stopped:
            return Piece(self.number, text, self._count, "stop")
        if self.token == END or self._count == self._most:
            text += self._matcher.add(self._decoder.finish())
            rest = "" if self._matcher.stopped else self._matcher.finish()
            ended = self.token == END or self._matcher.stopped
            return Piece(self.number, text + rest, self._count, "stop" if ended else "length")
        return Piece(self.number, text, self._count, None)

    def _take_one_by_one(self, tokens: list[int]) -> Piece:
        texts = []
        for token in tokens:
            piece = self.take([token])
            texts.append(piece.text)
            if piece.finish_reason is not None:
                break
        return piece._replace(text="".join(texts))

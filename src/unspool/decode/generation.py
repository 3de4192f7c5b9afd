"""Generate token by token: each token is the next input; rows are added and removed at any time.

    logits, state -> draw -> token -> [step] -> logits, state -> draw -> token -> ...

Rows that are generated together are one batch of the network. Each has its own initial state, settings, random
numbers, stop strings, limit and constraint, and its text does not depend on the others.

Shapes: B rows, V tokens, N tokens of a block.
"""

from collections.abc import Iterator

import numpy as np

from unspool.arrays import Flags
from unspool.decode.batch import Newcomer, RowBatch
from unspool.decode.reading import Reading
from unspool.decode.row import Constraint, Piece, Row, joined
from unspool.decode.sampler import COMPILABLE, Samplers, checked
from unspool.engines.base import BlockGenerator, HandoverNetwork, SequenceNetwork
from unspool.specs.sampling import SamplingSpec
from unspool.text.tokenizer import BEGIN, END, PAD, UNKNOWN, Tokenizer

FIRST_BLOCK, MAX_BLOCK = 8, 256  # tokens generated in one call: the first blocks are short, so that text comes soon


class Generation:
    """The rows that are being generated.

        generation = Generation(network, tokenizer, by_document=False)
        row = generation.add(reading, SamplingSpec(), seed=7)
        while len(generation):
            for piece in generation.tick(16): ...

    With the compiled engine, a row is bit for bit the same whichever other rows are in the batch, and whenever they
    are added and removed, in every precision: its kernels for several rows work on tiles of fixed size. With other
    engines, logits may differ by 1e-5. A single row here uses the same kernels; `generate` has faster ones for it. With
    `auto`, the compiled engine takes over after a number of tokens that is divided by the peak number of rows.

    Args:
        network: predicts the next token.
        tokenizer: decodes the tokens.
        by_document: says whether the network learnt `<eos>`; if not, it is never drawn.
    """

    def __init__(self, network: SequenceNetwork, tokenizer: Tokenizer, by_document: bool) -> None:
        self._network, self._tokenizer, self._by_document = network, tokenizer, by_document
        self._first = network if isinstance(network, HandoverNetwork) else None
        self._handed_over = self._first is None
        self._free, self._constrained = RowBatch(), RowBatch()
        self._waiting: list[Newcomer] = []
        self._pieces: dict[int, list[Piece]] = {}  # that were not returned yet
        self._added = self._ticked = 0  # rows so far; tokens of a row that is present since the first tick
        self._peak = self._longest = 0  # rows at once; ticks after which the last of them ends

    def __len__(self) -> int:
        """Return the number of rows that have not ended."""
        return len(self._free.rows) + len(self._constrained.rows) + len(self._waiting)

    def add(
        self,
        reading: Reading,
        sampling: SamplingSpec,
        seed: int,
        constraint: Constraint | None = None,
        log_probabilities: bool = False,
    ) -> int:
        """Add a row, which starts at the next tick.

        Args:
            reading: is what the row starts from: a state of this network, of 1 row.
            sampling: holds its settings; `seed` and `num_samples` are ignored.
            seed: starts its random numbers.
            constraint: restricts its tokens; it advances with each of them, so fork it first if it is still needed.
            log_probabilities: says whether its pieces have log-probabilities.

        Returns:
            the index of the row, counted from 0.
        """
        previous = reading.ids[-1] if reading.ids else None
        row = Row(self._added, self._tokenizer, previous, sampling, constraint, log_probabilities)
        forbidden = forbidden_tokens(sampling, self._by_document, self._network.vocabulary_size)
        samplers = Samplers.one(sampling, forbidden, reading.ids, seed)
        self._waiting.append(Newcomer(row, samplers, reading.logits, reading.state))
        self._added += 1
        if self._first and not self._handed_over:
            self._peak = max(self._peak, len(self))
            self._longest = max(self._longest, self._ticked + sampling.max_new_tokens)
            if self._longest > self._first.first_tokens // self._peak:
                self._first.prepare()
        return row.index

    def tick(self, count: int) -> list[Piece]:
        """Generate up to `count` tokens of every row, at least 1.

        Returns:
            one piece of each row, in order; a row is removed after the piece that has a finish reason.

        Raises:
            UsageError: a constraint allows no token; its row is removed, and the next tick continues with the others.
            ModelFolderError: a logit is NaN or infinite, so the weights are damaged.
        """
        self._admit()
        count = self._hand_over(count)
        blocks = _as_block_generator(self._network)
        for _ in range(count):
            self._keep_pieces(self._constrained.advance(self._network, blocks, 1))
        at_once = count if blocks else 1
        for _ in range(0, count, at_once):
            self._keep_pieces(self._free.advance(self._network, blocks, at_once))
        found = [joined(self._pieces[row]) for row in sorted(self._pieces)]
        self._pieces.clear()
        return found

    def cancel(self, row: int) -> None:
        """Remove a row; it has no more pieces. A row that has ended stays so."""
        self._waiting = [one for one in self._waiting if one.row.index != row]
        self._pieces.pop(row, None)
        for batch in (self._free, self._constrained):
            batch.remove(self._network, row)

    def _admit(self) -> None:
        """Add the rows that wait."""
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if one.row.left == 0:
                self._keep_pieces([one.row.take_nothing()])
        waiting = [one for one in waiting if one.row.left]
        if self._first and self._handed_over:
            waiting = [one._replace(state=self._first.hand_over(one.state)[1]) for one in waiting]
        self._free.add(self._network, [one for one in waiting if one.row.constraint is None])
        self._constrained.add(self._network, [one for one in waiting if one.row.constraint is not None])

    def _hand_over(self, count: int) -> int:
        """Hand over to the network's successor when it is time; return how many tokens this tick may generate."""
        if self._first is None or self._handed_over or not len(self):
            return count
        left = self._first.first_tokens // self._peak - self._ticked
        if left > 0:
            self._ticked += min(count, left)
            return min(count, left)
        for batch in (self._free, self._constrained):
            if batch.rows:
                self._network, batch.state = self._first.hand_over(batch.state)
        self._handed_over = True
        return count

    def _keep_pieces(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            self._pieces.setdefault(piece.row, []).append(piece)


def generate(
    network: SequenceNetwork,
    tokenizer: Tokenizer,
    reading: Reading,
    spec: SamplingSpec,
    seeds: list[int],
    by_document: bool,
    constraint: Constraint | None = None,
) -> Iterator[Piece]:
    """Generate a row for each seed, and yield their text as it comes.

    `Generation` generates several rows. A single row is generated by the compiled engine's faster kernels for one row.
    With float32 weights its logits are those of `Generation` (within 1e-5; as measured, bit for bit). With `bfloat16`
    and `int8` weights only the kernels for several rows round states too, and logits differ by up to 0.3 % and 2 % of
    the largest one.

    Args:
        network: predicts the next token.
        tokenizer: decodes the tokens.
        reading: is what all rows start from.
        spec: holds the settings.
        seeds: start the random numbers of the rows, one for each.
        by_document: says whether the network learnt `<eos>`; if not, it is never drawn.
        constraint: restricts the tokens of each row; none allows all.
    """
    if len(seeds) == 1 and constraint is None:
        yield from _generate_alone(network, tokenizer, reading, spec, seeds[0], by_document)
        return
    generation = Generation(network, tokenizer, by_document)
    for seed in seeds:
        generation.add(reading, spec, seed, constraint.fork() if constraint else None)
    count = FIRST_BLOCK
    while len(generation):
        yield from generation.tick(count)
        count = min(2 * count, MAX_BLOCK)


def forbidden_tokens(spec: SamplingSpec, by_document: bool, vocabulary_size: int) -> Flags:
    """Mark the special tokens that are never drawn, [V]; `<eos>` is one of them if the network never learnt it."""
    forbidden = np.zeros(vocabulary_size, np.bool_)
    forbidden[[PAD, UNKNOWN, BEGIN]] = True
    forbidden[END] = spec.ignore_eos or not by_document
    return forbidden


def _as_block_generator(network: SequenceNetwork) -> BlockGenerator | None:
    return network if isinstance(network, BlockGenerator) else None


def _generate_alone(
    network: SequenceNetwork, tokenizer: Tokenizer, reading: Reading, spec: SamplingSpec, seed: int, by_document: bool
) -> Iterator[Piece]:
    row = Row(0, tokenizer, reading.ids[-1] if reading.ids else None, spec)
    if row.left == 0:
        yield row.take_nothing()
        return
    samplers = Samplers.one(spec, forbidden_tokens(spec, by_document, network.vocabulary_size), reading.ids, seed)
    logits, state, drawn, block = reading.logits, reading.state, 0, FIRST_BLOCK
    first = network if isinstance(network, HandoverNetwork) else None
    if first and first.first_tokens < row.left:
        first.prepare()
    blocks = _as_block_generator(network)  # not in the loop: `isinstance` takes long with a protocol
    while True:
        if blocks:
            sampled = samplers.for_block(np.array([min(block, row.left)]), np.zeros(1, np.bool_))
            (tokens,), _, logits, state = blocks.generate_row(logits, state, sampled, COMPILABLE)
            checked(int(tokens[-1]))
            block = min(2 * block, MAX_BLOCK)
        else:
            tokens = samplers.choose(logits)
        piece = row.take(tokens.tolist())
        yield piece
        if piece.finish_reason is not None:
            return
        if not blocks:
            logits, state = network.step(tokens, state)
            drawn += 1
            if first and drawn == first.first_tokens:
                network, state = first.hand_over(state)
                blocks = _as_block_generator(network)

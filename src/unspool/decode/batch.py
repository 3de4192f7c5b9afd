"""The rows of one batch of the network: they advance together, and are added and removed at any time.

Shapes: B rows, V tokens, N tokens of a block.
"""

from typing import NamedTuple

import numpy as np

from unspool.arrays import Flags, IntArray, Logits
from unspool.decode.row import Piece, Row
from unspool.decode.sampler import COMPILABLE, Samplers, checked, log_probability
from unspool.engines.base import BlockGenerator, SequenceNetwork, State


class Newcomer(NamedTuple):
    """A row to add, with its sampler, its logits [1, V] and its state of 1 row."""

    row: Row
    samplers: Samplers
    logits: Logits
    state: State


class RowBatch:
    """Rows that advance together.

    Attributes:
        rows: are the B rows.
        samplers: draw their tokens.
        logits: are those of their next tokens, [B, V].
        state: is that of the network, of B rows.
        always: marks the tokens that are forbidden with any constraint, [B, V].
    """

    rows: list[Row]
    samplers: Samplers
    logits: Logits
    state: State
    always: Flags

    def __init__(self) -> None:
        self.rows = []

    def add(self, network: SequenceNetwork, newcomers: list[Newcomer]) -> None:
        """Add rows after the present ones."""
        if not newcomers:
            return
        present = bool(self.rows)
        samplers, states = [one.samplers for one in newcomers], [one.state for one in newcomers]
        logits, always = [one.logits for one in newcomers], [one.forbidden.copy() for one in samplers]
        if present:
            samplers, states = [self.samplers, *samplers], [self.state, *states]
            logits, always = [self.logits, *logits], [self.always, *always]
        self.rows = [*self.rows, *(one.row for one in newcomers)]
        self.samplers, self.state = Samplers.join(samplers), network.join(states)
        self.logits, self.always = np.concatenate(logits), np.concatenate(always)

    def remove(self, network: SequenceNetwork, index: int) -> None:
        """Remove the row that has an index in its generation, if it is here."""
        self._keep(network, np.array([i for i, row in enumerate(self.rows) if row.index != index], np.int64))

    def advance(self, network: SequenceNetwork, blocks: BlockGenerator | None, count: int) -> list[Piece]:
        """Generate tokens of every row.

        Args:
            network: is the one that predicts them.
            blocks: is the same if it generates blocks; none makes it step.
            count: is the maximum number of tokens; 1 of constrained rows, or if the network steps.
        """
        if not self.rows:
            return []
        self._apply_constraints(network)
        if blocks:
            tokens, scores = self._draw_block(blocks, count)
        else:
            tokens, scores = self._draw_one()
        pieces = [row.take(own, nats) for row, own, nats in zip(self.rows, tokens, scores, strict=True)]
        going = np.array([i for i, piece in enumerate(pieces) if piece.finish_reason is None], np.int64)
        for index in going:
            if constraint := self.rows[index].constraint:
                constraint.advance(pieces[index].ids[-1])
        self._keep(network, going)
        if len(going) and not blocks:
            self.logits, self.state = network.step(np.array([tokens[i][0] for i in going]), self.state)
        return pieces

    def _apply_constraints(self, network: SequenceNetwork) -> None:
        for index, (row, always) in enumerate(zip(self.rows, self.always, strict=True)):
            if row.constraint:
                try:
                    self.samplers.forbidden[index] = row.forbidden(always)
                except Exception:
                    self.remove(network, row.index)  # so that the others can go on
                    raise

    def _draw_block(self, network: BlockGenerator, count: int) -> tuple[list[list[int]], list[list[float]]]:
        limits = np.array([min(count, row.left) for row in self.rows], np.int64)
        sampled = self.samplers.for_block(limits, np.array([row.scored for row in self.rows]))
        tokens, scores, self.logits, self.state = network.generate_block(self.logits, self.state, sampled, COMPILABLE)
        for found in tokens:
            checked(int(found[-1]))
        return [found.tolist() for found in tokens], [
            found.tolist() if row.scored else [] for row, found in zip(self.rows, scores, strict=True)
        ]

    def _draw_one(self) -> tuple[list[list[int]], list[list[float]]]:
        tokens = self.samplers.choose(self.logits).tolist()
        values = zip(self.rows, self.logits, tokens, strict=True)
        scores = [[log_probability(row.astype(np.float64), i)] if one.scored else [] for one, row, i in values]
        return [[token] for token in tokens], scores

    def _keep(self, network: SequenceNetwork, kept: IntArray) -> None:
        """Keep some rows, in order."""
        if len(kept) == len(self.rows):
            return
        self.rows, self.samplers = [self.rows[i] for i in kept], self.samplers.select(kept)
        self.logits, self.always, self.state = self.logits[kept], self.always[kept], network.select(self.state, kept)

"""Rows that are one batch of the network: they advance together, and are taken in and out at any time.

Shapes: B rows, V tokens, N tokens of a block.
"""

from typing import NamedTuple

import numpy as np

from unspool.arrays import Flags, IntArray, Logits
from unspool.decode.row import Piece, Row
from unspool.decode.sampler import COMPILABLE, Samplers, checked, log_probability
from unspool.engines.base import BlockGenerator, SequenceNetwork, State


class Newcomer(NamedTuple):
    """A row that is to be taken in, with its sampler, logits [1, V] and state."""

    row: Row
    samplers: Samplers
    logits: Logits
    state: State


class RowBatch:
    """Rows that advance together.

    Attributes:
        rows: B.
        samplers: of these.
        logits: [B, V] of their next tokens.
        state: of B rows.
        always: [B, V], tokens that are forbidden whatever a constraint says.
    """

    rows: list[Row]
    samplers: Samplers
    logits: Logits
    state: State
    always: Flags

    def __init__(self) -> None:
        self.rows = []

    def add(self, network: SequenceNetwork, newcomers: list[Newcomer]) -> None:
        """Take in rows behind those that are there."""
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

    def remove(self, network: SequenceNetwork, number: int) -> None:
        """Take out the row of a number, if it is here."""
        self._keep(network, np.array([i for i, row in enumerate(self.rows) if row.number != number], np.int64))

    def advance(self, network: SequenceNetwork, count: int) -> list[Piece]:
        """Generate up to `count` tokens of every row; of constrained rows, or where the network only steps, 1."""
        if not self.rows:
            return []
        self._apply_constraints(network)
        if isinstance(network, BlockGenerator):
            tokens, scores = self._draw_block(network, count)
        else:
            tokens, scores = self._draw_one()
        pieces = [row.take(own, nats) for row, own, nats in zip(self.rows, tokens, scores, strict=True)]
        going = np.array([i for i, piece in enumerate(pieces) if piece.finish_reason is None], np.int64)
        for index in going:
            if constraint := self.rows[index].constraint:
                constraint.advance(pieces[index].ids[-1])
        self._keep(network, going)
        if len(going) and not isinstance(network, BlockGenerator):
            self.logits, self.state = network.step(np.array([tokens[i][0] for i in going]), self.state)
        return pieces

    def _apply_constraints(self, network: SequenceNetwork) -> None:
        for index, (row, always) in enumerate(zip(self.rows, self.always, strict=True)):
            if row.constraint:
                try:
                    self.samplers.forbidden[index] = row.forbidden(always)
                except Exception:
                    self.remove(network, row.number)  # so that the others can go on
                    raise

    def _draw_block(self, network: BlockGenerator, count: int) -> tuple[list[list[int]], list[list[float]]]:
        limits = np.array([min(count, row.left) for row in self.rows], np.int64)
        sampled = self.samplers.for_block(limits, np.array([row.scored for row in self.rows]))
        tokens, scores, self.logits, self.state = network.generate_block(self.logits, self.state, sampled, COMPILABLE)
        for found in tokens:
            checked(int(found[-1]))
        return [found.tolist() for found in tokens], [found.tolist() for found in scores]

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

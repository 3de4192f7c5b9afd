"""One row of a generation: decodes the tokens that are drawn, and knows when it ends.

Shapes: V tokens.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from unspool.arrays import Flags
from unspool.decode.stop import StopMatcher
from unspool.errors import UsageError
from unspool.specs.sampling import SamplingSpec
from unspool.text.incremental import IncrementalDecoder
from unspool.text.tokenizer import END, Tokenizer

FinishReason = Literal["stop", "length"]


class Piece(NamedTuple):
    """Some new text of one row.

    Attributes:
        row: what `Generation.add` returned.
        text: that can no longer change; may be empty.
        ids: the tokens that were drawn, `<eos>` included.
        log_probabilities: of these tokens under the network's own distribution, before penalties, temperature and
            filters, in nats; none where they were not requested.
        finish_reason: `stop` (end of document or stop string) or `length`; none while it goes on.
    """

    row: int
    text: str
    ids: tuple[int, ...]
    log_probabilities: tuple[float, ...] | None
    finish_reason: FinishReason | None


class Constraint(Protocol):
    """Says which tokens may come next in one row; stops copying, follows a pattern."""

    def allowed(self) -> Flags:
        """Give the tokens that may come next, [V] bool; `<eos>` is one of them where the text may end."""

    def advance(self, token: int) -> None:
        """Note the token that came; it was allowed, and is not `<eos>`."""

    def fork(self) -> "Constraint":
        """Make another that stands where this one does; what is told to one leaves the other as it is."""


class Row:
    """A text that is being generated.

    Args:
        number: of the row.
        tokenizer: decodes.
        previous: the last token before the first one, if there is any.
        spec: its limit and stop strings.
        constraint: on its tokens, if there is any.
        scored: whether log-probabilities are requested.
    """

    def __init__(
        self,
        number: int,
        tokenizer: Tokenizer,
        previous: int | None,
        spec: SamplingSpec,
        constraint: Constraint | None = None,
        scored: bool = False,
    ) -> None:
        self.number, self.left, self.constraint, self.scored = number, spec.max_new_tokens, constraint, scored
        self._decoder = IncrementalDecoder(tokenizer, previous)
        self._stops, self._matcher = spec.stop, StopMatcher(spec.stop)

    def take(self, tokens: Sequence[int], log_probabilities: Sequence[float] = ()) -> Piece:
        """Decode drawn tokens, none of them but perhaps the last `<eos>`; what comes after a stop string is left out.

        Args:
            tokens: at least one, no more than are left.
            log_probabilities: of these; they are looked at only where they were requested.
        """
        if self._stops and len(tokens) > 1:  # it is to be known at which of them it stopped
            return self._take_one_by_one(tokens, log_probabilities)
        self.left -= len(tokens)
        text = self._matcher.add(self._decoder.add([token for token in tokens if token != END]))
        reason: FinishReason | None = "stop" if self._matcher.stopped else None
        if reason is None and (tokens[-1] == END or self.left == 0):
            text += self._matcher.add(self._decoder.finish())
            reason = "stop" if tokens[-1] == END or self._matcher.stopped else "length"
            text += self._matcher.finish()
        scores = tuple(map(float, log_probabilities)) if self.scored else None
        return Piece(self.number, text, tuple(tokens), scores, reason)

    def take_nothing(self) -> Piece:
        """End a row that is to have no token at all."""
        return Piece(self.number, "", (), () if self.scored else None, "length")

    def forbidden(self, always: Flags) -> Flags:
        """Give the tokens that must not come next, [V]: what is forbidden always, and what the constraint refuses.

        Where nothing but `<eos>` is allowed the row ends, also with a network that never learnt `<eos>`.

        Raises:
            UsageError: the constraint allows no token.
        """
        if self.constraint is None:
            return always
        allowed = self.constraint.allowed()
        found: Flags = always | ~allowed
        if found.all() and allowed[END]:
            found[END] = False
        if found.all():
            raise UsageError(
                f"a constraint must allow a token that can be generated. Received: none in row {self.number}.",
                "let the constraint allow <eos> where its text is complete.",
            )
        return found

    def _take_one_by_one(self, tokens: Sequence[int], log_probabilities: Sequence[float]) -> Piece:
        pieces: list[Piece] = []
        for index in range(len(tokens)):
            pieces.append(self.take(tokens[index : index + 1], log_probabilities[index : index + 1]))
            if pieces[-1].finish_reason is not None:
                break
        return joined(pieces)


def joined(pieces: Sequence[Piece]) -> Piece:
    """Join successive pieces of one row."""
    first, last = pieces[0], pieces[-1]
    scores = None
    if first.log_probabilities is not None:
        scores = tuple(value for piece in pieces for value in piece.log_probabilities or ())
    ids = tuple(token for piece in pieces for token in piece.ids)
    return Piece(first.row, "".join(piece.text for piece in pieces), ids, scores, last.finish_reason)

"""One row of a generation: it decodes the tokens that are drawn, and ends at a stop string or limit.

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
        row: is the index that `Generation.add` returned.
        text: is the new text that can no longer change; it may be empty.
        ids: are the tokens that were drawn, `<eos>` included.
        log_probabilities: are those of the tokens under the network's own distribution, before penalties, temperature
            and filters, in nats; none where they were not requested.
        finish_reason: is `stop` (end of document or stop string) or `length`; none while the row continues.
    """

    row: int
    text: str
    ids: tuple[int, ...]
    log_probabilities: tuple[float, ...] | None
    finish_reason: FinishReason | None


class Constraint(Protocol):
    """Restricts which tokens may come next in one row, for instance to follow a pattern."""

    def allowed(self) -> Flags:
        """Return which tokens may come next, [V] bool; `<eos>` is one of them where the text may end."""

    def advance(self, token: int) -> None:
        """Advance by a token that was allowed, and is not `<eos>`."""

    def fork(self) -> "Constraint":
        """Return a copy at the same point; what advances one leaves the other as it is."""


class Row:
    """A text that is being generated.

    Args:
        index: is that of the row in its generation.
        tokenizer: decodes the tokens.
        previous: is the last token before the first one; none if there is none.
        spec: holds the limit and the stop strings.
        constraint: restricts the tokens; none allows all.
        scored: says whether log-probabilities are requested.
    """

    def __init__(
        self,
        index: int,
        tokenizer: Tokenizer,
        previous: int | None,
        spec: SamplingSpec,
        constraint: Constraint | None = None,
        scored: bool = False,
    ) -> None:
        self.index, self.left, self.constraint, self.scored = index, spec.max_new_tokens, constraint, scored
        self._decoder = IncrementalDecoder(tokenizer, previous)
        self._stops, self._matcher = spec.stop, StopMatcher(spec.stop)

    def take(self, tokens: Sequence[int], log_probabilities: Sequence[float] = ()) -> Piece:
        """Decode drawn tokens; what comes after a stop string is left out.

        Args:
            tokens: are at least one, and no more than are left; only the last may be `<eos>`.
            log_probabilities: are those of the tokens; they are used only where they were requested.
        """
        if self._stops and len(tokens) > 1:  # to find the token at which it stopped
            return self._take_one_by_one(tokens, log_probabilities)
        self.left -= len(tokens)
        text = self._matcher.add(self._decoder.add([token for token in tokens if token != END]))
        reason: FinishReason | None = "stop" if self._matcher.stopped else None
        if reason is None and (tokens[-1] == END or self.left == 0):
            text += self._matcher.add(self._decoder.finish())
            reason = "stop" if tokens[-1] == END or self._matcher.stopped else "length"
            text += self._matcher.finish()
        scores = tuple(map(float, log_probabilities)) if self.scored else None
        return Piece(self.index, text, tuple(tokens), scores, reason)

    def take_nothing(self) -> Piece:
        """End a row whose limit is 0."""
        return Piece(self.index, "", (), () if self.scored else None, "length")

    def forbidden(self, always: Flags) -> Flags:
        """Return which tokens must not come next, [V]: those that are always forbidden, and those of the constraint.

        If nothing but `<eos>` is allowed the row ends, also with a network that never learnt `<eos>`.

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
                f"a constraint must allow a token that can be generated. Received: none in row {self.index}.",
                "let the constraint allow <eos> where its text is complete.",
            )
        return found

    def _take_one_by_one(self, tokens: Sequence[int], log_probabilities: Sequence[float]) -> Piece:
        pieces: list[Piece] = []
        for position in range(len(tokens)):
            one = slice(position, position + 1)
            pieces.append(self.take(tokens[one], log_probabilities[one]))
            if pieces[-1].finish_reason is not None:
                break
        return joined(pieces)


def joined(pieces: Sequence[Piece]) -> Piece:
    """Join successive pieces of one row."""
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return first
    scores = None
    if first.log_probabilities is not None:
        scores = tuple(value for piece in pieces for value in piece.log_probabilities or ())
    ids = tuple(token for piece in pieces for token in piece.ids)
    return Piece(first.row, "".join(piece.text for piece in pieces), ids, scores, last.finish_reason)

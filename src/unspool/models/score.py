"""How well a model predicts a text, token by token."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from unspool.arrays import IntArray
from unspool.data.tokens import Part, part_of_text
from unspool.display.reprs import Displayed
from unspool.engines.base import SequenceNetwork
from unspool.engines.mixture import Mixture, MixtureState
from unspool.errors import UsageError
from unspool.evaluate.adapted import AdaptedFigures
from unspool.evaluate.bits import token_nats
from unspool.models.base import Model
from unspool.models.explained import Inspection
from unspool.tasks.mixed_page import inspect_mixed
from unspool.text.incoming import clean_text
from unspool.text.tokenizer import Tokenizer


@dataclass(frozen=True, repr=False)
class Score(Displayed):
    """How well a model predicts a text.

    Attributes:
        bits_per_byte: is the nll per byte of UTF-8, which compares across tokenizers.
        bits_per_character: is the same per Unicode character.
        nats_per_token: is the mean nll of a token.
        perplexity: is e to the power of the nats per token.
        tokens: are the texts of the tokens.
        log_probabilities: are those of each token given the ones before it, in nats.
        parts: are the log-probabilities of the network alone, and of the counts alone, by these names; empty where
            there are no counts beside the network.
        adapted: are the figures of the model when it goes on learning while it reads, where these were asked for.
    """

    bits_per_byte: float
    bits_per_character: float
    nats_per_token: float
    perplexity: float
    tokens: tuple[str, ...]
    log_probabilities: tuple[float, ...]
    parts: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    adapted: AdaptedFigures | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the figures by name, for JSON; without parts where there are none."""
        found = {
            name: value for name, value in asdict(self).items() if name != "adapted" and (name != "parts" or value)
        }
        return found | ({"adapted": self.adapted.to_dict()} if self.adapted else {})


def score_text(
    network: SequenceNetwork,
    tokenizer: Tokenizer,
    text: str,
    state: Any = None,
    ends: bool = False,
    adapt: Callable[[Part], AdaptedFigures] | None = None,
) -> Score:
    """Score how well a network predicts a text.

    Args:
        network: predicts the tokens.
        tokenizer: encodes the text.
        text: is one of at least one character; it is cleaned.
        state: is the one before the text, of 1 row; none is the initial state.
        ends: says whether the end of the text is predicted too.
        adapt: measures the model on the text while it goes on learning; none does not.

    Raises:
        UsageError: the text is empty.
        DataError: it has a NUL character.
    """
    text = clean_text(text)
    if not text:
        raise UsageError("a text to score must have at least one character. Received: ''.", "give a text.")
    part = part_of_text(tokenizer, text, ends)
    nats = token_nats(network, part.tokens, state).astype(np.float64)
    mean = float(nats.mean())
    bits = float(nats.sum() / np.log(2) + part.spelling_bits)
    return Score(
        bits_per_byte=bits / part.bytes,
        bits_per_character=bits / part.characters,
        nats_per_token=mean,
        perplexity=float(np.exp(min(mean, 700))),
        tokens=tuple(tokenizer.show(int(token)) for token in part.tokens),
        log_probabilities=tuple(float(-value) for value in nats),
        parts={} if not isinstance(network, Mixture) else _parts(network, part.tokens, state),
        adapted=adapt(part) if adapt else None,
    )


def _parts(network: Mixture, tokens: IntArray, state: MixtureState | None) -> dict[str, tuple[float, ...]]:
    """Score the tokens with each of the two that are mixed."""
    starts = (None, None) if state is None else state
    both = zip(network.parts.items(), starts, strict=True)
    return {name: tuple((-token_nats(one, tokens, start)).tolist()) for (name, one), start in both}


def inspect_scores(model: Model, texts: str | Sequence[str], score: Callable[[str], Score]) -> Inspection:
    """Show how likely each token of some texts is, and where the counts beside the network predicted better.

    Args:
        model: has the network.
        texts: are one text or several.
        score: scores one by the model.

    Raises:
        UsageError: there are no counts beside the network, or a text is empty.
    """
    if not model.mixed:
        raise UsageError(
            f"inspect compares a network with the counts beside it. Received: {model.path}, which has not both.",
            "`score` shows the log-probability of each token; for both, train a network without --no-counts.",
        )
    scores = [(text, score(text)) for text in ([texts] if isinstance(texts, str) else texts)]
    return Inspection(*inspect_mixed([(text, one.tokens, one.log_probabilities, one.parts) for text, one in scores]))

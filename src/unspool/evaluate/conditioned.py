"""How well a network predicts texts from their conditions, and conditions from their texts."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from unspool.data.conditions import CONDITIONS
from unspool.data.pairs import Pairs
from unspool.display.reprs import Displayed, values_of
from unspool.engines.base import EncoderDecoder
from unspool.evaluate.bayes import BayesClassifier
from unspool.evaluate.bits import Figures
from unspool.evaluate.labels import classification_figures
from unspool.evaluate.pairs import encoded_sources
from unspool.evaluate.parts import evaluate_parts
from unspool.specs.condition import ConditionSpec
from unspool.text.tokenizer import Tokenizer

MAX_LABELS = 100  # every text is read once for each
LIKELIHOODS = ("bits_per_byte", "bits_per_character", "nats_per_token", "perplexity")


@dataclass(frozen=True, repr=False)
class ConditionedFigures(Displayed):
    """What `unspool evaluate` reports for a conditional model.

    Attributes:
        bits_per_byte: is the nll per byte of UTF-8, given the condition; an unknown token also costs its spelling.
        bits_per_character: is the same per Unicode character.
        nats_per_token: is the nll per token, without the cost of spelling.
        perplexity: is e to the power of the nats per token.
        tokens: counts the tokens of the texts.
        seconds: is the time that the evaluation took.
        accuracy: is the fraction of texts whose likeliest label by Bayes' rule is the right one; none unless texts
            depend on one column of 2 to 100 labels.
        macro_f1: is the mean F1 of these labels.
        left_out: counts the texts whose condition has a label that the model does not know, or no number where it needs
            one; none where there are none.
        unknown_labels: counts the texts of each such cell, by column.
        parts: are the figures of the network alone, and of the counts alone, by these names; empty where there are no
            counts beside the network.
    """

    bits_per_byte: float
    bits_per_character: float
    nats_per_token: float
    perplexity: float
    tokens: int
    seconds: float
    accuracy: float | None = None
    macro_f1: float | None = None
    left_out: int | None = None
    unknown_labels: dict[str, dict[str, int]] | None = None
    parts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures by name, for JSON; those that are none are left out."""
        return values_of(self)


def conditioned_figures(
    network: EncoderDecoder, tokenizer: Tokenizer, pairs: Pairs, specs: Sequence[ConditionSpec]
) -> ConditionedFigures:
    """Measure a network on conditions and texts.

    Args:
        network: predicts the texts, in any engine.
        tokenizer: encodes them.
        pairs: are conditions and texts, from `data.conditions`.
        specs: say what the columns of the conditions hold.
    """
    started = time.perf_counter()
    figures = evaluate_parts(network, pairs.target, initial_states=encoded_sources(network, pairs))
    accuracy = macro_f1 = None
    if len(specs) == 1 and 2 <= len(specs[0].labels) <= MAX_LABELS:
        accuracy, macro_f1 = _infer_labels(network, tokenizer, pairs, specs)
    return ConditionedFigures(
        **_likelihoods(figures),
        tokens=figures.tokens,
        seconds=time.perf_counter() - started,
        accuracy=accuracy,
        macro_f1=macro_f1,
        parts={name: _likelihoods(part) for name, part in figures.parts.items()},
    )


def _likelihoods(figures: Figures) -> dict[str, Any]:
    return {name: getattr(figures, name) for name in LIKELIHOODS}


def _infer_labels(
    network: EncoderDecoder, tokenizer: Tokenizer, pairs: Pairs, specs: Sequence[ConditionSpec]
) -> tuple[float, float]:
    """Return accuracy and macro F1 of the labels that Bayes' rule infers."""
    classifier = BayesClassifier(network, tokenizer, specs)
    found = classifier.of_tokens([pairs.target.document(index) for index in range(len(pairs.examples))])
    truth = pairs.examples.numbers[CONDITIONS][:, 0].astype(int)  # (N)
    figures = classification_figures(found, truth, classifier.labels, 0.0)
    return figures.accuracy, figures.macro_f1

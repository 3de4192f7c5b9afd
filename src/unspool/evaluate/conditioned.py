"""How well a network predicts texts from their conditions, and conditions from their texts."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from unspool.data.conditions import Conditions
from unspool.data.pairs import Pairs
from unspool.engines.base import EncoderDecoder
from unspool.evaluate.bayes import BayesClassifier
from unspool.evaluate.bits import evaluate_part
from unspool.evaluate.labels import classification_figures
from unspool.evaluate.pairs import beginning
from unspool.specs.condition import ConditionSpec
from unspool.text.tokenizer import Tokenizer

MAX_LABELS = 100  # for each of which every text is read


@dataclass(frozen=True)
class ConditionedFigures:
    """What `unspool evaluate` reports of a model of conditioned text.

    Attributes:
        bits_per_byte: of UTF-8, given the condition. Unknown tokens are charged for their names.
        bits_per_character: the same per Unicode character.
        nats_per_token: without the charge for names.
        perplexity: e to the nats per token.
        tokens: counted.
        seconds: the evaluation took.
        accuracy: the share of texts whose likeliest label, by Bayes' rule, is theirs; of one column of 2 to 100 labels.
        macro_f1: the mean F1 of these labels.
    """

    bits_per_byte: float
    bits_per_character: float
    nats_per_token: float
    perplexity: float
    tokens: int
    seconds: float
    accuracy: float | None = None
    macro_f1: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The figures by name, for JSON; without those that there are not."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def conditioned_figures(
    network: EncoderDecoder, tokenizer: Tokenizer, pairs: Pairs, specs: Sequence[ConditionSpec]
) -> ConditionedFigures:
    """Measure a network on conditions and texts.

    Args:
        network: of any engine.
        tokenizer: of the texts.
        pairs: of `data.conditions`.
        specs: what the columns hold.
    """
    started = time.perf_counter()
    figures = evaluate_part(network, pairs.target, begin=beginning(network, pairs))
    inferred = {}
    if len(specs) == 1 and 2 <= len(specs[0].labels) <= MAX_LABELS:
        inferred = _infer_labels(network, tokenizer, pairs, specs)
    return ConditionedFigures(
        bits_per_byte=figures.bits_per_byte,
        bits_per_character=figures.bits_per_character,
        nats_per_token=figures.nats_per_token,
        perplexity=figures.perplexity,
        tokens=figures.tokens,
        seconds=time.perf_counter() - started,
        **inferred,
    )


def _infer_labels(
    network: EncoderDecoder, tokenizer: Tokenizer, pairs: Pairs, specs: Sequence[ConditionSpec]
) -> dict[str, float]:
    assert isinstance(pairs.source, Conditions)
    classifier = BayesClassifier(network, tokenizer, specs)
    found = classifier.of_tokens([pairs.target.document(number) for number in range(len(pairs.source.values))])
    truth = pairs.source.values[:, 0].astype(int)  # (N)
    figures = classification_figures(found, truth, classifier.labels, 0.0)
    return {"accuracy": figures.accuracy, "macro_f1": figures.macro_f1}

"""How well a network predicts targets from their sources, and how good translations are.

Shapes: B rows, T time steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from math import exp
from typing import Any

import numpy as np

from unspool.data.pairs import Pairs
from unspool.display.reprs import Displayed, values_of
from unspool.engines.base import EncoderDecoder, SequenceNetwork
from unspool.errors import MissingExtraError
from unspool.evaluate.bits import InitialStates, document_nats
from unspool.evaluate.parts import parts_of
from unspool.evaluate.units import units_of

MAX_NATS = 700  # whose exponential is still finite


@dataclass(frozen=True, repr=False)
class TranslationFigures(Displayed):
    """What `unspool evaluate` reports for a translator.

    Attributes:
        bleu: is the BLEU of the whole text, 0 to 100 (Papineni et al., 2002), by sacrebleu (Post, 2018).
        chrf: is its chrF, 0 to 100 (Popovic, 2015), by sacrebleu.
        signature: says how sacrebleu computed the BLEU; figures compare where it is the same.
        chrf_signature: says how it computed the chrF.
        exact: is the fraction of translations that equal the reference, or one of several, letter by letter.
        pairs: counts the pairs.
        seconds: is the time that the translation took.
        nats_per_token: is the mean nll of the target tokens, in nats; none for other pairs than those held out.
        bits_per_character: is the same in bits per character of the targets, with the cost of spelling unknown tokens.
        perplexity: is its exponential.
        parts: are these three of the network alone, and of the counts alone, by these names; empty where there are no
            counts beside the network.
        greedy_exact: is the fraction of the first held-out pairs whose greedy translation equals the reference, as it
            closes a training run; `exact` is of all pairs, found by beam search.
        references: is the number of references of each pair, where there are several.
        missing_references: counts those of them that are empty.
    """

    bleu: float
    chrf: float
    signature: str
    chrf_signature: str
    exact: float
    pairs: int
    seconds: float
    nats_per_token: float | None = None
    bits_per_character: float | None = None
    perplexity: float | None = None
    parts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    greedy_exact: float | None = None
    references: int | None = None
    missing_references: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the figures that there are by name, for JSON."""
        return values_of(self)


def pair_nats(network: EncoderDecoder, pairs: Pairs, max_pairs: int | None = None) -> float:
    """Compute the mean nll of the target tokens in nats, each given the source and the true tokens before it.

    Args:
        network: predicts the targets, in any engine.
        pairs: must hold at least one that is short enough.
        max_pairs: is the maximum number to read, evenly spread over the lengths; none reads all.
    """
    return _mean_nats(network, pairs, encoded_sources(network, pairs), max_pairs)


def likelihoods(network: EncoderDecoder, pairs: Pairs) -> dict[str, Any]:
    """Compute how likely the targets are, in nats per token, bits per character and perplexity; of a mixture by parts.

    Args:
        network: predicts the targets, in any engine.
        pairs: must hold at least one that is short enough.
    """

    def figures(one: SequenceNetwork, states: InitialStates | None) -> dict[str, Any]:
        nats = _mean_nats(one, pairs, states)
        bits = units_of(pairs.target).bits(nats)
        return {"nats_per_token": nats, "bits_per_character": bits, "perplexity": exp(min(nats, MAX_NATS))}

    start = encoded_sources(network, pairs)
    parts = {name: figures(one, states) for name, one, states in parts_of(network, start)}
    return {**figures(network, start), **({"parts": parts} if parts else {})}


def closing(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return figures as a run ends with them: of the parts of a mixture the nats alone, each by a name of its own."""
    parts = {f"{name}_nats_per_token": part["nats_per_token"] for name, part in figures.get("parts", {}).items()}
    return {name: value for name, value in figures.items() if name != "parts"} | parts


def _mean_nats(
    network: SequenceNetwork, pairs: Pairs, initial_states: InitialStates | None, max_pairs: int | None = None
) -> float:
    sums, lengths = document_nats(
        network, pairs.target, max_documents=max_pairs, initial_states=initial_states, chosen=pairs.examples.kept
    )
    return float(sums.sum() / lengths.sum())


def encoded_sources(network: EncoderDecoder, pairs: Pairs) -> InitialStates:
    """Return a function that encodes the sources of some pairs, for their targets to start from."""
    return lambda chosen: network.encode(pairs.sources.read(chosen))


def exact_match(found: Sequence[str], *references: Sequence[str | None]) -> float:
    """Compute the fraction of texts that equal a reference of theirs, apart from spaces at both ends."""
    right = [
        one.strip() in {other.strip() for other in others if other is not None}
        for one, *others in zip(found, *references, strict=True)
    ]
    return float(np.mean(right))


def translation_figures(
    found: Sequence[str], references: Sequence[str], seconds: float, further: Sequence[Sequence[str | None]] = ()
) -> TranslationFigures:
    """Compare translations with one reference each, or with several.

    Args:
        found: are the translations, at least 1.
        references: are as many texts, in the same order.
        seconds: is the time that the translation took.
        further: are further references, as many in each; none stands for one that is missing.

    Raises:
        MissingExtraError: sacrebleu is not installed.
    """
    bleu = _bleu()
    from sacrebleu.metrics.chrf import CHRF

    chrf = CHRF()
    streams: Any = [references, *further]  # the annotations of sacrebleu do not know that one may be missing
    several: dict[str, Any] = {
        "references": len(streams),
        "missing_references": sum(one is None for stream in further for one in stream),
    }
    return TranslationFigures(
        bleu=bleu.corpus_score(found, streams).score,
        chrf=chrf.corpus_score(found, streams).score,
        signature=str(bleu.get_signature()),
        chrf_signature=str(chrf.get_signature()),
        exact=exact_match(found, *streams),
        pairs=len(found),
        seconds=seconds,
        **(several if further else {}),
    )


def corpus_bleu(found: Sequence[str], references: Sequence[str]) -> float:
    """Compute the BLEU of all translations together, 0 to 100.

    Raises:
        MissingExtraError: sacrebleu is not installed.
    """
    return float(_bleu().corpus_score(found, [references]).score)


def sentence_bleu(found: Sequence[str], references: Sequence[str]) -> list[float]:
    """Compute the BLEU of each translation, 0 to 100, smoothed, and of no longer runs of words than it has.

    Raises:
        MissingExtraError: sacrebleu is not installed.
    """
    bleu = _bleu(effective_order=True)
    return [float(bleu.sentence_score(one, [other]).score) for one, other in zip(found, references, strict=True)]


def _bleu(**settings: Any) -> Any:
    if not find_spec("sacrebleu"):
        raise MissingExtraError("sacrebleu", "metrics", "BLEU")
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(**settings)

"""How well a network predicts targets from their sources, and how good translations are.

Shapes: B rows, T time steps.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from unspool.data.pairs import Pairs
from unspool.engines.base import EncoderDecoder
from unspool.errors import MissingExtraError
from unspool.evaluate.bits import Beginning
from unspool.text.tokenizer import PAD

ROWS = 64


@dataclass(frozen=True)
class TranslationFigures:
    """What `unspool evaluate` reports of a translation model.

    Attributes:
        bleu: of the whole text, 0 to 100 (Papineni et al., 2002), by sacrebleu (Post, 2018).
        chrf: 0 to 100 (Popovic, 2015), by sacrebleu.
        signature: how sacrebleu computed the BLEU; figures compare where it is the same.
        chrf_signature: the same of chrF.
        exact: the fraction of translations that are the reference, letter by letter.
        pairs: counted.
        seconds: the translation took.
    """

    bleu: float
    chrf: float
    signature: str
    chrf_signature: str
    exact: float
    pairs: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """The figures by name, for JSON."""
        return asdict(self)


def pair_nats(network: EncoderDecoder, pairs: Pairs, most: int | None = None) -> float:
    """Compute the mean nats per target token, each read after the true ones before it.

    Args:
        network: of any engine.
        pairs: at least one that is short enough.
        most: how many to read, evenly spread over the lengths; none means all.
    """
    kept = pairs.kept
    order = kept[np.argsort(pairs.lengths[1][kept], kind="stable")]
    if most is not None and len(order) > most:
        order = order[np.linspace(0, len(order) - 1, most).astype(int)]
    total, tokens = 0.0, 0
    for start in range(0, len(order), ROWS):
        chosen = order[start : start + ROWS]
        inputs, targets = pairs.targets(chosen)
        nats, _ = network.nll(inputs, targets, network.encode(pairs.source.read(chosen)))
        total += float(nats[targets != PAD].sum(dtype=np.float64))
        tokens += int(np.count_nonzero(targets))
    return total / tokens


def beginning(network: EncoderDecoder, pairs: Pairs) -> Beginning:
    """Start targets from the states of their sources."""
    return lambda chosen: network.encode(pairs.source.read(chosen))


def exact_share(found: Sequence[str], references: Sequence[str]) -> float:
    """Compute the fraction of texts that are their reference."""
    return float(np.mean([one.strip() == other.strip() for one, other in zip(found, references, strict=True)]))


def translation_figures(found: Sequence[str], references: Sequence[str], seconds: float) -> TranslationFigures:
    """Compare translations with one reference each.

    Raises:
        MissingExtraError: sacrebleu is not installed.
    """
    if not find_spec("sacrebleu"):
        raise MissingExtraError("sacrebleu", "metrics", "BLEU")
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    bleu, chrf = BLEU(), CHRF()
    return TranslationFigures(
        bleu=bleu.corpus_score(found, [references]).score,
        chrf=chrf.corpus_score(found, [references]).score,
        signature=str(bleu.get_signature()),
        chrf_signature=str(chrf.get_signature()),
        exact=exact_share(found, references),
        pairs=len(found),
        seconds=seconds,
    )

"""How good captions are, and what tells whether their captioner looks at the pictures at all."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from unspool.display.reprs import Displayed, values_of
from unspool.evaluate.captions_overlap import CaptionReferences
from unspool.evaluate.captions_tokens import caption_tokens


@dataclass(frozen=True, repr=False)
class CaptionFigures(Displayed):
    """What `unspool evaluate` reports for a captioner. Captions are compared in lower case, without punctuation.

    Attributes:
        bleu1: is BLEU-1, of single words, 0 to 100 (Papineni et al., 2002).
        bleu2: is BLEU-2, of up to two words in a row.
        bleu3: is BLEU-3.
        bleu4: is BLEU-4.
        cider: is CIDEr-D, 0 to 10 (Vedantam et al., 2015): the words in common, rare ones weighing more.
        rouge_l: is ROUGE-L, 0 to 100 (Lin, 2004): the longest common subsequence.
        exact: is the fraction of captions that equal a reference.
        pictures: counts the pictures.
        references: is the mean number of references of a picture.
        seconds: is the time that the captioning took.
        commonest: is the caption that most pictures got.
        commonest_share: is the fraction of pictures that got it.
        commonest_cider: is the CIDEr-D if every picture had it.
        different: counts the different captions.
        ended: is the fraction of captions that end by themselves; the others were cut off.
        shuffled_cider: is the CIDEr-D if every picture had the caption of another one; none for a single picture. A
            captioner that looks is far above it.
        shuffled_bleu4: is the BLEU-4 of the same.
        nats_per_token: is the mean nll of the references' tokens, in nats; none for other pictures than those held out.
        perplexity: is its exponential.
        bits_per_character: is the same in bits per character of the references, with the cost of spelling unknown
            tokens.
        parts: are these three of the network alone, and of the counts alone, by these names; empty where there are no
            counts beside the network.
        greedy_exact: is the fraction of the first held-out pictures whose greedy caption equals a reference, as it
            closes a training run; `exact` is of all pictures, found by beam search.
        greedy_bleu4: is the BLEU-4 of these greedy captions.
        greedy_cider: is their CIDEr-D.
    """

    bleu1: float
    bleu2: float
    bleu3: float
    bleu4: float
    cider: float
    rouge_l: float
    exact: float
    pictures: int
    references: float
    seconds: float
    commonest: str
    commonest_share: float
    commonest_cider: float
    different: int
    ended: float
    shuffled_cider: float | None = None
    shuffled_bleu4: float | None = None
    nats_per_token: float | None = None
    perplexity: float | None = None
    bits_per_character: float | None = None
    parts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    greedy_exact: float | None = None
    greedy_bleu4: float | None = None
    greedy_cider: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the figures that there are by name, for JSON."""
        return values_of(self)


def caption_figures(
    found: Sequence[str], ended: Sequence[bool], references: Sequence[Sequence[str]], seconds: float
) -> CaptionFigures:
    """Compare captions with the references of their pictures.

    Args:
        found: are the captions, one for each of N pictures, N at least 1.
        ended: says of each whether it ended by itself.
        references: are one or more for each picture, in the same order.
        seconds: is the time that the captioning took.
    """
    captions = [caption_tokens(text) for text in found]
    counted = CaptionReferences([[caption_tokens(text) for text in several] for several in references])
    commonest, times = Counter(captions).most_common(1)[0]
    bleu1, bleu2, bleu3, bleu4 = counted.bleu(captions)
    half = len(captions) // 2
    shuffled = [*captions[half:], *captions[:half]]  # no caption stays with its picture
    return CaptionFigures(
        bleu1=bleu1,
        bleu2=bleu2,
        bleu3=bleu3,
        bleu4=bleu4,
        cider=counted.cider(captions),
        rouge_l=counted.rouge_l(captions),
        exact=float(np.mean([one in several for one, several in zip(captions, counted.references, strict=True)])),
        pictures=len(captions),
        references=float(np.mean([len(several) for several in references])),
        seconds=seconds,
        commonest=found[captions.index(commonest)],
        commonest_share=times / len(captions),
        commonest_cider=counted.cider([commonest] * len(captions)),
        different=len(set(captions)),
        ended=float(np.mean(ended)),
        shuffled_cider=counted.cider(shuffled) if half else None,
        shuffled_bleu4=counted.bleu(shuffled)[3] if half else None,
    )

"""What the report of a translator shows: its best and worst translations, and where they looked."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from unspool.data.pairs import Pair, kept_pairs
from unspool.decode.translation import BeamTranslator, Translation
from unspool.errors import MissingExtraError, ModelFolderError
from unspool.evaluate.pairs import corpus_bleu, sentence_bleu
from unspool.folder.model_folder import ModelFolder
from unspool.pages.page import examples, lead, paragraph, section
from unspool.specs.sampling import BeamSpec
from unspool.tasks.reporting.curves import ending
from unspool.tasks.translation.page import attention_part

PAIRS = 100  # of those held out, that are translated
SHOWN = 6  # of the best and of the worst
DRAWN = 3  # with their attention
MAX_TOKENS = 40  # of a source whose attention is drawn
GREEDY = BeamSpec(beams=1)


class Translated(NamedTuple):
    """A held-out pair with its translation.

    Attributes:
        pair: has the source and the reference.
        translation: is what the model makes of the source.
        bleu: is the BLEU of this sentence, 0 to 100; none where sacrebleu is not installed.
    """

    pair: Pair
    translation: Translation
    bleu: float | None


def translated_pairs(translator: BeamTranslator, folder: ModelFolder) -> tuple[list[Translated], float | None]:
    """Translate the first pairs that were held out, the best translation first; return their BLEU too.

    Args:
        translator: is that of the model.
        folder: holds the pairs; where they are gone, there is nothing.
    """
    pairs: list[Pair] = []
    with suppress(ModelFolderError):
        pairs = kept_pairs(folder.training)[:PAIRS]
    if not pairs:
        return [], None
    found = [best for (best,) in translator.translate([pair.source for pair in pairs], GREEDY)]
    texts, references = [one.text for one in found], [pair.target for pair in pairs]
    try:
        scores: Sequence[float | None] = sentence_bleu(texts, references)
        whole: float | None = corpus_bleu(texts, references)
    except MissingExtraError:
        scores, whole = [None] * len(pairs), None
    ranked = [Translated(*one) for one in zip(pairs, found, scores, strict=True)]
    return sorted(ranked, key=lambda one: -(one.bleu or 0.0)), whole


def pairs_lead(events: Sequence[Mapping[str, Any]], bleu: float | None) -> str:
    """Return how many held-out sources are translated exactly; nothing where that was not measured.

    Args:
        events: are those of the history.
        bleu: is that of some held-out pairs; none where it is not known.
    """
    exact = ending(events).get("greedy_exact")
    if exact is None:
        return ""
    compared = "" if bleu is None else f"; their BLEU, 0 to 100, which counts words in common, is {bleu:.1f}"
    return lead(f"{exact:.0%}", "of the held-out sources are translated exactly as a person did", f"{compared}.")


def translation_sections(ranked: Sequence[Translated]) -> list[str]:
    """Return the sections of a translator's own, of its translations from the best to the worst."""
    if not ranked:
        return []
    half = (len(ranked) + 1) // 2
    worst, best = ranked[::-1][: min(SHOWN, half)], ranked[: min(SHOWN, len(ranked) - half)]
    told = f"The first {len(ranked):,} pairs that were held out, translated without a search."
    if ranked[0].bleu is not None:
        told += (
            " BLEU counts the words, and the runs of up to four words, that a translation shares with its reference."
        )
    attended = [one for one in (*worst, *best) if one.translation.attention is not None]
    short = [one for one in attended if len(one.translation.source_tokens) <= MAX_TOKENS] or attended[:1]
    grids = [attention_part(one.pair.source, one.translation) for one in (*short[:2], *short[-1:])[:DRAWN]]
    return [
        section(
            "How does it translate?",
            paragraph(told),
            _listed("The worst", worst),
            _listed("The best", best),
        ),
        section("What did it look at?", *dict.fromkeys(grids)),
    ]


def _listed(heading: str, some: Sequence[Translated]) -> str:
    items = [
        [
            ("source", one.pair.source),
            ("translation", one.translation.text),
            ("reference", one.pair.target),
            *([] if one.bleu is None else [("BLEU", f"{one.bleu:.1f}")]),
        ]
        for one in some
    ]
    return f"<h3>{heading}</h3>\n{examples(items)}" if items else ""

"""Measure a translator: on the pairs that its run held out, or on others."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from unspool.data.findings import Findings
from unspool.data.pairs import Pair, kept_pairs, open_pairs
from unspool.decode.translation import BeamTranslator
from unspool.errors import UsageError
from unspool.evaluate.pairs import TranslationFigures, translation_figures
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.sampling import BeamSpec
from unspool.tasks.evaluation import nothing_to_evaluate, of_spec, read_as_in_training, say_findings
from unspool.tasks.opening import read_recipe
from unspool.tasks.translation.job import held_out_figures
from unspool.tasks.translation.references import References, read_referenced
from unspool.tasks.translation.specs import ReferenceSpec, TranslationDataSpec
from unspool.text.incoming import count_unknown

PAIRS = (("source", "target", "source_file", "target_file"),)


def evaluate_translation(
    translator: BeamTranslator, folder: ModelFolder, settings: Mapping[str, Any]
) -> TranslationFigures:
    """Translate the sources of pairs, by default from the columns of the training, and compare with the targets.

    Args:
        translator: is that of the model.
        folder: holds the recipe and the held-out pairs.
        settings: are fields of `TranslationDataSpec`, of `ReferenceSpec` and of `BeamSpec`; without data, the held-out
            pairs are read.

    Raises:
        UsageError: a table is named without its columns, and the training had none; or references without pairs.
        DataError: no pair has two sides.
        MissingExtraError: sacrebleu is not installed.
    """
    given, beam, further = (of_spec(settings, spec) for spec in (TranslationDataSpec, BeamSpec, ReferenceSpec))
    recipe, references = read_recipe(folder), build(ReferenceSpec, further, "evaluate")
    held_out: dict[str, Any] = {}
    others: References = []
    if settings["sources"] or "source_file" in settings or "target_file" in settings:
        pairs, others = _read(read_as_in_training(recipe.data, given, PAIRS), references)
        count_unknown((translator.source.encode(pair.source) for pair in pairs), "read")
    elif further:
        raise UsageError(f"data must be named for {', '.join(further)} to mean something.", "name the pairs.")
    else:
        pairs = kept_pairs(folder.training)
        validation = open_pairs(folder.training, "validation", recipe.data.max_length, verify=False)
        held_out = held_out_figures(translator, validation, pairs)
    search, with_attention = build(BeamSpec, beam, "evaluate"), translator.target.kind == "word"
    started = time.perf_counter()
    found = translator.translate([pair.source for pair in pairs], search, with_attention=with_attention)
    seconds = time.perf_counter() - started
    targets = [pair.target for pair in pairs]
    return replace(translation_figures([best[0].text for best in found], targets, seconds, others), **held_out)


def _read(data: TranslationDataSpec, further: ReferenceSpec) -> tuple[list[Pair], References]:
    """Read pairs to evaluate on, and say what was found in them."""
    if data.sources and data.source is None:
        raise UsageError("pairs need the columns of their sources and targets.", "name them: --source and --target.")
    findings = Findings()
    pairs, references = read_referenced(data, further, findings)
    say_findings(findings)
    if not pairs:
        raise nothing_to_evaluate("no pair has a source and a target")
    return pairs, references

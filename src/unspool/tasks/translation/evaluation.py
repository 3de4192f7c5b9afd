"""Measure a translator: on the pairs that its run held out, or on others."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from unspool.data.pairs import kept_texts, open_pairs
from unspool.decode.translation import BeamTranslator
from unspool.errors import UsageError
from unspool.evaluate.pairs import TranslationFigures, translation_figures
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.sampling import BeamSpec
from unspool.tasks.evaluation import read_as_in_training
from unspool.tasks.opening import read_recipe
from unspool.tasks.translation.job import held_out_figures
from unspool.tasks.translation.task import all_pairs

PAIRS = (("source", "target", "source_file", "target_file"),)


def evaluate_translation(
    translator: BeamTranslator, folder: ModelFolder, settings: Mapping[str, Any]
) -> TranslationFigures:
    """Translate the sources of pairs, by default from the columns of the training, and compare with the targets.

    Args:
        translator: is that of the model.
        folder: holds the recipe and the held-out pairs.
        settings: are fields of `TranslationDataSpec` and of `BeamSpec`; without data, the held-out pairs are read.

    Raises:
        UsageError: a table is named without its columns, and the training had none.
        MissingExtraError: sacrebleu is not installed.
    """
    given = {name: value for name, value in settings.items() if name not in BeamSpec.model_fields}
    recipe = read_recipe(folder)
    held_out: dict[str, Any] = {}
    if settings["sources"] or "source_file" in settings or "target_file" in settings:
        spec = read_as_in_training(recipe.data, given, PAIRS)
        if spec.sources and spec.source is None:
            hint = "name them: --source and --target."
            raise UsageError("pairs need the columns of their sources and targets.", hint)
        pairs = all_pairs(spec)
    else:
        pairs = kept_texts(folder.training)
        validation = open_pairs(folder.training, "validation", recipe.data.max_length, verify=False)
        held_out = held_out_figures(translator, validation, pairs)
    beam = build(BeamSpec, {name: value for name, value in settings.items() if name not in given}, "evaluate")
    started = time.perf_counter()
    found = translator.translate([pair.source for pair in pairs], beam, with_attention=translator.target.kind == "word")
    seconds = time.perf_counter() - started
    figures = translation_figures([best[0].text for best in found], [pair.target for pair in pairs], seconds)
    return replace(figures, **held_out)

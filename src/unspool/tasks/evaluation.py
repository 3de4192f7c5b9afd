"""Measure a trained model on a text, pairs, labelled or conditioned rows; or on what its run held out."""

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from unspool.data.conditions import all_rows, open_conditioned, write_conditioned
from unspool.data.corpus import open_part, write_part
from unspool.data.labelled import all_labelled, label_numbers, open_labelled
from unspool.data.pairs import all_pairs, kept_texts
from unspool.data.sources import Sources
from unspool.decode.classification import Classifier
from unspool.decode.translation import BeamTranslator
from unspool.engines.base import EncoderDecoder, SequenceNetwork
from unspool.errors import UsageError, reporting_write_errors
from unspool.evaluate.bits import Figures, evaluate_part
from unspool.evaluate.conditioned import ConditionedFigures, conditioned_figures
from unspool.evaluate.labels import ClassificationFigures, classification_figures
from unspool.evaluate.pairs import TranslationFigures, translation_figures
from unspool.folder.model_folder import Config, ModelFolder
from unspool.specs.base import build
from unspool.specs.data import DataSpec
from unspool.specs.sampling import BeamSpec
from unspool.text.tokenizer import Tokenizer

READING = (
    "encoding",
    "suffixes",
    "lines",
    "text_column",
    "further_columns",
    "label_column",
    "condition_columns",
    "source_column",
    "target_column",
)
EXCLUDING = (  # settings that go together: one that is given leaves none of the others as it was
    ("lines", "text_column", "further_columns"),
    ("source_column", "target_column", "source_file", "target_file"),
)

Settings = Mapping[str, Any]  # fields of `DataSpec`, its sources among them: without any, what was held out is read


def evaluate_text(
    network: SequenceNetwork, tokenizer: Tokenizer, config: Config, folder: ModelFolder, settings: Settings
) -> Figures:
    """A language model, carried through the text and fresh from the start."""
    if not settings["sources"]:
        return evaluate_part(network, open_part(folder.training, "validation"))
    lines = config.by_document and not settings.get("text_column")
    spec = build(DataSpec, {"lines": lines, **settings}, "evaluate")
    with _room() as place:
        write_part(place, "text", tokenizer, Sources(spec.sources, spec), spec.by_document)
        return evaluate_part(network, open_part(place, "text"))


def evaluate_conditioned(
    network: EncoderDecoder, tokenizer: Tokenizer, config: Config, folder: ModelFolder, settings: Settings
) -> ConditionedFigures:
    """A model that writes under a condition, on a table with the columns of its training, unless others are named."""
    specs = config.conditions or ()

    if not settings["sources"]:
        pairs = open_conditioned(folder.training, "validation", specs)
        return conditioned_figures(network, tokenizer, pairs, specs)
    spec = _read_as_in_training(folder, settings)
    if len(spec.condition_columns) != len(specs):
        raise UsageError(
            f"a column must be named for each of {', '.join(one.name for one in specs)}, in this order. "
            f"Received: {', '.join(spec.condition_columns)}.",
            "leave out --condition where the names are these.",
        )
    with _room() as place:
        write_conditioned(place, "text", tokenizer, all_rows(spec.sources, spec), specs)
        return conditioned_figures(network, tokenizer, open_conditioned(place, "text", specs), specs)


def evaluate_pairs(translator: BeamTranslator, folder: ModelFolder, settings: Settings) -> TranslationFigures:
    """A translator, on a table with the columns of its training, unless others are named.

    Its settings may hold fields of `BeamSpec` too.

    Raises:
        UsageError: a table is named without its columns, and the training had none.
        MissingExtraError: sacrebleu is not installed.
    """
    given = {name: value for name, value in settings.items() if name not in BeamSpec.model_fields}
    if settings["sources"] or "source_file" in settings or "target_file" in settings:
        spec = _read_as_in_training(folder, given)
        if spec.sources and spec.source_column is None:
            hint = "name them: --source and --target."
            raise UsageError("pairs need the columns of their sources and targets.", hint)
        pairs = all_pairs(spec)
    else:
        pairs = kept_texts(folder.training)
    beam = build(BeamSpec, {name: value for name, value in settings.items() if name not in given}, "evaluate")
    started = time.perf_counter()
    found = translator.translate([source for source, _ in pairs], beam, with_attention=translator.target.kind == "word")
    seconds = time.perf_counter() - started
    return translation_figures([best[0].text for best in found], [target for _, target in pairs], seconds)


def evaluate_labels(
    classifier: Classifier, tokenizer: Tokenizer, folder: ModelFolder, settings: Settings
) -> ClassificationFigures:
    """A classifier, on a table with the columns of its training, unless others are named."""
    if settings["sources"]:
        spec = _read_as_in_training(folder, settings)
        rows = all_labelled(spec.sources, spec)
        texts, truth = [text for text, _ in rows], label_numbers(rows, classifier.labels)
    else:
        part = open_labelled(folder.training, "validation", len(classifier.labels))
        texts, truth = [tokenizer.decode(part.texts.document(i)) for i in range(len(part.labels))], part.labels
    started = time.perf_counter()
    found = classifier.probabilities(texts)
    return classification_figures(found, truth, classifier.labels, time.perf_counter() - started)


def _read_as_in_training(folder: ModelFolder, settings: Settings) -> DataSpec:
    """How to read what is named: as in the training, unless other columns are named."""
    data = folder.read_recipe().data
    known = {name: getattr(data, name) for name in READING}
    for names in EXCLUDING:
        if any(name in settings for name in names):
            known = {name: value for name, value in known.items() if name not in names}
    return build(DataSpec, {**known, **settings}, "evaluate")


@contextmanager
def _room() -> Iterator[Path]:
    """A folder for what is encoded."""
    room = Path(tempfile.gettempdir())
    with reporting_write_errors(room, "name another place in TMPDIR"), tempfile.TemporaryDirectory() as place:
        yield Path(place)

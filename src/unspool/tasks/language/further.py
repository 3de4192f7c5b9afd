"""Let a language model read more, and keep what it learns: some passes over a text, in seconds.

text -> ids of its own tokenizer -> batches -> weights; of a model that was counted: -> counts
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from warnings import warn

from unspool.arrays import Arrays, IntArray
from unspool.data.corpus import Corpus
from unspool.data.sources import describe_sources
from unspool.data.tokens import Part
from unspool.display.reprs import Displayed
from unspool.engines.announcing import announce
from unspool.engines.base import SequenceNetwork
from unspool.engines.mixture import NGRAM, counts_of_network, with_prefix, without_prefix
from unspool.engines.ngram.counts import documents_of
from unspool.engines.ngram.recounting import counted_further, uncountable
from unspool.engines.registry import build_network
from unspool.errors import DataWarning, UsageError, shell_word
from unspool.evaluate.units import units_of
from unspool.folder.atomic import WEIGHTS
from unspool.folder.copies import CARD, keep_before, keep_held_out
from unspool.folder.model_folder import COUNTS, ModelFolder
from unspool.folder.serialization import dump_safetensors
from unspool.specs.adaptation import ReadingSpec
from unspool.specs.base import build
from unspool.tasks.evaluation import of_spec
from unspool.tasks.language.adaptation import further_learner
from unspool.tasks.language.evaluation import held_out_figures, reading_text
from unspool.tasks.language.job import make_batches
from unspool.tasks.language.specs import TextDataSpec
from unspool.tasks.opening import read_config
from unspool.tasks.reporting.whole import REPORT
from unspool.text.incoming import say_how_many_unknown
from unspool.text.tokenizer import UNKNOWN, Tokenizer
from unspool.training.reading import read_passes, reading_training

BEFORE_FIGURES = "\n## Figures\n"


@dataclass(frozen=True, repr=False)
class Further(Displayed):
    """What a model has read, and what it is after that.

    Attributes:
        text: describes what it read.
        characters: counts its characters.
        bits_per_character_before: is how well the model predicted the text before.
        bits_per_character_after: is how well it does now that it has learnt it.
        bits_per_character_while_reading: is how well its network alone did, with dropout, each time that it read the
            text, of what it was about to learn; the last time may have been cut off. Empty where counts alone were
            added.
        weights: are its arrays now.
        counts: are those of the counts beside its network now; empty where there are none.
    """

    text: str
    characters: int
    bits_per_character_before: float
    bits_per_character_after: float
    bits_per_character_while_reading: tuple[float, ...]
    weights: Arrays
    counts: Arrays

    def to_dict(self) -> dict[str, Any]:
        """Return what was read and the figures by name, for JSON."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name not in ("weights", "counts")}

    @property
    def summary(self) -> str:
        """Return in a sentence what was read, and what that has changed."""
        before, after = self.bits_per_character_before, self.bits_per_character_after
        passes = len(self.bits_per_character_while_reading)
        times = f", {passes} times" if passes > 1 else ""
        note = "" if after < before else " It has gained nothing by that; `unspool forget` takes it out again."
        return (
            f"It has since read {self.text}: {self.characters:,} characters{times}. It predicts them with {after:.4f} "
            f"bits per character, and did with {before:.4f} before.{note}"
        )

    def complete(self, folder: ModelFolder, copy: ModelFolder) -> bytes:
        """Complete the copy of a model's folder as that of this model, and return its weights."""
        keep_before(folder, copy, (CARD, WEIGHTS, REPORT, *([COUNTS] if self.counts else [])))
        keep_held_out(folder, copy)
        (copy.path / REPORT).unlink(missing_ok=True)  # it shows the model that this one was
        if self.counts:
            copy.write_counts(self.counts)
        if (folder.path / CARD).exists():
            copy.write_card(noted(folder.read_card(), self.summary, copy.path.name))
        return dump_safetensors(self.weights, {})


def read_further(
    network: SequenceNetwork, tokenizer: Tokenizer, folder: ModelFolder, settings: Mapping[str, Any]
) -> Further:
    """Let a model read a text, and return what it is then; the model itself stays as it is.

    Args:
        network: is that of the model.
        tokenizer: is that of the model, and stays.
        folder: is that of the model.
        settings: are fields of `TextDataSpec` and `ReadingSpec`.

    Raises:
        DataError: the text is empty, or cannot be read.
        UsageError: the model is one of n-grams to which none can be added, or which settings of training cannot change.
        MissingExtraError: the engine that trains the model is not installed.
        TrainingError: the loss did not stay finite.
    """
    requested = of_spec(settings, ReadingSpec)
    spec = build(ReadingSpec, requested, "adapt")
    training, named = reading_training(spec), describe_sources(settings["sources"])
    adds = _adds_counts(network, folder)
    learner = further_learner(folder, training, network)
    if learner is None and requested:
        raise _idle(requested, folder)
    with reading_text(tokenizer, folder, of_spec(settings, TextDataSpec), purpose="read") as part:
        say_how_many_unknown(int(part.counts[UNKNOWN]), len(part.tokens), "learnt")
        before = held_out_figures(network, part).bits_per_character
        if learner is None:
            arrays = counted_further(folder.read_weights(), documents_of(part))
            return Further(named, part.characters, before, _bits_with(arrays, {}, folder, part), (), arrays, {})
        announce(f"reading {named}: {part.characters:,} characters, {spec.epochs} times, {spec.minutes:g} min at most")
        nats = read_passes(learner, make_batches(Corpus(part, part), training), spec)
        bits = tuple(map(units_of(part).bits, nats))
        counts = counts_beside(folder, documents_of(part)) if adds else {}
        weights = learner.weights()
        after = _bits_with(weights, counts, folder, part)
        return Further(named, part.characters, before, after, bits, weights, counts)


def _bits_with(weights: Arrays, counts: Arrays, folder: ModelFolder, part: Part) -> float:
    """Return the bits per character of a text for a model with new weights, and new counts where there are some."""
    spec = read_config(folder).network
    beside = counts or (folder.read_counts() if spec.mixed else {})
    return held_out_figures(build_network("auto", spec, weights | beside), part).bits_per_character


def _idle(settings: Iterable[str], folder: ModelFolder) -> UsageError:
    """Make the error for settings of training of a model that is not trained."""
    names = tuple(settings)
    error = UsageError(
        f"a Markov chain reads a text once, and adds its n-grams: {', '.join(names)} would change nothing. Received: "
        f"{folder.known_as}, one.",
        f"leave {'it' if len(names) == 1 else 'them'} out.",
    )
    error.settings = names
    return error


def _adds_counts(network: SequenceNetwork, folder: ModelFolder) -> bool:
    """Return whether the counts of a model take in what it reads; those beside a network may stay as they are."""
    counts = counts_of_network(network)
    if counts is None:
        return False
    found = uncountable(counts.tables)
    if found and counts is network:
        raise UsageError(
            f"a model of n-grams reads more by adding to its counts. Received: {folder.known_as}: {found.why}.",
            found.instead,
        )
    if found:
        warn(f"{found.why}: the network learns, its counts stay as they are.", DataWarning, stacklevel=4)
    return found is None


def counts_beside(folder: ModelFolder, documents: Iterable[IntArray]) -> Arrays:
    """Add the n-grams of documents to those beside a network; what mixes both stays."""
    arrays = folder.read_counts()
    counted = counted_further(without_prefix(NGRAM, arrays), documents)
    gate = {name: array for name, array in arrays.items() if not name.startswith(NGRAM)}
    return gate | with_prefix(NGRAM, counted)


def noted(card: str, note: str, name: str) -> str:
    """Return a card that says what was read, before the figures, which are from before that.

    Args:
        card: is that of the model before.
        note: says what was read.
        name: is that of the folder.
    """
    command = f"unspool forget {shell_word(Path(name))}"
    said = f"{note} The figures below are from before. `{command}` makes the model what it was."
    head, found, rest = card.partition(BEFORE_FIGURES)
    return f"{head}\n{said}\n{found}{rest}"

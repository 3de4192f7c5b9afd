"""Let a language model read more, and keep what it learns: some passes over a text, in seconds.

text -> ids of its own tokenizer -> windows, scored before they are learnt the first time -> weights, and counts
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from warnings import warn

from unspool.arrays import Arrays
from unspool.data.corpus import write_part
from unspool.data.findings import Findings
from unspool.data.sources import describe_sources
from unspool.data.tokens import Part, open_part
from unspool.engines.base import SequenceNetwork
from unspool.errors import DataWarning, shell_word
from unspool.evaluate.adapted import AdaptedFigures, adapted_figures
from unspool.folder.atomic import WEIGHTS
from unspool.folder.copies import CARD, keep_before, keep_held_out
from unspool.folder.model_folder import ModelFolder, dump_safetensors
from unspool.specs.adaptation import ReadingSpec
from unspool.specs.base import build
from unspool.tasks.evaluation import of_spec, say_findings, temporary_folder
from unspool.tasks.language.adaptation import open_reader
from unspool.tasks.language.evaluation import open_text, reading_settings
from unspool.tasks.language.specs import TextDataSpec
from unspool.tasks.opening import read_config
from unspool.text.tokenizer import UNKNOWN, Tokenizer
from unspool.training.adaptation import windows_of

BEFORE_FIGURES = "\n## Figures\n"


@dataclass(frozen=True)
class Further:
    """What a model is after it has read more.

    Attributes:
        weights: are its arrays.
        figures: are those of the first time that it read the text.
        epochs: is the number of times that it read the text; the last may have been cut off.
        text: describes what it read.
        characters: counts its characters.
    """

    weights: Arrays
    figures: AdaptedFigures
    epochs: int
    text: str
    characters: int

    def complete(self, folder: ModelFolder, copy: ModelFolder) -> bytes:
        """Complete the copy of a model's folder as that of this model, and return its weights."""
        keep_before(folder, copy, (CARD, WEIGHTS))
        keep_held_out(folder, copy)
        if (folder.path / CARD).exists():
            copy.write_card(card_with(folder.read_card(), self, f"unspool forget {shell_word(Path(copy.path.name))}"))
        return dump_safetensors(self.weights, {})

    def to_dict(self) -> dict[str, Any]:
        """Return what was read and the figures by name, for JSON."""
        return {"text": self.text, "characters": self.characters, "epochs": self.epochs, **self.figures.to_dict()}

    @property
    def summary(self) -> str:
        """Return in a sentence what was read, and what that has changed."""
        times = "once" if self.epochs == 1 else f"{self.epochs} times"
        return (
            f"It has since read {self.text}: {self.characters:,} characters, {times}. The first time, it predicted "
            f"them at {self.figures.static.bits_per_character:.4f} bits per character as it was, and at "
            f"{self.figures.best.bits_per_character:.4f} learning as it went."
        )


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
        MissingExtraError: the engine that trains the model is not installed.
    """
    spec = build(ReadingSpec, of_spec(settings, ReadingSpec), "adapt")
    data = reading_settings(folder, of_spec(settings, TextDataSpec))
    reader, findings = open_reader(network, folder, spec), Findings()
    end = time.monotonic() + 60 * spec.minutes
    with temporary_folder() as place:
        write_part(place, "text", tokenizer, open_text(data.sources, data, findings))
        say_findings(findings)
        part = open_part(place, "text")
        _warn_of_unknown(part)
        figures, epochs = adapted_figures(part, reader.read(part, end=end)), 1
        while reader.learns and epochs < spec.epochs and time.monotonic() < end:
            epochs += 1
            for batch in windows_of(part, spec.window):
                reader.learn(batch)
                if time.monotonic() > end:
                    break
        weights = reader.weights() if reader.learns else _counted(folder, part)
        return Further(weights, figures, epochs, describe_sources(data.sources), part.characters)


def card_with(card: str, further: Further, command: str) -> str:
    """Return a model card that says what the model has read since it was made.

    Args:
        card: is that of the model.
        further: is what it has read.
        command: takes it out again.
    """
    said = f"\n{further.summary} The figures below are from before. `{command}` makes the model what it was.\n"
    head, found, rest = card.partition(BEFORE_FIGURES)
    return head + said + found + rest


def _counted(folder: ModelFolder, part: Part) -> Arrays:
    """Add the n-grams of a text to those of a model that was counted."""
    from unspool.engines.ngram.engine import counted_further

    ngram = read_config(folder).network.ngram
    return counted_further(ngram, folder.read_weights(), part)


def _warn_of_unknown(part: Part) -> None:
    unknown = int(part.counts[UNKNOWN])
    if unknown:
        warn(
            f"{unknown:,} of {len(part.tokens):,} tokens are not in the vocabulary of the model, which stays as it is: "
            "they are learnt as <unk>.",
            DataWarning,
            stacklevel=4,
        )

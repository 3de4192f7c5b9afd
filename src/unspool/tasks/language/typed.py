"""Learn what was typed, into the counts of a model alone, in its own folder; `unspool forget` takes it out again.

.typed.jsonl (`folder/typed.py`) -> ids -> n-grams, added to those of the model -> the folder, replaced
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from unspool.arrays import Arrays
from unspool.decode.boundaries import TokenTexts
from unspool.engines.base import SequenceNetwork
from unspool.engines.mixture import counts_of_network
from unspool.engines.ngram.recounting import counted_further, uncountable
from unspool.errors import UsageError
from unspool.folder.atomic import WEIGHTS
from unspool.folder.copies import CARD, Complete, keep_before, rewrite, same_weights
from unspool.folder.model_folder import COUNTS, ModelFolder
from unspool.folder.serialization import dump_safetensors
from unspool.folder.typed import typed_texts
from unspool.tasks.language.counting_session import documents_typed
from unspool.tasks.language.further import counts_beside, noted
from unspool.tasks.opening import decoder_tokenizer, read_config
from unspool.tasks.reporting.whole import REPORT

NOTE = "It has since counted {:,} characters that were typed into it (`unspool complete --learn`)."
NOTED = re.compile(r"\nIt has since counted ([\d,]+) characters that were typed into it [^\n]*\n")


def learning_order(network: SequenceNetwork, path: Path) -> int:
    """Return the order of the counts of a model, which learn what is typed.

    Args:
        network: is that of the model.
        path: is that of its folder.

    Raises:
        UsageError: it has no counts, or some of its n-grams were pruned.
    """
    counts = counts_of_network(network)
    if counts is None:
        raise UsageError(
            f"what is typed is learnt by counts. Received: {path}, which has none beside its network.",
            "train it without --no-counts; or keep what you type in a file, and let `unspool adapt` read that.",
        )
    if found := uncountable(counts.tables):
        raise UsageError(
            f"what is typed is learnt by counts that are whole. Received: {path}: {found.why}.",
            found.instead if counts is network else "keep what you type in a file, and let `unspool adapt` read that.",
        )
    return counts.order


def keep_typed(path: Path, on_wait: Callable[[str], None] | None = None) -> None:
    """Count what was typed and is not counted yet, in the folder of the model.

    Args:
        path: is that of the folder.
        on_wait: receives who writes the folder, before that is waited for; none refuses at once.

    Raises:
        OutputError: the folder is being written, or cannot be; what was typed stays where it was noted.
    """
    rewrite(path, _counted, on_wait)


@dataclass(frozen=True)
class _Typed:
    """What completes a folder in which something more is counted.

    Attributes:
        characters: counts what was typed.
        weights: are the arrays of a model that is only counted; empty where a network stays as it is.
        counts: are those of the counts beside a network; empty where there are none.
    """

    characters: int
    weights: Arrays
    counts: Arrays

    def complete(self, folder: ModelFolder, copy: ModelFolder) -> bytes:
        """Complete the copy of a folder, and return its weights."""
        keep_before(folder, copy, (CARD, WEIGHTS, REPORT, *([COUNTS] if self.counts else [])))
        if self.counts:
            copy.write_counts(self.counts)
        if (folder.path / CARD).exists():
            card, former = folder.read_card(), 0
            if found := NOTED.search(card):  # of an earlier session
                card, former = card.replace(found[0], "", 1), int(found[1].replace(",", ""))
            copy.write_card(noted(card, NOTE.format(former + self.characters), folder.known_as.name))
        return dump_safetensors(self.weights, {}) if self.weights else same_weights(folder, copy)


def _counted(folder: ModelFolder) -> Complete | None:
    """Add what was typed to the counts of a model; nothing changes where that is nothing."""
    texts = typed_texts(folder.path)
    if not texts:
        return None
    config = read_config(folder)
    tokens = TokenTexts(decoder_tokenizer(folder, config), config.by_document, config.multiline)
    documents = [ids for text in texts for ids in documents_typed(tokens, text)]
    mixed = config.network.mixed
    weights = {} if mixed else counted_further(folder.read_weights(), documents)
    return _Typed(sum(map(len, texts)), weights, counts_beside(folder, documents) if mixed else {}).complete

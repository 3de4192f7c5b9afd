"""What the report of a classifier shows: what it confuses, and what moved it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.data.labelled import LabelledPart, part_of
from unspool.decode.classification import NetworkClassifier
from unspool.evaluate.influence import Influence
from unspool.evaluate.labels import ClassificationFigures, classification_figures
from unspool.pages.page import examples, paragraph, section
from unspool.tasks.labelling.confusion import confusion_part, label_part
from unspool.tasks.labelling.influence import INFLUENCE_KEY, influence_part
from unspool.text.escapes import escaped

EXAMPLES = 1000  # of those held out, that are classified
MISTAKES = 8  # that are shown
MOVED = 4  # examples whose parts are left out in turn
MAX_SIZE = 80  # tokens of an example whose parts are left out


class Explained(NamedTuple):
    """How held-out examples are shown and explained.

    Attributes:
        show: returns one as text, by its index among all that were held out; none where it is no text.
        influence: measures what moved the label of one; none where that cannot be measured.
        further: is HTML about the mistakes.
    """

    show: Callable[[int], str] | None = None
    influence: Callable[[int], Influence] | None = None
    further: str = ""


@dataclass(frozen=True)
class Classified:
    """Held-out examples as a classifier labels them.

    Attributes:
        figures: say how well.
        probabilities: are those of the labels, [N, C].
        truth: holds the indices of the right labels, [N].
        chosen: are the indices of the N examples among all that were held out.
        sizes: are those of the examples, [N].
    """

    figures: ClassificationFigures
    probabilities: FloatArray
    truth: IntArray
    chosen: IntArray
    sizes: IntArray

    @property
    def worst(self) -> list[int]:
        """The examples with a wrong label, the most certain first."""
        wrong = np.flatnonzero(self.probabilities.argmax(axis=1) != self.truth)
        certain = self.probabilities[wrong].max(axis=1) if len(wrong) else np.zeros(0)
        return [int(index) for index in wrong[np.argsort(-certain, kind="stable")]]

    @property
    def unsure(self) -> list[int]:
        """The examples with a right label, the least certain first."""
        right = np.flatnonzero(self.probabilities.argmax(axis=1) == self.truth)
        certain = self.probabilities[right].max(axis=1) if len(right) else np.zeros(0)
        return [int(index) for index in right[np.argsort(certain, kind="stable")]]


def classified(classifier: NetworkClassifier, part: LabelledPart) -> Classified:
    """Classify held-out examples, evenly spread over all of them where there are many."""
    chosen = np.linspace(0, len(part) - 1, min(EXAMPLES, len(part))).astype(np.int64)
    some = part_of(part, chosen)
    found = classifier.of_sources(some.sources)
    figures = classification_figures(found, some.labels, classifier.labels, 0.0)
    return Classified(figures, found, np.asarray(some.labels), chosen, some.sources.sizes)


def labelling_sections(one: Classified, noun: str, explained: Explained) -> list[str]:
    """Return the sections of a classifier's own.

    Args:
        one: are held-out examples as it labels them.
        noun: is what its examples are called.
        explained: says how they are shown.
    """
    mistakes = "" if explained.show is None else _mistakes(one, explained.show)
    moved = [] if explained.influence is None else _moved(one, explained.influence)
    return [
        section("What does it confuse?", confusion_part(one.figures, noun)),
        section("What does it mistake?", mistakes, explained.further),
        section("What moved it?", INFLUENCE_KEY, *moved) if moved else "",
        section("How good is it at each label?", label_part(one.figures, noun)),
    ]


def _moved(one: Classified, influence: Callable[[int], Influence]) -> list[str]:
    """Draw what moved the labels of some examples: mistakes and right ones, not too long."""
    wrong, right = ([index for index in some if one.sizes[index] <= MAX_SIZE] for some in (one.worst, one.unsure))
    half, parts = MOVED // 2, list[str]()
    for index in [*wrong[:half], *right[: MOVED - len(wrong[:half])]]:
        found, known = influence(int(one.chosen[index])), one.figures.labels[int(one.truth[index])]
        told = "" if found.label == known else f", but it is {escaped(known)}"
        parts.append(influence_part(found, f"Held-out example {len(parts) + 1}", told))
    return parts


def _mistakes(one: Classified, show: Callable[[int], str]) -> str:
    labels, items = one.figures.labels, []
    for index in one.worst[:MISTAKES]:
        share = one.probabilities[index].max()
        items.append(
            [
                ("taken for", f"{escaped(labels[int(one.probabilities[index].argmax())])} ({share:.1%})"),
                ("is", escaped(labels[int(one.truth[index])])),
                ("example", show(int(one.chosen[index]))),
            ]
        )
    return f"{paragraph('Those first whose wrong label it finds most probable.')}\n{examples(items)}" if items else ""

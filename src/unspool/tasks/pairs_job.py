"""What the runs of all decoders that start from a source have in common: pairs of a source and a target."""

from unspool.arrays import IntArray
from unspool.data.example_batches import PairBatches
from unspool.data.limit import limit_warnings
from unspool.data.pairs import Pairs
from unspool.data.reserve import reserve
from unspool.data.tokens import unknown_warnings
from unspool.errors import DataError
from unspool.evaluate.baseline import frequency_nats
from unspool.evaluate.units import units_of
from unspool.specs.training import MixedTrainingSpec
from unspool.tasks.mixing import CountedTexts


class PairsJob:
    """The pairs of a run, their batches and what warns of them. See `tasks.base.Job` and `tasks.mixed_task.MixedJob`.

    Args:
        training: are the pairs to learn.
        validation: are those held out.
        settings: say how the network is trained.
        spared: are the indices of pairs that are not held back for the weights of counts.
        groups: names the group of each pair, which is learnt or held back as a whole; none means that each is one.
    """

    def __init__(
        self,
        training: Pairs,
        validation: Pairs,
        settings: MixedTrainingSpec,
        spared: IntArray | None = None,
        groups: IntArray | None = None,
    ) -> None:
        self._validation, examples = validation, training.examples
        divided = reserve(training.target, examples.kept, spared, groups) if settings.counts else None
        self.texts = CountedTexts(divided, training.sources) if divided else None
        learnt = divided.chosen if divided else None
        self.batches = PairBatches(training, settings.batch_size, settings.seed, learnt)
        self.training_units, self.held_out_units = units_of(training.target), units_of(validation.target)
        self.baseline = frequency_nats(training.target.counts, validation.target.counts)
        beyond = limit_warnings(examples.left_out, len(examples), examples.max_length or 0, "left out")
        self.warnings = [*beyond, *unknown_warnings(*validation.examples.texts.values())]
        few = settings.counts and divided is None
        self._uncounted = " They are too short, or too few, for counts beside the network." if few else ""


def check_short_enough(pairs: Pairs, noun: str) -> None:
    """Refuse pairs of which all are too long.

    Args:
        pairs: are those of one part.
        noun: says what one of them is, such as `text to learn`.

    Raises:
        DataError: none is short enough.
    """
    if not len(pairs.examples.kept):
        raise DataError(
            f"at least one {noun} must be at most {pairs.examples.max_length} tokens long. Received: none.",
            "raise --max-length.",
        )

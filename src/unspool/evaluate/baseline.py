"""What a model must beat to have learnt anything: the frequencies of single tokens, or of labels.

Shapes: V tokens of the vocabulary, or labels.
"""

import numpy as np

from unspool.arrays import IntArray

MIN_UPDATES = 50  # a language model passes the frequencies at its 30th update or so, and at its 50th is hardly better


def frequency_nats(learnt: IntArray, held_out: IntArray) -> float:
    """Compute the mean nll of held-out tokens when each is predicted by its frequency, one added to every count.

    Args:
        learnt: says how often each token occurs in the training part, [V].
        held_out: says the same of the held-out part, [V]; at least one does.

    Returns:
        nats per token.
    """
    frequencies = (learnt + 1) / (learnt.sum() + len(learnt))  # (V)
    return float(-(held_out * np.log(frequencies)).sum() / held_out.sum())


def untrained(nats: float, baseline: float, updates: int, pretrained: bool = False) -> str:
    """Say why a model must be called untrained; an empty text where it need not be.

    Args:
        nats: is its loss on the held-out part, in nats per token.
        baseline: is that of the frequencies; see `frequency_nats`.
        updates: counts the updates of its weights.
        pretrained: says whether these began from the weights of another model.
    """
    if not nats < baseline:
        return (
            "it predicts what was held out no better than the mere frequencies of the training part do: "
            f"{nats:.4f} nats on average, against {baseline:.4f}"
        )
    if updates < MIN_UPDATES and not pretrained:
        return f"its weights were updated {updates} times, and fewer than {MIN_UPDATES} updates teach next to nothing"
    return ""

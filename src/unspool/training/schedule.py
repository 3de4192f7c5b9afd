"""What changes over a run: the learning rate, and how far a decoder is led by the true tokens."""


def rate_at(progress: float, warmup: float, final: float) -> float:
    """The share of the highest learning rate: up to the highest in a short warm-up, then down in a straight line.

    Args:
        progress: share of the budget, 0 to 1.
        warmup: share of the budget in which the rate rises.
        final: share of the highest rate at the end.

    Returns:
        above 0, at most 1.
    """
    if progress < warmup:
        return max(progress / warmup, 0.01)
    return max(1 - (1 - final) * (progress - warmup) / (1 - warmup), final, 1e-6)


def forcing_at(progress: float, forcing: float, scheduled: bool) -> float:
    """The share of a decoder's inputs that are the true tokens.

    Args:
        progress: share of the budget, 0 to 1.
        forcing: that share at the end, 0 to 1.
        scheduled: it falls from 1 in a straight line; otherwise it is the same throughout.
    """
    return 1 - (1 - forcing) * progress if scheduled else forcing

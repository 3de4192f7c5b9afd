"""What changes over a run: the learning rate, and the fraction of a decoder's inputs that are the true tokens."""


def rate_at(progress: float, warmup: float, final: float, decay_from: float = 0.0) -> float:
    """Compute the learning rate as a fraction of its peak: a linear warm-up, the peak, then a linear decay.

    Args:
        progress: is the fraction of the budget that is used up, 0 to 1.
        warmup: is the fraction of the budget in which the rate rises, below 1.
        final: is the fraction of the peak at which the rate ends, 0 to 1.
        decay_from: is the fraction of the budget at which the decay begins, below 1, or at once after the warm-up.

    Returns:
        a factor above 0, at most 1.
    """
    if progress < warmup:
        return max(progress / warmup, 0.01)
    begin = max(warmup, decay_from)
    return max(1 - (1 - final) * max(0.0, progress - begin) / (1 - begin), final, 1e-6)


def forcing_at(progress: float, forcing: float, scheduled: bool) -> float:
    """Compute the fraction of a decoder's inputs that are the true tokens (scheduled sampling, Bengio et al., 2015).

    Args:
        progress: is the fraction of the budget that is used up, 0 to 1.
        forcing: is the result at the end of the run, 0 to 1.
        scheduled: says whether it falls to that from 1, linearly; otherwise it is the same throughout.
    """
    return 1 - (1 - forcing) * progress if scheduled else forcing

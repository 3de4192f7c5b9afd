"""The learning rate over a run: up to the highest in a short warm-up, then down in a straight line."""


def rate_at(progress: float, warmup: float, final: float) -> float:
    """The share of the highest learning rate.

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

"""Draw what training leaves to chance, in NumPy: every engine trains with the same masks and the same sampled inputs.

Shapes: B rows, T time steps, V tokens.
"""

import numpy as np

from unspool.arrays import FloatArray, IntArray, Logits, softmax
from unspool.text.tokenizer import SPECIAL_TOKENS

LEVELS = 1 << 16  # of a random number in a mask: two bytes each are drawn several times as fast as a float32


def step_generator(seed: int, step: int) -> np.random.Generator:
    """Return the generator of one update, a pure function of the run's seed and the number of the update."""
    return np.random.Generator(np.random.SFC64((seed, step)))


def draw_mask(generator: np.random.Generator, rows: int, features: int, rate: float) -> FloatArray:
    """Draw a mask of zeros at a rate of 0 to 1, and otherwise 1 / (1 - rate): [B, features] float32."""
    levels = np.frombuffer(generator.bytes(2 * rows * features), np.uint16).reshape(rows, features)
    kept = levels >= round(rate * LEVELS)
    mask: FloatArray = kept * np.float32(1 / (1 - rate))
    return mask


def sample_inputs(generator: np.random.Generator, inputs: IntArray, logits: Logits, forcing: float) -> IntArray:
    """Replace some inputs after the first by tokens drawn from the network's predictions.

    All time steps are drawn at once, from predictions after true tokens (Mihaylova and Martins, 2019).
    Special tokens are neither drawn nor replaced.

    Args:
        generator: draws.
        inputs: are the true tokens, [B, T].
        logits: predict the tokens after the first, [B, T - 1, V].
        forcing: is the fraction of the inputs that stay, 0 to 1.

    Returns:
        the inputs of the decoder, [B, T] int64.
    """
    first, true = inputs[:, :1], inputs[:, 1:]
    reached = softmax(logits[..., len(SPECIAL_TOKENS) :]).cumsum(axis=2)  # (B, T - 1, V - special)
    drawn_at = generator.random(true.shape)[..., None] * reached[..., -1:]  # (B, T - 1, 1)
    drawn = len(SPECIAL_TOKENS) + (reached <= drawn_at).sum(axis=2)  # (B, T - 1)
    drawn = np.minimum(drawn, logits.shape[2] - 1)
    kept = (generator.random(true.shape) < forcing) | (true < len(SPECIAL_TOKENS))
    return np.concatenate([first, np.where(kept, true, drawn)], axis=1).astype(np.int64)  # (B, T)

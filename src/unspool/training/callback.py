"""What a run tells while it goes: each callback overrides the methods for what it wants to hear.

class Losses(unspool.Callback):
def on_validation(self, event): print(event.step, event.fresh)

unspool.train("alice.txt", callback=Losses())
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class StepEvent:
    """After each update.

    Attributes:
        step: updates so far.
        epoch: passes over the text so far, with a fraction.
        progress: share of the budget, 0 to 1.
        loss: nats per token, mean of the last 50 steps.
        bits_per_character: the same loss per character of the text.
        tokens: read by this step.
        seconds: wall time so far.
        steps_that_fit: how many steps the run will have.
        unit: of the text that bits are told for: `character`, or another.
    """

    step: int
    epoch: float
    progress: float
    loss: float
    bits_per_character: float
    tokens: int
    seconds: float
    steps_that_fit: int
    unit: str = "character"


@dataclass(frozen=True)
class ValidationEvent:
    """After each validation.

    Attributes:
        step: updates so far.
        loss: nats per token in training.
        fresh: nats per token on the held-out text, from the initial state.
        bits_per_character: the loss per character of the text.
        fresh_bits_per_character: the same on the held-out text.
        best: whether it is the lowest so far.
        seconds: wall time so far.
        unit: of the text that bits are told for: `character`, or another.
    """

    step: int
    loss: float
    fresh: float
    bits_per_character: float
    fresh_bits_per_character: float
    best: bool
    seconds: float
    unit: str = "character"


class Callback:
    """The base of all callbacks: its methods do nothing."""

    def on_note(self, line: str) -> None:
        """Receive a line for people: what was chosen and why, or a warning."""

    def on_encoded(self, size: int) -> None:
        """Receive how many bytes of text have been encoded so far."""

    def on_step(self, event: StepEvent) -> None:
        """Receive what an update of the weights gave."""

    def on_validation(self, event: ValidationEvent) -> None:
        """Receive what a validation measured."""

    def on_sample(self, step: int, text: str) -> None:
        """Receive some text that the network wrote after the validation at a step."""

"""What a run reports while it goes: a callback overrides the methods of the events that it needs.

class Losses(unspool.Callback):
def on_validation(self, event):
print(event.step, event.fresh)

unspool.train("alice.txt", callback=Losses())
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class StepEvent:
    """What an update of the weights gave.

    Attributes:
        step: counts the updates so far.
        epoch: counts the passes over the text so far, with a fraction.
        progress: is the fraction of the budget that is used up, 0 to 1.
        loss: is the mean training loss of the last 50 steps, in nats per token.
        bits_per_character: is the same loss in bits per character of the text.
        tokens: counts the tokens that this step read.
        seconds: is the wall time so far.
        steps_that_fit: is an estimate of how many steps the run will have.
        unit: names what the bits are counted per: `character` or `label`.
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
    """What a validation measured.

    Attributes:
        step: counts the updates so far.
        loss: is the mean training loss of the last 50 steps, in nats per token.
        fresh: is the loss on the held-out part, from the initial state, in nats per token.
        bits_per_character: is `loss` in bits per character of the text.
        fresh_bits_per_character: is `fresh` in bits per character of the text.
        best: says whether `fresh` is the lowest so far.
        seconds: is the wall time so far.
        unit: names what the bits are counted per: `character` or `label`.
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

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def on_note(self, line: str) -> None:
        """Receive a line of text: what was chosen and why, or a warning."""

    def on_phase(self, name: str) -> None:
        """Receive the name of the phase that begins, such as `data`, `training` or `closing`."""

    def on_encoded(self, size: int) -> None:
        """Receive the number of bytes of text that have been encoded so far."""

    def on_pictures(self, done: int, total: int) -> None:
        """Receive the number of pictures that have been prepared so far, of how many."""

    def on_step(self, event: StepEvent) -> None:
        """Receive what an update of the weights gave."""

    def on_validation(self, event: ValidationEvent) -> None:
        """Receive what a validation measured."""

    def on_sample(self, step: int, text: str) -> None:
        """Receive some text that the network generated after the validation at a step."""

"""Who hears of a run: what was chosen, how it goes, what the network writes."""

from typing import Protocol

from unspool.training.loop import Callbacks, StepEvent, ValidationEvent


class Listener(Callbacks, Protocol):
    """Callbacks that also hear about the preparation and the end."""

    def on_note(self, line: str) -> None:
        """A line for people: what was chosen and why, or a warning."""

    def on_encoded(self, size: int) -> None:
        """Bytes of text encoded so far."""


class Silent:
    """Listens to nothing; a base for those who listen to some of it."""

    def on_note(self, line: str) -> None:
        """A line for people."""

    def on_encoded(self, size: int) -> None:
        """Bytes of text encoded so far."""

    def on_step(self, event: StepEvent) -> None:
        """After each update."""

    def on_validation(self, event: ValidationEvent) -> None:
        """After each validation."""

    def on_sample(self, step: int, text: str) -> None:
        """Some text that the network wrote."""

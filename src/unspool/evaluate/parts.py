"""How well a mixture predicts a text, beside the network and the counts that it mixes."""

from collections.abc import Iterator
from dataclasses import replace

from unspool.data.tokens import Part
from unspool.engines.base import SequenceNetwork
from unspool.engines.mixture import Mixture
from unspool.evaluate.bits import Figures, InitialStates, evaluate_part


def evaluate_parts(
    network: SequenceNetwork,
    part: Part,
    rows: int | None = None,
    limit: int | None = None,
    initial_states: InitialStates | None = None,
) -> Figures:
    """Measure a network as `evaluate_part` does; of a mixture, also what it mixes."""
    figures = evaluate_part(network, part, rows, limit, initial_states=initial_states)
    parts = {
        name: evaluate_part(one, part, rows, limit, initial_states=states)
        for name, one, states in parts_of(network, initial_states)
    }
    return replace(figures, parts=parts)


def parts_of(
    network: SequenceNetwork, initial_states: InitialStates | None
) -> Iterator[tuple[str, SequenceNetwork, InitialStates | None]]:
    """Yield what a mixture mixes: the name of each part, the part, and the states that its documents start from.

    Args:
        network: may be a mixture; there is nothing in others.
        initial_states: gives the states of the mixture that documents start from; none means the initial state.
    """

    def starting(name: str) -> InitialStates | None:
        return None if initial_states is None else lambda chosen: getattr(initial_states(chosen), name)

    if isinstance(network, Mixture):
        for name, one in network.parts.items():
            yield name, one, starting(name)

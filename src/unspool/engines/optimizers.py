"""The rules of the optimizers, and the training state that they leave: the same in every engine.

AdamW is that of Loshchilov and Hutter (2019), with decoupled weight decay; Muon is Jordan's (2024), with Nesterov's
momentum and a rate that grows with sqrt(rows / columns) of a tall matrix. NorMuon (Li et al., 2025) is Muon for the
matrix of each gate by itself, and what it adds to a row, a unit's weights, is divided by the root of the mean square of
what the last updates would have added; the norm of the update stays. The names of the moments are PyTorch's.
"""

from collections.abc import Mapping

from unspool.arrays import Array
from unspool.engines.parameters import Parameter, parameters, state_shapes
from unspool.errors import ModelFolderError
from unspool.specs.network import NetworkSpec
from unspool.specs.training import TrainingSpec

BETAS = (0.9, 0.99)  # of AdamW
MOMENTUM, ITERATIONS = 0.95, 3  # of Muon; the iterations are Newton and Schulz's
ROW_BETA = 0.95  # of NorMuon's means of squares
MUON, ROWS, ADAM = ("momentum_buffer",), "row_squares", ("exp_avg", "exp_avg_sq")
RESTART = "it is damaged: train again, with --overwrite."


def uses_muon(parameter: Parameter, training: TrainingSpec) -> bool:
    """Return whether Muon or NorMuon trains a parameter, rather than AdamW."""
    return training.optimizer != "adamw" and parameter.matrix


def check_training_state(spec: NetworkSpec, training: TrainingSpec, arrays: Mapping[str, Array]) -> None:
    """Refuse a training state that does not fit: an optimizer would write beyond the end of its arrays.

    Raises:
        ModelFolderError: a moment or a state is missing or has another shape or type.
    """
    found = {name: array.shape for name, array in arrays.items() if name.startswith("moments.")}
    moments: dict[str, tuple[int, ...]] = {}
    for name, parameter in parameters(spec).items():
        muon = uses_muon(parameter, training)
        own = {f"moments.{key}.{name}": parameter.shape for key in (MUON if muon else ADAM)}
        if not muon:
            own[f"moments.step.{name}"] = ()
        elif training.optimizer == "normuon":
            own[f"moments.{ROWS}.{name}"] = (parameter.shape[0], 1)
        moments |= own if own.keys() & found.keys() else {}  # none before its first update
    states = {name: array.shape for name, array in named_under("state", arrays).items()}
    rows = states["hidden"][1] if len(states.get("hidden", ())) == 3 else 0
    carried = state_shapes(spec, rows) if spec.encoder is None else {}
    fits = found == moments and states == carried
    if not fits or any(array.dtype != "float32" for array in arrays.values()):
        raise ModelFolderError("training/last.safetensors does not fit the network and the recipe.", RESTART)


def named_under(prefix: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return the arrays whose names begin with a prefix and a dot, by the rest of their names."""
    start = f"{prefix}."
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}

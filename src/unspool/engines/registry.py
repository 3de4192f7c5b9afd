"""Which engines there are, where they live, and what each needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from unspool.engines.base import Array, Learner, Machine, Network
from unspool.engines.rounding import rounded_weights
from unspool.engines.starting import StartingNetwork
from unspool.errors import MissingExtraError, UsageError
from unspool.specs.network import NetworkSpec
from unspool.specs.training import TrainingSpec


@dataclass(frozen=True)
class Engine:
    """Where an engine lives.

    Attributes:
        module: import path of a module with `build_network(spec, weights)`, and `build_learner(spec,
            training, weights)` where it trains.
        package: what must be installed.
        extra: the extra of Unspool that installs it.
        trains: whether it has a learner.
        precisions: of the weights that it can run with; others than `float32` are passed as a third argument.
    """

    module: str
    package: str
    extra: str
    trains: bool
    precisions: tuple[str, ...] = ("float32",)


ENGINES = {
    "numpy": Engine("unspool.engines.numpy.network", "numpy", "", trains=False),
    "numba": Engine(
        "unspool.engines.numba.network", "numba", "", trains=False, precisions=("float32", "bfloat16", "int8")
    ),
    "torch": Engine("unspool.engines.torch.engine", "torch", "train", trains=True),
}


def installed_engines() -> list[str]:
    """The engines whose package is installed, without importing one."""
    return [name for name, engine in ENGINES.items() if find_spec(engine.package)]


def build_network(name: str, spec: NetworkSpec, weights: Mapping[str, Array], precision: str = "float32") -> Network:
    """Make a network for inference.

    Args:
        name: of the engine; `auto` takes numpy, which starts fastest, or one that offers the precision.
        spec: what to build.
        weights: by the names of `parameter_shapes`.
        precision: of the weights; others than `float32` only where the engine offers them.

    Raises:
        UsageError: there is no such engine, or not with this precision.
        MissingExtraError: it is not installed.
    """
    if name == "auto":
        name = next((key for key, engine in ENGINES.items() if precision in engine.precisions), "numpy")
    engine = _engine(name)
    if precision not in engine.precisions:
        raise UsageError(
            f"the weights of the engine {name} must be {' or '.join(engine.precisions)}. Received: {precision!r:.40}.",
            "choose bfloat16 or int8 with the engine numba, or leave it out.",
        )
    further = () if precision == "float32" else (precision,)
    return cast(Network, import_module(engine.module).build_network(spec, weights, *further))


def open_network(name: str, spec: NetworkSpec, weights: Mapping[str, Array], precision: str = "float32") -> Network:
    """A network for inference that is quick to start.

    Args:
        name: of the engine; for `auto` and `numba`, NumPy starts and compiled kernels take over in a long text.
        spec: what to build.
        weights: by the names of `parameter_shapes`.
        precision: of the weights; others than `float32` only where the engine offers them.

    Raises:
        UsageError: there is no such engine, or not with this precision.
        MissingExtraError: it is not installed.
    """
    if name not in ("auto", "numba") or precision not in ENGINES["numba"].precisions or not find_spec("numba"):
        return build_network(name, spec, weights, precision)

    def load() -> Network:
        return build_network("numba", spec, weights, precision)

    return StartingNetwork(spec, rounded_weights(weights, precision), load)


def build_learner(
    name: str, spec: NetworkSpec, training: TrainingSpec, weights: Mapping[str, Array] | None = None
) -> Learner:
    """Make a learner; without weights it begins from random ones.

    Raises:
        UsageError: there is no such engine, or it cannot train.
        MissingExtraError: it is not installed.
    """
    return cast(Learner, import_module(_training_engine(name).module).build_learner(spec, training, weights))


def _training_engine(name: str) -> Engine:
    engine = _engine(name)
    if not engine.trains:
        able = ", ".join(key for key, value in ENGINES.items() if value.trains)
        raise UsageError(f"the engine must be able to train. Received: {name}.", f"choose {able}.")
    return engine


def _engine(name: str) -> Engine:
    if name not in ENGINES:
        raise UsageError(
            f"engine must be auto or one of {', '.join(ENGINES)}. Received: {name!r:.40}.",
            "leave it out: auto chooses.",
        )
    engine = ENGINES[name]
    if not find_spec(engine.package):
        raise MissingExtraError(engine.package, engine.extra, f"the engine {name}")
    return engine


def training_machine(name: str, probe: bool = False) -> Machine:
    """What the machine does fastest in this engine.

    Args:
        name: of the engine.
        probe: measure its rate, which differs from run to run; else an ordinary one is assumed.

    Raises:
        UsageError: there is no such engine, or it cannot train.
        MissingExtraError: it is not installed.
    """
    return cast(Machine, import_module(_training_engine(name).module).find_machine(probe))

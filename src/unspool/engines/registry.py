"""Which engines there are, where they live, and what each needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from unspool.engines.base import Array, Learner, Network
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
    """

    module: str
    package: str
    extra: str
    trains: bool


ENGINES = {
    "numpy": Engine("unspool.engines.numpy.network", "numpy", "", trains=False),
    "numba": Engine("unspool.engines.numba.network", "numba", "", trains=False),
    "torch": Engine("unspool.engines.torch.engine", "torch", "train", trains=True),
}


def installed_engines() -> list[str]:
    """The engines whose package is installed, without importing one."""
    return [name for name, engine in ENGINES.items() if find_spec(engine.package)]


def build_network(name: str, spec: NetworkSpec, weights: Mapping[str, Array]) -> Network:
    """Make a network for inference.

    Args:
        name: of the engine; `auto` takes numpy, which starts fastest.
        spec: what to build.
        weights: by the names of `parameter_shapes`.

    Raises:
        UsageError: there is no such engine.
        MissingExtraError: it is not installed.
    """
    module = import_module(_engine("numpy" if name == "auto" else name).module)
    return cast(Network, module.build_network(spec, weights))


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


def training_machine(name: str) -> tuple[str, int]:
    """What the machine does fastest in this engine: a precision, and a number of threads.

    Raises:
        UsageError: there is no such engine, or it cannot train.
        MissingExtraError: it is not installed.
    """
    module = import_module(_training_engine(name).module)
    return module.native_precision(), module.thread_count()

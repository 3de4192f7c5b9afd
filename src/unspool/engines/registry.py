"""Which engines there are, where they live, and what each needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import cast

from unspool.arrays import Array
from unspool.engines.auto import AutoNetwork
from unspool.engines.base import Learner, Machine, Network
from unspool.engines.rounding import rounded_weights
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
        precisions: of the weights that it can run with.
        compiled: whether its network takes two more arguments, the precision of the weights and how many threads it
            may use.
    """

    module: str
    package: str
    extra: str
    trains: bool
    precisions: tuple[str, ...] = ("float32",)
    compiled: bool = False


MOST_THREADS = 1024
LONGEST_REASON = 200  # characters
ENGINES = {
    "numpy": Engine("unspool.engines.numpy.network", "numpy", "", trains=False),
    "numba": Engine(
        "unspool.engines.numba.network",
        "numba",
        "",
        trains=False,
        precisions=("float32", "bfloat16", "int8"),
        compiled=True,
    ),
    "torch": Engine("unspool.engines.torch.engine", "torch", "train", trains=True),
}


def installed_engines() -> list[str]:
    """The engines whose package is installed, without importing one."""
    return [name for name, engine in ENGINES.items() if find_spec(engine.package)]


def build_network(
    name: str, spec: NetworkSpec, weights: Mapping[str, Array], precision: str = "float32", threads: int = 0
) -> Network:
    """Make a network for inference.

    Args:
        name: of the engine.
        spec: what to build.
        weights: by the names of `parameter_shapes`.
        precision: of the weights; others than `float32` only where the engine offers them.
        threads: that it may use, of an engine that lets them be chosen; 0 takes what the machine offers.

    Raises:
        UsageError: there is no such engine, or not with this precision or with chosen threads.
        MissingExtraError: it is not installed, or cannot be imported.
    """
    engine = _engine(name)
    _check_options(name, engine, precision, threads)
    further = (precision, threads) if engine.compiled else ()
    return cast(Network, _module(name, engine).build_network(spec, weights, *further))


def open_network(
    name: str, spec: NetworkSpec, weights: Mapping[str, Array], precision: str = "float32", threads: int = 0
) -> Network:
    """A network for inference of a chosen engine, or of `auto`: one that is quick to start.

    Args:
        name: of the engine; for `auto`, NumPy starts, and in a long text compiled kernels take over if there are any.
        spec: what to build.
        weights: by the names of `parameter_shapes`.
        precision: of the weights; others than `float32` only where the engine offers them.
        threads: see `build_network`.

    Raises:
        UsageError: there is no such engine, or not with this precision or with chosen threads.
        MissingExtraError: it is not installed, or cannot be imported.
    """
    if name != "auto":
        return build_network(name, spec, weights, precision, threads)
    _check_options("numba", ENGINES["numba"], precision, threads)

    def load() -> Network | None:
        try:
            return build_network("numba", spec, weights, precision, threads)
        except MissingExtraError:
            return None

    return AutoNetwork(spec, rounded_weights(weights, precision), load)


def build_learner(
    name: str, spec: NetworkSpec, training: TrainingSpec, weights: Mapping[str, Array] | None = None
) -> Learner:
    """Make a learner; without weights it begins from random ones.

    Raises:
        UsageError: there is no such engine, or it cannot train.
        MissingExtraError: it is not installed, or cannot be imported.
    """
    return cast(Learner, _module(name, _training_engine(name)).build_learner(spec, training, weights))


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


def _module(name: str, engine: Engine) -> ModuleType:
    """The engine itself, once the package that it needs could be imported."""
    try:
        import_module(engine.package)
    except (ImportError, OSError) as problem:  # unfit for another package, or a library of the system is missing
        reason = " ".join(str(problem).split())[:LONGEST_REASON]
        raise MissingExtraError(
            engine.package, engine.extra, f"the engine {name}", f"cannot be imported: {reason}"
        ) from None
    return import_module(engine.module)


def _check_options(name: str, engine: Engine, precision: str, threads: int) -> None:
    if precision not in engine.precisions:
        raise UsageError(
            f"the weights of the engine {name} must be {' or '.join(engine.precisions)}. Received: {precision!r:.40}.",
            "choose bfloat16 or int8 with the engine numba, or leave it out.",
        )
    if not 0 <= threads <= MOST_THREADS:
        raise UsageError(f"threads must be 0 to {MOST_THREADS}. Received: {threads}.", "leave it out: 0 takes all.")
    if threads and not engine.compiled:
        raise UsageError(
            f"threads are chosen for the engine numba alone. Received: {name}.", "leave --threads or --engine out."
        )


def training_machine(name: str, probe: bool = False) -> Machine:
    """What the machine does fastest in this engine.

    Args:
        name: of the engine.
        probe: measure its rate, which differs from run to run; else an ordinary one is assumed.

    Raises:
        UsageError: there is no such engine, or it cannot train.
        MissingExtraError: it is not installed, or cannot be imported.
    """
    return cast(Machine, _module(name, _training_engine(name)).find_machine(probe))

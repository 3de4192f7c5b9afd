"""The engines: their modules, and what each needs."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from unspool.arrays import Array
from unspool.data.partition import ONLY_PROCESS, Process
from unspool.engines.base import Learner, Machine
from unspool.errors import MissingExtraError, UsageError, nearest
from unspool.specs.network import NetworkSpec, NgramSpec
from unspool.specs.training import TrainingSpec

if TYPE_CHECKING:
    from unspool.engines.mixture import Mixture


@dataclass(frozen=True)
class Engine:
    """The module of an engine, and what it needs.

    Attributes:
        module: is the import path of a module with `build_network(spec, weights)`, and if it trains
            `build_learner(spec, training, weights, process)`.
        package: is the package that must be installed.
        extra: names the extra of Unspool that installs it.
        trains: says whether it has a learner.
        precisions: are the formats of the weights that it can run with.
        compiled: says whether `build_network` takes two more arguments, the precision of the weights and the number of
            threads.
        before: is the first version of Python that the package cannot be installed for; none where there is none.
    """

    module: str
    package: str
    extra: str
    trains: bool
    precisions: tuple[str, ...] = ("float32",)
    compiled: bool = False
    before: tuple[int, int] | None = None


MAX_THREADS = 1024
MAX_REASON = 200  # characters
KERNEL_PRECISIONS = ("float32", "bfloat16", "int8")
ENGINES = {
    ("recurrent", "numpy"): Engine("unspool.engines.numpy.network", "numpy", "", trains=False),
    ("recurrent", "numba"): Engine(
        "unspool.engines.numba.network", "numba", "", trains=False, precisions=KERNEL_PRECISIONS, compiled=True
    ),
    ("recurrent", "torch"): Engine("unspool.engines.torch.engine", "torch", "train", trains=True),
    ("recurrent", "keras"): Engine("unspool.engines.keras.engine", "tensorflow", "keras", trains=True, before=(3, 14)),
    ("ngram", "numpy"): Engine("unspool.engines.ngram.plain", "numpy", "", trains=False),
    ("ngram", "numba"): Engine("unspool.engines.ngram.engine", "numba", "", trains=False),
    ("ngram", "auto"): Engine("unspool.engines.ngram.auto", "numpy", "", trains=False),
    ("recurrent", "auto"): Engine(
        "unspool.engines.auto", "numpy", "", trains=False, precisions=KERNEL_PRECISIONS, compiled=True
    ),
}


def engine_names(kind: str = "recurrent") -> list[str]:
    """List the engines that a kind of network has; `auto`, which chooses among them, is not one of them."""
    return [name for owner, name in ENGINES if owner == kind and name != "auto"]


def installed_engines(kind: str = "recurrent") -> list[str]:
    """List the engines of a kind of network whose package is installed, without importing one."""
    return [name for name in engine_names(kind) if find_spec(ENGINES[kind, name].package)]


def training_engines(kind: str = "recurrent") -> list[str]:
    """List the engines that can train a kind of network."""
    return [name for name in engine_names(kind) if ENGINES[kind, name].trains]


def usual_training_engine(kind: str = "recurrent") -> str:
    """Return the first engine that can train a kind of network and is installed; the first of all where none is."""
    able = training_engines(kind)
    return next((name for name in able if name in installed_engines(kind)), able[0])


def build_network(
    name: str, spec: NetworkSpec, weights: Mapping[str, Array], precision: str = "float32", threads: int = 0
) -> Any:
    """Build a network for inference.

    Args:
        name: is that of the engine; `auto` starts with NumPy and in a long text hands over to compiled kernels.
        spec: says what to build.
        weights: are float32, by the names of `parameter_shapes`, and beside them the arrays of counts to mix in.
        precision: is the format of the weights; only some engines have others than `float32`.
        threads: is the maximum number of threads, of an engine that lets it be chosen; 0 uses all.

    Returns:
        a network, with the methods that the spec's parts can honour: a decoder makes it a `SequenceNetwork`, an
        encoder before it lets it `encode`, attention gives it `attention`, and a head lets it `classify`.

    Raises:
        UsageError: there is no such engine, or it has no such precision or no choice of threads.
        MissingExtraError: it is not installed, or cannot be imported.
    """
    if spec.decoder is not None and spec.ngram is not None:
        from unspool.engines.mixture import GATE, NGRAM  # here and not above: most networks are not mixed

        own = {key: array for key, array in weights.items() if not key.startswith((NGRAM, GATE))}
        return build_mixture(
            build_network(name, spec.without_counts(), own, precision, threads), spec.ngram, weights, name
        )
    engine = _engine(spec.kind, name)
    _check_options(name, engine, precision, threads)
    further = (precision, threads) if engine.compiled else ()
    return _module(name, engine).build_network(spec, weights, *further)


def build_mixture(network: Any, spec: NgramSpec, arrays: Mapping[str, Array], name: str) -> "Mixture":
    """Build the counts beside a network, and the mixture of both.

    Args:
        network: was built already.
        spec: describes the counts.
        arrays: are those of `counts.safetensors`.
        name: is that of the engine; beside one that has no counts, the quickest that is installed looks them up.
    """
    from unspool.engines.mixture import NGRAM, open_mixture, without_prefix

    beside = name if ("ngram", name) in ENGINES else installed_engines("ngram")[-1]
    counts = build_network(beside, NetworkSpec(kind="ngram", ngram=spec), without_prefix(NGRAM, arrays))
    return open_mixture(network, counts, arrays)


def build_learner(
    name: str,
    spec: NetworkSpec,
    training: TrainingSpec,
    weights: Mapping[str, Array] | None = None,
    process: Process = ONLY_PROCESS,
) -> Learner:
    """Build a learner; without weights it starts from random ones.

    Args:
        name: is that of the engine.
        spec: says what to build.
        training: sets how it is trained.
        weights: are those that training starts from, by name.
        process: is the one that trains.

    Raises:
        UsageError: there is no such engine, or it cannot train.
        MissingExtraError: it is not installed, or cannot be imported.
    """
    return cast(
        Learner, _module(name, _training_engine(spec.kind, name)).build_learner(spec, training, weights, process)
    )


def _training_engine(kind: str, name: str) -> Engine:
    engine, able = ENGINES.get((kind, name)), training_engines(kind)
    if engine and not engine.trains:
        raise UsageError(f"the engine must be able to train. Received: {name}.", f"choose {', '.join(able)}.")
    return _engine(kind, name, [other for other in able if other in installed_engines(kind)])


def _engine(kind: str, name: str, instead: Sequence[str] = ()) -> Engine:
    """Return the row of an engine that is installed; the error for another names what may do instead."""
    if not isinstance(name, str) or (kind, name) not in ENGINES:  # in Python, anything may be given
        names = engine_names(kind)
        by_package = {ENGINES[kind, one].package: one for one in names}
        meant = by_package.get(str(name).lower(), str(name))
        raise UsageError(
            f"engine must be auto or one of {', '.join(names)}. Received: {name!r:.40}.",
            f"{nearest(meant, names)} Left out, auto chooses.",
        )
    engine = ENGINES[kind, name]
    if not find_spec(engine.package):
        missing = _missing(name, engine)
        if instead:
            missing.hint = f"{missing.hint.rstrip('.')}, or choose the engine {instead[0]}, which is installed."
        raise missing
    return engine


def _missing(name: str, engine: Engine) -> MissingExtraError:
    """Say that the package of an engine is missing, and whether this Python can have it."""
    purpose = f"the engine {name}"
    if engine.before is None or sys.version_info < engine.before:
        return MissingExtraError(engine.package, engine.extra, purpose)
    found, limit = (".".join(str(number) for number in version[:2]) for version in (sys.version_info, engine.before))
    problem = f"cannot be installed for Python {limit} or later yet. Received: Python {found}"
    return MissingExtraError(
        engine.package, engine.extra, purpose, problem, "use an earlier Python; another engine opens the same folders."
    )


def engine_part(name: str, part: str, kind: str = "recurrent") -> ModuleType:
    """Import one more module of an engine that has it, such as `export`.

    Args:
        name: is that of the engine.
        part: is that of the module.
        kind: is that of the networks that the engine runs.

    Raises:
        UsageError: there is no such engine.
        MissingExtraError: it is not installed, or cannot be imported.
    """
    engine = _engine(kind, name)
    return _module(name, engine, f"{engine.module.rpartition('.')[0]}.{part}")


def _module(name: str, engine: Engine, module: str = "") -> ModuleType:
    """Import the package of an engine, then its module, or another one."""
    try:
        import_module(engine.module.rpartition(".")[0])  # which may import the package in its own way
        import_module(engine.package)
    except (ImportError, OSError) as problem:  # it conflicts with another package, or a system library is missing
        reason = " ".join(str(problem).split())[:MAX_REASON]
        raise MissingExtraError(
            engine.package, engine.extra, f"the engine {name}", f"cannot be imported: {reason}"
        ) from None
    return import_module(module or engine.module)


def _check_options(name: str, engine: Engine, precision: str, threads: int) -> None:
    if precision not in engine.precisions:
        raise UsageError(
            f"the weights of the engine {name} must be {' or '.join(engine.precisions)}. Received: {precision!r:.40}.",
            "choose bfloat16 or int8 with the engine numba, or leave it out.",
        )
    if not 0 <= threads <= MAX_THREADS:
        raise UsageError(f"threads must be 0 to {MAX_THREADS}. Received: {threads}.", "leave it out: 0 takes all.")
    if threads and not engine.compiled:
        raise UsageError(
            f"threads can be chosen for the engines numba and auto alone. Received: {name}.",
            "leave --threads or --engine out.",
        )


def training_machine(name: str, kind: str = "recurrent", threads: int = 0) -> Machine:
    """Describe the machine as an engine finds it, with the rate of an ordinary one.

    Args:
        name: is that of the engine.
        kind: is that of the network to train.
        threads: is the maximum number of threads; 0 uses all.

    Raises:
        UsageError: there is no such engine, or it cannot train.
        MissingExtraError: it is not installed, or cannot be imported.
    """
    return cast(Machine, _module(name, _training_engine(kind, name)).find_machine(threads))

"""Unspool: teach a small recurrent network your text, on your own computer, in minutes.

    import unspool

    model = unspool.train("alice.txt", minutes=3)
    print(model.generate("Alice was", temperature=0.8))

Names are imported when they are first used, so that `import unspool` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unspool.api import Model, Sample, Score, StateReading, load, resume, train
    from unspool.errors import UnspoolError
    from unspool.specs.sampling import SamplingSpec
    from unspool.training.callback import Callback

__version__ = "0.1.0"

_HOMES = {
    "Callback": ("unspool.training.callback", "Callback"),
    "Model": ("unspool.api", "Model"),
    "Sample": ("unspool.api", "Sample"),
    "SamplingSpec": ("unspool.specs.sampling", "SamplingSpec"),
    "Score": ("unspool.api", "Score"),
    "StateReading": ("unspool.api", "StateReading"),
    "UnspoolError": ("unspool.errors", "UnspoolError"),
    "load": ("unspool.api", "load"),
    "resume": ("unspool.api", "resume"),
    "train": ("unspool.api", "train"),
}

__all__ = [
    "Callback",
    "Model",
    "Sample",
    "SamplingSpec",
    "Score",
    "StateReading",
    "UnspoolError",
    "load",
    "resume",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'unspool' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return [*globals(), *__all__]

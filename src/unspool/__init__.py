"""Unspool: teach a small recurrent network your text, on your own computer, in minutes.

    import unspool

    model = unspool.train("alice.txt", minutes=3)
    print(model.generate("Alice was", temperature=0.8))

Names are imported when they are first used, so that `import unspool` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unspool.api import load, resume, train
    from unspool.errors import DataWarning, ModelFolderWarning, UnspoolError
    from unspool.exchange import batches, from_arpa, from_keras, keras_callback
    from unspool.models.base import Model
    from unspool.models.classifier import TextClassifier
    from unspool.models.conditional import ConditionalTextModel
    from unspool.models.counted import CountedTextModel
    from unspool.models.images import ImageClassifier
    from unspool.models.reading import Sample, StateReading
    from unspool.models.score import Score
    from unspool.models.sequence import Captioner, Translator
    from unspool.models.text import TextModel
    from unspool.models.vectors import VectorClassifier
    from unspool.specs.sampling import BeamSpec, SamplingSpec
    from unspool.training.callback import Callback

__version__ = "0.1.0"

__all__ = [
    "BeamSpec",
    "Callback",
    "Captioner",
    "ConditionalTextModel",
    "CountedTextModel",
    "DataWarning",
    "ImageClassifier",
    "Model",
    "ModelFolderWarning",
    "Sample",
    "SamplingSpec",
    "Score",
    "StateReading",
    "TextClassifier",
    "TextModel",
    "Translator",
    "UnspoolError",
    "VectorClassifier",
    "batches",
    "from_arpa",
    "from_keras",
    "keras_callback",
    "load",
    "resume",
    "train",
]

_HOMES = {
    "BeamSpec": "unspool.specs.sampling",
    "Callback": "unspool.training.callback",
    "Captioner": "unspool.models.sequence",
    "ConditionalTextModel": "unspool.models.conditional",
    "CountedTextModel": "unspool.models.counted",
    "DataWarning": "unspool.errors",
    "ImageClassifier": "unspool.models.images",
    "Model": "unspool.models.base",
    "ModelFolderWarning": "unspool.errors",
    "Sample": "unspool.models.reading",
    "SamplingSpec": "unspool.specs.sampling",
    "Score": "unspool.models.score",
    "StateReading": "unspool.models.reading",
    "TextClassifier": "unspool.models.classifier",
    "TextModel": "unspool.models.text",
    "Translator": "unspool.models.sequence",
    "UnspoolError": "unspool.errors",
    "VectorClassifier": "unspool.models.vectors",
    "batches": "unspool.exchange",
    "from_arpa": "unspool.exchange",
    "from_keras": "unspool.exchange",
    "keras_callback": "unspool.exchange",
    "load": "unspool.api",
    "resume": "unspool.api",
    "train": "unspool.api",
}
_FORMER = {"Callbacks": "Callback"}  # names of 0.1.0


def __getattr__(name: str) -> Any:
    if name in _FORMER:
        from warnings import warn

        warn(f"unspool.{name} is called unspool.{_FORMER[name]} now", DeprecationWarning, stacklevel=2)
        name = _FORMER[name]
    if name not in _HOMES:
        raise AttributeError(f"module 'unspool' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]

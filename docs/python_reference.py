"""Write docs/reference/python.md from the docstrings: the public functions and classes, with the methods of each.

A method stands once, with the class that has it first; the others name it. What `Args:`, `Attributes:`, `Returns:` and
`Raises:` say becomes lists.
"""

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import unspool
from unspool.decode.session import Session
from unspool.models.about import RunHistory
from unspool.models.learning import LearningSession
from unspool.sklearn import RecurrentClassifier
from unspool.specs.base import Spec
from unspool.training.callback import StepEvent, ValidationEvent

FUNCTIONS = ("train", "load", "resume", "batches", "from_keras", "keras_callback", "from_arpa")
GROUPS: dict[str, tuple[type, ...]] = {
    "Models": (
        unspool.Model,
        unspool.TextModel,
        unspool.CountedTextModel,
        unspool.ConditionalTextModel,
        unspool.TextClassifier,
        unspool.ImageClassifier,
        unspool.VectorClassifier,
        unspool.Translator,
        unspool.Captioner,
    ),
    "What models return": (unspool.Sample, unspool.Score, unspool.StateReading, Session, LearningSession, RunHistory),
    "What a run reports, and errors": (
        unspool.Callback,
        StepEvent,
        ValidationEvent,
        unspool.UnspoolError,
        unspool.DataWarning,
        unspool.ModelFolderWarning,
    ),
    "Settings": (unspool.SamplingSpec, unspool.BeamSpec),
    "scikit-learn": (RecurrentClassifier,),
}
HEAD = """# Python

The names of `unspool`, and the methods of what they return; `help(unspool.train)` says the same. What stands as
`**settings` or `**values` is in [settings](settings.md).
"""
SECTIONS = {"Args": "Takes", "Attributes": "Has", "Returns": "Returns", "Raises": "Raises"}
CALLED = (RecurrentClassifier, unspool.SamplingSpec, unspool.BeamSpec)  # classes that people make objects of
LONG = 120  # characters of a line of a signature
ONCE = ("describe", "own_report", "exported_weights", "mixed")  # that classes override for reports: they stand once

Member = tuple[str, Any]


def python() -> str:
    """Every public function and class."""
    parts = [HEAD, "## Functions\n"]
    parts += [_entry(f"unspool.{name}", getattr(unspool, name), "###") for name in FUNCTIONS]
    shown: dict[Any, str] = {}
    for title, classes in GROUPS.items():
        parts.append(f"## {title}\n")
        for kind in classes:
            parts += _class(kind, shown)
    return "\n".join(parts)


def members(kind: type) -> Iterator[Member]:
    """Yield the public methods and properties of a class that are Unspool's own, in the order of their classes."""
    names: set[str] = set()
    for base in kind.__mro__:
        for name, value in vars(base).items():
            own = base.__module__.startswith("unspool.") and base not in (Spec, *Spec.__mro__)
            if own and not name.startswith("_") and name not in names and _is_member(value):
                names.add(name)
                yield name, value


def _is_member(value: Any) -> bool:
    return inspect.isfunction(value) or isinstance(value, property | classmethod | staticmethod)


def _class(kind: type, shown: dict[Any, str]) -> Iterator[str]:
    """Yield the entry of a class, and those of its methods that have none yet."""
    heading = f"{'unspool' if kind.__name__ in unspool.__all__ else kind.__module__}.{kind.__name__}"
    yield _entry(heading, kind, "###")
    inherited: dict[str, list[str]] = {}
    for name, value in members(kind):
        key = name if name in ONCE else value
        if key in shown:
            inherited.setdefault(shown[key], []).append(name)
        else:
            shown[key] = heading
            yield _entry(f"{kind.__name__}.{name}", value, "####")
    for owner, names in inherited.items():
        link = f"[`{owner.rpartition('.')[2]}`](#{owner.replace('.', '').lower()})"
        yield f"As {link}: {', '.join(f'`{name}`' for name in names)}.\n"


def _entry(name: str, value: Any, level: str) -> str:
    """Return a heading, the signature and what the docstring says."""
    call: Any = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
    called = not isinstance(value, property | type) or value in CALLED
    told = _told(inspect.getdoc(call) or "", called)
    return "\n".join([f"{level} {name}\n", *([_signature(name, call)] if called else []), *told])


def _signature(name: str, call: Callable[..., Any]) -> str:
    """Return how something is called, as a block of code."""
    found = inspect.signature(call)
    parameters = [one.replace(annotation=one.empty) for one in found.parameters.values() if one.name != "self"]
    line = f"{name}{found.replace(parameters=parameters, return_annotation=found.empty)}"
    line = re.sub(r"<(?:class|built-in function) '?([\w.]+)'?>", r"\1", line).replace("'", '"')
    return f"```python\n{textwrap.fill(line, LONG, subsequent_indent='    ')}\n```\n"


def _told(docstring: str, called: bool) -> Iterator[str]:
    """Yield what a docstring says in Markdown: its text, and a list for each section but what only Unspool gives."""
    text, *rest = re.split(rf"^({'|'.join(SECTIONS)}):\n", docstring, flags=re.M)
    yield _prose(text)
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        if title == "Args" and not called:
            continue
        entries = re.split(r"^    (?=\S)", body.rstrip(), flags=re.M)[1:]
        lines = [re.sub(r"\s+", " ", entry.strip()) for entry in entries]
        if title == "Returns":
            yield f"{SECTIONS[title]} {' '.join(lines)}\n"
            continue
        named = [re.sub(r"^(\*{0,2}[\w.]+):", lambda name: f"`{name[1]}`:", line) for line in lines]
        yield f"{SECTIONS[title]}:\n\n" + "".join(f"- {line}\n" for line in named)


def _prose(text: str) -> str:
    """Return paragraphs; those that are indented are code."""
    paragraphs = []
    for paragraph in re.split(r"\n\n+", text.strip("\n")):
        lines = paragraph.splitlines()
        indented = bool(lines) and all(line.startswith("    ") for line in lines)
        code = "\n".join(line[4:] for line in lines)
        paragraphs.append(f"```python\n{code}\n```" if indented else paragraph.strip())
    return "\n\n".join(paragraphs) + "\n"

"""Write the types of the keywords that functions of Python take, from the specs: an editor completes and checks them.

A setting that several tasks have stands in one class, which the classes of these tasks inherit: a `TypedDict` may have
a field once.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import unspool
from unspool.folder.migration import SEVERAL
from unspool.specs.adaptation import ReadingSpec
from unspool.specs.base import Spec, option_of
from unspool.specs.recipe import sections
from unspool.specs.sampling import BeamSpec, SamplingSpec
from unspool.tasks.language.specs import TextDataSpec
from unspool.tasks.registry import ROWS, data_specs, evaluation_specs

PLACE = Path(unspool.__file__).parent / "models"
HEAD = '"""The types of the keywords of {what}. Written by `make docs` from the specs; do not edit.'
IMPORTS = "\n\nfrom collections.abc import Sequence\nfrom pathlib import Path\nfrom typing import Literal, TypedDict\n"
RUN = {
    "out": "str | Path | None",
    "overwrite": "bool",
    "start_from": "str | Path | None",
    "callback": "Callback | None",
    "progress": "bool | None",
    "settings": "dict[str, dict[str, Any]] | None",
}
WIDTH = 120
SHARED = 3  # settings from which those of several tasks have a class of their own

Fields = dict[str, str]  # the types of keywords, by name


def train_keywords() -> str:
    """The keywords of `train`: a class for each task, and one that has all of them."""
    specs = {task: list(sections(row.load("recipe")).values()) for task, row in ROWS.items()}
    by_task = {task: _fields(own) for task, own in specs.items()}
    every = {name: kind for fields in by_task.values() for name, kind in fields.items()}
    groups: dict[tuple[str, ...], Fields] = {}
    for name, kind in every.items():
        owners = tuple(task for task, fields in by_task.items() if name in fields)
        assert all(by_task[task][name] == kind for task in owners), f"{name} has several types"
        groups.setdefault(owners, {})[name] = kind
    shared = {tasks: fields for tasks, fields in groups.items() if len(tasks) > 1 and len(fields) >= SHARED}
    names = {tasks: _home(next(iter(fields)), specs[tasks[0]]) for tasks, fields in shared.items()}
    classes = [_class("RunKeywords", "What every run takes besides its settings.", RUN)]
    classes += [_class(names[tasks], f"Settings of {_listed(tasks)}.", fields) for tasks, fields in shared.items()]
    inherited = {name for fields in shared.values() for name in fields}
    for task, fields in by_task.items():
        own = {name: kind for name, kind in fields.items() if name not in inherited}
        bases = ["RunKeywords", *(names[tasks] for tasks in shared if task in tasks)]
        classes.append(_class(_task_name(task), f"The keywords of `train` for a model of {task}.", own, bases))
    rest = {name: kind for name, kind in every.items() if name not in inherited}
    about = "The keywords of `train` for a model of any task."
    classes.append(_class("EveryKeyword", about, rest, ["RunKeywords", *names.values()]))
    imports = IMPORTS.replace("from typing import", "from typing import Any,")
    imports += "\nfrom unspool.training.callback import Callback\n"
    return f'{HEAD.format(what="`train`")}"""{imports}\n\n' + "\n\n".join(classes)


def method_keywords() -> str:
    """The keywords of the methods of models: of generation, of search, of an evaluation, of reading more."""
    classes = [
        _class("SamplingKeywords", "How to choose the next token, and when to stop.", _fields([SamplingSpec])),
        _class("BeamKeywords", "How to search for the likeliest sequence.", _fields([BeamSpec])),
        _class("TextKeywords", "How a text is read.", _fields([TextDataSpec])),
        _class("ReadingKeywords", "How to read more, and what.", _fields([ReadingSpec]), ["TextKeywords"]),
    ]
    further = evaluation_specs()
    for task, spec in data_specs().items():
        own = [spec, *([further[task]] if task in further else [])]
        beams = [BeamSpec] if task in ("translation", "captioning") else []
        name = f"{_camel(task)}EvaluationKeywords"
        classes.append(_class(name, f"How to evaluate a model of {task}.", _fields([*own, *beams])))
    return f'{HEAD.format(what="the methods of models")}"""{IMPORTS}\n\n' + "\n\n".join(classes)


def pages() -> dict[Path, str]:
    """Every generated module and its text."""
    return {PLACE / "keywords.py": train_keywords(), PLACE / "method_keywords.py": method_keywords()}


def _fields(specs: Iterable[type[Spec]]) -> Fields:
    """Return the types of the settings of some specs that a person may give, by name."""
    return {
        name: _with_paths(_type(name, field.annotation))
        if option_of(spec, name).path
        else _type(name, field.annotation)
        for spec in specs
        for name, field in spec.model_fields.items()
        if not option_of(spec, name).hidden
    }


def _with_paths(kind: str) -> str:
    """Return the type of a setting that names files or folders, which may be given as paths."""
    return re.sub(r"\bstr\b", "str | Path", kind)


def _type(name: str, annotation: Any) -> str:
    """Return an annotation as it is written; a tuple as any sequence, with a single text where that will do."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(name, inner[0])
    if origin in (Union, UnionType):
        return " | ".join(dict.fromkeys(_type(name, one) for one in inner))
    if origin is Literal:
        return f"Literal[{', '.join(_quoted(one) for one in inner)}]"
    if origin is tuple:
        several = f"Sequence[{_type(name, inner[0])}]"
        return f"str | {several}" if name in (*SEVERAL, "stop") else several
    return "None" if annotation is NoneType else str(annotation.__name__)


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _class(name: str, about: str, fields: Fields, bases: Iterable[str] = ()) -> str:
    head = f"class {name}({', '.join([*(bases or ['TypedDict']), 'total=False'])}):"
    if len(head) > WIDTH:
        inside = "".join(f"    {base},\n" for base in bases)
        head = f"class {name}(\n{inside}    total=False,\n):"
    lines = [f"    {field}: {kind}" for field, kind in fields.items()]
    return "\n".join([head, f'    """{about}"""', *(["", *lines] if lines else [])]) + "\n"


def _home(name: str, specs: Iterable[type[Spec]]) -> str:
    """Return the name of the class of keywords for the spec that a setting was written in."""
    homes = [one for spec in specs for one in spec.__mro__ if name in vars(one).get("__annotations__", {})]
    return homes[-1].__name__.removesuffix("Spec").removesuffix("Shape") + "Keywords"


def _task_name(task: str) -> str:
    return f"{_camel(task)}Keywords"


def _camel(task: str) -> str:
    return "".join(word.capitalize() for word in task.split("-"))


def _listed(tasks: tuple[str, ...]) -> str:
    missing = [task for task in ROWS if task not in tasks]
    if len(missing) >= len(tasks):
        return " and ".join(tasks)
    return f"every task but {' and '.join(missing)}" if missing else "every task"

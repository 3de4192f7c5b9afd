"""Write the types of the keywords that functions of Python take, from the specs: an editor completes and checks them.

A setting that several tasks have stands in one class, which the classes of these tasks inherit: a `TypedDict` may have
a field once.
"""

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
IMPORTS = "\n\nfrom collections.abc import Mapping, Sequence\nfrom pathlib import Path\nfrom typing import Any, Literal, TypedDict\n"
RUN = {
    "out": "str | Path | None",
    "overwrite": "bool",
    "start_from": "str | Path | None",
    "callback": "Callback | None",
    "progress": "bool | None",
    "settings": "Mapping[str, Mapping[str, Any]] | None",
}
WIDTH = 120

Fields = dict[str, str]  # the types of keywords, by name


def train_keywords() -> str:
    """The keywords of `train`: a class for each task, and one that has all of them."""
    by_task = {task: _fields(sections(row.load("recipe")).values()) for task, row in ROWS.items()}
    owners: dict[tuple[str, str], list[str]] = {}
    for task, fields in by_task.items():
        for name, kind in fields.items():
            owners.setdefault((name, kind), []).append(task)
    groups: dict[tuple[str, ...], Fields] = {}
    for (name, kind), tasks in owners.items():
        groups.setdefault(tuple(tasks), {})[name] = kind
    names = {tasks: _group_name(tasks) for tasks in groups}
    classes = [_class("RunKeywords", "What every run takes besides its settings.", RUN)]
    classes += [
        _class(names[tasks], f"Settings of {_listed(tasks)}.", fields)
        for tasks, fields in groups.items()
    ]
    for task in ROWS:
        bases = ["RunKeywords", *(names[tasks] for tasks in groups if task in tasks)]
        classes.append(_class(_task_name(task), f"The keywords of `train` for a model of {task}.", {}, bases))
    every = ["RunKeywords", *names.values()]
    classes.append(_class("EveryKeyword", "The keywords of `train` for a model of any task.", {}, every))
    callback = "\nfrom unspool.training.callback import Callback\n"
    return f'{HEAD.format(what="`train`")}"""{IMPORTS}{callback}\n\n' + "\n\n".join(classes)


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
    imports = IMPORTS.replace("Mapping, ", "").replace("from pathlib import Path\n", "").replace("Any, ", "")
    return f'{HEAD.format(what="the methods of models")}"""{imports}\n\n' + "\n\n".join(classes)


def pages() -> dict[Path, str]:
    """Every generated module and its text."""
    return {PLACE / "keywords.py": train_keywords(), PLACE / "method_keywords.py": method_keywords()}


def _fields(specs: Iterable[type[Spec]]) -> Fields:
    """Return the types of the settings of some specs that a person may give, by name."""
    return {
        name: _type(name, field.annotation)
        for spec in specs
        for name, field in spec.model_fields.items()
        if not option_of(spec, name).hidden
    }


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


def _group_name(tasks: tuple[str, ...]) -> str:
    if len(tasks) == 1:
        return f"Only{_camel(tasks[0])}Keywords"
    if len(tasks) == len(ROWS):
        return "SharedKeywords"
    missing = [task for task in ROWS if task not in tasks]
    if len(missing) < len(tasks):
        return f"AllBut{''.join(map(_camel, missing))}Keywords"
    return f"Of{''.join(map(_camel, tasks))}Keywords"


def _task_name(task: str) -> str:
    return f"{_camel(task)}Keywords"


def _camel(task: str) -> str:
    return "".join(word.capitalize() for word in task.split("-"))


def _listed(tasks: tuple[str, ...]) -> str:
    missing = [task for task in ROWS if task not in tasks]
    if len(missing) >= len(tasks):
        return " and ".join(tasks)
    return f"every task but {' and '.join(missing)}" if missing else "every task"

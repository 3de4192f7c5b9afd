"""The tasks: one row for each. What is common to all reads the row, and imports what it names when it is needed.

A new task is a file, or a folder like the ones next to this module, and a row.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

from unspool.errors import UsageError, nearest


class Command(NamedTuple):
    """A command of the shell.

    Attributes:
        name: is what a person types.
        path: is the import path of its function, `module:name`.
        summary: says in a line of the main help what it does.
        synonyms: are words that a person may try instead.
    """

    name: str
    path: str
    summary: str
    synonyms: tuple[str, ...] = ()


class Row(NamedTuple):
    """The import paths of the parts of one task.

    Attributes:
        name: is what a recipe and `--task` call it.
        recipe: is the spec of a run's settings; its module imports nothing heavy.
        config: is the spec that describes a model.
        task: trains a model.
        model: is the class that `load` returns.
        command: uses the model in the shell.
        evaluation: is the spec of settings that only its evaluation has; empty where there are none.
        implied_by: are sets of settings of the data, any of which implies the task unless a larger one of another is
            given.
        recognises: is the import path of a function that looks at the names of sources, and returns the task that they
            imply by themselves, if any; empty where there is none.
        pair: are the settings that name the two columns of pairs that are given in Python.
        distinct: says that the second parts of such pairs are texts, which hardly recur.
    """

    name: str
    recipe: str
    config: str
    task: str
    model: str
    command: Command
    evaluation: str = ""
    implied_by: tuple[tuple[str, ...], ...] = ()
    recognises: str = ""
    pair: tuple[str, str] | None = None
    distinct: bool = False

    def load(self, part: str) -> Any:
        """Import a part: `recipe`, `config`, `task`, `model`, `evaluation` or `recognises`."""
        module, name = getattr(self, part).split(":")
        return getattr(import_module(module), name)


RECOGNISES = "unspool.data.pictures.reading:recognised_task"
GENERATE = Command(
    "generate",
    "unspool.cli.generate:generate",
    "Continue a prompt, printing text as it is generated; or write one for each row of a table.",
    ("write", "sample", "continue", "run", "text"),
)
CLASSIFY = Command(
    "classify",
    "unspool.cli.classify:classify",
    "Label texts, one line each, in order; the rows of a table; or pictures.",
    ("predict", "label", "categorize", "classification"),
)
ROWS: dict[str, Row] = {
    row.name: row
    for row in (
        Row(
            name="language",
            recipe="unspool.tasks.language.specs:LanguageRecipe",
            config="unspool.tasks.language.specs:LanguageConfig",
            task="unspool.tasks.language.task:Language",
            model="unspool.models.text:TextModel",
            command=GENERATE,
            evaluation="unspool.tasks.language.specs:TextEvaluationSpec",
        ),
        Row(
            name="ngram",
            recipe="unspool.tasks.ngram.specs:NgramRecipe",
            config="unspool.tasks.ngram.specs:NgramConfig",
            task="unspool.tasks.ngram.task:Ngram",
            model="unspool.models.counted:CountedTextModel",
            command=GENERATE,
            evaluation="unspool.tasks.language.specs:TextEvaluationSpec",
        ),
        Row(
            name="translation",
            recipe="unspool.tasks.translation.specs:TranslationRecipe",
            config="unspool.tasks.translation.specs:TranslationConfig",
            task="unspool.tasks.translation.task:Translation",
            model="unspool.models.sequence:Translator",
            command=Command(
                "translate",
                "unspool.cli.translate:translate",
                "Translate texts, one line each, in order; or the rows of a table.",
                ("translation", "convert", "transform"),
            ),
            evaluation="unspool.tasks.translation.specs:ReferenceSpec",
            implied_by=(("source",), ("source_file",)),
            pair=("source", "target"),
            distinct=True,
        ),
        Row(
            name="captioning",
            recipe="unspool.tasks.captioning.specs:CaptioningRecipe",
            config="unspool.tasks.captioning.specs:CaptioningConfig",
            task="unspool.tasks.captioning.task:Captioning",
            model="unspool.models.sequence:Captioner",
            command=Command(
                "caption",
                "unspool.cli.caption:caption",
                "Caption pictures: files, the pictures of a folder, or one on standard input.",
                ("describe", "image", "picture", "captioning", "annotate"),
            ),
            implied_by=(("image",),),
            recognises=RECOGNISES,
        ),
        Row(
            name="conditional",
            recipe="unspool.tasks.conditional.specs:ConditionalRecipe",
            config="unspool.tasks.conditional.specs:ConditionalConfig",
            task="unspool.tasks.conditional.task:Conditional",
            model="unspool.models.conditional:ConditionalTextModel",
            command=GENERATE,
            implied_by=(("condition",),),
            pair=("text", "condition"),
        ),
        Row(
            name="classification",
            recipe="unspool.tasks.classification.specs:ClassificationRecipe",
            config="unspool.tasks.classification.specs:ClassificationConfig",
            task="unspool.tasks.classification.task:Classification",
            model="unspool.models.classifier:TextClassifier",
            command=CLASSIFY,
            implied_by=(("label",),),
            pair=("text", "label"),
        ),
        Row(
            name="vector-classification",
            recipe="unspool.tasks.vectors.specs:VectorRecipe",
            config="unspool.tasks.vectors.specs:VectorConfig",
            task="unspool.tasks.vectors.task:VectorClassification",
            model="unspool.models.vectors:VectorClassifier",
            command=CLASSIFY,
            implied_by=(("features", "label"), ("features",)),
        ),
        Row(
            name="image-classification",
            recipe="unspool.tasks.images.specs:ImageRecipe",
            config="unspool.tasks.images.specs:ImageConfig",
            task="unspool.tasks.images.task:ImageClassification",
            model="unspool.models.images:ImageClassifier",
            command=CLASSIFY,
            implied_by=(("image", "label"), ("extractor", "label")),
            recognises=RECOGNISES,
        ),
    )
}


def data_specs() -> dict[str, Any]:
    """Return the data spec of each task, by its name."""
    return {name: row.load("recipe").model_fields["data"].annotation for name, row in ROWS.items()}


def evaluation_specs() -> dict[str, Any]:
    """Return the spec of what only the evaluation of a task has, by the names of the tasks that have one."""
    return {name: row.load("evaluation") for name, row in ROWS.items() if row.evaluation}


def row_of(task: str) -> Row:
    """Return the row of a task.

    Raises:
        UsageError: there is no such task.
    """
    if not isinstance(task, str) or task not in ROWS:  # a file may hold anything
        raise UsageError(f"the task must be {' or '.join(ROWS)}. Received: {task!r:.40}.", nearest(str(task), ROWS))
    return ROWS[task]


def task_of_model(model: str | None, task: str | None) -> str | None:
    """Return the name of the task that makes models of a kind.

    Args:
        model: is `ngram` or `recurrent`; none is the latter.
        task: is the name of the task that is requested; none lets the data decide.

    Raises:
        UsageError: there is no such kind, or the task has no models of it.
    """
    if model in (None, "recurrent"):
        return task
    if model != "ngram":
        raise UsageError(
            f"the model must be recurrent or ngram. Received: {model!r:.40}.",
            nearest(str(model), ("recurrent", "ngram")),
        )
    if task not in (None, "language", "ngram"):
        raise UsageError(f"an ngram is a model of the task language. Received: {task!r:.40}.", "leave out one of them.")
    return "ngram"


def choose_row(data: Mapping[str, Any], requested: str | None = None) -> Row:
    """Return the row of the requested task, or of the one that the data imply; of language if they imply none.

    The settings that are given imply the task of the largest set among them; without any, the sources themselves may be
    recognised, such as a folder of pictures.

    Args:
        data: are the settings of the data section that were given.
        requested: is the name of a task.

    Raises:
        UsageError: there is no such task, or the data imply another.
    """
    implied, causes = _implied(data)
    if requested is None:
        return implied or _recognised(data) or ROWS["language"]
    row = row_of(requested)
    known = row.load("recipe").model_fields["data"].annotation.model_fields if causes else ()
    if implied is not None and any(name not in known for name in causes):
        cause = ", ".join(sorted(causes))
        raise UsageError(
            f"the task must be {implied.name}, because {cause} is given. Received: {requested!r:.40}.",
            "leave out one of them.",
        )
    return row


def _implied(data: Mapping[str, Any]) -> tuple[Row | None, tuple[str, ...]]:
    """Return the row of the task that some settings imply, and those that do."""
    given = {name for name, value in data.items() if value not in (None, (), [])}
    sets = [(row, names) for row in ROWS.values() for names in row.implied_by if given.issuperset(names)]
    return max(sets, key=lambda one: len(one[1]), default=(None, ()))


def _recognised(data: Mapping[str, Any]) -> Row | None:
    """Return the row of the task that the sources imply by themselves."""
    names = tuple(data.get("sources") or ())
    recognisers = {row.recognises: row for row in ROWS.values() if row.recognises and names}
    for row in recognisers.values():
        if task := row.load("recognises")(names):
            return ROWS.get(task)
    return None

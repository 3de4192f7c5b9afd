"""Read what earlier versions wrote: settings that were renamed, and those that a task has no more.

Version 0.1.0 wrote every setting of every task into each recipe. A setting that means nothing to a recipe's task is
dropped where it has the value that 0.1.0 wrote by itself; with another value it stays, and is refused by name.
"""

import warnings
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

RENAMED = {  # settings and keywords of 0.1.0, and what they are called now
    "label_column": "label",
    "condition_columns": "condition",
    "source_column": "source",
    "target_column": "target",
    "validation_sources": "validation",
    "validation_fraction": "validation_split",
    "feed": "decoder_input",
}
DEFAULTS: dict[str, dict[str, Any]] = {  # what 0.1.0 wrote into the recipes of tasks that have no such setting
    "data": {
        "lines": False,
        "text": (),
        "condition": (),
        "condition_kind": "auto",
        "max_length": 100,
        "joint_vocabulary": False,
        "lowercase": False,
    },
    "encoder": {
        "encoder_cell": "gru",
        "encoder_layers": 1,
        "encoder_embedding": 256,
        "bidirectional": True,
        "attention": "none",
        "decoder_input": "previous",
    },
    "network": {"attention": "none", "decoder_input": "previous"},
    "training": {
        "sequence_length": 64,
        "reset_probability": 0.02,
        "word_dropout": 0.0,
        "teacher_forcing": 1.0,
        "scheduled_sampling": False,
        "class_weights": False,
        "unfreeze": "at-once",
    },
}
SEVERAL = (
    "text",
    "condition",
    "features",
    "validation",
)  # settings of one or more names, of which one may be given by itself


def present_keywords(values: Mapping[str, Any], stacklevel: int) -> dict[str, Any]:
    """Return keywords by their present names, paths as texts; those of 0.1.0 are still understood, with a warning.

    Args:
        values: are keywords as a person gave them.
        stacklevel: is that of `warnings.warn` for the line that gave them.
    """
    former = {**RENAMED, "text_column": "text", "further_columns": "text"}
    for name in values:
        if name in former:
            warnings.warn(f"{name} is called {former[name]} now", DeprecationWarning, stacklevel=stacklevel)
    found = {name: _without_paths(value) for name, value in renamed(values).items()}
    return {name: (value,) if name in SEVERAL and isinstance(value, str) else value for name, value in found.items()}


def _without_paths(value: Any) -> Any:
    """Return a path, or those among several values, as a text."""
    if isinstance(value, list | tuple) and any(isinstance(one, PurePath) for one in value):
        return tuple(map(_without_paths, value))
    return str(value) if isinstance(value, PurePath) else value


def renamed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by their present names; several columns of text are one setting."""
    found = {RENAMED.get(name, name): value for name, value in values.items()}
    first, others = found.pop("text_column", None), found.pop("further_columns", None)
    further = tuple(others) if isinstance(others, list | tuple) else ()
    if first is not None:
        return {**found, "text": (first, *further)}
    return {**found, "further_columns": others} if further else found  # those of no text are refused by name


def migrated_recipe(values: Mapping[str, Any], known: Mapping[str, set[str]]) -> dict[str, Any]:
    """Return the values of a recipe file of any version; what is no section of settings stays as it is, to be refused.

    Args:
        values: are those of the file, by section.
        known: names the settings that each section of the task's recipe has.
    """
    sections = {name: renamed(value) for name, value in values.items() if isinstance(value, Mapping)}
    for name in ("attention", "decoder_input"):  # of the decoder, and once in the section of the encoder
        if name in sections.get("encoder", {}) and "network" in sections and name not in known.get("encoder", ()):
            sections["network"] = {name: sections["encoder"].pop(name), **sections["network"]}
    for section, defaults in DEFAULTS.items():
        for name, default in defaults.items():
            if name not in known.get(section, ()) and name in sections.get(section, {}):
                value = sections[section][name]
                if (tuple(value) if isinstance(value, list) else value) == default:
                    del sections[section][name]
    return {**values, **sections}


def uncounted(values: dict[str, Any], known: Mapping[str, set[str]]) -> dict[str, Any]:
    """Return the recipe of a model folder, which says so if it was written before texts were counted beside a network.

    Args:
        values: are those of the file, by section.
        known: names the settings that each section of the task's recipe has.
    """
    training = values.get("training")
    if "counts" not in known.get("training", ()) or not isinstance(training, Mapping):
        return values
    return {**values, "training": {"counts": False, **training}}


def migrated_config(values: Mapping[str, Any], known: set[str]) -> dict[str, Any]:
    """Return the values of a `config.json` of any version, as this version has them.

    Args:
        values: are those of the file.
        known: names the fields of the task's config.
    """
    config = {name: value for name, value in values.items() if name in known or name not in ("by_document", "labels")}
    network = config.get("network")
    if isinstance(network, Mapping) and isinstance(network.get("decoder"), Mapping):
        config["network"] = {**network, "decoder": renamed(network["decoder"])}
    return config

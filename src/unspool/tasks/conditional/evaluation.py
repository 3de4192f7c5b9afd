"""Measure a conditional model: on the rows that its run held out, or on another table."""

from collections.abc import Mapping
from typing import Any

from unspool.data.conditions import open_conditioned, write_conditioned
from unspool.engines.base import EncoderDecoder
from unspool.errors import UsageError
from unspool.evaluate.conditioned import ConditionedFigures, conditioned_figures
from unspool.folder.model_folder import ModelFolder
from unspool.tasks.conditional.specs import ConditionalConfig
from unspool.tasks.conditional.task import conditioned_rows
from unspool.tasks.evaluation import read_as_in_training, temporary_folder
from unspool.tasks.opening import read_recipe
from unspool.text.tokenizer import Tokenizer

DOCUMENTS = (("lines", "text"),)


def evaluate_conditional(
    network: EncoderDecoder,
    tokenizer: Tokenizer,
    config: ConditionalConfig,
    folder: ModelFolder,
    settings: Mapping[str, Any],
) -> ConditionedFigures:
    """Measure a model on a table, by default with the columns of the training.

    Args:
        network: is that of the model.
        tokenizer: is that of the model.
        config: says what the texts depend on.
        folder: holds the recipe and the held-out rows.
        settings: are fields of `ConditionalDataSpec`; without sources, the held-out rows are read.

    Raises:
        UsageError: the number of columns is not that of the conditions.
    """
    specs = config.conditions
    if not settings["sources"]:
        return conditioned_figures(network, tokenizer, open_conditioned(folder.training, "validation", specs), specs)
    spec = read_as_in_training(read_recipe(folder).data, settings, DOCUMENTS)
    if len(spec.condition) != len(specs):
        raise UsageError(
            f"a column must be named for each of {', '.join(one.name for one in specs)}, in this order. "
            f"Received: {', '.join(spec.condition)}.",
            "leave out --condition where the names are these.",
        )
    with temporary_folder() as path:
        write_conditioned(path, "text", tokenizer, conditioned_rows(spec.sources, spec), specs)
        return conditioned_figures(network, tokenizer, open_conditioned(path, "text", specs), specs)

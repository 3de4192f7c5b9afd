"""Measure a conditional model: on the rows that its run held out, or on another table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from unspool.data.conditioned_rows import check_numbers
from unspool.data.conditions import ConditionedText, open_conditioned, write_conditioned
from unspool.data.findings import Findings
from unspool.data.numbers import number_in
from unspool.engines.base import EncoderDecoder
from unspool.errors import UsageError
from unspool.evaluate.conditioned import ConditionedFigures, conditioned_figures
from unspool.folder.model_folder import ModelFolder
from unspool.pages.page import lead, page, paragraph, section, table
from unspool.specs.condition import ConditionSpec
from unspool.specs.data import DOCUMENTS
from unspool.tasks.conditional.specs import ConditionalConfig
from unspool.tasks.conditional.task import conditioned_rows
from unspool.tasks.evaluation import nothing_to_evaluate, read_as_in_training, say_findings, temporary_folder
from unspool.tasks.opening import read_recipe
from unspool.tasks.reporting.meanings import MEANINGS
from unspool.text.tokenizer import Tokenizer

MAX_SHOWN = 20  # labels that are named


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
        DataError: no row has a text, and a condition that the model knows.
    """
    specs = config.conditions
    if not settings["sources"]:
        return conditioned_figures(network, tokenizer, open_conditioned(folder.training, "validation", specs), specs)
    spec = read_as_in_training(read_recipe(folder).data, settings, (DOCUMENTS,))
    if len(spec.condition) != len(specs):
        raise UsageError(
            f"a column must be named for each of {', '.join(one.name for one in specs)}, in this order. "
            f"Received: {', '.join(spec.condition)}.",
            "leave out --condition where the names are these.",
        )
    findings = Findings()
    rows = conditioned_rows(spec.sources, spec, findings)
    say_findings(findings)
    known, unknown = _known_rows(rows, specs)
    if not known:
        labels = "; ".join(f"{name}: {', '.join(map(repr, list(counts)[:5]))}" for name, counts in unknown.items())
        raise nothing_to_evaluate(
            f"the model knows the condition of no row: {labels}" if labels else "no row has a text"
        )
    with temporary_folder() as path:
        write_conditioned(path, "text", tokenizer, known, specs)
        figures = conditioned_figures(network, tokenizer, open_conditioned(path, "text", specs), specs)
    return replace(figures, left_out=len(rows) - len(known), unknown_labels=unknown) if unknown else figures


def _known_rows(
    rows: Sequence[ConditionedText], specs: Sequence[ConditionSpec]
) -> tuple[list[ConditionedText], dict[str, dict[str, int]]]:
    """Return the rows whose condition a model knows, and count by column the labels that it does not, or no numbers."""
    check_numbers(rows, [spec.name for spec in specs], [not spec.labels for spec in specs])
    known, unknown = [], {spec.name: Counter[str]() for spec in specs}
    for row in rows:
        strange = [
            (spec.name, cell)
            for cell, spec in zip(row.condition, specs, strict=True)
            if (cell not in spec.labels if spec.labels else number_in(cell) is None)
        ]
        for name, cell in strange:
            unknown[name][cell] += 1
        if not strange:
            known.append(row)
    return known, {name: dict(counts.most_common()) for name, counts in unknown.items() if counts}


def conditioned_page(figures: ConditionedFigures) -> str:
    """Draw the figures as a page."""
    values = figures.to_dict()
    rows = [(meaning, f"{values[name]:.4f}") for name, meaning in MEANINGS.items() if name in values]
    found = table("Given the conditions; labels by Bayes' rule", ("figure", "value"), rows)
    notes = [paragraph(line) for line in conditioned_text(figures).splitlines()]
    told = lead(f"{figures.bits_per_character:.3f}", "bits per character", " of these texts, given their conditions.")
    sections = section("How well does it predict them?", *notes, found)
    return page("How well does it know the texts?", f"{told}\n{sections}", "Evaluation")


def conditioned_text(figures: ConditionedFigures) -> str:
    """Name the labels that a model does not know, whose rows are left out."""
    return "".join(
        f"{sum(counts.values()):,} rows are left out because the model does not know their {name}: "
        f"{', '.join(f'{label!r} {count:,}' for label, count in list(counts.items())[:MAX_SHOWN])}"
        f"{f' and {len(counts) - MAX_SHOWN:,} more' if len(counts) > MAX_SHOWN else ''}.\n"
        for name, counts in (figures.unknown_labels or {}).items()
    )

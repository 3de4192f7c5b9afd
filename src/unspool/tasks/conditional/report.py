"""What the report of a conditional model shows: what it writes under which condition, and what surprises it."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

import numpy as np

from unspool.data.conditions import CONDITIONS, open_conditioned
from unspool.data.pairs import Pairs
from unspool.decode.condition import condition_source, usual_condition
from unspool.decode.generation import generate
from unspool.decode.reading import start_reading
from unspool.engines.base import EncoderDecoder
from unspool.errors import ModelFolderError
from unspool.evaluate.surprisal import surprisal
from unspool.folder.model_folder import ModelFolder
from unspool.pages.page import examples, paragraph, section
from unspool.specs.condition import ConditionSpec
from unspool.specs.sampling import SamplingSpec
from unspool.tasks.language.report import DOCUMENTS, OTHERWISE, PASSAGE, SURPRISES, WRITES
from unspool.tasks.reporting.surprisal import Passage, surprisal_part
from unspool.tasks.reporting.writing import writing_part
from unspool.text.tokenizer import Tokenizer

LABELS = 8  # under which a text is shown
SAMPLE = SamplingSpec(max_new_tokens=120, temperature=0.8)


def conditional_sections(
    network: EncoderDecoder, tokenizer: Tokenizer, specs: tuple[ConditionSpec, ...], folder: ModelFolder
) -> list[str]:
    """Return the sections of a conditional model's own.

    Args:
        network: is that of the model.
        tokenizer: is that of the model.
        specs: say what its texts depend on.
        folder: holds the rows that were held out.
    """
    usual = usual_condition(specs)
    start = start_reading(network, condition_source(usual, specs))
    told = f"Here the condition is {_named(usual, specs)}."
    writes = writing_part(network, tokenizer, True, start, "")
    passages = list(_passages(network, tokenizer, specs, folder))
    return [
        section("What does it write under which condition?", _under_conditions(network, tokenizer, specs)),
        section(WRITES, paragraph(told), writes),
        section(SURPRISES, surprisal_part(passages, tokenizer.kind)) if passages else "",
    ]


def _under_conditions(network: EncoderDecoder, tokenizer: Tokenizer, specs: Sequence[ConditionSpec]) -> str:
    found = []
    for condition in conditions_to_show(specs):
        reading = start_reading(network, condition_source(condition, specs))
        pieces = generate(network, tokenizer, reading, SAMPLE, [0], by_document=True)
        found.append([(condition[0], "".join(piece.text for piece in pieces))])
    told = f"By {specs[0].name}, with the same seed each time, at temperature 0.8:"
    return f"{paragraph(told)}\n{examples(found)}"


def conditions_to_show(specs: Sequence[ConditionSpec]) -> list[list[str]]:
    """Return the most frequent labels of the first column, or three numbers; the other columns are as usual."""
    first, (_, *others) = specs[0], usual_condition(specs)
    if first.labels:
        ranked = sorted(zip(first.counts, first.labels, strict=True), key=lambda pair: -pair[0])
        values = [label for _, label in ranked[:LABELS]]
    else:
        values = [f"{first.mean + step * first.deviation:g}" for step in (-1, 0, 1)]
    return [[value, *others] for value in values]


def _named(condition: Sequence[str], specs: Sequence[ConditionSpec]) -> str:
    return ", ".join(f"{spec.name}: {value}" for spec, value in zip(specs, condition, strict=True))


def _passages(
    network: EncoderDecoder, tokenizer: Tokenizer, specs: tuple[ConditionSpec, ...], folder: ModelFolder
) -> Iterator[Passage]:
    with suppress(ModelFolderError):
        pairs = open_conditioned(folder.training, "validation", specs, verify=False)
        left = PASSAGE.get(tokenizer.kind, OTHERWISE)
        for index in range(min(DOCUMENTS, len(pairs.examples))):
            if left <= 0:
                return
            tokens = np.array(pairs.target.document(index)[:left])
            state = network.encode(pairs.sources.read(np.array([index])))
            yield Passage(surprisal(network, tokenizer, tokens, state), _condition(pairs, index, specs))
            left -= len(tokens)


def _condition(pairs: Pairs, index: int, specs: tuple[ConditionSpec, ...]) -> str:
    """Return the condition of a held-out text as people write it."""
    values = pairs.examples.numbers[CONDITIONS][index]  # (C)
    cells = [
        spec.labels[int(value)] if spec.labels else f"{spec.mean + spec.deviation * value:g}"
        for value, spec in zip(values, specs, strict=True)
    ]
    return ", ".join(cells)

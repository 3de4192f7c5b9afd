"""The model card: `README.md` of a model folder, with a YAML head that hubs read."""

from collections.abc import Mapping
from typing import NamedTuple

from unspool.specs.data import TaskName
from unspool.specs.network import DecoderSpec, NetworkSpec, TextEncoderSpec
from unspool.specs.training import Recipe


class Card(NamedTuple):
    """What the card of a task says.

    Attributes:
        tag: the pipeline of hubs.
        kind: of model.
        caution: what it can do, and what not.
        figures: how they are measured.
        command: to use it from the shell.
        python: the same.
    """

    tag: str
    kind: str
    caution: str
    figures: str
    command: str
    python: str


CARDS: dict[TaskName, Card] = {
    "language": Card(
        "text-generation",
        "language model",
        "It writes text in the manner of what it read, and knows nothing else; what it writes is not to be taken as "
        "fact.",
        "On the held-out part of the text; `fresh` is measured from the initial state, where a prompt starts.",
        'unspool generate {name} --prompt "..."',
        'print(unspool.load("{name}").generate("..."))',
    ),
    "classification": Card(
        "text-classification",
        "classifier",
        "It gives every text one of the labels that it learnt, also a text that none of them fits.",
        "On the held-out rows; `macro_f1` is the mean of the labels' F1.",
        'unspool classify {name} "..."',
        'print(unspool.load("{name}").classify("..."))',
    ),
    "translation": Card(
        "translation",
        "translation model",
        "It translates texts like those it learnt from; others it translates badly, and it never says so.",
        "On the held-out pairs; `exact` is the share of translations that are the reference, letter by letter.",
        'unspool translate {name} "..."',
        'print(unspool.load("{name}").translate("..."))',
    ),
    "conditional": Card(
        "text-generation",
        "conditional language model",
        "It writes texts in the manner of those it read under the same condition, and knows nothing else; what it "
        "writes is not to be taken as fact.",
        "On the held-out texts, each given what it depends on.",
        'unspool generate {name} --condition "..."',
        'print(unspool.load("{name}").generate(condition="..."))',
    ),
}


def model_card(
    name: str, recipe: Recipe, network: NetworkSpec, parameters: int, data: str, figures: Mapping[str, float]
) -> str:
    """The text of the card.

    Args:
        name: of the model, its folder's.
        recipe: how it was made.
        network: what it is.
        parameters: how many numbers it has.
        data: a sentence on the text.
        figures: measured on the held-out part, by name.
    """
    part = network.decoder or network.encoder
    assert isinstance(part, DecoderSpec | TextEncoderSpec)
    card = CARDS[recipe.task]
    rows = "\n".join(f"| {figure} | {value:.4f} |" for figure, value in figures.items())
    layers = f"{part.num_layers} {part.cell.upper()} layer{'s' if part.num_layers > 1 else ''}"
    return f"""---
library_name: unspool
pipeline_tag: {card.tag}
tags:
- recurrent
- {part.cell}
- {recipe.data.tokenizer}-level
---

# {name}

A recurrent {card.kind} of {parameters:,} parameters: {layers} of {part.hidden_size}, \
{recipe.data.tokenizer}-level, {part.vocabulary_size} tokens. {card.caution}

## Data

{data}

## Figures

{card.figures}

| figure | value |
| --- | --- |
{rows}

## How to use it

```sh
{card.command.format(name=name)}
```

```python
import unspool

{card.python.format(name=name)}
```

## How it was made

Every setting is in `recipe.toml`, every step of the way in `history.jsonl`.
"""

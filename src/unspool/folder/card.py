"""The model card: what the model is, what it learnt from, how well it does, how to use it."""

from collections.abc import Mapping
from typing import NamedTuple

from unspool.specs.network import DecoderSpec, NetworkSpec, TextEncoderSpec
from unspool.specs.recipe import Recipe


class Card(NamedTuple):
    """The words that a task adds to the card; `{name}` stands for the model's.

    Attributes:
        tag: is the pipeline of hubs.
        kind: says what kind of model it is.
        caution: says what it can do, and what not.
        figures: says how the figures are measured.
        command: uses it in the shell.
        python: uses it in Python.
    """

    tag: str
    kind: str
    caution: str
    figures: str
    command: str
    python: str


def model_card(
    card: Card,
    name: str,
    recipe: Recipe,
    network: NetworkSpec,
    parameters: int,
    data: str,
    figures: Mapping[str, float],
) -> str:
    """The text of the card.

    Args:
        card: holds the words of the task.
        name: is that of the model's folder.
        recipe: says how the model was made.
        network: says what it is.
        parameters: is the number of its parameters.
        data: is a sentence on the text.
        figures: were measured on the held-out part, by name.
    """
    part = network.decoder or network.encoder
    assert isinstance(part, DecoderSpec | TextEncoderSpec)
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

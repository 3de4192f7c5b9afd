"""The model card: what the model is, what it learnt from, how well it performs, how to use it."""

from collections.abc import Mapping
from typing import NamedTuple

from unspool.specs.network import DecoderSpec, NetworkSpec, TextEncoderSpec
from unspool.specs.recipe import Recipe


class Card(NamedTuple):
    """The words that a task adds to the card; `{name}` stands for the name of the model.

    Attributes:
        tag: is the pipeline tag of model hubs.
        kind: says what kind of model it is.
        caution: says what it can do, and what it cannot.
        figures: says how the figures are measured.
        command: is a command that uses it.
        python: is a line of Python that uses it.
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
    """Return the text of the card, in Markdown.

    Args:
        card: holds the words of the task.
        name: is that of the model's folder.
        recipe: says how the model was made.
        network: describes its network.
        parameters: is the number of its parameters.
        data: describes the text in a sentence.
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

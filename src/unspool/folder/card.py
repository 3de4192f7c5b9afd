"""The model card: what the model is, what it learnt from, how well it performs, how to use it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from unspool.errors import shell_word
from unspool.specs.network import DecoderSpec, NetworkSpec, TextEncoderSpec
from unspool.specs.recipe import Recipe


class Card(NamedTuple):
    """The words that a task adds to the card; `{name}` stands for the name of the model, quoted where it must be.

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


class CardFacts(NamedTuple):
    """What a run adds to the card.

    Attributes:
        name: is that of the model's folder.
        parameters: is the number of parameters of its network.
        data: describes the text in a sentence.
        figures: were measured on the held-out part, by name.
        untrained: says why the model must be called untrained; empty where it need not be.
    """

    name: str
    parameters: int
    data: str
    figures: Mapping[str, float]
    untrained: str = ""


def model_card(card: Card, recipe: Recipe, network: NetworkSpec, facts: CardFacts) -> str:
    """Return the text of the card, in Markdown.

    Args:
        card: holds the words of the task.
        recipe: says how the model was made.
        network: describes its network.
        facts: are those of the run.
    """
    part = network.decoder or network.encoder
    assert isinstance(part, DecoderSpec | TextEncoderSpec)
    rows = "\n".join(f"| {figure} | {value:.4f} |" for figure, value in facts.figures.items())
    caution = f"**This model is untrained**: {facts.untrained}. {card.caution}" if facts.untrained else card.caution
    in_quotes = json.dumps(facts.name, ensure_ascii=False)[1:-1]
    layers = f"{part.num_layers} {part.cell.upper()} layer{'s' if part.num_layers > 1 else ''}"
    return f"""---
library_name: unspool
pipeline_tag: {card.tag}
tags:
- recurrent
- {part.cell}
- {recipe.data.tokenizer}-level
---

# {facts.name}

A recurrent {card.kind} of {facts.parameters:,} parameters: {layers} of {part.hidden_size}, \
{recipe.data.tokenizer}-level, {part.vocabulary_size} tokens. {caution}

## Data

{facts.data}

## Figures

{card.figures}

| figure | value |
| --- | --- |
{rows}

## How to use it

```sh
{card.command.format(name=shell_word(Path(facts.name)))}
```

```python
import unspool

{card.python.format(name=in_quotes)}
```

## How it was made

Every setting is in `recipe.toml`, every step of the way in `history.jsonl`.
"""

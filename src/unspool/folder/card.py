"""The model card: `README.md` of a model folder, with a YAML head that hubs read."""

from collections.abc import Mapping

from unspool.specs.network import NetworkSpec
from unspool.specs.training import Recipe


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
    decoder = network.writer
    rows = "\n".join(f"| {figure} | {value:.4f} |" for figure, value in figures.items())
    layers = f"{decoder.num_layers} {decoder.cell.upper()} layer{'s' if decoder.num_layers > 1 else ''}"
    return f"""---
library_name: unspool
pipeline_tag: text-generation
tags:
- recurrent
- {decoder.cell}
- {recipe.data.tokenizer}-level
---

# {name}

A recurrent language model of {parameters:,} parameters: {layers} of {decoder.hidden_size}, \
{recipe.data.tokenizer}-level, {decoder.vocabulary_size} tokens. It writes text in the manner of what it read, and \
knows nothing else; what it writes is not to be taken as fact.

## Data

{data}

## Figures

On the held-out part of the text; `fresh` is measured from the initial state, where a prompt starts.

| figure | value |
| --- | --- |
{rows}

## How to use it

```sh
unspool generate {name} --prompt "..."
```

```python
import unspool

print(unspool.load("{name}").generate("..."))
```

## How it was made

Every setting is in `recipe.toml`, every step of the way in `history.jsonl`.
"""

"""The model card: what the model is, what it learnt from, how well it performs, how to use it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from unspool.display.terminal import visible
from unspool.errors import shell_word
from unspool.folder.words import WORDS
from unspool.specs.data import DataSpec
from unspool.specs.network import DecoderSpec, NetworkSpec, NgramSpec, TextEncoderSpec
from unspool.specs.recipe import Recipe

RECURRENT = "recurrent"
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
YAML_WORDS = ("yes", "no", "on", "off", "true", "false", "null", "y", "n")  # which are no texts unless they are quoted
ENCODERS = {  # what those are that have no recurrent layers, by kind
    "vector": "{hidden_size} hidden units read {numbers} numbers",
    "features": "{hidden_size} hidden units read {features} features at {positions} positions of a picture",
    "cnn": "a convolutional network of stages of {stages} channels, {blocks} residual blocks each, reads pictures of "
    "{image_height} x {image_width} pixels",
}


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
        size: is the number of parameters of its network, or of its n-grams.
        data: describes the text in a sentence.
        figures: were measured on the held-out part, by name; a text says where something is.
        untrained: says why the model must be called untrained; empty where it need not be.
        further: is a sentence about what the model has besides its network; empty where it has nothing.
        sample: is a line that shows what the model does; empty where there is none.
        curve: is the name of the picture of the losses in the folder; empty where there is none.
    """

    name: str
    size: int
    data: str
    figures: Mapping[str, float | str]
    untrained: str = ""
    further: str = ""
    sample: str = ""
    curve: str = ""


def model_card(card: Card, recipe: Recipe, network: NetworkSpec, facts: CardFacts) -> str:
    """Return the text of the card, in Markdown.

    Args:
        card: holds the words of the task.
        recipe: says how the model was made.
        network: describes its network.
        facts: are those of the run.
    """
    rows = "\n".join(f"| {figure} | {_shown(value)} |" for figure, value in facts.figures.items())
    caution = f"**This model is untrained**: {facts.untrained}. {card.caution}" if facts.untrained else card.caution
    further = f"{facts.further} " if facts.further else ""
    in_quotes = json.dumps(facts.name, ensure_ascii=False)[1:-1]
    level = recipe.data.tokenizer if isinstance(recipe.data, DataSpec) else None
    tags, layers = describe_network(network, level)
    kind = f"A recurrent {card.kind}" if tags[0] == RECURRENT else f"A {card.kind}"
    counted = "n-grams" if network.kind == "ngram" else "parameters"
    words = "\n".join(f"- {name}: {WORDS[name]}" for name in facts.figures if name in WORDS)
    explained = f"\nWhat the figures mean:\n\n{words}\n" if words else ""
    sample = f"\n## A sample\n\n```text\n{facts.sample.replace('```', '')}\n```\n" if facts.sample.strip() else ""
    curve = f"\n![The losses of training and of held-out data]({facts.curve})\n" if facts.curve else ""
    return f"""---
{_head(card, recipe, [*tags, "unspool"])}
---

# {visible(facts.name)}

{kind} of {facts.size:,} {counted}: {layers}. {further}{caution}

## Data

{facts.data}

## Figures

{card.figures}

| figure | value |
| --- | --- |
{rows}
{explained}{curve}{sample}
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


def _shown(value: float | str) -> str:
    """Return a figure as a cell of a table."""
    if isinstance(value, str):
        return visible(value).replace("|", "\\|")
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def _head(card: Card, recipe: Recipe, tags: list[str]) -> str:
    """Return the head of the card in YAML, as hubs read it; a license and languages only where a person names them."""
    said = recipe.card
    several = {"language": said.languages, "tags": tags}
    single = {"license": said.license, "library_name": "unspool", "pipeline_tag": card.tag}
    lines = [f"{name}: {_scalar(value)}" for name, value in single.items() if value]
    for name, values in several.items():
        lines += [f"{name}:", *(f"- {_scalar(value)}" for value in values)] if values else []
    return "\n".join(lines)


def _scalar(value: str) -> str:
    """Return a text as YAML has it: plain where it can be nothing else."""
    return value if PLAIN.fullmatch(value) and value.lower() not in YAML_WORDS else json.dumps(value)


def describe_network(network: NetworkSpec, tokenizer: str | None) -> tuple[list[str], str]:
    """Return the tags of a network, and describe its layers.

    Args:
        network: is described.
        tokenizer: is the kind of the tokenizer; none where a model neither reads nor writes texts.
    """
    part, level = network.generator or network.encoder, f"{tokenizer}-level"
    if isinstance(part, NgramSpec) and tokenizer:
        return [network.kind, level], f"order {part.order}, {level}, {part.vocabulary_size} tokens"
    if isinstance(part, DecoderSpec | TextEncoderSpec) and tokenizer:
        layers = f"{part.num_layers} {part.cell.upper()} layer{'s' if part.num_layers > 1 else ''}"
        described = f"{layers} of {part.hidden_size}, {level}, {part.vocabulary_size} tokens"
        return [RECURRENT, part.cell, level], described
    assert network.encoder is not None
    kind, values = network.encoder.kind, network.encoder.model_dump()
    stages = ", ".join(map(str, values.get("stages", ())))
    return [kind], ENCODERS[kind].format(**{**values, "stages": stages})

"""Conditional generation, one to many: labels or numbers are encoded as a state, from which a decoder generates a text.

rows -> conditions, tokenizer, ids -> batches of texts of similar length -> bits per character, given the condition
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from unspool.data.conditioned_rows import divide_conditioned, read_conditioned
from unspool.data.conditions import ConditionedText, open_conditioned, write_conditioned
from unspool.data.findings import Findings
from unspool.data.limit import with_limit
from unspool.data.sources import Sources, describe_sources
from unspool.decode.boundaries import has_line_ends
from unspool.decode.condition import usual_condition
from unspool.engines.base import Machine
from unspool.errors import UsageError, shell_word
from unspool.folder.card import Card
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.condition import ConditionSpec
from unspool.specs.network import DecoderSpec, EncoderSpec, LabelEncoderSpec, NetworkSpec, VectorEncoderSpec
from unspool.specs.shapes import ConditionEncoderShape, SourceDecoderShape
from unspool.tasks.base import Plan
from unspool.tasks.conditional.job import ConditionalJob
from unspool.tasks.conditional.specs import ConditionalConfig, ConditionalDataSpec, ConditionalRecipe
from unspool.tasks.mixed_task import MixedTask, parts_summary
from unspool.tasks.mixing import chosen_shape
from unspool.tasks.opening import decoder_tokenizer
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import Size, choose, filled, usual_minutes
from unspool.tasks.settings import Settings
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer
from unspool.training.callback import Callback

USUAL_LENGTH = 100  # tokens of a text, unless many are longer


class Conditional(MixedTask[ConditionalRecipe, ConditionalConfig]):
    """Trains conditional models. See `tasks.base.Task`."""

    recipe, config = ConditionalRecipe, ConditionalConfig
    card = Card(
        tag="text-generation",
        kind="conditional language model",
        caution="It generates texts in the style of those it learnt from under the same condition, and knows nothing "
        "else; what it generates is not to be taken as fact.",
        figures="On the held-out texts, each given what it depends on.",
        command='unspool generate {name} --condition "..."',
        python='print(unspool.load("{name}").generate(condition="..."))',
    )

    def card_of(self, config: ConditionalConfig) -> Card:
        """Return the words of the card, with the usual condition in its commands."""
        usual = usual_condition(config.conditions)
        options = " ".join(f"--condition {shell_word(one)}" for one in usual)
        python = repr(usual[0] if len(usual) == 1 else list(usual))
        return self.card._replace(
            command=f"unspool generate {{name}} {_unformatted(options)}",
            python=f'print(unspool.load("{{name}}").generate(condition={_unformatted(python)}))',
        )

    def check(self, settings: Settings) -> None:
        """Refuse settings that cannot be, before anything is read."""
        super().check(settings)
        if not settings["data"].get("condition"):
            raise UsageError(
                "conditioned text needs --condition, the column that it depends on. Received: none.",
                "name it, and the column of the texts with --text.",
            )
        if not settings["data"].get("sources"):
            raise UsageError("--condition and --text name columns, and there is no table.", "name a table.")

    def plan(
        self,
        folder: ModelFolder,
        settings: Settings,
        machine: Machine,
        pretrained: Pretrained | None,
        callback: Callback,
    ) -> Plan[ConditionalRecipe, ConditionalConfig]:
        """Learn the labels and the tokenizer, write texts and conditions as numbers, choose the sizes."""
        spec = build(ConditionalDataSpec, settings["data"], "data")
        findings = Findings()
        rows, held_out, conditions = divide_conditioned(
            conditioned_rows(spec.sources, spec, findings),
            conditioned_rows(spec.validation, spec, findings) if spec.validation else None,
            spec.split,
            spec.condition,
            spec.condition_kind,
            findings.added_to(describe_sources(spec.sources)),
            findings,
        )
        findings.keep(folder.training)
        tokenizer = make_tokenizer(spec.tokenizer, (row.text for row in rows), spec.vocabulary_limit)
        folder.write_tokenizer(tokenizer)
        for name, texts in (("training", rows), ("validation", held_out)):
            write_conditioned(folder.training, name, tokenizer, texts, conditions, callback.on_encoded)
        examples = open_conditioned(folder.training, "training", conditions, verify=False).examples
        spec = with_limit(spec, examples.lengths, USUAL_LENGTH)
        tokens = len(examples.text.tokens)
        minutes = usual_minutes(settings)
        size = Size(tokens, tokenizer.vocabulary_size, minutes, filled(machine, len(rows), tokens))
        if settings["network"].get("decoder_input") == "none":
            settings = {**settings, "training": {"counts": False, **settings["training"]}}
        choice = choose(ConditionalRecipe, size, settings)
        encoder = build(ConditionEncoderShape, settings["encoder"], "encoder")
        reason = f"condition: {encoder.encoder_size} hidden units encode it as the decoder's initial state."
        ngrams = chosen_shape(tokenizer.kind, tokens, settings["network"])
        chosen = {**choice.sections, "network": choice.network.changed(**ngrams)}
        recipe = build(ConditionalRecipe, {"data": spec, "encoder": encoder, **chosen}, "recipe")
        multiline = has_line_ends(tokenizer, np.flatnonzero(examples.text.counts))
        return Plan(recipe, _config(recipe, tokenizer, conditions, multiline), [*choice.reasons, reason])

    def open(
        self, folder: ModelFolder, recipe: ConditionalRecipe, config: ConditionalConfig, verify: bool
    ) -> "ConditionalJob":
        """Open the texts and their conditions in the model folder."""
        limit, specs = recipe.data.max_length, config.conditions
        parts = [open_conditioned(folder.training, name, specs, limit, verify) for name in ("training", "validation")]
        tokenizer = decoder_tokenizer(folder, config)
        return ConditionalJob(parts[0], parts[1], recipe, specs, tokenizer)

    def summary(self, figures: Mapping[str, Any]) -> str:
        """Return the closing figures in a sentence."""
        return (
            f"{figures['bits_per_character']:.4f} bits per character on the held-out texts, given what they depend on "
            f"({figures['nats_per_token']:.4f} nats per token{parts_summary(figures)})."
        )


def conditioned_rows(names: tuple[str, ...], spec: ConditionalDataSpec, findings: Findings) -> list[ConditionedText]:
    """Read the rows of tables, or the documents of texts, with the settings of the spec."""
    sources = Sources(names, spec, tables=bool(spec.text), findings=findings)
    return read_conditioned(sources, spec.text, spec.condition, spec.dividing or "")


def _unformatted(text: str) -> str:
    """Return a text whose braces are no places to fill in."""
    return text.replace("{", "{{").replace("}", "}}")


def _config(
    recipe: ConditionalRecipe, tokenizer: Tokenizer, conditions: tuple[ConditionSpec, ...], multiline: bool
) -> ConditionalConfig:
    width = recipe.encoder.encoder_size
    encoder: EncoderSpec
    if conditions[0].labels:
        encoder = LabelEncoderSpec(labels=sum(len(one.labels) for one in conditions), hidden_size=width)
    else:
        encoder = VectorEncoderSpec(numbers=len(conditions), hidden_size=width)
    shape: Mapping[str, Any] = recipe.network.model_dump(include=set(SourceDecoderShape.model_fields))
    decoder = DecoderSpec(**shape, vocabulary_size=tokenizer.vocabulary_size)
    return ConditionalConfig(
        tokenizer=tokenizer.kind,
        network=NetworkSpec(encoder=encoder, decoder=decoder),
        conditions=conditions,
        multiline=multiline,
    )

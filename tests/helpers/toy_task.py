"""A task in one file: it learns to reverse words, one a line of a file, from the parts that the project has."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import typer

from unspool.cli.arguments import ModelPath
from unspool.cli.console import write
from unspool.cli.options import Fields, Settings, with_options
from unspool.data.documents import all_lines
from unspool.data.example_batches import PairBatches
from unspool.data.pairs import Pair, divide_pairs, keep_pairs, kept_pairs, open_pairs, write_pairs
from unspool.data.sources import Sources, describe_sources
from unspool.decode.translation import BeamTranslator
from unspool.errors import UsageError
from unspool.evaluate.baseline import frequency_nats
from unspool.evaluate.pairs import exact_match, pair_nats
from unspool.evaluate.units import units_of
from unspool.folder.card import Card
from unspool.folder.model_folder import ModelFolder
from unspool.models.base import Model, given, measuring
from unspool.specs.base import Option, build, setting
from unspool.specs.config import Config
from unspool.specs.data import DataSpec
from unspool.specs.network import DecoderSpec, NetworkSpec, text_encoder
from unspool.specs.recipe import TrainingRecipe
from unspool.specs.runtime import RuntimeSpec
from unspool.specs.sampling import BeamSpec
from unspool.specs.shapes import AttentionDecoderShape, EncoderShape
from unspool.specs.training import DecoderTrainingSpec
from unspool.tasks.base import Plan, TrainedTask
from unspool.tasks.evaluation import read_as_in_training
from unspool.tasks.opening import decoder_tokenizer, read_recipe
from unspool.tasks.recipe import budget_spec
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer


class ReversalDataSpec(DataSpec):
    """Words, one a line.

    Attributes:
        backwards: learns to reverse the words.
    """

    backwards: bool = setting(False, Option("Reversal", synonyms=("reverse", "mirror")))


class ReversalRecipe(TrainingRecipe):
    """All settings of a run."""

    task: Literal["reversal"] = "reversal"
    data: ReversalDataSpec
    network: AttentionDecoderShape
    encoder: EncoderShape
    training: DecoderTrainingSpec


class ReversalConfig(Config):
    """What a model is."""

    task: Literal["reversal"] = "reversal"


def words_and_reversals(sources: tuple[str, ...], spec: DataSpec) -> list[Pair]:
    """Every word of some files with its reversal."""
    return [Pair(word, word[::-1]) for word in all_lines(Sources(sources, spec)) if word]


class Reversal(TrainedTask[ReversalRecipe, ReversalConfig]):
    """Learns to reverse words."""

    recipe, config = ReversalRecipe, ReversalConfig
    card = Card(
        tag="text2text-generation",
        kind="reverser",
        caution="It reverses words.",
        figures="On the held-out words.",
        command="unspool reverse {name} WORD",
        python='print(unspool.load("{name}").reverse(["word"]))',
    )

    def check(self, settings: Any) -> None:
        super().check(settings)
        if not settings["data"].get("sources"):
            raise UsageError("reversal learns from words. Received: no file.", "name a file with one word a line.")

    def plan(self, folder: ModelFolder, settings: Any, machine: Any, pretrained: Any, callback: Any) -> Plan:
        spec = build(ReversalDataSpec, settings["data"], "data")
        pairs = words_and_reversals(spec.sources, spec)
        held_out = words_and_reversals(spec.validation, spec) if spec.validation else None
        pairs, held_out = divide_pairs(pairs, held_out, spec.split, describe_sources(spec.sources))
        tokenizer = make_tokenizer(spec.tokenizer, (pair.source for pair in pairs), spec.vocabulary_limit)
        folder.write_tokenizer(tokenizer)
        for name, part in (("training", pairs), ("validation", held_out)):
            write_pairs(folder.training, name, (tokenizer, tokenizer), part, callback.on_encoded)
        keep_pairs(folder.training, held_out)
        recipe = ReversalRecipe(
            data=spec,
            network=build(AttentionDecoderShape, {"cell": "gru", "hidden_size": 64, **settings["network"]}, "network"),
            encoder=build(
                EncoderShape, {"encoder_size": 32, "encoder_embedding": 32, **settings["encoder"]}, "encoder"
            ),
            training=build(DecoderTrainingSpec, {"threads": machine.threads, **settings["training"]}, "training"),
            budget=budget_spec(settings),
        )
        size = tokenizer.vocabulary_size
        decoder = DecoderSpec(**recipe.network.model_dump(), vocabulary_size=size)
        network = NetworkSpec(encoder=text_encoder(recipe.encoder, size), decoder=decoder)
        return Plan(recipe, ReversalConfig(tokenizer=spec.tokenizer, network=network))

    def open(self, folder: ModelFolder, recipe: ReversalRecipe, config: ReversalConfig, verify: bool) -> "ReversalJob":
        return ReversalJob(folder, recipe, decoder_tokenizer(folder, config), verify)

    def summary(self, figures: Mapping[str, Any]) -> str:
        return f"{figures['exact']:.0%} of the held-out words are reversed."


class ReversalJob:
    """Words that are learnt."""

    warnings = ()

    def __init__(self, folder: ModelFolder, recipe: ReversalRecipe, tokenizer: Tokenizer, verify: bool) -> None:
        training, self.held_out = (
            open_pairs(folder.training, name, None, verify) for name in ("training", "validation")
        )
        self.batches = PairBatches(training, recipe.training.batch_size, recipe.training.seed)
        self.training_units, self.held_out_units = units_of(training.target), units_of(self.held_out.target)
        self.baseline = frequency_nats(training.target.counts, self.held_out.target.counts)
        self.pairs, self.tokenizer = kept_pairs(folder.training), tokenizer
        self.description = f"words: {len(training.examples)} to learn, {len(self.pairs)} held out."

    def validate(self, network: Any) -> float:
        return pair_nats(network, self.held_out)

    def sample(self, network: Any) -> str:
        return reversals(network, self.tokenizer, [self.pairs[0].source])[0]

    def figures(self, network: Any) -> dict[str, Any]:
        return {"nats_per_token": self.validate(network), **measured(network, self.tokenizer, self.pairs).to_dict()}


class ReversalFigures(NamedTuple):
    """The fraction of words that are reversed without a mistake, and how many there are."""

    exact: float
    words: int

    def to_dict(self) -> dict[str, Any]:
        return self._asdict()


def reversals(network: Any, tokenizer: Tokenizer, words: Sequence[str]) -> list[str]:
    """What a network makes of some words."""
    return [best[0].text for best in BeamTranslator(network, tokenizer, tokenizer).translate(words, BeamSpec(beams=1))]


def measured(network: Any, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> ReversalFigures:
    """Compare what a network makes of some words with their reversals."""
    found = reversals(network, tokenizer, [pair.source for pair in pairs])
    return ReversalFigures(exact_match(found, [pair.target for pair in pairs]), len(pairs))


class Reverser(Model):
    """A model that reverses words."""

    def reverse(self, words: Sequence[str]) -> list[str]:
        return reversals(self.network, decoder_tokenizer(self.folder, self.config), words)

    @measuring
    def evaluate(self, data: Any = None, **settings: Any) -> ReversalFigures:
        chosen = given(self.config.task, data, settings, ReversalDataSpec)
        spec = read_as_in_training(read_recipe(self.folder).data, chosen)
        pairs = words_and_reversals(spec.sources, spec) if spec.sources else kept_pairs(self.folder.training)
        return measured(self.network, decoder_tokenizer(self.folder, self.config), pairs)


@with_options(runtime=Fields(RuntimeSpec, ("engine",)))
def reverse(
    model: ModelPath, words: Annotated[list[str], typer.Argument(metavar="WORD")], *, runtime: Settings
) -> None:
    """Reverse words.

    Examples:
        unspool reverse runs/words word
    """
    from unspool.api import load

    write("".join(f"{word}\n" for word in load(model, **runtime).reverse(words)))

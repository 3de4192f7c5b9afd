"""Language: learn a text, many to many and aligned, from an initial state.

sources -> tokenizer, ids -> feed -> loop -> model folder
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from unspool.data.batches import DocumentFeed, Feed, StreamFeed
from unspool.data.corpus import SMALL, Corpus, open_corpus, prepare_corpus
from unspool.data.sources import check_sources, describe_sources
from unspool.decode.stream import generate, start_reading
from unspool.engines.base import Learner, Network
from unspool.engines.initial import extended_weights
from unspool.engines.parameters import parameter_count
from unspool.engines.registry import build_learner, build_network, training_machine
from unspool.errors import ModelFolderError, UsageError, reporting_write_errors
from unspool.evaluate.bits import Figures, document_nats, evaluate_part, fresh_means
from unspool.folder.atomic import bring_back, drop_replaced, replaced, set_aside, write_atomically
from unspool.folder.card import model_card
from unspool.folder.model_folder import Arrays, Config, ModelFolder, check_free
from unspool.specs.network import DecoderShape, DecoderSpec, NetworkSpec
from unspool.specs.sampling import SamplingSpec
from unspool.specs.training import Recipe, TrainingSpec
from unspool.tasks.recipe import Settings, Size, budget_spec, check_settings, choose_recipe, data_spec
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import extend_characters, make_tokenizer
from unspool.training.budget import Budget
from unspool.training.checkpoint import Checkpoint, Progress
from unspool.training.history import History
from unspool.training.loop import Callbacks, Loop, StepEvent, ValidationEvent
from unspool.training.threads import ThreadChoice

USUAL_MINUTES = 3.0  # what the sizes are chosen for when the budget is in steps or epochs
SAMPLE = SamplingSpec(max_new_tokens=100, temperature=0.8, seed=0)
VALIDATION_DOCUMENTS = 2048
CLOSING_ROWS, CLOSING_TOKENS = 64, 300_000


class Listener(Callbacks, Protocol):
    """Callbacks that also hear about the preparation and the end."""

    def on_note(self, line: str) -> None:
        """A line for people: what was chosen and why, or a warning."""

    def on_encoded(self, size: int) -> None:
        """Bytes of text encoded so far."""


class Silent:
    """Listens to nothing; a base for those who listen to some of it."""

    def on_note(self, line: str) -> None:
        """A line for people."""

    def on_encoded(self, size: int) -> None:
        """Bytes of text encoded so far."""

    def on_step(self, event: StepEvent) -> None:
        """After each update."""

    def on_validation(self, event: ValidationEvent) -> None:
        """After each validation."""

    def on_sample(self, step: int, text: str) -> None:
        """Some text that the network wrote."""


@dataclass
class Run:
    """One training run: where, how, and who listens.

    Attributes:
        path: of the model folder.
        settings: what was asked for; the rest is chosen.
        listener: is told.
        engine: trains.
        started: `time.monotonic` when it began.
    """

    path: Path
    settings: Settings
    listener: Listener
    engine: str = "torch"
    started: float = field(default_factory=time.monotonic)

    def new(self, overwrite: bool, start: "Start | None" = None) -> Figures:
        """Train from the beginning, or from the weights of another model.

        Raises:
            UnspoolError: as its parts do. An existing model is brought back then.
        """
        spec = data_spec(self.settings)
        check_settings(self.settings)
        machine = training_machine(self.engine)  # before anything is touched: it may not be installed
        check_sources(spec)
        check_free(self.path, overwrite)
        set_aside(self.path)
        try:
            folder = ModelFolder(self.path)
            folder.create()
            make = (
                start.tokenizer_for
                if start
                else lambda pieces: make_tokenizer(spec.tokenizer, pieces, spec.vocabulary_limit)
            )
            tokenizer = prepare_corpus(folder.training, spec, make, self.listener.on_encoded)
            corpus = open_corpus(folder.training, verify=False)
            size = Size(len(corpus.training.tokens), tokenizer.vocabulary_size, self._minutes(), *machine)
            recipe, reasons = choose_recipe(size, self.settings, start.config.network.writer if start else None)
            if start:
                recipe = recipe.changed(started_from=str(start.path))
            for line in [_describe(corpus, recipe), *reasons, *_warnings(corpus)]:
                self.listener.on_note(line)
            config = _config(recipe, tokenizer)
            folder.write_tokenizer(tokenizer)
            folder.write_recipe(recipe)
            folder.write_sampling(start.sampling if start else SamplingSpec())
            weights = None
            if start:
                weights = extended_weights(config.network, recipe.training.seed, start.weights)
            learner = build_learner(self.engine, config.network, recipe.training, weights)
            folder.write_config(config)
        except BaseException:
            bring_back(self.path)
            raise
        return self._train(folder, recipe, config, tokenizer, corpus, learner, Progress())

    def resume(self) -> Figures:
        """Go on where a run was cut off.

        Raises:
            ModelFolderError: there is nothing to resume.
        """
        folder = ModelFolder(self.path)
        recipe, config = folder.read_recipe(), folder.read_config()
        checkpoint = Checkpoint(folder.training)
        learner = build_learner(self.engine, config.network, recipe.training)
        progress = Progress()
        if checkpoint.exists():
            arrays, progress = checkpoint.read()
            if progress.done:
                raise ModelFolderError(
                    f"{self.path} is trained to the end: {progress.step:,} steps.",
                    f"to train it further, start a new model from it: --from {self.path}.",
                )
            learner.restore(arrays)
        elif recipe.started_from:
            raise ModelFolderError(f"{self.path} was cut off before it began.", "start it anew with --overwrite.")
        _restore_best(folder)
        self.listener.on_note(f"resuming {self.path} after step {progress.step:,}")
        tokenizer = folder.read_tokenizer(config)
        return self._train(folder, recipe, config, tokenizer, open_corpus(folder.training), learner, progress)

    def _minutes(self) -> float:
        return budget_spec(self.settings).minutes or USUAL_MINUTES

    def _train(
        self,
        folder: ModelFolder,
        recipe: Recipe,
        config: Config,
        tokenizer: Tokenizer,
        corpus: Corpus,
        learner: Learner,
        progress: Progress,
    ) -> Figures:
        feed = make_feed(corpus, recipe.training)
        if progress.index >= feed.steps(progress.epoch):
            raise ModelFolderError(f"{self.path}: training/last.safetensors does not fit the text.", "train again.")
        history = History(folder.path / "history.jsonl")
        history.rewind(progress.step)

        def keep_best(learner: Learner, about: dict[str, Any], scheduled: bool) -> None:
            folder.write_weights(learner.weights(), about)
            if scheduled:
                drop_replaced(folder.path)
                write_atomically(_best(folder), (folder.path / "model.safetensors").read_bytes())

        def settled(threads: int) -> None:
            folder.write_recipe(recipe.changed(training=recipe.training.changed(threads=threads)))
            history.add(event="threads", threads=threads)
            self.listener.on_note(f"{threads} of {recipe.training.threads} threads are faster at the moment.")

        choosing = recipe.budget.minutes is not None and "threads" not in self.settings["training"]
        loop = Loop(
            learner=learner,
            feed=feed,
            training=recipe.training,
            budget=Budget(recipe.budget, feed.steps(0), used=progress.seconds, started=self.started),
            checkpoint=Checkpoint(folder.training),
            history=history,
            validate=lambda network: _fresh(network, corpus),
            keep_best=keep_best,
            sample=lambda network: _sample(network, tokenizer, config.by_document),
            callbacks=self.listener,
            tokens_per_character=len(corpus.training.tokens) / corpus.training.characters,
            progress=progress,
            threads=ThreadChoice(recipe.training.threads, learner.use_threads, settled) if choosing else None,
        )
        progress = loop.run()
        if replaced(folder.path).exists():
            self.listener.on_note(f"the earlier model is kept in {replaced(folder.path)}.")
        weights = folder.read_weights()
        network = build_network(self.engine, config.network, weights)
        figures = evaluate_part(network, corpus.validation, rows=CLOSING_ROWS, most=CLOSING_TOKENS)
        shown = {name: value for name, value in figures.to_dict().items() if name not in ("seconds", "tokens")}
        history.add(
            event="end",
            step=progress.step,
            best_step=progress.best_step,
            seconds=loop.budget.seconds(),
            tokens_per_second=loop.tokens_per_second,
            **shown,
        )
        parameters = parameter_count(config.network)
        card = model_card(folder.path.name, recipe, config.network, parameters, _describe(corpus, recipe), shown)
        folder.write_card(card)
        return figures


@dataclass(frozen=True)
class Start:
    """A trained model that a new one starts from."""

    path: Path
    config: Config
    tokenizer: Tokenizer
    weights: Arrays
    sampling: SamplingSpec

    @classmethod
    def read(cls, path: Path) -> "Start":
        """Read it.

        Raises:
            ModelFolderError: it is no sound model.
        """
        folder = ModelFolder(path)
        config = folder.read_config()
        return cls(path, config, folder.read_tokenizer(config), folder.read_weights(), folder.read_sampling())

    def tokenizer_for(self, pieces: Any) -> Tokenizer:
        """The model's tokenizer, which learns the new characters if it is one of characters."""
        return extend_characters(self.tokenizer, pieces) if self.tokenizer.kind == "char" else self.tokenizer

    def settings(self, asked: Settings) -> Settings:
        """The settings with the model's tokenizer.

        Raises:
            UsageError: other sizes or another tokenizer are asked for.
        """
        kind = asked["data"].get("tokenizer", self.config.tokenizer)
        if asked["network"] or kind != self.config.tokenizer:
            wrong = ", ".join([*asked["network"], *(["tokenizer"] if kind != self.config.tokenizer else [])])
            raise UsageError(
                f"a model that starts from another has its sizes and tokenizer. Received: {wrong}.",
                "leave these options out.",
            )
        data = {**asked["data"], "tokenizer": self.config.tokenizer}
        if self.config.by_document and "text_column" not in data:
            data.setdefault("lines", True)
        rates = {"learning_rate": 2e-3, "matrix_rate": 0.01}  # half of what an untrained network takes
        return {**asked, "data": data, "training": {**rates, **asked["training"]}}


def make_feed(corpus: Corpus, training: TrainingSpec) -> Feed:
    """Windows over a stream, or documents side by side."""
    if corpus.training.starts is not None:
        return DocumentFeed(corpus.training, training.batch_size, training.sequence_length, training.seed)
    return StreamFeed(
        corpus.training,
        training.batch_size,
        training.sequence_length,
        training.reset_probability,
        training.seed,
    )


def _config(recipe: Recipe, tokenizer: Tokenizer) -> Config:
    shape: Mapping[str, Any] = recipe.network.model_dump(include=set(DecoderShape.model_fields))
    decoder = DecoderSpec(**shape, vocabulary_size=tokenizer.vocabulary_size)
    return Config(
        by_document=recipe.data.by_document,
        tokenizer=recipe.data.tokenizer,
        network=NetworkSpec(decoder=decoder),
    )


def _fresh(network: Network, corpus: Corpus) -> float:
    if corpus.validation.starts is None:
        return float(fresh_means(network, corpus.validation.tokens).mean())
    sums, lengths = document_nats(network, corpus.validation, most=VALIDATION_DOCUMENTS)
    return float(sums.sum() / lengths.sum())


def _sample(network: Network, tokenizer: Tokenizer, by_document: bool) -> str:
    pieces = generate(network, tokenizer, start_reading(network), SAMPLE, [0], by_document)
    return "".join(piece.text for piece in pieces)


def _best(folder: ModelFolder) -> Path:
    return folder.training / "best.safetensors"


def _restore_best(folder: ModelFolder) -> None:
    """An interruption may have kept weights that an uninterrupted run would never have seen."""
    if _best(folder).exists():
        with reporting_write_errors(_best(folder)):
            data = _best(folder).read_bytes()
        write_atomically(folder.path / "model.safetensors", data)


def _describe(corpus: Corpus, recipe: Recipe) -> str:
    training, validation = corpus.training, corpus.validation
    unit = "characters" if training.starts is None else f"characters in {len(training.starts) - 1:,} documents"
    return (
        f"text: {describe_sources(recipe.data.sources)}: {training.characters:,} {unit} to learn, "
        f"{validation.characters:,} held out."
    )


def _warnings(corpus: Corpus) -> list[str]:
    if corpus.training.characters >= SMALL:
        return []
    return [
        f"warning: {corpus.training.characters:,} characters are very little. Expect the text learnt by heart "
        "rather than its style; 100,000 and more teach a style."
    ]

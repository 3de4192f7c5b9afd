"""The facade: train, load, and what a trained model can do.

model = unspool.train("alice.txt", minutes=5)
model.generate("Alice was", max_new_tokens=200, temperature=0.8, seed=7)
model.score("Alice was beginning").bits_per_byte
model.save("alice/")
"""

import shutil
import tempfile
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unspool.arrays import softmax
from unspool.data.batches import Source
from unspool.data.corpus import part_of_text
from unspool.decode.classification import Classifier, NetworkClassifier, Probabilities
from unspool.decode.condition import Condition, condition_source, missing_condition
from unspool.decode.generation import generate
from unspool.decode.reading import Reading, read, sample_seeds, start_reading
from unspool.decode.row import Piece
from unspool.decode.translation import BeamTranslator, Translation
from unspool.engines.registry import build_network
from unspool.errors import ModelFolderError, UsageError, reporting_write_errors
from unspool.evaluate.bayes import BayesClassifier
from unspool.evaluate.bits import Figures, token_nats
from unspool.evaluate.conditioned import ConditionedFigures
from unspool.evaluate.influence import Influence, influence, words_of
from unspool.evaluate.labels import ClassificationFigures
from unspool.evaluate.pairs import TranslationFigures
from unspool.folder.atomic import bring_back, drop_replaced, set_aside
from unspool.folder.model_folder import ModelFolder, check_free, dump_safetensors, parse_safetensors
from unspool.specs.base import build
from unspool.specs.sampling import BeamSpec, SamplingSpec
from unspool.tasks.evaluation import evaluate_conditioned, evaluate_labels, evaluate_pairs, evaluate_text
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import Settings, grouped
from unspool.tasks.run import Run
from unspool.tasks.tasks import check_known, make_task, task_name, unusual
from unspool.training.callback import Callback

PathLike = str | Path


@dataclass(frozen=True)
class Score:
    """How well a model predicts a text.

    Attributes:
        bits_per_byte: of the text's UTF-8; compares across tokenizers.
        bits_per_character: the same per Unicode character.
        nats_per_token: mean of minus the log-probabilities.
        perplexity: e to the nats per token.
        tokens: the text of each token.
        log_probabilities: of each token after those before it, in nats.
    """

    bits_per_byte: float
    bits_per_character: float
    nats_per_token: float
    perplexity: float
    tokens: tuple[str, ...]
    log_probabilities: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """The figures by name, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Sample:
    """One generated text.

    Attributes:
        text: without the prompt.
        seed: that draws it again.
        tokens: how many were drawn.
        finish_reason: `stop` or `length`.
    """

    text: str
    seed: int
    tokens: int
    finish_reason: str

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, for JSON."""
        return asdict(self)


class StateReading:
    """A state as a value: what a model has read so far. Reading on gives a new one; the old one stays."""

    def __init__(self, model: "Model", reading: Reading) -> None:
        self._model, self._reading = model, reading

    @property
    def ids(self) -> list[int]:
        """The token ids that were read."""
        return list(self._reading.ids)

    def read(self, text: str) -> "StateReading":
        """The state after more text."""
        model = self._model
        return StateReading(model, read(model.network, model.tokenizer.encode(text), self._reading))

    def fork(self) -> "StateReading":
        """Another holder of the same state; whatever is done with one leaves the other as it is."""
        return StateReading(self._model, self._reading)

    def next_probabilities(self, n: int = 10) -> list[tuple[str, float]]:
        """The n likeliest next tokens with their probabilities, likeliest first."""
        probabilities = softmax(self._reading.logits[0].astype(np.float64))  # (V)
        best = np.argsort(-probabilities, kind="stable")[:n]
        return [(self._model.token_text(int(token)), float(probabilities[token])) for token in best]

    def stream(self, **settings: Any) -> Iterator[str]:
        """Write on from here, text as it comes. See `Model.stream`."""
        spec = self._model.sampling_for(settings)
        if spec.num_samples != 1:
            raise UsageError(
                f"stream and generate write one sample. Received: num_samples={spec.num_samples}.",
                "use samples(prompt, num_samples=...).",
            )
        return (piece.text for piece in self._model.pieces(self._reading, spec)[1] if piece.text)

    def generate(self, **settings: Any) -> str:
        """Write on from here. See `Model.generate`."""
        return "".join(self.stream(**settings))

    def save(self, path: PathLike) -> None:
        """Write the state to a safetensors file; `Model.load_reading` reads it, with any engine.

        Raises:
            OutputError: it cannot be written.
        """
        arrays = self._model.network.state_to_arrays(self._reading.state)
        data = dump_safetensors({**arrays, "logits": self._reading.logits}, {"ids": self._reading.ids})
        with reporting_write_errors(Path(path), "choose another path"):
            Path(path).write_bytes(data)


class Model:
    """A trained model: a network, its tokenizer, its settings of generation.

    `load` and `train` make one.
    """

    def __init__(self, path: Path, engine: str, weights: str = "float32", threads: int = 0) -> None:
        folder = ModelFolder(path)
        self.config = folder.read_config()
        self.tokenizer = folder.read_tokenizer(self.config)
        self.sampling = folder.read_sampling()
        self.source_tokenizer = folder.read_source_tokenizer(self.config) if self.config.task == "translation" else None
        self.network: Any = build_network(engine, self.config.network, folder.read_weights(), weights, threads)
        self.path = path

    def translate(self, texts: str | Sequence[str], **settings: Any) -> str | list[str]:
        """The best translation of one text, or of several, in order.

        Args:
            texts: any text can be read.
            **settings: the fields of `BeamSpec`, such as `beams`.

        Raises:
            UsageError: the model does not translate, or a setting breaks its rule.
        """
        found = [best[0].text for best in self.translations([texts] if isinstance(texts, str) else texts, **settings)]
        return found[0] if isinstance(texts, str) else found

    def translations(self, texts: Sequence[str], **settings: Any) -> list[list[Translation]]:
        """The `n_best` translations of each text, the best first, with scores and attention."""
        return self._translator().translate(texts, build(BeamSpec, settings, "translate"))

    def _translator(self) -> BeamTranslator:
        if self.source_tokenizer is None:
            raise UsageError(
                f"translate needs a model of translation. Received: one of {self.config.task}.",
                "train one with `unspool train --source COL --target COL PAIRS`.",
            )
        return BeamTranslator(self.network, self.source_tokenizer, self.tokenizer)

    def classify(self, texts: str | Sequence[str]) -> str | list[str]:
        """The likeliest label of one text, or of several, in order.

        Raises:
            UsageError: the model does not classify.
        """
        classifier = self.classifier()
        shares = classifier.probabilities([texts] if isinstance(texts, str) else texts)
        found = [classifier.labels[number] for number in shares.argmax(axis=1)]
        return found[0] if isinstance(texts, str) else found

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """How likely each label of each text is, in the order of `labels`: [N, C] float64, rows sum to 1."""
        return self.classifier().probabilities(texts)

    def influence(self, text: str) -> Influence:
        """What each word, or of a model of characters each character, did for the likeliest label of a text."""
        classifier = self.classifier()
        parts = list(text) if self.tokenizer.kind == "char" else words_of(text)
        return influence(classifier.probabilities, classifier.labels, parts)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the model may classify a text as."""
        return self.classifier().labels

    def classifier(self) -> Classifier:
        """What tells labels: a head, or, of a model that writes under a condition, Bayes' rule.

        Raises:
            UsageError: the model does not classify.
        """
        if self.config.conditions is not None:
            return BayesClassifier(self.network, self.tokenizer, self.config.conditions)
        if self.config.task != "classification":
            raise UsageError(
                f"classify needs a model of classification or of conditioned text. Received: {self.config.task}.",
                "train one with `unspool train --text COL --label COL TABLE`.",
            )
        return NetworkClassifier(self.network, self.tokenizer, self.config.labels)

    def _check_task(self, *tasks: str) -> None:
        """Refuse what only models of other tasks can do.

        Raises:
            UsageError: as it says.
        """
        if self.config.task not in tasks:
            raise UsageError(
                f"this needs a model of {' or '.join(tasks)}. Received: one of {self.config.task}.",
                "see the model's README.md for what it can do.",
            )

    def generate(self, prompt: str = "", condition: Condition | None = None, **settings: Any) -> str:
        """Continue a prompt.

        Args:
            prompt: is read in full first; any text can be read.
            condition: what the text depends on, of a conditional model: a label, shares of labels (`"a=0.7,b=0.3"` or
                `{"a": 0.7, "b": 0.3}`) or a number; of several columns a sequence of these.
            **settings: the fields of `SamplingSpec`, such as `max_new_tokens`, `temperature`, `seed`, `stop`.

        Returns:
            the new text, without the prompt.

        Raises:
            UsageError: a setting breaks its rule; the condition is not known, is missing, or the model takes none.
        """
        return "".join(self.stream(prompt, condition, **settings))

    def stream(self, prompt: str = "", condition: Condition | None = None, **settings: Any) -> Iterator[str]:
        """The same, text as it comes."""
        return self.read(prompt, condition).stream(**settings)

    def samples(self, prompt: str = "", condition: Condition | None = None, **settings: Any) -> list[Sample]:
        """Several continuations side by side; each is what it would be alone with its seed."""
        spec = self.sampling_for(settings)
        seeds, pieces = self.pieces(self.read(prompt, condition)._reading, spec)
        texts, tokens = [""] * len(seeds), [0] * len(seeds)
        last: dict[int, Piece] = {}
        for piece in pieces:
            texts[piece.row] += piece.text
            tokens[piece.row] += len(piece.ids)
            last[piece.row] = piece
        return [
            Sample(text, seed, tokens[i], str(last[i].finish_reason))
            for i, (text, seed) in enumerate(zip(texts, seeds, strict=True))
        ]

    def read(self, text: str = "", condition: Condition | None = None) -> StateReading:
        """The state after a text, as a value; where it starts, the condition says."""
        return StateReading(self, start_reading(self.network, self._source(condition))).read(text)

    def _source(self, condition: Condition | None) -> Source | None:
        """What chooses the state that texts start from.

        Raises:
            UsageError: as it says.
        """
        self._check_task("language", "conditional")
        specs = self.config.conditions
        if specs is None:
            if condition is not None:
                raise UsageError("a language model's texts depend on nothing, and take no condition.", "leave it out.")
            return None
        if condition is None:
            raise missing_condition(specs)
        return condition_source(condition, specs)

    def load_reading(self, path: PathLike) -> StateReading:
        """The state that `StateReading.save` wrote.

        Raises:
            ModelFolderError: the file is missing, damaged, or of another model.
        """
        self._check_task("language", "conditional")
        try:
            arrays, about = parse_safetensors(Path(path).read_bytes(), Path(path))
            logits = arrays.pop("logits")
            if logits.shape != (1, self.tokenizer.vocabulary_size) or any(one.shape[1] != 1 for one in arrays.values()):
                raise ValueError("its shapes are those of another network")
            ids = [int(token) for token in about["ids"]]
            if not all(0 <= token < self.tokenizer.vocabulary_size for token in ids):
                raise ValueError("its tokens are those of another vocabulary")
            state = self.network.state_from_arrays(arrays)
            return StateReading(self, Reading(state, logits, ids))
        except (OSError, KeyError, ValueError, TypeError, IndexError, ModelFolderError) as problem:
            reason = getattr(problem, "message", str(problem))
            raise ModelFolderError(
                f"{path} is not a state of this model: {reason:.80}.", "read the text again with read()."
            ) from None

    def score(self, text: str, condition: Condition | None = None) -> Score:
        """How well the model predicts a text.

        Args:
            text: read from the initial state; of a conditional model as a document, its end included.
            condition: what it depends on, as in `generate`.

        Raises:
            UsageError: the text is empty; or as `generate` says of the condition.
        """
        source = self._source(condition)
        part = part_of_text(self.tokenizer, text, ends=source is not None)
        if not text:
            raise UsageError("a text to score must have at least one character. Received: ''.", "give a text.")
        state = None if source is None else self.network.encode(source)
        nats = token_nats(self.network, part.tokens, state).astype(np.float64)
        mean = float(nats.mean())
        bits = float(nats.sum()) / np.log(2) + part.spelling_bits
        return Score(
            bits_per_byte=bits / part.bytes,
            bits_per_character=bits / part.characters,
            nats_per_token=mean,
            perplexity=float(np.exp(min(mean, 700))),
            tokens=tuple(self.token_text(int(token)) for token in part.tokens),
            log_probabilities=tuple(float(-value) for value in nats),
        )

    def evaluate(
        self, data: PathLike | Sequence[PathLike] | None = None, **settings: Any
    ) -> Figures | TranslationFigures | ClassificationFigures | ConditionedFigures:
        """Measure the model on a text, or on the part that was held out of its own.

        Args:
            data: files or folders; none means the held-out part, which lies in the model folder.
            **settings: the fields of `DataSpec`, such as `lines`, or `text_column` and, where they have other names
                than in training, `condition_columns`; of a translation, those of `BeamSpec` too.

        Raises:
            UsageError: a setting means nothing to the model's task.
            DataError: the text cannot be read.
            ModelFolderError: the held-out part is gone.
            MissingExtraError: sacrebleu is needed and not installed.
        """
        folder = ModelFolder(self.path)
        settings = {name: value for name, value in settings.items() if value is not False and value not in (None, ())}
        check_known(self.config.task, settings)
        settings["sources"] = _names(data)
        if self.config.task == "translation":
            return evaluate_pairs(self._translator(), folder, settings)
        if self.config.task == "classification":
            return evaluate_labels(self.classifier(), self.tokenizer, folder, settings)
        if self.config.conditions is not None:
            return evaluate_conditioned(self.network, self.tokenizer, self.config, folder, settings)
        return evaluate_text(self.network, self.tokenizer, self.config, folder, settings)

    def save(self, path: PathLike, overwrite: bool = False) -> None:
        """Write the model folder.

        Raises:
            OutputError: something is there, or it cannot be written.
        """
        target = Path(path)
        check_free(target, overwrite)
        set_aside(target)
        try:
            with reporting_write_errors(target):
                shutil.copytree(self.path, target, ignore=shutil.ignore_patterns("training"), dirs_exist_ok=True)
        except BaseException:
            bring_back(target)
            raise
        drop_replaced(target)

    def sampling_for(self, settings: Mapping[str, Any]) -> SamplingSpec:
        """The model's settings of generation with some replaced."""
        return self.sampling.changed(**settings)

    def pieces(self, reading: Reading, spec: SamplingSpec) -> tuple[list[int], Iterator[Piece]]:
        """The seeds of the samples, and their pieces as they come."""
        seeds = sample_seeds(spec)
        by_document = self.config.by_document
        return seeds, generate(self.network, self.tokenizer, reading, spec, seeds, by_document)

    def token_text(self, token: int) -> str:
        """How to show one token: its text, or the name of a special one."""
        return self.tokenizer.show(token)


def load(path: PathLike, engine: str = "auto", weights: str = "float32", threads: int = 0) -> Model:
    """Open a model folder.

    Args:
        path: of the folder that `train` or `unspool train` wrote.
        engine: `numpy`, `numba`, `torch`, or `auto`: NumPy starts, and in a long text the kernels of `numba` take
            over.
        weights: `float32`; `bfloat16` or `int8`: half or a quarter of the memory to read, at a small loss
            (engine `numba` or `auto`).
        threads: that the kernels of `numba` may use; 0 means all.

    Raises:
        ModelFolderError: it is no sound model folder.
        UsageError: there is no such engine, or not with these weights or threads.
        MissingExtraError: the engine is not installed, or cannot be imported.
    """
    return Model(Path(path), engine, weights, threads)


def train(
    data: PathLike | Sequence[PathLike] | None = None,
    *,
    out: PathLike | None = None,
    overwrite: bool = False,
    start_from: PathLike | None = None,
    callback: Callback | None = None,
    engine: str = "torch",
    settings: Settings | None = None,
    task: str | None = None,
    **values: Any,
) -> Model:
    """Learn a text, to translate, to classify, or to write under a condition.

    Args:
        data: files, folders or tables; none means the embedded corpus.
        out: the model folder to write; without it the model lives until it is saved or forgotten.
        overwrite: replace the model that is there.
        start_from: a model folder whose weights to start from.
        callback: its `on_step`, `on_validation`, `on_sample` are called; see `unspool.Callback`.
        engine: trains.
        settings: in sections, such as a recipe file holds them.
        task: `language`, `translation`, `classification` or `conditional`; none takes what the data tell.
        **values: settings by name: the budget (`minutes`, `epochs` or `steps`), and the fields of
            `DataSpec`, `DecoderShape`, `EncoderShape`, `HeadShape` and `TrainingSpec`. What is left out is chosen
            from the size of the text and the budget.

    Returns:
        the best model that the run saw.

    Raises:
        UnspoolError: as the error says.
    """
    started = time.monotonic()
    keep = None
    if out is None:
        keep = Path(tempfile.mkdtemp(prefix="unspool-"))
        out = keep / "model"
    chosen = settings or grouped({**values, "sources": _names(data)})
    name = task_name(chosen, task)
    check_known(name, unusual(chosen))
    start = Pretrained.read(Path(start_from)) if start_from else None
    if start:
        chosen = start.settings(chosen)
    Run(Path(out), make_task(name), chosen, callback or Callback(), engine, started).new(overwrite, start)
    model = Model(Path(out), "auto")
    if keep:
        weakref.finalize(model, shutil.rmtree, keep, ignore_errors=True)
    return model


def resume(path: PathLike, *, callback: Callback | None = None, engine: str = "torch") -> Model:
    """Go on with a run that was cut off; it ends as if it had not been.

    Raises:
        ModelFolderError: there is nothing to resume.
    """
    task = make_task(ModelFolder(Path(path)).read_recipe().task)
    Run(Path(path), task, grouped({}), callback or Callback(), engine).resume()
    return Model(Path(path), "auto")


def _names(data: PathLike | Sequence[PathLike] | None) -> tuple[str, ...]:
    if data is None:
        return ()
    return (str(data),) if isinstance(data, str | Path) else tuple(str(name) for name in data)

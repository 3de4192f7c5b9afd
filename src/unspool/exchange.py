"""Models and data of people who train in Keras, or count n-grams, with other programs.

    text = unspool.batches("text.txt")                                     a tf.data.Dataset of windows
    network.fit(text, callbacks=[unspool.keras_callback(text.tokenizer)])  a sample after each epoch
    model = unspool.from_keras(network, text.tokenizer)                    a TextModel: generates, scores, is saved
    model = unspool.from_arpa("words.arpa")                                n-grams that KenLM or another program counted

The ways back are `model.to_keras()` and `unspool export`. TensorFlow is imported when one of the first three is called,
and not before.
"""

import json
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from unspool.api import load
from unspool.arrays import IntArray
from unspool.data.corpus import Corpus, open_corpus
from unspool.data.given import as_sources
from unspool.engines.chain import NO_TOKEN, decoder_of_chain
from unspool.engines.registry import engine_part
from unspool.errors import UsageError
from unspool.folder.migration import present_keywords
from unspool.folder.model_folder import ModelFolder, check_free
from unspool.folder.paths import PathLike, path_of
from unspool.models.counted import CountedTextModel
from unspool.models.text import TextModel
from unspool.specs.base import build
from unspool.specs.sampling import SamplingSpec
from unspool.specs.training import WindowTrainingSpec
from unspool.tasks.evaluation import say_findings
from unspool.tasks.implied import implied_settings
from unspool.tasks.language.job import make_batches
from unspool.tasks.language.specs import LanguageConfig, TextDataSpec
from unspool.tasks.language.task import prepare_text
from unspool.text.tokenizer import PAD, SPECIAL_TOKENS, UNKNOWN, Tokenizer
from unspool.text.vocabulary import character_tokenizer

Vocabulary = Tokenizer | str | Sequence[str] | Mapping[str, int] | Mapping[int, str]

NOT_RARE = 2**60  # occurrences of a token
NAMED = {"": PAD, "[UNK]": UNKNOWN}  # entries of the vocabularies of Keras that are no characters
CARD = """# {name}

A recurrent language model that was trained with Keras, and converted by `unspool.from_keras`.

```python
import unspool

print(unspool.load({quoted}).generate("..."))
```
"""


def from_keras(
    model: Any,
    vocabulary: Vocabulary,
    out: PathLike | None = None,
    *,
    overwrite: bool = False,
    by_document: bool = False,
) -> TextModel:
    """Make a `TextModel` of a language model that was trained with Keras; it predicts the same.

    Args:
        model: is a `keras.Model` or the path of one: an Embedding or one-hot vectors, then SimpleRNN, LSTM or GRU
            layers, then a Dense. The last recurrent layer may return its last state alone.
        vocabulary: says what its tokens are: the tokenizer of `batches` or of a model of Unspool; or characters, in a
            string, a list, or a dict of their indices. Of a dict, indices may be missing; they are never generated.
        out: is the model folder to write; without it the folder is temporary, and is removed with the model.
        overwrite: allows `out` to replace a model.
        by_document: says whether it learnt where documents end, from `batches` of documents.

    Raises:
        UsageError: a layer, or a setting of one, cannot be converted; or the vocabulary does not fit.
        OutputError: something is at `out`, or it cannot be written.
        MissingExtraError: TensorFlow is not installed.
    """
    tokenizer, tokens = _tokens_of(vocabulary)
    reading = engine_part("keras", "reading")
    opened = reading.open_model(model)
    chain = reading.read_chain(opened)
    if not isinstance(vocabulary, Tokenizer | Mapping) and len(vocabulary) != len(chain.output):
        raise UsageError(
            f"a vocabulary must have an entry for each token of the model. Received: {len(vocabulary)} entries, and a "
            f"model of {len(chain.output)}.",
            "give a dict of the indices, if some have no character.",
        )
    line_ends = [int(tokens[index]) for index, token in enumerate(tokenizer.vocabulary) if token == "\n"]
    spec, weights = decoder_of_chain(chain, tokens, line_ends[0] if line_ends else None)
    reading.check_predictions(opened, spec, weights, tokens)

    keep = Path(tempfile.mkdtemp(prefix="unspool-"))
    folder = ModelFolder(keep / "model")
    folder.create()
    folder.write_tokenizer(tokenizer)
    folder.write_sampling(SamplingSpec())
    name = path_of(out, "out").name if out else "model"
    folder.write_card(CARD.format(name=name, quoted=json.dumps(name, ensure_ascii=False)))
    folder.write_config(LanguageConfig(tokenizer=tokenizer.kind, by_document=by_document, network=spec))
    folder.write_weights(weights, {})
    found = cast(TextModel, load(folder.path))
    weakref.finalize(found, shutil.rmtree, keep, ignore_errors=True)
    if out is None:
        return found
    found.save(out, overwrite)
    return cast(TextModel, load(out))


def from_arpa(
    path: PathLike,
    out: PathLike | None = None,
    *,
    overwrite: bool = False,
    tokenizer_from: PathLike | None = None,
) -> CountedTextModel:
    """Make a `CountedTextModel` of a file in ARPA format; it gives the same probabilities.

    Args:
        path: is that of the file, which KenLM, SRILM or `unspool export --format arpa` wrote.
        out: is the model folder to write; without it the folder is temporary, and is removed with the model.
        overwrite: allows `out` to replace a model.
        tokenizer_from: is the folder of the model whose tokens the n-grams are of, if Unspool wrote the file; none
            takes words with blanks between them, and reads lines as documents.

    Raises:
        DataError: it is not such a file, or its n-grams are of other tokens.
        OutputError: something is at `out`, or it cannot be written.
    """
    from unspool.tasks.ngram.arpa import import_arpa  # here and not above: it imports what counts

    keep = Path(tempfile.mkdtemp(prefix="unspool-")) if out is None else None
    target = keep / "model" if keep else path_of(out or "", "out")
    try:
        import_arpa(
            path_of(path), target, overwrite, path_of(tokenizer_from, "tokenizer_from") if tokenizer_from else None
        )
        found = cast(CountedTextModel, load(target))
    except BaseException:
        if keep:
            shutil.rmtree(keep, ignore_errors=True)
        raise
    if keep:
        weakref.finalize(found, shutil.rmtree, keep, ignore_errors=True)
    return found


def _tokens_of(vocabulary: Vocabulary) -> tuple[Tokenizer, IntArray]:
    """Return a tokenizer, and for each of its tokens that of a Keras model, [V]; -1 where there is none."""
    if isinstance(vocabulary, Tokenizer):
        return vocabulary, np.arange(vocabulary.vocabulary_size)
    if not isinstance(vocabulary, Mapping | Sequence | np.ndarray):  # the order of a set is none
        raise UsageError(
            "a vocabulary must be a tokenizer, or a string, a list or a dict of characters. Received: "
            f"{vocabulary!r:.60}.",
            "give characters in the order of the model's tokens, such as sorted(set(text)).",
        )
    pairs: list[tuple[Any, Any]] = list(
        vocabulary.items() if isinstance(vocabulary, Mapping) else zip(vocabulary, range(len(vocabulary)), strict=True)
    )
    if pairs and all(isinstance(index, str) for _, index in pairs):  # indices first, as {0: "a"}
        pairs = [(character, index) for index, character in pairs]
    wrong = [pair for pair in pairs if not _is_entry(*pair)]
    characters = {} if wrong else {entry: int(index) for entry, index in pairs if entry not in NAMED}
    if wrong or not characters or len({entry for entry, _ in pairs}) < len(pairs):
        received = f"{wrong[0][0]!r:.60}: {wrong[0][1]!r:.20}" if wrong else "one twice" if characters else "none"
        raise UsageError(
            f"a vocabulary must be characters that differ, in the order of the model's tokens. Received: {received}.",
            "give a string, a list or a dict of characters; or the tokenizer of unspool.batches.",
        )
    special = np.full(len(SPECIAL_TOKENS), NO_TOKEN)
    for entry, index in pairs:
        if entry in NAMED:
            special[NAMED[entry]] = index
    return character_tokenizer(characters), np.array([*special, *characters.values()])


def _is_entry(entry: Any, index: Any) -> bool:
    """Return whether an entry of a vocabulary is a character, or none on purpose, and has an index."""
    named = isinstance(entry, str) and (len(entry) == 1 or entry in NAMED)
    return bool(named and isinstance(index, int | np.integer) and index >= 0)


def batches(
    data: Any = None, *, batch_size: int = 32, sequence_length: int = 64, seed: int = 0, **settings: Any
) -> Any:
    """Make a `tf.data.Dataset` of the windows of a text, for `fit` of a Keras model whose last layer returns logits.

    Each batch is inputs and targets, [B, T] int32; a target is the token after its input, and 0 where there is nothing
    to predict (`ignore_class=0` of the loss). Every window begins with `<s>`, as layers that are not stateful begin
    each at zeros. An epoch has every token of the text once, and the next one cuts it at other places.

    Args:
        data: is given as to `unspool.train`; none means the embedded corpus.
        batch_size: is the number of windows in a batch, B.
        sequence_length: is the number of time steps of a window, T.
        seed: starts the random numbers of the order.
        **settings: are fields of `TextDataSpec`, such as `lines`, `text`, `tokenizer` or `validation_split`.

    Returns:
        the dataset, which has as attributes `tokenizer` and, of what is held out, `validation`, another dataset.

    Raises:
        UsageError: a setting means nothing to a text, or breaks its rule.
        DataError: the text cannot be read, or is too short.
        MissingExtraError: TensorFlow is not installed.
    """
    settings = present_keywords(settings, stacklevel=3)
    training = build(
        WindowTrainingSpec,
        {"batch_size": batch_size, "sequence_length": sequence_length, "seed": seed, "reset_probability": 1.0},
        "batches",
    )
    make = engine_part("keras", "dataset").dataset_of
    keep = Path(tempfile.mkdtemp(prefix="unspool-"))
    try:
        with as_sources(data) as given:
            values = {**implied_settings(given, settings, "language"), **settings, "sources": given.names}
            tokenizer, findings = prepare_text(keep, build(TextDataSpec, values, "batches"))
        say_findings(findings)
        corpus = open_corpus(keep, verify=False)
    except BaseException:
        shutil.rmtree(keep, ignore_errors=True)
        raise
    many = np.full(tokenizer.vocabulary_size, NOT_RARE)  # so that none is replaced by `<unk>`, which is for training
    held_out = replace(corpus.validation, counts=many)
    learnt = make_batches(corpus, training)
    weakref.finalize(learnt, shutil.rmtree, keep, ignore_errors=True)  # what is mapped by then can still be read
    dataset = make(learnt)
    dataset.validation = make(make_batches(Corpus(held_out, held_out), training), repeats=True)
    dataset.tokenizer = tokenizer
    return dataset


def keras_callback(
    vocabulary: Vocabulary,
    out: PathLike | None = None,
    *,
    overwrite: bool = False,
    by_document: bool = False,
    prompt: str = "",
    write: Callable[[str], object] = print,
    **sampling: Any,
) -> Any:
    """Make a callback for `fit` of a Keras model that shows a sample after each epoch, and keeps the model.

    Args:
        vocabulary: says what the model's tokens are. See `from_keras`.
        out: is the model folder to write after each epoch; none writes none.
        overwrite: allows `out` to replace a model that is there before the first epoch.
        by_document: says whether it learns where documents end.
        prompt: is what each sample continues.
        write: receives the sample, as `print` does.
        **sampling: are fields of `SamplingSpec`, such as `max_new_tokens`, `temperature`, `seed`.

    Raises:
        UsageError: a setting breaks its rule.
        OutputError: something is at `out`.
        MissingExtraError: TensorFlow is not installed.
    """
    settings = build(SamplingSpec, {"seed": 0, **sampling}, "keras_callback").model_dump()
    _tokens_of(vocabulary)  # what is no vocabulary is refused
    if out is not None:
        check_free(path_of(out, "out"), overwrite)

    def on_begin(network: Any) -> None:  # what cannot be converted is refused before an epoch is spent on it
        from_keras(network, vocabulary)

    def on_epoch_end(network: Any, epoch: int) -> None:
        model = from_keras(network, vocabulary, out, overwrite=overwrite or epoch > 0, by_document=by_document)
        write(f"\n{prompt}{model.generate(prompt, **settings)}")

    return engine_part("keras", "callback").epochs_callback(on_begin, on_epoch_end)

"""What a Markov chain has counted, kept beside it, so that counts can be added, taken out and merged.

    training/counts.safetensors   the n-grams of the highest order, and how often each occurs

Models of equal counts have equal bytes, in whatever way the counts came about: they are a sum over documents.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from unspool.arrays import IntArray
from unspool.data.tokens import Part, joined_part, open_part, part_in_memory, renumbered_part
from unspool.decode.boundaries import has_line_ends
from unspool.engines.ngram.counts import (
    Counts,
    counts_from_arrays,
    counts_of,
    documents_of,
    merged,
    renumbered,
    without,
)
from unspool.engines.ngram.model import build_model
from unspool.engines.registry import build_network
from unspool.errors import ModelFolderError, UsageError
from unspool.folder.atomic import replacing_model, write_atomically
from unspool.folder.card import Card, CardFacts, model_card
from unspool.folder.copies import refuse_read
from unspool.folder.lock import locked
from unspool.folder.model_folder import ModelFolder, check_free
from unspool.folder.serialization import dump_safetensors, parse_safetensors
from unspool.specs.sampling import SamplingSpec
from unspool.tasks.language.evaluation import held_out_figures
from unspool.tasks.ngram.specs import NgramConfig, NgramRecipe
from unspool.tasks.opening import decoder_tokenizer, read_config, read_recipe
from unspool.text.tokenizer import SPECIAL_TOKENS, Tokenizer
from unspool.text.vocabulary import without_tokens
from unspool.training.history import History

COUNTS = "counts.safetensors"


@dataclass(frozen=True)
class Counted:
    """A model that was counted, as it is before its probabilities are computed.

    Attributes:
        recipe: says how it was made.
        config: describes it.
        tokenizer: encodes its texts.
        sampling: holds its settings of generation.
        counts: are those of its documents.
        held_out: are the parts that were held out, one of each model that was merged.
        history: are the lines of its history.
    """

    recipe: NgramRecipe
    config: NgramConfig
    tokenizer: Tokenizer
    sampling: SamplingSpec
    counts: Counts
    held_out: tuple[Part, ...]
    history: str

    @property
    def min_count(self) -> int:
        """How often an n-gram of three tokens or more must occur to be kept."""
        assert self.config.network.ngram is not None
        return self.config.network.ngram.min_count


def write_counts(folder: ModelFolder, counts: Counts) -> None:
    """Write `training/counts.safetensors`."""
    write_atomically(folder.training / COUNTS, dump_safetensors(counts.to_arrays(), {}))


def read_counts(folder: ModelFolder) -> Counts:
    """Read `training/counts.safetensors`.

    Raises:
        ModelFolderError: the file is missing or damaged, or the model has read more since.
    """
    refuse_read(folder, "changing what was counted")
    path = folder.training / COUNTS
    try:
        data = path.read_bytes()
    except OSError:
        raise ModelFolderError(
            f"the counts of a model are in its training/{COUNTS}. Received: {folder.known_as}, which has none: it is a "
            "copy, its training/ was deleted, or it was read from an ARPA file.",
            "take the folder that was counted, or count the texts again.",
        ) from None
    return counts_from_arrays(parse_safetensors(data, path)[0])


def read_counted(folder: ModelFolder) -> Counted:
    """Read a whole model that was counted.

    Raises:
        ModelFolderError: a part of it is missing or damaged.
    """
    config: NgramConfig = read_config(folder)
    history = folder.path / "history.jsonl"
    return Counted(
        recipe=read_recipe(folder),
        config=config,
        tokenizer=decoder_tokenizer(folder, config),
        sampling=folder.read_sampling(),
        counts=read_counts(folder),
        held_out=(part_in_memory(open_part(folder.training, "validation")),),
        history=history.read_text(encoding="utf-8", errors="replace") if history.exists() else "",
    )


def added(model: Counted, part: Part, sources: Sequence[str]) -> Counted:
    """Return a model with the documents of a text.

    Args:
        model: is the one to add them to.
        part: is the text, encoded by the tokenizer of the model.
        sources: name the text.

    Raises:
        UsageError: one of the two is made of documents, and the other is not.
    """
    found = counts_of(_documents(model, part), model.counts.order, model.counts.vocabulary_size)
    data = model.recipe.data.changed(sources=(*model.recipe.data.sources, *sources))
    return replace(model, counts=merged([model.counts, found]), recipe=model.recipe.changed(data=data))


def removed(model: Counted, part: Part, sources: Sequence[str]) -> Counted:
    """Return a model without the documents of a text, as if it had never seen them.

    Args:
        model: is the one to take them out of.
        part: is the text, encoded by the tokenizer of the model.
        sources: name the text; the recipe names them once less.

    Raises:
        UsageError: one of the two is made of documents, and the other is not.
        DataError: the model has not counted them.
    """
    left = list(model.recipe.data.sources)
    for source in sources:
        same = [index for index, one in enumerate(left) if Path(one).resolve() == Path(source).resolve()]
        if same:
            del left[same[-1]]
    recipe = model.recipe.changed(data=model.recipe.data.changed(sources=tuple(left)))
    counts = without(model.counts, _documents(model, part))
    return _without_its_tokens(replace(model, counts=counts, recipe=recipe), part)


def _without_its_tokens(model: Counted, part: Part) -> Counted:
    """Take the characters or words that only a text had which was taken out from the vocabulary, too.

    A vocabulary that is of another model stays: it would be the same if this model had never seen the text.
    """
    own = model.tokenizer.kind in ("char", "word") and model.recipe.data.tokenizer_from is None
    first, ngram = len(SPECIAL_TOKENS), model.config.network.ngram
    gone = part.counts > 0  # (V)
    gone[:first] = gone[model.counts.tokens] = False
    for held_out in model.held_out:
        gone &= held_out.counts == 0
    gone[first] &= not gone[first:].all()  # a vocabulary has a token
    if not (own and gone.any() and ngram):
        return model
    tokenizer, ids = without_tokens(model.tokenizer, gone)
    size = tokenizer.vocabulary_size
    network = model.config.network.changed(ngram=ngram.changed(vocabulary_size=size))
    return replace(
        model,
        config=model.config.changed(network=network),
        tokenizer=tokenizer,
        counts=renumbered(model.counts, ids, size),
        held_out=tuple(renumbered_part(held_out, ids, gone) for held_out in model.held_out),
    )


def _documents(model: Counted, part: Part) -> Iterator[IntArray]:
    """Return the documents of a text, if the model has such."""
    if (part.starts is not None) != model.config.by_document:
        kinds = ("documents", "one text") if model.config.by_document else ("one text", "documents")
        raise UsageError(
            f"what is counted must be {kinds[0]}, as what was counted before. Received: {kinds[1]}.",
            "say what a document is as in the first counting: --lines, --documents, --separator or --text.",
        )
    return documents_of(part)


def joined(models: Sequence[Counted], names: Sequence[str]) -> Counted:
    """Return the model of all that some models have counted.

    Args:
        models: are at least one.
        names: are their paths.

    Raises:
        UsageError: they differ in tokenizer, order, pruning, or in being made of documents.
    """
    first, sources = models[0], [source for model in models for source in model.recipe.data.sources]
    for model, name in zip(models[1:], names[1:], strict=True):
        differing = [
            what
            for what, one, other in (
                ("tokenizer", first.tokenizer.serialize(), model.tokenizer.serialize()),
                ("order", first.counts.order, model.counts.order),
                ("min_count", first.min_count, model.min_count),
                ("kind of documents", first.config.by_document, model.config.by_document),
            )
            if one != other
        ]
        if differing:
            raise UsageError(
                f"models that are merged must have one {differing[0]}. Received: {names[0]} and {name}, whose "
                f"{differing[0]} is another.",
                f"count the parts with --tokenizer-from {names[0]} and the same settings.",
            )
    return replace(
        first,
        counts=merged([model.counts for model in models]),
        held_out=tuple(part for model in models for part in model.held_out),
        recipe=first.recipe.changed(data=first.recipe.data.changed(sources=tuple(sources))),
        history="",
    )


def rewrite(path: Path, overwrite: bool, make: Callable[[], Counted], card: Card, change: str) -> None:
    """Write a model of changed counts; until it is whole, the one that was there stays.

    Args:
        path: is that of its folder.
        overwrite: allows it to replace a model.
        make: reads and changes the counts, while the folder is locked.
        card: holds the words of the card.
        change: names in the history what was done.

    Raises:
        OutputError: something is there, another process writes it, or it cannot be written.
    """
    with locked(path):
        check_free(path, overwrite)
        model = make()
        arrays = build_model(model.counts, model.min_count).to_arrays()
        multiline = model.config.by_document and has_line_ends(model.tokenizer, model.counts.tokens)
        with replacing_model(path):
            folder = ModelFolder(path)
            folder.create()
            folder.write_tokenizer(model.tokenizer)
            folder.write_sampling(model.sampling)
            folder.write_recipe(model.recipe)
            write_counts(folder, model.counts)
            held_out = joined_part(folder.training, "validation", model.held_out)
            folder.write_weights(arrays, {})
            figures = held_out_figures(build_network("auto", model.config.network, arrays), held_out).closing()
            write_atomically(folder.path / "history.jsonl", model.history)
            size = len(arrays["tokens"])
            about = {"step": 0, "done": True, "untrained": False, "ngrams": size}
            History(folder.path / "history.jsonl").add(event="end", change=change, **about, **figures)
            data = f"{model.counts.counts.sum():,} tokens are counted, {held_out.characters:,} characters held out."
            facts = CardFacts(path.name, size, data, figures)
            folder.write_card(model_card(card, model.recipe, model.config.network, facts))
            folder.write_config(model.config.changed(multiline=multiline))

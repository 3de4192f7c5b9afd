"""A model folder of a file in ARPA format: the n-grams of another program, which generate and score as our own."""

from pathlib import Path
from warnings import warn

from unspool.engines.ngram.arpa import read_arpa
from unspool.errors import DataWarning
from unspool.folder.atomic import replacing_model
from unspool.folder.card import CardFacts, model_card
from unspool.folder.lock import locked
from unspool.folder.model_folder import ModelFolder, check_free
from unspool.folder.whole import read_whole
from unspool.specs.base import build
from unspool.specs.network import NetworkSpec, NgramSpec
from unspool.specs.sampling import SamplingSpec
from unspool.specs.shapes import NgramShape
from unspool.tasks.ngram.specs import NgramConfig, NgramDataSpec, NgramRecipe
from unspool.tasks.ngram.task import Ngram
from unspool.tasks.opening import decoder_tokenizer, read_config
from unspool.text.tokenizer import SPECIAL_TOKENS, Tokenizer
from unspool.text.vocabulary import whitespace_tokenizer
from unspool.training.history import History

FIGURES = (
    "There are none: it was counted elsewhere, and nothing was held out. `unspool evaluate` measures it on a text."
)


def import_arpa(source: Path, path: Path, overwrite: bool, tokenizer_from: Path | None) -> None:
    """Write the model folder of a file in ARPA format; until it is whole, a model that was there stays.

    Args:
        source: is the path of the file.
        path: is that of the folder.
        overwrite: allows it to replace a model.
        tokenizer_from: is the model folder whose tokens the n-grams are of; none takes words with blanks between them,
            and lines as documents, as n-gram tools do.

    Raises:
        DataError: it is not such a file, or its n-grams are not of these tokens.
        ModelFolderError: there is no model to take the tokenizer from.
        OutputError: something is at the path, or it cannot be written.
    """
    with locked(path):
        check_free(path, overwrite)
        taken = read_whole(tokenizer_from, _tokenizer) if tokenizer_from else None
        arpa = read_arpa(source, taken[0].vocabulary if taken else None)
        if arpa.lacking:
            said = f"{source} has no {' and no '.join(arpa.lacking)}: the probability is taken to be nearly zero."
            warn(said, DataWarning, stacklevel=3)
        tokenizer, by_document = taken or (whitespace_tokenizer(arpa.vocabulary[len(SPECIAL_TOKENS) :]), True)
        shape = NgramShape(order=arpa.model.order)
        part = build(NgramSpec, {**shape.model_dump(), "vocabulary_size": len(arpa.vocabulary)}, "n-grams")
        config = NgramConfig(
            by_document=by_document, tokenizer=tokenizer.kind, network=NetworkSpec(kind="ngram", ngram=part)
        )
        data = NgramDataSpec(
            sources=(str(source),),
            lines=by_document,
            tokenizer=tokenizer.kind,
            tokenizer_from=str(tokenizer_from) if tokenizer_from else None,
        )
        recipe, size = NgramRecipe(data=data, network=shape), len(arpa.model.tokens)
        with replacing_model(path):
            folder = ModelFolder(path)
            folder.create()
            folder.write_tokenizer(tokenizer)
            folder.write_sampling(SamplingSpec())
            folder.write_recipe(recipe)
            History(folder.path / "history.jsonl").add(
                event="end", step=0, done=True, untrained=False, change="import", ngrams=size
            )
            facts = CardFacts(path.name, size, f"The n-grams of {source.name}, a file in ARPA format.", {})
            card = Ngram().card_of(config)._replace(figures=FIGURES)
            folder.write_card(model_card(card, recipe, config.network, facts))
            folder.write_weights(arpa.model.to_arrays(), {})
            folder.write_config(config)


def _tokenizer(folder: ModelFolder) -> tuple[Tokenizer, bool]:
    """Return the tokenizer of a model, and whether it learnt where documents end."""
    config = read_config(folder)
    return decoder_tokenizer(folder, config), bool(getattr(config, "by_document", True))

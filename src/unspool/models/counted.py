"""A Markov chain that continues a prompt, and whose counts can be changed."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from warnings import warn

from unspool.data.given import as_sources
from unspool.data.tokens import Part
from unspool.errors import DataWarning, UsageError
from unspool.folder.paths import PathLike, path_of
from unspool.models.base import Model, given, open_model
from unspool.models.text import TextModel
from unspool.tasks.implied import implied_settings
from unspool.tasks.language.specs import TextDataSpec
from unspool.tasks.ngram.specs import NgramConfig
from unspool.text.incoming import say_how_many_unknown
from unspool.text.tokenizer import UNKNOWN
from unspool.training.callback import Callback

if TYPE_CHECKING:
    from typing import Unpack

    from unspool.models.method_keywords import TextKeywords


class CountedTextModel(TextModel):
    """A language model that was counted: a Markov chain. See `TextModel`.

    Its counts are a sum over documents, kept in `training/` of its folder. So more can be counted, models of parts of a
    corpus can be merged, and a document can be taken out: the model is then, byte for byte, the one of what is left.
    """

    config: NgramConfig

    def update(
        self,
        data: Any,
        out: PathLike | None = None,
        overwrite: bool = False,
        callback: Callback | None = None,
        **settings: "Unpack[TextKeywords]",
    ) -> "CountedTextModel":
        """Count more documents, all of them: nothing is held out.

        Args:
            data: names files or folders, or is given as to `unspool.train`; it is read as the first text was.
            out: is the folder of the new model; none changes this one, once the new one is whole.
            overwrite: allows `out` to replace a model.
            callback: receives how much has been read, and notes.
            **settings: are fields of `TextDataSpec`, such as `lines` or `text`.

        Returns:
            the new model; without `out` this one, which is changed.

        Raises:
            UsageError: documents are added to one text, or one text to documents.
            DataError: the data cannot be read.
            ModelFolderError: the counts are gone, or the folder was changed since it was opened.
            OutputError: something is at `out`, or it cannot be written.
        """
        from unspool.tasks.ngram.counts import added, read_counted  # here and not above: it imports what counts

        with as_sources(data) as found:

            def change(part: Part) -> Any:
                return added(self.read_folder(read_counted), part, found.names)

            return self._changed(found, settings, change, out, overwrite, callback, "update")

    def remove(
        self,
        data: Any,
        out: PathLike | None = None,
        overwrite: bool = False,
        callback: Callback | None = None,
        **settings: "Unpack[TextKeywords]",
    ) -> "CountedTextModel":
        """Take documents out, as if they had never been counted. See `update`.

        Counts cannot tell a document from others that have all of its n-grams, so name what was counted. Characters and
        words that occur nowhere else leave the vocabulary; byte pairs, and the vocabulary of another model, stay, and a
        warning says so.

        Raises:
            DataError: the model has not counted them.
        """
        from unspool.tasks.ngram.counts import read_counted, removed

        with as_sources(data) as found:

            def change(part: Part) -> Any:
                model = self.read_folder(read_counted)
                if self.tokenizer.kind == "bpe":
                    said = "the byte pairs of the vocabulary stay as they were learnt, from what is taken out, too."
                    warn(said, DataWarning, stacklevel=6)
                elif model.recipe.data.tokenizer_from is not None:
                    said = "the vocabulary, that of another model, stays: it may have tokens of what is taken out."
                    warn(said, DataWarning, stacklevel=6)
                return removed(model, part, found.names)

            return self._changed(found, settings, change, out, overwrite, callback, "remove")

    def merge(
        self, *others: "CountedTextModel | PathLike", out: PathLike, overwrite: bool = False
    ) -> "CountedTextModel":
        """Add up what this model and others have counted of parts of a corpus, with one tokenizer.

        Args:
            *others: are models or their folders.
            out: is the folder of the new model, which equals that of the whole corpus byte for byte.
            overwrite: allows it to replace a model.

        Raises:
            UsageError: the models differ in tokenizer, order, pruning, or in being made of documents.
            ModelFolderError: the counts of one are gone.
            OutputError: something is at `out`, or it cannot be written.
        """
        from unspool.tasks.ngram.counts import joined, read_counted

        if not others:
            raise UsageError("models to merge with must be named. Received: none.", "name them, or use `save` to copy.")
        models = [self, *(other if isinstance(other, Model) else open_model(Path(other)) for other in others)]
        for model in models:
            if not isinstance(model, CountedTextModel):
                raise UsageError(
                    f"models that are merged must have been counted. Received: {model.path}, a {type(model).__name__}.",
                    "name models of `unspool train --model ngram`.",
                )

        def make() -> Any:
            return joined([model.read_folder(read_counted) for model in models], [str(one.path) for one in models])

        return self._written(path_of(out, "out"), overwrite, make, "merge")

    def _changed(
        self,
        found: Any,
        settings: Mapping[str, Any],
        change: Callable[[Part], Any],
        out: PathLike | None,
        overwrite: bool,
        callback: Callback | None,
        name: str,
    ) -> "CountedTextModel":
        """Read documents, and write the model that they change."""
        from unspool.tasks.language.evaluation import reading_text

        if not found.names:
            raise UsageError("what is counted must be named. Received: nothing.", "name files, or give texts.")
        callback = callback or Callback()
        implied = implied_settings(found, settings, self.config.task)
        chosen = given(self.config.task, found.names, {**implied, **settings}, TextDataSpec)

        def make() -> Any:
            with reading_text(self.tokenizer, self.folder, chosen, callback.on_encoded, "count") as part:
                callback.on_note(_described(part, name))
                say_how_many_unknown(int(part.counts[UNKNOWN]), len(part.tokens), "counted")
                return change(part)

        return self._written(path_of(out, "out") if out is not None else None, overwrite, make, name)

    def _written(self, out: Path | None, overwrite: bool, make: Callable[[], Any], change: str) -> "CountedTextModel":
        from unspool.tasks.ngram.counts import rewrite
        from unspool.tasks.ngram.task import Ngram

        rewrite(out or self.path, overwrite or out is None, make, Ngram().card_of(self.config), change)
        if out is not None:
            return cast(CountedTextModel, open_model(out, self.runtime))
        self._reopen()  # the same object goes on, so that a temporary folder lives as long as it
        return self


def _described(part: Part, change: str) -> str:
    """Say what is counted or taken out."""
    documents = 1 if part.starts is None else len(part.starts) - 1
    return f"{change}: {len(part.tokens):,} tokens in {documents:,} document{'s' * (documents > 1)}."

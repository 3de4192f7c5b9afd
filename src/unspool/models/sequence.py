"""Models that turn a source into a sequence."""

from collections.abc import Sequence
from typing import Any

from unspool.decode.translation import BeamTranslator, Translation
from unspool.errors import UsageError
from unspool.evaluate.pairs import TranslationFigures
from unspool.folder.model_folder import ModelFolder
from unspool.models.base import Inspection, Model, given, measuring
from unspool.specs.base import build
from unspool.specs.sampling import BeamSpec
from unspool.tasks.translation.evaluation import evaluate_translation
from unspool.tasks.translation.page import inspect_attention
from unspool.tasks.translation.specs import ReferenceSpec, TranslationConfig, TranslationDataSpec
from unspool.tasks.translation.task import read_tokenizers
from unspool.text.incoming import clean_texts


class Translator(Model):
    """A model that reads a text and generates its translation."""

    config: TranslationConfig

    def __init__(self, folder: ModelFolder, config: TranslationConfig, network: Any) -> None:
        super().__init__(folder, config, network)
        self.source_tokenizer, self.tokenizer = read_tokenizers(folder, config)
        self._translator = BeamTranslator(network, self.source_tokenizer, self.tokenizer)

    def translate(self, texts: str | Sequence[str], **settings: Any) -> str | list[str]:
        """Translate one text, or several, in order.

        Args:
            texts: are read in full; any text can be read.
            **settings: are fields of `BeamSpec`, such as `beams`.

        Raises:
            UsageError: a setting breaks its rule.
        """
        found = [best[0].text for best in self.translations(texts, **settings)]
        return found[0] if isinstance(texts, str) else found

    def translations(self, texts: str | Sequence[str], **settings: Any) -> list[list[Translation]]:
        """Return the `n_best` translations of each text, the best first, with scores and attention weights.

        A text that is empty or blank has one translation, which is empty.
        """
        return self._translator.translate(clean_texts(texts), build(BeamSpec, settings, "translate"))

    @measuring
    def evaluate(self, data: Any = None, **settings: Any) -> TranslationFigures:
        """Measure the model on pairs, or on those that were held out.

        Args:
            data: names tables, or is given as to `unspool.train`; none, and no `source_file`, means the held-out pairs
                in the model folder.
            **settings: are fields of `TranslationDataSpec` and of `BeamSpec`, and `reference` or `reference_file`,
                columns or files of further references.

        Raises:
            UsageError: a setting means nothing to a translator.
            DataError: the pairs cannot be read.
            ModelFolderError: the held-out pairs are gone.
            MissingExtraError: sacrebleu is needed and not installed.
        """
        chosen = given(self.config.task, data, settings, TranslationDataSpec, ReferenceSpec, BeamSpec)
        return self.read_folder(lambda folder: evaluate_translation(self._translator, folder, chosen))

    def inspect(self, texts: str | Sequence[str], **settings: Any) -> Inspection:
        """Show the attention weights of the translation of each text.

        Raises:
            UsageError: the model was trained without attention, or a setting breaks its rule.
        """
        clean = clean_texts(texts)
        found = [(text, best[0]) for text, best in zip(clean, self.translations(clean, **settings), strict=True)]
        if any(translation.attention is None for _, translation in found):
            raise UsageError(
                "inspect shows attention, and this model was trained without.", "train one with --attention additive."
            )
        return Inspection(*inspect_attention(found))

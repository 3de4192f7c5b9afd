"""Models that turn a source into a sequence."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from unspool.arrays import FloatArray
from unspool.data.pictures.picture import as_pictures
from unspool.decode.captioning import BeamCaptioner, Caption
from unspool.decode.translation import BeamTranslator, Translation
from unspool.display.reprs import Rows
from unspool.errors import UsageError
from unspool.evaluate.pairs import TranslationFigures
from unspool.folder.model_folder import ModelFolder
from unspool.models.base import Model, given, measuring
from unspool.models.explained import Description, Inspection
from unspool.specs.base import build
from unspool.specs.sampling import BeamSpec
from unspool.tasks.captioning.drawing import CaptionedPicture
from unspool.tasks.captioning.evaluation import ReportedFigures, evaluate_captioning, held_out_captions
from unspool.tasks.captioning.page import DESCRIBES, caption_lead, caption_page, caption_sections, inspect_captions
from unspool.tasks.captioning.specs import CaptioningConfig, CaptioningDataSpec
from unspool.tasks.mixed_page import parts_text
from unspool.tasks.opening import decoder_tokenizer
from unspool.tasks.pictures.encoding import PictureEncoding
from unspool.tasks.pictures.reader import PictureReader
from unspool.tasks.reporting.whole import OwnReport
from unspool.tasks.translation.evaluation import evaluate_translation
from unspool.tasks.translation.page import inspect_attention, translation_page
from unspool.tasks.translation.report import pairs_lead, translated_pairs, translation_sections
from unspool.tasks.translation.specs import ReferenceSpec, TranslationConfig, TranslationDataSpec
from unspool.tasks.translation.task import read_tokenizers
from unspool.text.incoming import clean_texts, warn_of_unknown

if TYPE_CHECKING:
    from typing import Unpack

    from unspool.models.method_keywords import BeamKeywords, CaptioningEvaluationKeywords, TranslationEvaluationKeywords


class Translator(Model):
    """A model that reads a text and generates its translation."""

    config: TranslationConfig

    def __init__(self, folder: ModelFolder, config: TranslationConfig, network: Any) -> None:
        super().__init__(folder, config, network)
        self.source_tokenizer, self.tokenizer = read_tokenizers(folder, config)
        self._translator = BeamTranslator(network, self.source_tokenizer, self.tokenizer)

    @overload
    def translate(self, texts: str, **settings: "Unpack[BeamKeywords]") -> str: ...

    @overload
    def translate(self, texts: list[str] | tuple[str, ...], **settings: "Unpack[BeamKeywords]") -> list[str]: ...

    @overload
    def translate(self, texts: Sequence[str], **settings: "Unpack[BeamKeywords]") -> str | list[str]: ...

    def translate(self, texts: str | Sequence[str], **settings: "Unpack[BeamKeywords]") -> str | list[str]:
        """Translate one text, or several, in order.

        Args:
            texts: are read in full; any text can be read.
            **settings: are fields of `BeamSpec`, such as `beams`.

        Raises:
            UsageError: a setting breaks its rule.
        """
        found = [best[0].text for best in self.translations(texts, **settings)]
        return found[0] if isinstance(texts, str) else found

    def translations(self, texts: str | Sequence[str], **settings: "Unpack[BeamKeywords]") -> Rows[list[Translation]]:
        """Return the `n_best` translations of each text, the best first, with scores and attention weights.

        A text that is empty or blank has one translation, which is empty.

        Raises:
            UsageError: one is not a text, or a setting breaks its rule.
            DataError: one has a NUL character.
        """
        return Rows(self._translator.translate(self._clean(texts), build(BeamSpec, settings, "translate")))

    def _clean(self, texts: str | Sequence[str]) -> list[str]:
        """Return the clean forms of texts; what the vocabulary of their language lacks is said, but for blank ones."""
        found = clean_texts(texts)
        warn_of_unknown(self.source_tokenizer, filter(str.strip, found), "read")
        return found

    def states(self, texts: str | Sequence[str]) -> FloatArray:
        """Compute the hidden states that stand between encoder and decoder: from these a translation is unrolled.

        Args:
            texts: are N texts, or a single one; a blank one is read as its end alone.

        Returns:
            [N, L, H] float32: the L layers of the decoder, of H hidden units each, before its first step. With
            attention, the decoder reads the states of the source as well.

        Raises:
            UsageError: one is not a text.
            DataError: one has a NUL character.
        """
        return self._translator.states(self._clean(texts))

    @measuring
    def evaluate(self, data: Any = None, **settings: "Unpack[TranslationEvaluationKeywords]") -> TranslationFigures:
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

    def describe(self, figures: TranslationFigures) -> Description:
        """Draw the figures; show those of what is mixed."""
        return Description(parts_text(figures.to_dict()), translation_page(figures))

    def own_report(self, folder: ModelFolder, events: Sequence[dict[str, Any]]) -> OwnReport:
        """Return what the report shows of the model's task alone."""
        ranked, bleu = translated_pairs(self._translator, folder)
        return OwnReport("How well does {name} translate?", pairs_lead(events, bleu), translation_sections(ranked))

    def inspect(self, texts: str | Sequence[str], **settings: "Unpack[BeamKeywords]") -> Inspection:
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


class Captioner(Model):
    """A model that looks at a picture and generates its caption."""

    config: CaptioningConfig
    reads = "pictures"

    def __init__(self, folder: ModelFolder, config: CaptioningConfig, network: Any) -> None:
        super().__init__(folder, config, network)
        self.tokenizer = decoder_tokenizer(folder, config)
        self._encoding = PictureEncoding(folder, config.pictures)
        self._captioner = BeamCaptioner(network, self.tokenizer, config.max_length)

    def caption(self, pictures: Any, **settings: "Unpack[BeamKeywords]") -> str | list[str]:
        """Caption one picture, or several, in order.

        Args:
            pictures: is a path, a Pillow image or an array [H, W, C] (uint8, or 0 to 1); or a list of these, or an
                array [N, H, W, C].
            **settings: are fields of `BeamSpec`, such as `beams`.

        Raises:
            UsageError: a setting breaks its rule, or an item is no picture.
            DataError: a picture cannot be read.
        """
        listed, single = as_pictures(pictures)
        found = [best[0].text for best in self.captions(listed, **settings)]
        return found[0] if single else found

    def captions(self, pictures: Any, **settings: "Unpack[BeamKeywords]") -> Rows[list[Caption]]:
        """Return the `n_best` captions of each picture, the best first, with scores and attention weights."""
        return Rows(self._captions(pictures, **settings)[0])

    def _captions(self, pictures: Any, **settings: "Unpack[BeamKeywords]") -> tuple[list[list[Caption]], PictureReader]:
        search = build(BeamSpec, settings, "caption")
        reader = self._encoding.read_all(as_pictures(pictures)[0])
        return self._captioner.caption(len(reader), reader.source, search), reader

    def describe(self, figures: ReportedFigures) -> Description:
        """Show some pictures with their captions, and where each word looked."""
        return Description(parts_text(figures.to_dict()), caption_page(figures, figures.shown))

    def own_report(self, folder: ModelFolder, events: Sequence[dict[str, Any]]) -> OwnReport:
        """Return what the report shows of the model's task alone."""
        found = held_out_captions(self._captioner, folder)
        if found is None:
            return OwnReport(DESCRIBES)
        return OwnReport(DESCRIBES, caption_lead(found), caption_sections(found, found.shown))

    @measuring
    def evaluate(self, data: Any = None, **settings: "Unpack[CaptioningEvaluationKeywords]") -> ReportedFigures:
        """Measure the model on pictures with captions, or on those that were held out.

        Args:
            data: names a folder or a table, as for `unspool.train`; none means the held-out pictures in the model
                folder.
            **settings: are fields of `CaptioningDataSpec` and of `BeamSpec`.

        Raises:
            UsageError: a setting means nothing to a captioner.
            DataError: no picture has a caption and can be read.
            ModelFolderError: the held-out pictures are gone.
        """
        chosen = given(self.config.task, data, settings, CaptioningDataSpec, BeamSpec)
        return self.read_folder(lambda folder: evaluate_captioning(self._captioner, self._encoding, folder, chosen))

    def inspect(self, pictures: Any, **settings: "Unpack[BeamKeywords]") -> Inspection:
        """Show where each word of the caption of each picture looked; without attention, the captions alone."""
        found, reader = self._captions(pictures, **settings)
        return Inspection(
            *inspect_captions(
                [
                    CaptionedPicture(reader.name(index), reader.thumbnail(index), best[0])
                    for index, best in enumerate(found)
                ]
            )
        )

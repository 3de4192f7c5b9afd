"""The settings of a translator's run, and the config of a translator."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from unspool.specs.base import Option, Spec, setting
from unspool.specs.config import Config
from unspool.specs.data import MAX_LENGTH, DataSpec, TokenKind
from unspool.specs.recipe import TrainingRecipe
from unspool.specs.shapes import CountedAttentionDecoderShape, EncoderShape
from unspool.specs.training import AttentionTrainingSpec

PAIRED = (
    ("source", "target"),
    ("source_file", "target_file"),
    ("validation_source_file", "validation_target_file"),
)


def both(source: str | None, target: str | None) -> tuple[str, str] | None:
    """Return two names that belong together, or none."""
    return None if source is None or target is None else (source, target)


class TranslationDataSpec(DataSpec):
    """Pairs of a source and its target; without any, dates that Unspool generates itself.

    Attributes:
        source: names the column of a table that holds the text to translate.
        target: names the column that holds the translation.
        source_file: names a file that holds the texts to translate, one a line.
        target_file: names the file that holds their translations, line by line.
        validation_source_file: names a file of held-out texts to translate; then no other pairs are held out.
        validation_target_file: names the file that holds the translations of the held-out texts.
        joint_vocabulary: learns one tokenizer for sources and targets.
        max_length: leaves out pairs with a source or target of more tokens; left out, it keeps nearly all.
    """

    reading: ClassVar[tuple[str, ...]] = ("source", "target", "source_file", "target_file", *DataSpec.reading)
    naming: ClassVar[tuple[str, ...]] = ("source_file", "target_file")

    source: str | None = setting(None, Option("Pairs", common=True, synonyms=("src", "input"), metavar="COL"))
    target: str | None = setting(None, Option("Pairs", common=True, synonyms=("tgt", "to"), metavar="COL"))
    source_file: str | None = setting(None, Option("Pairs", synonyms=("src-file",), metavar="FILE", path=True))
    target_file: str | None = setting(None, Option("Pairs", synonyms=("tgt-file",), metavar="FILE", path=True))
    validation_source_file: str | None = setting(None, Option("Pairs", metavar="FILE", path=True))
    validation_target_file: str | None = setting(None, Option("Pairs", metavar="FILE", path=True))
    joint_vocabulary: bool = setting(
        False, Option("Pairs", synonyms=("shared-vocabulary", "share-vocab", "joint-vocab", "joint"))
    )
    max_length: int | None = setting(None, MAX_LENGTH, ge=1, le=100_000)

    @property
    def files(self) -> tuple[str, str] | None:
        """The two aligned files, if there are any."""
        return both(self.source_file, self.target_file)

    @property
    def columns(self) -> tuple[str, str] | None:
        """The two columns of a table, if they are named."""
        return both(self.source, self.target)

    @property
    def validation_files(self) -> tuple[str, str] | None:
        """The two aligned files that are held out, if there are any."""
        return both(self.validation_source_file, self.validation_target_file)

    @property
    def made(self) -> bool:
        """Whether no pairs are named, so that dates are generated."""
        return not self.sources and self.source_file is None

    @model_validator(mode="after")
    def _pairs_are_whole(self) -> Self:
        for one, other in PAIRED:
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise ValueError(f"{one} and {other} belong together: give both, or none")
        if self.describes_tables and self.source is None:
            raise ValueError("delimiter and header are for tables, whose columns are named with source and target")
        if self.source_file is not None and (self.source or self.sources or self.validation):
            raise ValueError("source_file and target_file are the data themselves: name no table as well")
        return self


class TranslationRecipe(TrainingRecipe):
    """All settings of the run of a translator. See `Recipe`."""

    task: Literal["translation"] = "translation"
    data: TranslationDataSpec
    network: CountedAttentionDecoderShape
    encoder: EncoderShape
    training: AttentionTrainingSpec


class TranslationConfig(Config):
    """The description of a translator. See `Config`.

    Attributes:
        source_tokenizer: names the kind of tokenizer in `source_tokenizer.json`; none where one tokenizer serves both.
    """

    task: Literal["translation"] = "translation"
    source_tokenizer: TokenKind | None = None


class ReferenceSpec(Spec):
    """Further references, besides the target. They are settings of an evaluation alone.

    Attributes:
        reference: names a further column of translations to compare with; it may have empty cells.
        reference_file: names a further file of such translations, line by line; it may have empty lines.
    """

    reference: tuple[str, ...] = setting((), Option("Pairs", synonyms=("references", "ref"), metavar="COL"))
    reference_file: tuple[str, ...] = setting((), Option("Pairs", synonyms=("ref-file",), metavar="FILE"))

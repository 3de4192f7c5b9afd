"""A trained model that a new one starts from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unspool.errors import UsageError
from unspool.folder.model_folder import Arrays, Config, ModelFolder
from unspool.specs.sampling import SamplingSpec
from unspool.tasks.recipe import Settings
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import extend_characters


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
        if self.config.task != "language":
            raise UsageError(
                f"training starts from a model of language. Received: {self.path}, one of {self.config.task}.",
                "leave out --from.",
            )
        kind = asked["data"].get("tokenizer", self.config.tokenizer)
        sizes = [*asked["network"], *asked["encoder"]]
        if sizes or kind != self.config.tokenizer:
            wrong = ", ".join([*sizes, *(["tokenizer"] if kind != self.config.tokenizer else [])])
            raise UsageError(
                f"a model that starts from another has its sizes and tokenizer. Received: {wrong}.",
                "leave these options out.",
            )
        data = {**asked["data"], "tokenizer": self.config.tokenizer}
        if self.config.by_document and "text_column" not in data:
            data.setdefault("lines", True)
        return {**asked, "data": data}

"""A trained model that a new one starts from."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from unspool.arrays import Arrays
from unspool.errors import UsageError
from unspool.folder.model_folder import Config, ModelFolder
from unspool.specs.sampling import SamplingSpec
from unspool.tasks.recipe import Settings
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import extend_characters, lowercased

EMBEDDING = "decoder.embedding.weight"


@dataclass(frozen=True)
class Pretrained:
    """A trained model that a new one starts from."""

    path: Path
    config: Config
    tokenizer: Tokenizer
    weights: Arrays
    sampling: SamplingSpec

    @classmethod
    def read(cls, path: Path) -> "Pretrained":
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

    @property
    def has_vectors(self) -> bool:
        """Whether the model reads tokens as vectors that it learnt, rather than one-hot."""
        return EMBEDDING in self.weights

    def lowercased(self, texts: Iterable[str]) -> "Pretrained":
        """The same with a tokenizer that reads words in small letters.

        The vector of a word is the mean of those of its spellings, by how often each comes in the texts.

        Raises:
            UsageError: the model has no vectors of words.
        """
        if not self.has_vectors:
            raise UsageError(
                f"--lowercase joins the vectors of words. Received: {self.path}, which has none.", "leave it out."
            )
        tokenizer, places = lowercased(self.tokenizer)
        counts = np.ones(len(places), np.float32)
        for text in texts:
            np.add.at(counts, self.tokenizer.encode(text), 1)
        vectors = self.weights[EMBEDDING]  # (V, E)
        sums = np.zeros((tokenizer.vocabulary_size, vectors.shape[1]), np.float32)
        np.add.at(sums, places, counts[:, None] * vectors)
        shares = np.bincount(places, counts, tokenizer.vocabulary_size)[:, None]
        weights = {**self.weights, EMBEDDING: (sums / shares).astype(np.float32)}
        return replace(self, tokenizer=tokenizer, weights=weights)

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

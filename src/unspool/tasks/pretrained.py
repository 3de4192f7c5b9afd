"""A trained model whose weights the training of another starts from."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from unspool.arrays import Arrays
from unspool.errors import UsageError
from unspool.specs.config import Config
from unspool.specs.sampling import SamplingSpec
from unspool.tasks.settings import Settings
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import extend_characters, lowercased

EMBEDDING = "decoder.embedding.weight"


@dataclass(frozen=True)
class Pretrained:
    """A trained decoder.

    Attributes:
        path: is its model folder.
        config: says what it is.
        by_document: says whether it learnt where documents end.
        tokenizer: encodes its text.
        weights: are its parameters, float32, by name.
        sampling: holds its settings of generation.
    """

    path: Path
    config: Config
    by_document: bool
    tokenizer: Tokenizer
    weights: Arrays
    sampling: SamplingSpec

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
        tokenizer, index = lowercased(self.tokenizer)
        counts = np.ones(len(index), np.float32)
        for text in texts:
            np.add.at(counts, self.tokenizer.encode(text), 1)
        vectors = self.weights[EMBEDDING]  # (V, E)
        sums = np.zeros((tokenizer.vocabulary_size, vectors.shape[1]), np.float32)
        np.add.at(sums, index, counts[:, None] * vectors)
        totals = np.bincount(index, counts, tokenizer.vocabulary_size)[:, None]
        weights = {**self.weights, EMBEDDING: (sums / totals).astype(np.float32)}
        return replace(self, tokenizer=tokenizer, weights=weights)

    def settings(self, requested: Settings) -> Settings:
        """The requested settings with the model's tokenizer.

        Raises:
            UsageError: other sizes or another tokenizer are requested.
        """
        kind = requested["data"].get("tokenizer", self.config.tokenizer)
        sizes = [*requested["network"], *requested["encoder"]]
        if sizes or kind != self.config.tokenizer:
            wrong = ", ".join([*sizes, *(["tokenizer"] if kind != self.config.tokenizer else [])])
            raise UsageError(
                f"a model that starts from another has its sizes and tokenizer. Received: {wrong}.",
                "leave these options out.",
            )
        data = {**requested["data"], "tokenizer": self.config.tokenizer}
        if self.by_document and not data.get("text"):
            data.setdefault("lines", True)
        return {**requested, "data": data}

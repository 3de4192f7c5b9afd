"""A trained model whose weights the training of another starts from."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from unspool.arrays import Arrays
from unspool.errors import UsageError
from unspool.specs.config import Config
from unspool.specs.data import DOCUMENTS
from unspool.specs.sampling import SamplingSpec
from unspool.tasks.settings import Settings
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import extend_characters, extend_words, lowercased

EXTENDING = {"char": extend_characters, "word": extend_words}
EMBEDDING = "decoder.embedding.weight"


@dataclass(frozen=True)
class Pretrained:
    """A trained decoder.

    Attributes:
        path: is its model folder.
        config: describes it.
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
        """Return the tokenizer of the model, extended by the new characters or words of some texts."""
        extend = EXTENDING.get(self.tokenizer.kind)
        return extend(self.tokenizer, pieces) if extend else self.tokenizer

    @property
    def has_vectors(self) -> bool:
        """Whether the model has an embedding, rather than one-hot vectors."""
        return EMBEDDING in self.weights

    def lowercased(self, texts: Iterable[str]) -> "Pretrained":
        """Return the same model with a tokenizer that reads words in lower case.

        The embedding of a word is the mean of those of its spellings, weighted by their frequency in the texts.

        Raises:
            UsageError: the model has no embedding.
        """
        if not self.has_vectors:
            raise UsageError(
                f"--lowercase averages the embeddings of words. Received: {self.path}, which has none.", "leave it out."
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
        """Return the requested settings with the tokenizer of the model.

        Raises:
            UsageError: other sizes or another tokenizer are requested.
        """
        kind = requested["data"].get("tokenizer", self.config.tokenizer)
        sizes = [*requested["network"], *requested["encoder"]]
        sizes += ["vocabulary_limit"] if "vocabulary_limit" in requested["data"] else []
        if sizes or kind != self.config.tokenizer:
            wrong = ", ".join([*sizes, *(["tokenizer"] if kind != self.config.tokenizer else [])])
            raise UsageError(
                f"a model that starts from another has its sizes and tokenizer. Received: {wrong}.",
                "leave these options out.",
            )
        data = {**requested["data"], "tokenizer": self.config.tokenizer}
        if self.by_document and not any(data.get(name) for name in DOCUMENTS):
            data.setdefault("lines", True)
        return {**requested, "data": data}

"""A text that is being typed, from which counts learn that grow beside the model; nothing is written anywhere.

learn(text) -> n-grams -> LearningNetwork -> the next suggestions
"""

import numpy as np

from unspool.arrays import IntArray
from unspool.decode.boundaries import TokenTexts
from unspool.decode.reading import start_reading
from unspool.decode.session import Session, hastened
from unspool.engines.base import SequenceNetwork
from unspool.engines.ngram.learning import LearningNetwork
from unspool.text.tokenizer import END
from unspool.text.words import LINE_END


def learning_network(network: SequenceNetwork, order: int) -> LearningNetwork:
    """Return the network that is quickest to run, beside which counts grow.

    Args:
        network: is that of a model.
        order: is the number of tokens of the longest n-grams.

    Raises:
        MissingExtraError: Numba is not installed, or cannot be imported.
    """
    quickest, _ = hastened(network, start_reading(network))
    return LearningNetwork(quickest, order)


class CountingSession(Session):
    """A session whose model learns what is typed, once `learn` is called. See `Session`.

    Args:
        learner: is the network, which several sessions may share.
        texts: are those of its tokens.
    """

    def __init__(self, learner: LearningNetwork, texts: TokenTexts) -> None:
        self._learner, self._unfinished, self._begun = learner, "", False
        super().__init__(learner, texts, start_reading(learner))

    def learn(self, text: str) -> None:
        """Learn what was typed, such as a finished line: it is in the next suggestions.

        Args:
            text: is clean, and follows what was learnt before. Where a line is a document, what follows the last line
                end is in the suggestions once the line is finished.
        """
        if self._texts.by_line:
            lines, end, self._unfinished = (self._unfinished + text).rpartition(LINE_END)
            self.learn_documents(lines + end)
            return
        if text:
            self._learner.learn(self._tokenizer.encode(text), begins=self._texts.by_document and not self._begun)
            self._begun = True
        self.renew(start_reading(self._learner))

    def learn_documents(self, text: str) -> None:
        """Learn a whole text that was typed elsewhere: a document, or one for each line.

        Args:
            text: is clean.
        """
        for tokens in documents_typed(self._texts, text):
            self._learner.learn(tokens, begins=self._texts.by_document)
        self.renew(start_reading(self._learner))


def documents_typed(texts: TokenTexts, text: str) -> list[IntArray]:
    """Return what was typed as tokens: one document, or one for each line, where a model learns lines as documents."""
    encode = texts.tokenizer.encode
    if not texts.by_document:
        return [encode(text)] if text else []
    documents = text.split(LINE_END) if texts.by_line else [text]
    return [np.append(encode(document), END) for document in documents if document]

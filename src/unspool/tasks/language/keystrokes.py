"""Type the beginning of a held-out text with completion, and measure what that saves."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from unspool.data.tokens import Part
from unspool.decode.boundaries import TokenTexts
from unspool.decode.reading import start_reading
from unspool.decode.session import Session, hastened
from unspool.decode.word_place import has_words
from unspool.engines.announcing import advance
from unspool.engines.base import SequenceNetwork
from unspool.engines.mixture import Mixture, counts_of_network
from unspool.engines.ngram.recounting import uncountable
from unspool.evaluate.keystrokes import Offer, Offers, curve, perfect_offers, recall, typed, word_starts
from unspool.tasks.language.counting_session import CountingSession, learning_network
from unspool.text.tokenizer import Tokenizer
from unspool.text.words import LINE_END, Until

MAX_CHARACTERS = 8000  # that are typed
SHOWN = 3  # suggestions at most

OpenSession = Callable[[], Session]


class Suggested(NamedTuple):
    """What was suggested in one text.

    Attributes:
        words: are the suggestions of words, at each position.
        lines: are those that may reach up to the end of the line.
        starts: are the words, each with the likeliest ones where it begins.
    """

    words: Offers
    lines: Offers
    starts: list[tuple[str, list[str]]]


def measure_keystrokes(network: SequenceNetwork, texts: TokenTexts, part: Part) -> dict[str, Any]:
    """Type the beginning of a part of a corpus.

    Args:
        network: completes the text; of a mixture, each part completes it alone, too.
        texts: are those of its tokens.
        part: holds the text.

    Returns:
        for the model, the model without the words of the text (`without_cache`: where tokens are characters), each part
        of it alone and without them, the model while its counts learn each line that was typed (`learning`: only of a
        model that can), and the oracle: the fractions of the keys that are saved with one and three suggestions of
        words, and of words and lines, and the recall at the start of words; and the curve of the model.
    """
    typing = texts_of(texts.tokenizer, part)
    figures: dict[str, Any] = {"characters": sum(map(len, typing))}
    opened = {"model": sessions_of(network, texts)}
    if has_words(texts):
        opened["without_cache"] = sessions_of(network, texts, word_cache=False)
    alone = network.parts if isinstance(network, Mixture) else {}
    opened.update({name: sessions_of(one, texts, word_cache=False) for name, one in alone.items()})
    for name, open_session in opened.items():
        found = _suggested(open_session, typing, name)
        figures[name] = _saved(typing, found)
        if name == "model":
            figures["curve"] = curve(typing, [own.words for own in found])
    if (sessions := learning_sessions(network, texts)) is not None:
        figures["learning"] = _saved(typing, _suggested(sessions, typing, "learning"))
    figures["oracle"] = {
        f"{name}_1": typed(typing, [perfect_offers(text, until) for text in typing]).saved
        for name, until in _UNTIL.items()
    }
    return figures


def texts_of(tokenizer: Tokenizer, part: Part, limit: int = MAX_CHARACTERS) -> list[str]:
    """Return the beginning of a part as texts, one for each document; a document ends with a line end.

    Args:
        tokenizer: decodes the part.
        part: is a stream or a set of documents.
        limit: is the number of characters.
    """
    if part.starts is None:
        return [tokenizer.decode(part.tokens[: 4 * limit])[:limit]]
    found: list[str] = []
    for index in range(len(part.starts) - 1):
        left = limit - sum(map(len, found))
        if left <= 0:
            break
        found.append(f"{tokenizer.decode(part.document(index)[:-1])}\n"[:left])
    return found


_UNTIL: dict[str, Until] = {"words": "word", "lines": "line"}


def sessions_of(network: SequenceNetwork, texts: TokenTexts, word_cache: bool = True) -> OpenSession:
    """Return what opens a text that is to be typed, with the network that is quickest to run.

    Args:
        network: completes the text.
        texts: are those of its tokens.
        word_cache: says whether words of the text may come again; see `Session`.
    """
    network, start = hastened(network, start_reading(network))
    return lambda: Session(network, texts, start, word_cache=word_cache)


def learning_sessions(network: SequenceNetwork, texts: TokenTexts) -> OpenSession | None:
    """Return what opens a text that is to be typed, from which counts learn; the next text has what they learnt.

    Args:
        network: is that of the model, beside which the counts grow.
        texts: are those of its tokens.

    Returns:
        none where the model has no counts, or some of its n-grams were pruned.
    """
    counts = counts_of_network(network)
    if counts is None or uncountable(counts.tables):
        return None
    learner = learning_network(network, counts.order)
    return lambda: CountingSession(learner, texts)


def type_characters(session: Session, text: str) -> Iterator[int]:
    """Type a text, and let a session that learns learn each line when it is finished.

    Args:
        session: is a text in which nothing is typed yet.
        text: is what is typed.

    Yields:
        each position of the text, when what is before it is typed.
    """
    learnt = 0
    for position in range(len(text)):
        session.edit(text[:position])
        if isinstance(session, CountingSession) and text[learnt:position].endswith(LINE_END):
            session.learn(text[learnt:position])
            learnt = position
        yield position
    if isinstance(session, CountingSession):
        session.learn(text[learnt:])


def _suggested(open_session: OpenSession, typing: list[str], name: str) -> list[Suggested]:
    """Return what is suggested at every position of some texts."""
    total, done, found = sum(map(len, typing)), 0, []
    for text in typing:
        session = open_session()
        offers: dict[str, list[list[Offer]]] = {unit: [] for unit in _UNTIL}
        starts, recalled = dict(word_starts(text)), []
        for position in type_characters(session, text):
            for unit, until in _UNTIL.items():
                shown = session.suggestions(SHOWN, until)
                offers[unit].append([Offer(one.written, one.saving) for one in shown])
            if position in starts:
                recalled.append((starts[position], [one.text for one in session.completions(SHOWN)]))
            done += 1
            advance(done, total, f"characters typed, {name}")
        found.append(Suggested(offers["words"], offers["lines"], recalled))
    return found


def _saved(typing: list[str], found: list[Suggested]) -> dict[str, float]:
    """Return the figures of what one network suggested."""
    starts = [start for own in found for start in own.starts]
    units = {"words": [own.words for own in found], "lines": [own.lines for own in found]}
    return {
        **{
            f"{unit}_{count}": typed(typing, offers, count).saved
            for unit, offers in units.items()
            for count in (1, SHOWN)
        },
        **{f"recall_{count}": recall(starts, count) for count in (1, SHOWN)},
    }

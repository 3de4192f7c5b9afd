"""Type the beginning of a held-out text with completion, and measure what that saves."""

from typing import Any, NamedTuple

from unspool.data.tokens import Part
from unspool.decode.boundaries import TokenTexts
from unspool.decode.reading import start_reading
from unspool.decode.session import Session, hastened
from unspool.engines.announcing import advance
from unspool.engines.base import SequenceNetwork
from unspool.engines.mixture import Mixture
from unspool.evaluate.keystrokes import Offer, Offers, curve, perfect_offers, recall, typed, word_starts
from unspool.text.tokenizer import Tokenizer
from unspool.text.words import Until

MAX_CHARACTERS = 8000  # that are typed
SHOWN = 3  # suggestions at most


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
        network: completes the text; of a mixture, it is also completed with each of them alone too.
        texts: are those of its tokens.
        part: holds the text.

    Returns:
        for the model, the oracle and each part of the model the fractions of the keys that are saved with one and three
        suggestions of words, and of words and lines, and the recall at the start of words; and the curve of the model.
    """
    typing = texts_of(texts.tokenizer, part)
    figures: dict[str, Any] = {"characters": sum(map(len, typing))}
    alone = network.parts if isinstance(network, Mixture) else {}
    for name, one in {"model": network, **alone}.items():
        found = _suggested(one, texts, typing, name)
        figures[name] = _saved(typing, found)
        if name == "model":
            figures["curve"] = curve(typing, [own.words for own in found])
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


def _suggested(network: SequenceNetwork, texts: TokenTexts, typing: list[str], name: str) -> list[Suggested]:
    """Return what a network suggests at every position of some texts."""
    network, start = hastened(network, start_reading(network))
    total, done, found = sum(map(len, typing)), 0, []
    for text in typing:
        session = Session(network, texts, start)
        offers: dict[str, list[list[Offer]]] = {unit: [] for unit in _UNTIL}
        starts, recalled = dict(word_starts(text)), []
        for position in range(len(text)):
            session.edit(text[:position])
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

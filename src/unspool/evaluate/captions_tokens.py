"""The words of a caption as captions are compared by: in lower case, without punctuation.

COCO's evaluation splits captions with Stanford's tokenizer of the Penn Treebank, which is written in Java, and then
removes punctuation. Here the same is done by a few rules. `don't` becomes `do n't` and `man's` becomes `man 's`, words
with a hyphen stay whole, and signs that are read aloud (`&`, `%`, `$`) stay as tokens. It differs in that brackets are
removed too (there they become `-lrb-`, which the list of punctuation misses), abbreviations lose their full stops, and
a Chinese or Japanese character is a token by itself, where that tokenizer finds one word in a whole sentence.
"""

import re
import string
import unicodedata
from functools import cache

Tokens = tuple[str, ...]

KEPT = re.escape("#$%&*+/<=>@\\^|~")
WITHOUT_SPACES = "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Chinese, Japanese
APOSTROPHES = re.compile("[\u2018\u2019\u02bc\uff07]")
CONTRACTED = re.compile(r"(?<=\w)(n't|'(?:s|m|d|re|ve|ll))(?!\w)")
JOINED = re.compile(r"\b(can(?=not\b)|(?:gon|wan)(?=na\b)|got(?=ta\b)|(?:gim|lem)(?=me\b))")


def caption_tokens(text: str) -> Tokens:
    """Split a caption into the tokens that it is compared by.

    >>> caption_tokens("The man's dog doesn't wear a T-shirt.")
    ('the', 'man', "'s", 'dog', 'does', "n't", 'wear', 'a', 't-shirt')
    """
    text = CONTRACTED.sub(r" \1", APOSTROPHES.sub("'", text.lower()))
    return tuple(_pattern().findall(JOINED.sub(r"\1 ", text)))


@cache
def _pattern() -> re.Pattern[str]:
    """Compile what a token is, when it is needed: the punctuation of all scripts is looked up first."""
    marks = {character for character in map(chr, range(0x10000)) if unicodedata.category(character).startswith("P")}
    removed = re.escape("".join(sorted((marks | set(string.punctuation)) - {"_"})))
    word = rf"[^\s{removed}{WITHOUT_SPACES}]+"
    return re.compile(
        rf"'(?:s|m|d|re|ve|ll)(?!\w)|{word}(?:(?:[-']|(?<=\d)[.,:/](?=\d)){word})*|[{WITHOUT_SPACES}]|[{KEPT}]"
    )

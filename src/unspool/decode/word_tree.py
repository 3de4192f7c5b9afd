"""Words that may come, by what they begin with: trees, whose branches are characters."""

from collections.abc import Callable, Mapping


class WordTree:
    """Words that begin alike; the branches are made where they are asked for.

    Args:
        total: is the sum of their probabilities, to a factor that is the same in all of the tree.
        find: returns the branches.
    """

    __slots__ = ("_branches", "_find", "total")

    def __init__(self, total: float, find: "Callable[[], Mapping[str, WordTree]]") -> None:
        self.total, self._find = total, find
        self._branches: Mapping[str, WordTree] | None = None

    @property
    def branches(self) -> "Mapping[str, WordTree]":
        """The words by their next character; a word that is over has the empty one."""
        if self._branches is None:
            self._branches = self._find()
        return self._branches


def word_tree(words: Mapping[str, float], depth: int = 0) -> WordTree:
    """Return the tree of some words.

    Args:
        words: are those with their probabilities, to a factor.
        depth: is the number of characters that they all begin with.
    """

    def find() -> dict[str, WordTree]:
        found: dict[str, dict[str, float]] = {}
        for word, probability in words.items():
            found.setdefault(word[depth : depth + 1], {})[word] = probability
        return {character: word_tree(own, depth + 1) for character, own in found.items()}

    return WordTree(sum(words.values()), find)


class CountedWords(WordTree):
    """Words of which some are added and some taken out; their probabilities are what they were counted."""

    __slots__ = ("_own",)

    def __init__(self) -> None:
        self._own: dict[str, CountedWords] = {}
        super().__init__(0, lambda: self._own)

    def count(self, word: str, times: int) -> None:
        """Count a word some times more, or less."""
        tree = self
        tree.total += times
        for character in (*word, ""):
            branch = tree._own.setdefault(character, CountedWords())
            branch.total += times
            if not branch.total:
                del tree._own[character]
            tree = branch

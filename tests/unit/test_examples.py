"""Examples are written and opened alike, whatever a task learns from; damage is refused."""

from pathlib import Path

import numpy as np
import pytest

from unspool.data.examples import SOURCE, TEXT, Examples, NumericColumn, open_examples, write_examples
from unspool.errors import DataError, ModelFolderError
from unspool.text.vocabulary import make_tokenizer

TOKENIZER = make_tokenizer("char", ["abc"])
TEXTS, SOURCES = ["abc", "", "ab"], ["a", "bbbb", "c"]
LABELS = NumericColumn("labels", np.int64, 0, 2)
CONDITIONS = NumericColumn("conditions", np.float32, np.array([0, -np.inf]), np.array([1, np.inf]))


def written(folder: Path) -> None:
    numbers = {"labels": np.array([0, 2, 1]), "conditions": np.array([[0, 1e9], [1, -2], [1, 0]], np.float32)}
    write_examples(folder, "part", {SOURCE: (TOKENIZER, SOURCES), TEXT: (TOKENIZER, TEXTS)}, numbers)


def opened(folder: Path, max_length: int | None = None) -> Examples:
    return open_examples(folder, "part", (SOURCE, TEXT), (LABELS, CONDITIONS), max_length)


def test_what_is_opened_is_what_was_written(tmp_path: Path) -> None:
    written(tmp_path)
    found = opened(tmp_path)
    assert len(found) == 3
    assert [TOKENIZER.decode(found.text.document(i)) for i in range(3)] == TEXTS
    assert [TOKENIZER.decode(found.texts[SOURCE].document(i)) for i in range(3)] == SOURCES
    assert found.numbers["labels"].tolist() == [0, 2, 1]
    assert found.numbers["conditions"].shape == (3, 2)
    names = ["part.conditions", "part.json", "part.labels", "part.source.json", "part.source.starts"]
    names += ["part.source.tokens", "part.starts", "part.tokens"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_examples_with_a_longer_text_are_left_out(tmp_path: Path) -> None:
    written(tmp_path)
    for longest, kept in ((None, [0, 1, 2]), (4, [0, 1, 2]), (3, [0, 2]), (2, [2]), (1, [])):
        found = opened(tmp_path, longest)
        assert (found.kept.tolist(), found.left_out) == (kept, 3 - len(kept))


def test_no_examples_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="at least one row"):
        write_examples(tmp_path, "part", {TEXT: (TOKENIZER, [])}, {})


@pytest.mark.parametrize("name", ["labels", "conditions"])
@pytest.mark.parametrize("damage", [b"", b"\7", b"\x47" * 24, None])
def test_damaged_numbers_are_refused(tmp_path: Path, name: str, damage: bytes | None) -> None:
    written(tmp_path)
    path = tmp_path / f"part.{name}"
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    with pytest.raises(ModelFolderError, match=f"the {name} of part are missing or damaged"):
        opened(tmp_path)


def test_texts_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    written(tmp_path)
    write_examples(tmp_path, "part", {SOURCE: (TOKENIZER, SOURCES[:2])}, {})
    with pytest.raises(ModelFolderError, match="the source and text files of part do not fit"):
        opened(tmp_path)

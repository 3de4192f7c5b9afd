"""Tables of two columns that are damaged in any way: a result or two lines, never a traceback, nothing lost."""

import csv
import io
import json
import random

import pytest

COLUMNS = [
    ("--source", "a", "--target", "b", "--hidden-size", 8, "--encoder-size", 8),
    ("--text", "a", "--condition", "b", "--hidden-size", 8, "--encoder-size", 8),
    ("--text", "a", "--label", "b", "--encoder-size", 8),
]
KINDS = ("csv", "tsv", "jsonl", "parquet", "lines")
WORDS = ("one", "two", '"three"', "", " ", "vier, fünf", "\u2028", "7", "null", "a\tb", "six\nseven", "\ufeff")
LABELS = ("ja", "nein", "7")


def table(generator: random.Random, kind: str, sound: bool) -> bytes:
    """A table of up to 60 rows, whose second column often has few values, as labels do; a sound one has 60."""
    second = LABELS if sound else generator.choice([WORDS, LABELS, LABELS])
    count = 60 if sound else generator.choice([0, 3, 30, 60])
    rows = [(generator.choice(WORDS), generator.choice(second)) for _ in range(count)]
    if kind == "jsonl":
        return "\n".join(json.dumps({"a": one, "b": other}) for one, other in rows).encode()
    if kind == "parquet":
        arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        file = io.BytesIO()
        columns = list(zip(*rows, strict=True)) or [(), ()]
        parquet.write_table(arrow.table({"a": list(columns[0]), "b": list(columns[1])}), file)
        return file.getvalue()
    if sound or generator.randrange(2):  # what separates cells and rows is quoted, or left out
        text = io.StringIO()
        if kind == "tsv":
            rows = [tuple(" ".join(cell.split()) for cell in row) for row in rows]
        csv.writer(text, dialect="excel-tab" if kind == "tsv" else "excel").writerows([("a", "b"), *rows])
        return text.getvalue().encode()
    mark = "\t" if kind == "tsv" else ","
    return f"a{mark}b\n".encode() + "\n".join(mark.join(row) for row in rows).encode()


def damaged(generator: random.Random, data: bytes) -> bytes:
    """Cut off, a bit turned, noise inside, or a piece of it twice."""
    place = generator.randrange(len(data) + 1)
    way = generator.randrange(5)
    if way == 0:
        return data[:place]
    if way == 1 and data:
        turned = bytearray(data)
        turned[place - 1] ^= 1 << generator.randrange(8)
        return bytes(turned)
    if way == 2:
        return data[:place] + generator.randbytes(generator.randrange(1, 9)) + data[place:]
    return data[:place] + data[place // 2 :] if way == 3 else data


@pytest.mark.parametrize("columns", COLUMNS, ids=lambda columns: columns[2])
@pytest.mark.parametrize("kind", KINDS)
def test_any_table_trains_or_is_refused(faults, trial, tmp_path, kind, columns):
    generator = random.Random(f"{kind} {columns}")
    tiny = ["--steps", 1, "--tokenizer", "char", "--threads", 1, "--precision", "float32"]
    trained = 0
    for number in range(12):
        sound = number == 0
        data = table(generator, kind, sound)
        data = data if sound else damaged(generator, data)
        path = tmp_path / f"t.{'txt' if kind == 'lines' else kind}"
        path.write_bytes(data)
        options = [path, *columns]
        if kind == "lines":
            if columns[0] != "--source":
                return
            other = tmp_path / "u.txt"
            other.write_bytes(data if sound else damaged(generator, data))
            options = ["--source-file", path, "--target-file", other, *columns[4:]]
        before = path.read_bytes()
        result = trial((data, options), "train", *options, "--out", tmp_path / f"m{number}", *tiny)
        trained += result is not None and result.code == 0
        assert path.read_bytes() == before
    assert trained  # or nothing but refusals was tried

"""Odd tables, texts and folders: two lines and an exit code, or a run whose counts add up to what was given."""

import gzip
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from unspool.text.cleaning import clean

SEEDS = [*range(36), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(36, 1036))]
TINY = ["--steps", 1, "--threads", 1, "--precision", "float32", "--tokenizer", "char"]
DECODER = ["--hidden-size", 8, "--embedding-size", 8, "--dropout", 0]
WORDS = ["one", "two words", 'say "no"', "", " ", "a,b", "x;y", "tab\there", "line\nend", "\r", "\ufeff", "é", "7"]
LABELS = ["yes", "no", "", "a, b", "two\nlines"]
NUMBERS = ["1", "2.5", "n/a", "-3", "1e3", ""]
NAMES = ["a{}.txt", "B{}.TXT", "c{}.md", "d{}.csv", "sub/e{}.txt", ".f{}.txt", "g{}", "h{}.txt.gz"]
Case = tuple[list[Any], int | None]  # the arguments of `train`, and the number of examples or characters that are given


def cell(generator: random.Random) -> str:
    return " ".join(generator.choice(WORDS) for _ in range(generator.randrange(1, 4)))


def table(generator: random.Random, folder: Path) -> Case:
    """A table of texts with labels, conditions, targets or nothing else, in any format, somewhat ragged."""
    use = generator.choice(["label", "condition", "number", "target", "text"])
    others = {"label": LABELS, "condition": LABELS, "number": [*NUMBERS, *map(str, range(40))]}.get(use)
    rows = [
        {"text": cell(generator), use: generator.choice(others) if others else cell(generator)}
        for _ in range(generator.choice([0, 5, 30, 60, 60, 60]))
    ]
    for row in rows:
        if generator.random() < 0.03:
            row.pop(generator.choice(list(row)))
    ending = generator.choice([".csv", ".tsv", ".CSV", ".txt", ".jsonl", ".ndjson", ".json"])
    path = folder / f"t{ending}{generator.choice(['', '', '.gz'])}"
    data = objects(rows, ending) if "js" in ending else separated(generator, rows, use, ending)
    given: int | None = len(rows)
    if generator.random() < 0.3:
        data, given = damaged(generator, data), None
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    column = ["--text", "text"] if use != "target" else ["--source", "text"]
    role = {"number": "condition", "text": "text"}.get(use, use)
    options = column if use == "text" else [*column, f"--{role}", use]
    sizes = ["--encoder-size", 8] if use != "text" else []
    return [path, *options, *sizes, *([] if use == "label" else DECODER)], given


def objects(rows: list[dict[str, str]], ending: str) -> bytes:
    if ending == ".json":
        return json.dumps(rows).encode()
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def separated(generator: random.Random, rows: list[dict[str, str]], use: str, ending: str) -> bytes:
    mark = "\t" if ending == ".tsv" else generator.choice([",", ";", "\t"])
    end = generator.choice(["\n", "\r\n"])

    def quoted(text: str) -> str:
        plain = mark == "\t" or not re.search(r'["\r\n]|' + re.escape(mark), text)
        return " ".join(text.split()) if mark == "\t" else text if plain else '"' + text.replace('"', '""') + '"'

    names = list(dict.fromkeys(["text", use]))
    lines = [mark.join(names)]
    for row in rows:
        cells = [quoted(row[name]) for name in names if name in row]
        lines.append(mark.join(cells) or '""')
        if generator.random() < 0.01:
            lines[-1] += mark + "too many"
    return (end.join(lines) + end).encode(generator.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"]))


def damaged(generator: random.Random, data: bytes) -> bytes:
    """Bytes with a bit turned, cut off or with noise inside; what is given is then not known."""
    place = generator.randrange(len(data) + 1)
    way = generator.randrange(3)
    if way == 0:
        return data[:place]
    if way == 1:
        return data[:place] + generator.randbytes(generator.randrange(1, 9)) + data[place:]
    return data[:place] + data[place // 2 :]


def text(generator: random.Random, folder: Path) -> Case:
    """A text as one stream, as lines or as what a separator divides."""
    content = "".join(cell(generator) + generator.choice(["\n", "\r\n", "\n\n"]) for _ in range(60))
    path = folder / "t.txt"
    path.write_bytes(content.encode(generator.choice(["utf-8", "utf-16"])))
    way = generator.choice(["stream", "lines", "separator"])
    whole = clean(content)
    if way == "stream":
        return [path, *DECODER], len(whole)
    if way == "lines":
        lines = content.split("\n")
        return [path, "--lines", *DECODER], len(lines) - (lines[-1] == "")
    return [path, "--separator", "\\n\\n", *DECODER], None


def folder_of_files(generator: random.Random, folder: Path) -> Case:
    """A folder of many kinds of files, some hidden, some empty; every text is a document."""
    inside, given = folder / "texts", 0
    for number in range(generator.randrange(0, 30)):
        name = generator.choice(NAMES)
        path = inside / name.format(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        data = ("" if generator.random() < 0.1 else f"{cell(generator)} of file {number}\n").encode()
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
        given += path.name.lower().removesuffix(".gz").endswith((".txt", ".md")) and not path.name.startswith(".")
    inside.mkdir(exist_ok=True)
    return [inside, "--documents", "file", *DECODER], given


def counted(said: str) -> int:
    """What the lines at the top of a run say is learnt, held out or left out."""
    part = r"([\d,]+) (?:characters )?(?:in ([\d,]+) documents )?"
    found = re.search(rf"{part}to learn(?: \([\d,]+ of them[^)]*\))?, {part}held out", said)
    assert found, said
    parts = [found[2] or found[1], found[4] or found[3]]
    left = re.findall(r"(?:left out[^:\n]*|empty files): ([\d,]+), the first ", said)
    long = re.findall(r"; ([\d,]+) longer than \d+ tokens are left out", said)
    return sum(int(part.replace(",", "")) for part in [*parts, *left, *long])


@pytest.mark.parametrize("seed", SEEDS)
def test_odd_data_are_refused_or_every_example_is_counted(faults: Any, tmp_path: Path, seed: int) -> None:
    generator = random.Random(seed)
    make: Callable[[random.Random, Path], Case] = generator.choice([table, table, table, text, folder_of_files])
    options, given = make(generator, tmp_path)
    result = faults.call("train", *options, "--out", tmp_path / "model", *TINY)
    assert result.clean, result.err
    if result.code == 0 and given is not None:
        assert counted(result.err) == given, result.err

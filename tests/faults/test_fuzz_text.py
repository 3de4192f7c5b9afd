"""Any bytes at all as text: the outcome is a result or two lines, never a traceback."""

import encodings.aliases
import gzip
import random

import pytest

KINDS = ("bytes", "ascii", "utf8", "marked", "nul", "few", "table", "jsonl", "gzip", "torn gzip")


def damaged_text(generator: random.Random, kind: str) -> bytes:
    size = generator.choice([0, 1, 2, 5, 19, 20, 25, 60, 200, 900])
    noise = generator.randbytes(size)
    if kind == "ascii":
        return bytes(byte % 95 + 32 for byte in noise)
    if kind == "utf8":
        return "".join(
            chr(generator.choice([10, 13, 65, 0x301, 0x3B1, 0x4E2D, 0x1F600, 0xFEFF, 0x2028])) for _ in noise
        ).encode()
    if kind == "marked":
        return generator.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff"]) + noise
    if kind == "nul":
        return b"abc" * size + b"\0" * generator.randrange(3)
    if kind == "few":
        return bytes(generator.choice(b"\r\n a\x85") for _ in noise)
    if kind == "table":
        return b"text,b\n" + bytes(generator.choice(b'",\n\rab\x00') for _ in noise)
    if kind == "jsonl":
        rows = [
            '{"text": "a long enough value"}',
            '{"text": 3}',
            "{}",
            "[1]",
            '{"text": null}',
            "{",
            '{"text": "\\ud800"}',
        ]
        return "\n".join(generator.choice(rows) for _ in range(size % 9)).encode()
    if kind == "gzip":
        return gzip.compress(b"a good text " * (size + 1), mtime=0)
    if kind == "torn gzip":
        data = bytearray(gzip.compress(noise * 2 + b"a good text " * 20, mtime=0))
        if generator.random() < 0.5:
            return bytes(data[:10]) + noise  # a sound head, and nothing sound after it
        data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
        return bytes(data[: generator.choice([len(data), generator.randrange(1, len(data))])])
    return noise


ENDINGS = {
    "table": ("t.csv", "text"),
    "jsonl": ("t.jsonl", "text"),
    "gzip": ("t.txt.gz", None),
    "torn gzip": ("t.txt.gz", None),
}


@pytest.mark.parametrize("kind", KINDS)
def test_any_bytes_train_or_are_refused(faults, trial, tmp_path, kind):
    generator = random.Random(f"train {kind}")
    name, column = ENDINGS.get(kind, ("t.txt", None))
    for number in range(12):
        data = damaged_text(generator, kind)
        (tmp_path / name).write_bytes(data)
        options = ["--steps", 1, "--tokenizer", generator.choice(["char", "word", "bpe", "byte"]), *faults.small]
        options += ["--text", column] if column else generator.choice([[], ["--lines"]])
        trial((data, options), "train", tmp_path / name, "--out", tmp_path / f"m{number}", *options)


@pytest.mark.parametrize("kind", KINDS)
def test_any_bytes_are_evaluated_and_scored_or_refused(faults, trial, finished, tmp_path, kind):
    generator = random.Random(f"score {kind}")
    name, column = ENDINGS.get(kind, ("t.txt", None))
    before = faults.bytes_of(finished)
    for _ in range(25):
        data = damaged_text(generator, kind)
        (tmp_path / name).write_bytes(data)
        extra = ["--text", column] if column else []
        trial(data, "evaluate", finished, tmp_path / name, "--json", *extra)
        trial(data, "score", finished, "--file", tmp_path / name, "--per-line", "--json")
    assert faults.bytes_of(finished) == before


def test_every_encoding_reads_any_bytes_or_refuses_them(trial, finished, tmp_path):
    generator = random.Random(1)
    names = sorted({*encodings.aliases.aliases.values(), "idna", "punycode", "undefined", "unicode_escape", "oem", ""})
    for name in names:
        data = damaged_text(generator, "bytes") + b"xn--\\x \\u12 ++"
        (tmp_path / "t.txt").write_bytes(data)
        trial((name, data), "score", finished, "--file", tmp_path / "t.txt", "--encoding", name)

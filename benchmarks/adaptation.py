"""A model that goes on learning while it reads, and one that has read a text of one's own.

While reading: the held-out tenth of tinyshakespeare and of a book, after three minutes of training with the defaults;
each window of 32 characters is scored before it is learnt. Static, the network that learns on, counts that grow beside
the static model, and both.

Having read: the first network reads the first 40,000 characters of another book, and is measured on the 40,000 that
follow, before and after, and after it has forgotten.
"""

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.claims import Claim, highest
from benchmarks.common import Bench, trained, unspool

MINUTES = 3.0
TEXTS = {"tinyshakespeare": "tinyshakespeare/input.txt", "Nietzsche": "books/nietzsche_en.txt"}
OWN, READ = "books/alice_en.txt", 40_000  # characters that are read, and as many that follow
CLAIMS = (
    *(
        Claim(
            f"{text}: nats while learning, as a fraction of the static ones", 0.975, highest("ratio", text=text), True
        )
        for text in TEXTS
    ),
    Claim("a text of one's own: bits of what follows, after and before", 0.95, highest("own_ratio"), True),
)


def run(bench: Bench) -> None:
    """Train, measure, read more, measure again, forget."""
    for text, name in TEXTS.items():
        source = bench.text(name)
        if source is not None:
            while_reading(bench, text, trained(source, MINUTES))
    own, first = bench.text(OWN), bench.text(TEXTS["tinyshakespeare"])
    if own is not None and first is not None:
        with tempfile.TemporaryDirectory() as place:
            having_read(bench, own, trained(first, MINUTES), Path(place))


def while_reading(bench: Bench, text: str, folder: Path) -> None:
    """Measure a model on what was held out, as it is and learning."""
    found = unspool("evaluate", folder, "--adapt", report=f"{text}: reading what was held out")
    adapted = found["adapted"]
    static = adapted["static"]["nats_per_token"]
    for way in ("static", "network", "counts", "both"):
        nats = adapted[way]["nats_per_token"]
        row: dict[str, Any] = {"ratio": nats / static} if way == "both" else {}
        bench.add(text=text, way=way, tokens=adapted["tokens"], nats=nats, gain=1 - nats / static, **row)


def having_read(bench: Bench, own: Path, folder: Path, place: Path) -> None:
    """Let a model read the beginning of a text, and measure it on what follows."""
    characters = own.read_text(encoding="utf-8")
    for name, start in (("read", 0), ("next", READ)):
        Path(place, f"{name}.txt").write_text(characters[start : start + READ], encoding="utf-8")
    mine, following = place / "mine", place / "next.txt"
    before = unspool("evaluate", folder, following)["bits_per_character"]
    done = unspool("adapt", folder, place / "read.txt", "--out", mine, report="reading a text of one's own")
    after = unspool("evaluate", mine, following)["bits_per_character"]
    unspool("forget", mine)
    forgotten = unspool("evaluate", mine, following)["bits_per_character"]
    bench.add(
        text=own.stem,
        way="read before",
        tokens=READ,
        bits_before=before,
        bits_after=after,
        bits_forgotten=forgotten,
        own_ratio=after / before,
        seconds=done["wall_seconds"],
    )

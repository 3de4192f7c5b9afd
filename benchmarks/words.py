"""A book by characters and by words, in bits per byte, which compares the two."""

import tempfile
from pathlib import Path

from benchmarks.common import Bench, unspool
from unspool import TextModel, load

MINUTES = 2.0


def run(bench: Bench) -> None:
    """Train on Alice's Adventures in Wonderland with each tokenizer for the same time."""
    text = bench.text("books/alice_en.txt")
    if text is None:
        return
    for tokenizer in ("char", "word", "bpe"):
        with tempfile.TemporaryDirectory() as place:
            out = Path(place) / "alice"
            unspool("train", text, "--tokenizer", tokenizer, "--minutes", str(MINUTES), "--out", out)
            figures = unspool("evaluate", out)
            model = load(out)
            assert isinstance(model, TextModel)
            sample = model.generate("Alice was", max_new_tokens=40, temperature=0.7, seed=1)
        bench.add(
            tokenizer=tokenizer,
            minutes=MINUTES,
            bits_per_byte=figures["bits_per_byte"],
            fresh_bits_per_character=figures["fresh_bits_per_character"],
            tokens=figures["tokens"],
            sample=" ".join(sample.split()),
        )

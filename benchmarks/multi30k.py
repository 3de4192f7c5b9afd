"""Translation: Multi30k English-German, with attention and without

The 29,000 training pairs, lower-cased, for the same time each; validation pairs choose the weights, and the 1,000 pairs
of test2016 are translated once, with 5 beams, and compared by sacrebleu (lower-cased). The last row is what attention
gains.
"""

import gzip
import tempfile
from pathlib import Path

from benchmarks.claims import Claim, highest
from benchmarks.common import Bench, unspool

MINUTES = 10.0
CLAIMS = (Claim("BLEU of test2016 with attention", 35.0, highest("bleu", attention="additive")),)
NAMES = {"train": "train", "val": "val", "test": "test_2016_flickr"}


def run(bench: Bench) -> None:
    """Train with attention and without, and translate the test."""
    source = bench.text("multi30k_en_de")
    if source is None:
        return
    bleu = {}
    with tempfile.TemporaryDirectory() as place:
        texts = {name: lowered(source, Path(place), name) for name in NAMES}
        for attention in ("additive", "none"):
            out = Path(place) / attention
            settings = ("--attention", attention, "--minutes", f"{MINUTES:g}", "--out", out)
            learnt = pairs_options(texts["train"], texts["val"])
            trained = unspool("train", *learnt, *settings, report=f"training with attention {attention}")
            tested = unspool("evaluate", out, "--source-file", texts["test"][0], "--target-file", texts["test"][1])
            bleu[attention] = tested["bleu"]
            bench.add(attention=attention, minutes=MINUTES, held_out_nats=trained["nats_per_token"], **tested)
    bench.add(attention="additive less none", minutes=MINUTES, bleu=bleu["additive"] - bleu["none"])


def pairs_options(training: tuple[Path, Path], validation: tuple[Path, Path]) -> tuple[str | Path, ...]:
    """The options of a training on two pairs of files, word by word."""
    learnt = ("--source-file", training[0], "--target-file", training[1])
    held_out = ("--validation-source-file", validation[0], "--validation-target-file", validation[1])
    return (*learnt, *held_out, "--tokenizer", "word")


def lowered(source: Path, place: Path, name: str) -> tuple[Path, Path]:
    """The two sides of one part, lower-cased."""
    paths = []
    for language in ("en", "de"):
        path = place / f"{name}.{language}"
        text = gzip.decompress((source / f"{NAMES[name]}.{language}.gz").read_bytes()).decode()
        path.write_text(text.lower(), encoding="utf-8")
        paths.append(path)
    return paths[0], paths[1]

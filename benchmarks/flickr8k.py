"""Captioning: Flickr8k, 3,500 photographs to learn, with attention and without, features by SqueezeNet

A frozen SqueezeNet 1.1 makes 7 x 7 positions of each photograph; its features are computed before the minutes begin.
The settings are the defaults, chosen on a part of the training pictures; of these a twentieth is held out to choose the
weights. The 500 development pictures are captioned once by each, with 5 beams, and compared with 5 references each.
Shuffled: every picture has the caption of another one, which a captioner that does not look would score as well.
"""

import tempfile
from pathlib import Path

from benchmarks.claims import Claim, highest, quotient
from benchmarks.common import Bench, training_rate, unspool

MINUTES = 8.0
BEAMS = 5
EXTRACTOR = "squeezenet/squeezenet_v1.1_notop.onnx"
READS = ("--extractor-channels", "bgr", "--extractor-mean", "103.939,116.779,123.68", "--extractor-output", "fire9")
LOOKS = "additive"
CLAIMS = (
    Claim("BLEU-4 with attention", 16.0, highest("bleu4", attention=LOOKS)),
    Claim("CIDEr-D with attention", 0.40, highest("cider", attention=LOOKS)),
    Claim(
        "CIDEr-D of shuffled pictures, as a part of that of theirs",
        0.5,
        quotient(highest("shuffled_cider", attention=LOOKS), highest("cider", attention=LOOKS)),
        lowest_wins=True,
    ),
)
SHOWN = ("bleu1", "bleu2", "bleu3", "bleu4", "cider", "rouge_l", "shuffled_cider", "commonest_cider", "different")


def run(bench: Bench) -> None:
    """Train with attention and without, and caption the development pictures."""
    source, extractor = bench.text("flickr8k"), bench.text(EXTRACTOR)
    if source is None or extractor is None:
        return
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        training, development = (part_of(source, part, place) for part in ("train", "dev"))
        for attention in (LOOKS, "none"):
            out = place / attention
            budget = ("--minutes", f"{MINUTES:g}", "--validation-split", "0.05")
            settings = ("--attention", attention, *budget, "--out", out)
            learnt = (training, "--extractor", extractor, *READS)
            trained = unspool("train", *learnt, *settings, report=f"training with attention {attention}")
            found = unspool("evaluate", out, development, "--beams", BEAMS, "--engine", "torch")
            bench.add(
                attention=attention,
                minutes=MINUTES,
                tokens_per_second=training_rate(out),
                held_out_nats=trained["nats_per_token"],
                **{figure: found[figure] for figure in SHOWN},
                wall_seconds=trained["wall_seconds"],
            )


def part_of(source: Path, part: str, place: Path) -> Path:
    """Make a folder with the pictures of a part, linked, and their captions; `PART.txt` lists them."""
    names = set((source / f"{part}.txt").read_text(encoding="utf-8").split())
    folder = place / f"flickr8k-{part}"
    (folder / "images").mkdir(parents=True)
    for name in names:
        (folder / "images" / name).symlink_to((source / "images" / name).resolve())
    lines = (source / "captions.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if line.partition("#")[0] in names]
    (folder / "captions.tsv").write_text("".join(kept), encoding="utf-8")
    return folder

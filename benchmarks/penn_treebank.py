"""Words: the Penn Treebank after ten minutes, by the network, the counts, their mixture, and learning while reading.

The tokens are those of the corpus: what stands between blanks, `<unk>` among them, and the end of each line. The
validation part chooses the weights; the test part is read once, from its beginning, as one text. Published: counts
alone, order 5, 141.2; an RNN with counts 105.7; an LSTM with counts 88 (Zaremba et al., 2014: a large LSTM alone 78.4).
"""

import gzip
import math
import tempfile
from pathlib import Path

from benchmarks.claims import Claim, lowest
from benchmarks.common import Bench, trained, unspool

MINUTES = 10.0
WAYS = {"network": "the network goes on learning", "counts": "counts grow beside it", "both": "both"}
CLAIMS = (Claim("Penn Treebank test perplexity of the mixture", 100.0, lowest("perplexity", what="mixture"), True),)


def run(bench: Bench) -> None:
    """Train, and read the test part."""
    words = bench.text("ptb/ptb.train.txt.gz")
    if words is None:
        return
    with tempfile.TemporaryDirectory() as place:
        learnt = Path(place, "ptb.train.txt")
        learnt.write_bytes(gzip.decompress(words.read_bytes()))
        folder = trained(learnt, MINUTES, "--tokenizer", "whitespace", "--validation", words.with_name("ptb.valid.txt"))
        found = unspool("evaluate", folder, words.with_name("ptb.test.txt"), "--adapt", report="reading the test part")
    for what, figures in {**found.get("parts", {}), "mixture": found}.items():
        bench.add(what=what, learns_while_reading="no", **_figures(figures))
    for way, name in WAYS.items():
        if way in found["adapted"]:
            bench.add(what=f"mixture, {name}", learns_while_reading="yes", **_figures(found["adapted"][way]))


def _figures(found: dict[str, float]) -> dict[str, float]:
    return {"perplexity": math.exp(found["nats_per_token"]), "nats": found["nats_per_token"]}

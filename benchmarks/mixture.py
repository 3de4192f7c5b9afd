"""A network, the counts beside it, and their mixture: how well each predicts texts that were held out, and how fast.

Each text is learnt with the defaults for some minutes: books in four languages, tunes, names by line, and a declaration
in twelve languages by line. `network` is that of the mixture, from which a part of the text was held back for the gate.
Beside that of the first text, a network learns alone for as long, from all of it (--no-counts). How many nats minutes
are worth depends on the machine, so the mixture must reach a fraction of those of the network that learns alone. Of two
networks that learn by the clock on a busy machine one may have had the better minutes: short budgets are tried with
three seeds, the two in turn, and their medians count.
Generating: an LSTM of 512 with random weights beside the counts of the first text, one stream and sixteen, against the
network alone.
"""

import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.claims import Claim, highest, lowest, middle
from benchmarks.common import Bench, trained, unspool

FIRST = "tinyshakespeare"
BUDGETS = {1.0: 3, 3.0: 3, 8.0: 1}  # minutes of training the first text, and with how many seeds each
TEXTS: dict[str, tuple[str, dict[float, int], tuple[str, ...]]] = {  # file, minutes and seeds, options
    FIRST: ("tinyshakespeare/input.txt", BUDGETS, ()),
    "Nietzsche": ("books/nietzsche_en.txt", {1.0: 1}, ()),
    "War and Peace": ("books/war_and_peace_en.txt", {1.0: 1}, ()),
    "Metamorphosis, German": ("books/verwandlung_de.txt", {1.0: 1}, ()),
    "Eugene Onegin, Russian": ("books/onegin_ru.txt", {1.0: 1}, ()),
    "Dream of the Red Chamber, Chinese": ("books/hongloumeng_zh.txt", {1.0: 1}, ()),
    "Irish tunes": ("irish_abc/irish.abc", {1.0: 1}, ()),
    "names of 18 languages": ("names", {1.0: 1}, ("--lines", "--suffix", ".txt")),
    "Declaration of Human Rights, 12 languages": ("udhr", {1.0: 1}, ("--lines", "--suffix", ".txt")),
}
MUST, OTHERS_MUST = 0.955, 0.98  # of the nats of the network: on the first text, and on the others
STREAMS = {1: 20_000, 16: 2_000}  # tokens of each
REPEATS = 3
CLAIMS = (
    *(
        claim
        for minutes in BUDGETS
        for claim in (
            Claim(
                f"{FIRST}, {minutes:g} min: nats of the mixture by those of its network",
                MUST,
                middle("ratio", text=FIRST, minutes=minutes),
                True,
            ),
            Claim(
                f"{FIRST}, {minutes:g} min: nats of the mixture by those of a network that learns alone",
                MUST,
                middle("of_alone", text=FIRST, minutes=minutes),
                True,
            ),
        )
    ),
    Claim("all texts: nats of the mixture by those of the network", OTHERS_MUST, highest("ratio"), True),
    Claim("one stream: rate of the mixture by that of the network", 0.5, lowest("rate", streams=1)),
    Claim("sixteen streams: rate of the mixture by that of the network", 0.6, lowest("rate", streams=16)),
)


def run(bench: Bench) -> None:
    """Train and measure each text, then generate."""
    for text, (name, budgets, options) in TEXTS.items():
        source = bench.text(name)
        if source is None:
            continue
        for minutes, seeds in budgets.items():
            for seed in range(seeds):
                seeded = ("--seed", str(seed)) if seed else ()  # the default is 0
                alone = trained(source, minutes, "--no-counts", *seeded) if text == FIRST else None
                measured(bench, text, minutes, seed, trained(source, minutes, *options, *seeded), alone)
        if text == FIRST:
            generating(bench, trained(source, min(budgets), *options))


def measured(bench: Bench, text: str, minutes: float, seed: int, folder: Path, alone: Path | None) -> None:
    """Measure a model, and where there is one a network that learnt alone, on what was held out."""
    found = unspool("evaluate", folder, report=f"{text}: reading what was held out")
    parts = found.get("parts", {"network": found})
    nats = {name: parts[name]["nats_per_token"] for name in parts} | {"mixture": found["nats_per_token"]}
    row = nats | {"ratio": nats["mixture"] / nats["network"]}
    if alone is not None:
        row["alone"] = unspool("evaluate", alone)["nats_per_token"]
        row["of_alone"] = nats["mixture"] / row["alone"]
    bench.add(text=text, minutes=minutes, seed=seed, **row)


def generating(bench: Bench, folder: Path) -> None:
    """Generate with a network alone and with counts beside it, in turn."""
    from unspool.api import load
    from unspool.decode.generation import generate
    from unspool.decode.reading import start_reading
    from unspool.engines.initial import initial_weights
    from unspool.engines.registry import build_network
    from unspool.folder.model_folder import ModelFolder
    from unspool.specs.network import DecoderSpec, NetworkSpec
    from unspool.specs.sampling import SamplingSpec

    model: Any = load(folder)
    size, counted = model.tokenizer.vocabulary_size, model.config.network.ngram
    alone = NetworkSpec(decoder=DecoderSpec(hidden_size=512, embedding_size=64, vocabulary_size=size))
    mixed, weights = alone.model_copy(update={"ngram": counted}), initial_weights(alone, 1)
    networks = {
        "network": build_network("numba", alone, weights, "int8"),
        "mixture": build_network("numba", mixed, weights | ModelFolder(folder).read_counts(), "int8"),
    }

    def rate(network: Any, streams: int, tokens: int) -> float:
        spec, started = SamplingSpec(max_new_tokens=tokens), time.perf_counter()
        pieces = generate(network, model.tokenizer, start_reading(network), spec, list(range(streams)), False)
        return sum(len(piece.ids) for piece in pieces) / (time.perf_counter() - started)

    for streams, tokens in STREAMS.items():
        for network in networks.values():
            rate(network, streams, 300)  # kernels are loaded
        found = [{name: rate(one, streams, tokens) for name, one in networks.items()} for _ in range(REPEATS)]
        rates = {name: median(row[name] for row in found) for name in networks}
        bench.add(
            text="generating, int8",
            streams=streams,
            rate=rates["mixture"] / rates["network"],
            **{f"{name}_tokens_per_second": value for name, value in rates.items()},
        )

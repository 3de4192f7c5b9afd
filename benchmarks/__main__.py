"""Run benchmarks by name: `python -m benchmarks [NAME]... [--data DIR] [--out DIR]`."""

import argparse
import os
from importlib import import_module
from pathlib import Path

from benchmarks.common import Bench, settings_of
from benchmarks.report import write_report

NAMES = (
    "encoding",
    "start",
    "generation",
    "training",
    "neighbour",
    "soundness",
    "shakespeare",
    "time_to_loss",
    "engines",
    "engine_parity",
    "engine_losses",
    "engine_tasks",
    "laptop",
    "precision",
    "recipe",
    "words",
    "ngrams",
    "ngram_peers",
    "mixture",
    "penn_treebank",
    "copying",
    "compressors",
    "adaptation",
    "keystrokes",
    "surnames",
    "vectors",
    "ag_news",
    "labels",
    "toys",
    "multi30k",
    "translation_rate",
    "flickr8k",
    "caption_rate",
    "extraction",
    "fashion_mnist",
    "nietzsche",
    "gigabyte",
)


def main() -> None:
    """Run the named benchmarks, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; none means all")
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("UNSPOOL_DATA"), help="folder of data sets, or UNSPOOL_DATA"
    )
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"), help="folder for the JSON files")
    parser.add_argument("--report", action="store_true", help="write docs/benchmarks.md from the JSON files, run none")
    options = parser.parse_args()
    if options.report:
        write_report(options.out, Path("docs/benchmarks.md"))
        return
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    data = Path(options.data) if options.data else None
    for name in options.names or NAMES:
        module = import_module(f"benchmarks.{name}")
        claims = getattr(module, "CLAIMS", ())
        bench = Bench(name, module.__doc__ or name, data, options.out, claims, settings_of(module))
        module.run(bench)
        bench.finish()


if __name__ == "__main__":
    main()

"""What every benchmark needs: the machine, the data, a table, a JSON file."""

import importlib.metadata
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table

from benchmarks.claims import Claim, Row, judged

PACKAGES = (
    *("unspool", "numpy", "numba", "torch", "tokenizers", "safetensors"),
    *("transformers", "tensorflow", "tensorflow-cpu", "keras", "sacrebleu", "scikit-learn"),  # peers and judges
    *("kenlm", "nltk", "pyppmd", "pydivsufsort"),
)

Answer = TypeVar("Answer")

LONGEST_SETTING = 300  # characters of JSON; what is longer is material rather than a setting

# Where a person gets each text, and where it is looked for below the data folder.
TEXTS = {
    "tinyshakespeare/input.txt": "data/tinyshakespeare/input.txt of github.com/karpathy/char-rnn",
    "books/nietzsche_en.txt": "nietzsche.txt of the Keras example of text generation (keras.io/examples)",
    "books/war_and_peace_en.txt": "War and Peace, plain text UTF-8, ebook 2600 of gutenberg.org",
    "books/verwandlung_de.txt": "Die Verwandlung, the text as UTF-8, ebook 22367 of gutenberg.org",
    "books/onegin_ru.txt": "data/onegin.txt of github.com/osdrv/onegin-gpt",
    "books/hongloumeng_zh.txt": "Dream of the Red Chamber, plain text UTF-8, ebook 24264 of gutenberg.org",
    "udhr/rus.txt": "the Russian text of unicode.org/udhr",
    "udhr": "the texts of unicode.org/udhr in several languages, a file for each",
    "books": "plain text, UTF-8, of gutenberg.org: alice_en.txt (ebook 11), war_and_peace_en.txt (2600), and "
    "nietzsche_en.txt (nietzsche.txt of the Keras example of text generation)",
    "ag_news": "ag_news_csv of Zhang et al. (2015), with 10,000 rows of train.csv drawn as train_10000.csv",
    "multi30k_en_de": "data/task1/raw of github.com/multi30k/dataset",
    "seq2seq_toys/date.txt": "dataset/date.txt of github.com/oreilly-japan/deep-learning-from-scratch-2",
    "seq2seq_toys/addition.txt": "dataset/addition.txt of github.com/oreilly-japan/deep-learning-from-scratch-2",
    "names": "data/names of pytorch.org/tutorials/intermediate/char_rnn_classification_tutorial",
    "irish_abc/irish.abc": "mitdeeplearning/data/irish.abc of github.com/MITDeepLearning/introtodeeplearning",
    "ptb/ptb.char.train.txt.gz": "data/ptb.char.train.txt of the Penn Treebank set of Mikolov, compressed with gzip",
    "ptb/ptb.train.txt.gz": "data/ptb.train.txt of the same set, compressed with gzip, and beside it ptb.valid.txt and "
    "ptb.test.txt",
    "reference/kenlm/expected_scores.json": "lm/test.arpa of github.com/kpu/kenlm, and as JSON the scores that "
    "lm/model_test.cc asserts",
    "flickr8k": "Flickr8k of Hodosh et al. (2013): images/, captions.tsv with lines of PICTURE#NUMBER, tab, caption, "
    "and train.txt and dev.txt, the names of the pictures to learn and of the development part",
    "squeezenet/squeezenet_v1.1_notop.onnx": "the notop weights of github.com/DeepCognition/keras-squeezenet, made "
    "an ONNX file with the outputs fire9 and gap",
    "fashion_mnist": "data/fashion of github.com/zalandoresearch/fashion-mnist",
    "books/alice_en.txt": "Alice's Adventures in Wonderland, plain text UTF-8, ebook 11 of gutenberg.org",
}


@dataclass
class Bench:
    """One benchmark: rows of a table that are also a JSON file.

    Attributes:
        name: of the benchmark and its file.
        title: its first line is the table's.
        claims: what it must reach.
        settings: what it was run with.
        data: folder of data sets.
        out: folder for the JSON file.
    """

    name: str
    title: str
    data: Path | None
    out: Path
    claims: Sequence[Claim] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    _started: float = field(default_factory=time.time)

    def text(self, name: str) -> Path | None:
        """A text of the data folder; none, with a word on where to get it, if it is not there."""
        path = self.data / name if self.data else None
        if path is None or not path.exists():
            print(f"{self.name}: skipped: needs {name} below --data or UNSPOOL_DATA. Get it from {TEXTS[name]}.")
            return None
        return path

    def has(self, package: str, extra: str) -> bool:
        """Whether a package is installed; if not, a word on how to get it is printed."""
        if find_spec(package) is None:
            print(f"{self.name}: skipped: needs {package}: pip install 'unspool[{extra}]'")
            return False
        return True

    def add(self, **row: Any) -> None:
        """One row; a figure that is not finite is none, for which JSON has a word."""
        row = {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in row.items()
        }
        self.rows.append(row)
        print(f"{self.name}: {row}", flush=True)

    def finish(self) -> None:
        """Print the table and write the JSON file."""
        if not self.rows:
            return
        claims = judged(self.claims, self.rows)
        for title, rows in ((self.title.splitlines()[0], self.rows), ("What it must reach", claims)):
            if rows:
                Console().print(_table(title, rows))
        self.out.mkdir(parents=True, exist_ok=True)
        result = {
            "benchmark": self.name,
            "started": self._started,
            "machine": machine(),
            "settings": self.settings,
            "claims": claims,
            "rows": self.rows,
        }
        path = self.out / f"{self.name}.json"
        path.write_text(json.dumps(result, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        print(f"written to {path}")


def settings_of(module: ModuleType) -> dict[str, Any]:
    """The constants of a benchmark by name, as far as JSON can hold them and a line can show them."""
    constants = {name: value for name, value in vars(module).items() if name.isupper()}
    return {name.lower(): value for name, value in constants.items() if _plain(value)}


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8", errors="ignore").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    versions = {name: importlib.metadata.version(name) for name in PACKAGES if _installed(name)}
    return {
        "processor": model or platform.processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        **versions,
    }


def unspool(*arguments: str | int | Path, report: str = "") -> dict[str, Any]:
    """Run a command of Unspool in its own process.

    Args:
        *arguments: of the command line; `--json` is added.
        report: a line to print first.

    Returns:
        the JSON that it printed, with `wall_seconds` of the whole process and its `peak_mb` of memory.
    """
    if report:
        print(report, flush=True)
    started = time.monotonic()
    command = [sys.executable, "-m", "unspool", *map(str, arguments), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    result: dict[str, Any] = json.loads(output)
    return {**result, "wall_seconds": time.monotonic() - started, "peak_mb": usage.ru_maxrss / 1024}


@cache
def trained(source: Path, minutes: float, *options: str | Path) -> Path:
    """Train on a text for some minutes with the defaults, once for all benchmarks of this process.

    Args:
        source: is the text.
        minutes: is the budget.
        *options: of `unspool train`.

    Returns:
        the model folder, which is not to be changed and is gone when the process ends.
    """
    folder = Path(_models().name) / str(len(list(Path(_models().name).iterdir())))
    report = f"{source.name}: training for {minutes:g} minutes"
    unspool("train", source, "--minutes", str(minutes), *options, "--out", folder, report=report)
    return folder


@cache
def _models() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


def in_own_process(function: Callable[..., Answer], *arguments: Any) -> Answer:
    """Call a function of a module in a new process, so that what it imports and sets stays there."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def training_rate(folder: Path) -> float:
    """Tokens per second in the training steps of the run that wrote a model folder."""
    events = map(json.loads, (folder / "history.jsonl").read_text(encoding="utf-8").splitlines())
    rate: float = next(event["tokens_per_second"] for event in events if event["event"] == "end")
    return rate


def _table(title: str, rows: list[Row]) -> Table:
    table = Table(title=title)
    names = list(dict.fromkeys(name for row in rows for name in row))
    for name in names:
        table.add_column(name.replace("_", " "))
    for row in rows:
        table.add_row(*(shown(row.get(name, "")) for name in names))
    return table


def _plain(value: object) -> bool:
    try:
        text = json.dumps(value)
    except TypeError:
        return False
    return len(text) <= LONGEST_SETTING and "\\n" not in text


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def shown(value: object) -> str:
    """A figure for people."""
    if value is None:
        return ""
    if isinstance(value, float):
        if 0 < abs(value) < 1e-4:
            return f"{value:.1e}"
        return f"{value:,.4f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)

"""Four tasks by either engine: the same command, minutes and machine, the keras engine beside the torch engine

Everything but the engine is the default. Shakespeare: nats per character of the held-out tenth, the state carried.
Dates: the fraction of 5,000 unseen dates that come out exactly right. Surnames: bits per character of names of the
test, given their language, and how often a classifier tells the language. Shapes: the fraction of 1,200 held-out
pictures of shapes, which Unspool draws itself, whose captions are exactly right. Whatever engine trained a model, it is
measured in the same engine. The benchmarks shakespeare, toys and surnames say more of these tasks.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import shakespeare, surnames, toys
from benchmarks.claims import Claim, lowest
from benchmarks.common import Bench, unspool

ENGINES = ("keras", "torch")
MINUTES = {"shakespeare": 3.0, "dates": 2.0, "surnames": 1.0, "shapes": 1.0}
EXACT = "exactly right"
CLAIMS = (Claim("dates, fraction exactly right", 0.99, lowest("keras", task="dates", figure=EXACT)),)

Figures = dict[str, float]  # by what is measured


def run(bench: Bench) -> None:
    """Do each task with one engine and then with the other."""
    if not bench.has("tensorflow", "keras"):
        return
    tasks: tuple[tuple[str, str | None, Callable[[Path, str, float], Figures]], ...] = (
        ("shakespeare", "tinyshakespeare/input.txt", shakespeare_figures),
        ("dates", "seq2seq_toys/date.txt", dates_figures),
        ("surnames", "names", surnames_figures),
        ("shapes", None, shapes_figures),
    )
    for task, data, measured in tasks:
        source = bench.text(data) if data else Path()
        if source is not None:
            found = {engine: measured(source, engine, MINUTES[task]) for engine in ENGINES}
            for figure in found[ENGINES[0]]:
                values = {engine: figures[figure] for engine, figures in found.items()}
                bench.add(task=task, minutes=MINUTES[task], figure=figure, **values)


def shakespeare_figures(text: Path, engine: str, minutes: float) -> Figures:
    """The loss on what was held out."""
    found = shakespeare.after(text, minutes, "--engine", engine)
    return {
        "nats per character": found["carried_nats"],
        "nats per character, from fresh starts": found["fresh_nats"],
        "tokens per second": found["tokens_per_second"],
    }


def dates_figures(source: Path, engine: str, minutes: float) -> Figures:
    """The fraction of unseen dates that come out exactly right."""
    return {EXACT: toys.after(source, minutes, "--engine", engine)["exact"]}


def surnames_figures(source: Path, engine: str, minutes: float) -> Figures:
    """The loss on names of the test given their language, and how often the language is told."""
    parts = surnames.split(source)
    with tempfile.TemporaryDirectory() as place:
        tables = surnames.write_tables(parts, Path(place))
        for model in ("given the language", "classifier"):
            surnames.train(model, tables, Path(place) / model, minutes, "--engine", engine)
        told = surnames.languages_told(Path(place) / "classifier", parts["test"])
        return {
            "bits per character": surnames.bits_of(Path(place) / "given the language", tables["test"]),
            "languages told": told.accuracy,
        }


def shapes_figures(nothing: Path, engine: str, minutes: float) -> Figures:
    """The fraction of held-out pictures whose captions are exactly right."""
    with tempfile.TemporaryDirectory() as place:
        settings = ("--task", "captioning", "--engine", engine, "--minutes", f"{minutes:g}")
        out = Path(place) / "shapes"
        unspool("train", *settings, "--out", out, report=f"training {minutes:g} minutes on shapes")
        return {EXACT: unspool("evaluate", out)["exact"]}

"""`unspool translate`: lines in, their translations out."""

from pathlib import Path
from typing import Any

from unspool.cli.arguments import AsJson, File, ModelPath, Texts
from unspool.cli.console import read_lines, write, write_json
from unspool.cli.options import Fields, Settings, with_options
from unspool.specs.data import DataSpec
from unspool.specs.runtime import RuntimeSpec
from unspool.specs.sampling import BeamSpec

LINES = 256  # translated and printed together


@with_options(search=BeamSpec, data=Fields(DataSpec, ("encoding",)), runtime=Fields(RuntimeSpec, ("engine",)))
def translate(
    model: ModelPath,
    texts: Texts = None,
    file: File = None,
    as_json: AsJson = False,
    *,
    search: Settings,
    data: Settings,
    runtime: Settings,
) -> None:
    """Translate texts, one line each, in order.

    An empty line stays empty. With --json, each line is an object with scores and attention weights.

    Examples:
        unspool translate runs/dates "3 May 1979"
        unspool translate runs/de-en --file german.txt --beams 10
        unspool translate runs/de-en "guten Tag" --n-best 3 --json
    """
    from unspool.api import load

    opened: Any = load(model, **runtime)
    beams = search.get("beams", BeamSpec().beams)
    if beams >= 1:
        search["beams"] = max(beams, search.get("n_best", 1))  # more translations need more beams
    lines = list(texts or ()) or read_lines(file or Path("-"), **data)
    for start in range(0, len(lines), LINES):
        chosen = lines[start : start + LINES]
        for line, found in zip(chosen, opened.translations(chosen, **search), strict=True):
            if as_json:
                write_json({"source": line, "translations": [one.to_dict() for one in found]})
                continue
            for one in found:
                write(" ".join(one.text.split("\n")) + "\n")

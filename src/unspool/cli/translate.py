"""`unspool translate`: lines in, their translations out."""

from functools import partial
from typing import Any

from unspool.cli.arguments import AsJson, File, ModelPath, Texts
from unspool.cli.console import write, write_json
from unspool.cli.lines import answered, texts_of
from unspool.cli.options import Fields, Settings, with_options
from unspool.specs.data import DataSpec
from unspool.specs.runtime import RuntimeSpec
from unspool.specs.sampling import BeamSpec


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

    Every text yields as many lines as --n-best says; where there are fewer translations, and for a text that is empty
    or blank, the lines are empty. A line end inside a translation is written as \\n. With --json, each line is an
    object with the number of the text, scores and attention weights; an empty text has no translations.

    Examples:
        unspool translate runs/dates "3 May 1979"
        unspool translate runs/de-en --file german.txt --beams 10
        unspool translate runs/de-en "guten Tag" --n-best 3 --json
    """
    from unspool.api import load

    opened: Any = load(model, **runtime)
    beams, n_best = search.get("beams", BeamSpec().beams), search.get("n_best", 1)
    if beams >= 1:
        search["beams"] = max(beams, n_best)  # more translations need more beams
    translations = partial(opened.translations, **search)
    for number, text, found in answered(texts_of(texts, file, **data), translations):
        if as_json:
            write_json({"line": number, "source": text, "translations": [one.to_dict() for one in found or ()]})
            continue
        lines = [one.text.replace("\n", "\\n") for one in found or ()]
        write("".join(f"{line}\n" for line in [*lines, *[""] * (n_best - len(lines))]))

"""`unspool caption`: pictures in, their captions out."""

from typing import Any

from unspool.cli.arguments import AsJson, ModelPath, ShowProgress, is_shown
from unspool.cli.console import write, write_json
from unspool.cli.following import showing_progress
from unspool.cli.options import Fields, Settings, with_options
from unspool.cli.pictures import Pictures, answered_pictures
from unspool.specs.runtime import RuntimeSpec
from unspool.specs.sampling import BeamSpec


@with_options(search=BeamSpec, runtime=Fields(RuntimeSpec, ("engine",)))
def caption(
    model: ModelPath,
    pictures: Pictures = None,
    as_json: AsJson = False,
    progress: ShowProgress = None,
    *,
    search: Settings,
    runtime: Settings,
) -> None:
    """Caption pictures: files, the pictures of a folder, or one on standard input.

    Every picture yields as many lines as --n-best says. Where there are several pictures, or a folder, each line begins
    with the name of its picture and a tab. With --json, each line is an object with the name of the picture, its
    captions, scores and attention weights. A picture that cannot be read is named in a warning and has an empty
    caption, in JSON none; the exit code is then that of an error.

    Examples:
        unspool caption runs/flickr photo.jpg
        unspool caption runs/flickr holiday/ --beams 10 > captions.tsv
        unspool caption runs/flickr photo.jpg --n-best 3 --json
    """
    from unspool.api import load

    opened: Any = load(model, **runtime)
    beams, n_best = search.get("beams", BeamSpec().beams), search.get("n_best", 1)
    if beams >= 1:
        search["beams"] = max(beams, n_best)  # more captions need more beams
    with showing_progress(is_shown(progress, as_json), scrolls=True) as advance:
        for name, several, found in answered_pictures(pictures, lambda some: opened.captions(some, **search), advance):
            if as_json:
                write_json({"picture": name, "captions": [one.to_dict() for one in found or ()]})
                continue
            lines = [one.text for one in found or ()]
            start = f"{name}\t" if several else ""
            write("".join(f"{start}{line}\n" for line in [*lines, *[""] * (n_best - len(lines))]))

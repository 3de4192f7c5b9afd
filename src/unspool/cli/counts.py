"""`unspool counts`: what a Markov chain has counted is added to, taken out, merged, or read from a file."""

from pathlib import Path
from typing import Annotated, Any

import typer

from unspool.cli.arguments import AsJson, Out, Overwrite
from unspool.cli.console import write, write_json
from unspool.cli.options import Fields, Settings, with_options
from unspool.cli.recipes import closing_text, closing_values, example, model_path
from unspool.errors import UsageError, nearest
from unspool.tasks.ngram.specs import NgramDataSpec

ACTIONS = ("update", "remove", "merge", "import")


@with_options(data=Fields(NgramDataSpec, (*NgramDataSpec.reading, "tokenizer_from")))
def counts(
    action: Annotated[
        str, typer.Argument(metavar="|".join(ACTIONS), help="What to do with the counts.", show_default=False)
    ],
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="update and remove: the model, then files or folders; merge: models; import: an ARPA file.",
            show_default=False,
        ),
    ],
    out: Out = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    *,
    data: Settings,
) -> None:
    """Count more texts, take texts out, merge models of parts of a corpus, or read n-grams in ARPA format.

    It is for models of `unspool train --model ngram`, whose counts are in their training/. update counts texts that the
    model has not seen, and remove takes out those that it has, document by document, as if it had never seen them; the
    model itself is changed, or with --out a new one is written. merge adds up what models have counted that have one
    tokenizer (--tokenizer-from). import makes a model of an ARPA file: of words with blanks between them, or with
    --tokenizer-from of the tokens of the model that the file is of.

    Examples:
        unspool counts update runs/alice new.txt
        unspool counts merge runs/part1 runs/part2 --out runs/whole
        unspool counts import words.arpa --out runs/words
    """
    from unspool.training.progress import make_progress

    if action not in ACTIONS:
        raise UsageError(
            f"counts must be given one of {', '.join(ACTIONS)}. Received: {action!r:.40}.", nearest(action, ACTIONS)
        )
    _check(action, paths, out, data)
    with make_progress(quiet=as_json) as progress:
        found = _imported(paths, out, overwrite, data) if action == "import" else None
        if found is None:
            from unspool.api import load

            model: Any = load(paths[0])
            if action == "merge":
                found = model.merge(*paths[1:], out=out, overwrite=overwrite)
            else:
                found = getattr(model, action)([Path(name) for name in paths[1:]], out, overwrite, progress, **data)
    if as_json:
        write_json(closing_values(found, found.path), indent=2)
    else:
        write(f"{closing_text(found, found.path)}try: {example(found.path, found.config)}\n")


def _imported(paths: list[str], out: Path | None, overwrite: bool, data: Settings) -> Any:
    with model_path(out, paths, {}, None) as path:
        from unspool.exchange import from_arpa

        return from_arpa(paths[0], path, overwrite=overwrite, **data)


def _check(action: str, paths: list[str], out: Path | None, data: Settings) -> None:
    """Refuse paths and options that mean nothing to an action."""
    if action == "import" and len(paths) != 1:
        raise UsageError(
            f"import reads one ARPA file. Received: {len(paths)} paths.", "import the others by themselves."
        )
    if action != "import" and len(paths) == 1:
        what = "a model and other models" if action == "merge" else "a model and files or folders of texts"
        raise UsageError(f"{action} must be given {what}. Received: {paths[0]} alone.", "name them after the model.")
    if action == "merge" and out is None:
        raise UsageError("merge writes a new model. Received: no --out.", "name its folder with --out.")
    known = {"import": {"tokenizer_from"}, "merge": set()}.get(action, set(NgramDataSpec.reading))
    foreign = [f"--{name.replace('_', '-')}" for name in data if name not in known]
    if foreign:
        raise UsageError(f"an option must be one that {action} has. Received: {', '.join(foreign)}.", "leave it out.")

"""`unspool complete`: how a text is likely to go on."""

from typing import Annotated, Any

import typer

from unspool.cli.arguments import (
    AsJson,
    AsTyped,
    Condition,
    ConditionJson,
    ModelPath,
    check_text_model,
    condition_keyword,
)
from unspool.cli.console import read_text, write, write_json
from unspool.cli.options import Fields, Settings, with_options
from unspool.display.terminal import tell, visible
from unspool.errors import UsageError, shell_command
from unspool.specs.base import Option, build
from unspool.specs.completion import CompletionSpec
from unspool.specs.runtime import RuntimeSpec


@with_options(completion=CompletionSpec, runtime=Fields(RuntimeSpec, ("engine", "weights")))
def complete(
    model: ModelPath,
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="TEXT", help="Text to complete; left out or -: standard input, as it stands.", show_default=False
        ),
    ] = None,
    condition: Condition = None,
    condition_json: ConditionJson = None,
    interactive: AsTyped = False,
    learn: Annotated[
        bool,
        typer.Option(
            "--learn",
            help="Learns what is typed, into the counts in the model folder; `unspool forget` takes it out again.",
        ),
        Option("Completion", True, synonyms=("remember", "adapt", "keep", "personal")),
    ] = False,
    as_json: AsJson = False,
    *,
    completion: Settings,
    runtime: Settings,
) -> None:
    """Show how a text is likely to go on, to the end of the word or the line, or complete it as one types.

    Prints the likeliest continuations, each after its probability. They are searched for, not drawn: the same text has
    the same completions. A word at the end of the text may be a part of one. With --interactive, TEXT is what stands
    before what is typed.

    Nothing is learnt from what is typed, unless --learn is given: then every line is counted as soon as it is finished,
    and kept in the model folder; without --interactive, TEXT is.

    Examples:
        unspool complete runs/alice "Alice w"
        unspool complete runs/alice "Alice was" --until line -n 3 --json
        unspool complete runs/alice --interactive --learn
    """
    from unspool.api import load  # here and not above: this imports an engine

    spec = build(CompletionSpec, completion, "complete")
    if interactive:
        from unspool.cli.terminal import check_terminal

        check_terminal(as_json)
    elif "min_saving" in completion:
        raise UsageError("--min-saving is for --interactive. Received: no --interactive.", "leave out one of them.")
    opened: Any = load(model, **runtime)
    given = condition_keyword(opened, condition, condition_json)
    learner = None
    if learn:
        check_text_model(opened, "--learn")
        learner = opened.session(text or "" if interactive else "", learn=True)
        tell(f"what is typed is kept in {model}, counted; {shell_command('forget', model)} takes it out again.")
    if interactive:
        from unspool.cli.terminal import type_in_terminal

        until = spec.until if "until" in completion else "line"
        type_in_terminal(learner or opened.session(text or "", **given), until, spec.min_saving, learner)
        return
    found = read_text("-" if text is None else text)
    completions = opened.complete(found, spec.n, spec.until, **given)
    if learner is not None:
        learner.learn(found)
        learner.close()
    if as_json:
        write_json({"text": found, **given, "completions": [one.to_dict() for one in completions]})
        return
    if not completions:
        tell(
            "the model knows nothing that continues this text: what its last word begins with is not in its vocabulary."
        )
    for one in completions:
        write(f"{one.probability:8.4f}  {visible(one.text)}\n")

"""`unspool train`: learn a text."""

from pathlib import Path
from typing import Annotated, Any

import typer

from unspool.cli import options
from unspool.cli.console import write, write_json
from unspool.errors import UsageError

BUDGETS = ("minutes", "epochs", "steps")


def train(
    context: typer.Context,
    data: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, folders or - for standard input; left out: Python's own reference.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Model folder to write. [runs/NAME]")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the model that is there.")] = False,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Go on with a run that was cut off; takes no other option."),
    ] = None,
    start_from: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Start from the weights of another model.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Recipe in TOML; options given here win.")] = None,
    task: Annotated[
        str | None,
        typer.Option(help="language, translation, classification or conditional. [what the data tell]"),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            help="Train for so many minutes. [3; of dates, the pairs of translation without data, 1; of a small table "
            "with labels, some epochs]"
        ),
    ] = None,
    epochs: Annotated[float | None, typer.Option(help="Or for so many passes over the text.")] = None,
    steps: Annotated[int | None, typer.Option(help="Or for so many updates.")] = None,
    lines: options.Lines = False,
    text: options.TextColumns = None,
    label: options.LabelColumn = None,
    class_weights: Annotated[
        bool, typer.Option("--class-weights", help="Rare labels count more, inversely to how often they come.")
    ] = False,
    unfreeze: Annotated[
        str | None,
        typer.Option(
            help="Layers of a classifier --from a model learn at-once, gradual (one more each epoch), or one more each "
            "so many updates. [at-once]"
        ),
    ] = None,
    condition: options.ConditionColumns = None,
    condition_kind: Annotated[
        str | None, typer.Option(help="What these columns hold: labels or numbers. [what they look like]")
    ] = None,
    source: options.SourceColumn = None,
    target: options.TargetColumn = None,
    source_file: options.SourceFile = None,
    target_file: options.TargetFile = None,
    validation_source_file: Annotated[str | None, typer.Option(help="Held-out sources.")] = None,
    validation_target_file: Annotated[str | None, typer.Option(help="Held-out targets.")] = None,
    max_length: Annotated[
        int | None,
        typer.Option(
            help="Leave out pairs and conditioned texts of more tokens, and learn so many of a text to classify. "
            "[100; to classify 256]"
        ),
    ] = None,
    joint_vocabulary: Annotated[
        bool, typer.Option("--joint-vocabulary", help="One tokenizer for sources and targets.")
    ] = False,
    encoding: Annotated[str | None, typer.Option(help="Of the text. [auto]")] = None,
    suffix: Annotated[
        list[str] | None,
        typer.Option(help="Endings of the files of a folder; may be given often. [.txt .md]"),
    ] = None,
    validation: Annotated[
        str | None,
        typer.Option(
            help="Held-out file, or the share to hold out: at the end; of rows with labels or conditions, by chance. "
            "[0.1]"
        ),
    ] = None,
    tokenizer: Annotated[
        str | None,
        typer.Option(
            help="char, word, bpe or byte. [char; of pairs bpe; of texts to classify word, of short ones char]"
        ),
    ] = None,
    lowercase: Annotated[
        bool | None,
        typer.Option("--lowercase/--keep-case", help="Read the words of classified texts in small letters. [yes]"),
    ] = None,
    vocab_size: Annotated[int | None, typer.Option(help="Most tokens to keep.")] = None,
    cell: Annotated[str | None, typer.Option(help="rnn, lstm, gru or mingru.")] = None,
    num_layers: Annotated[int | None, typer.Option(help="Recurrent layers.")] = None,
    hidden_size: Annotated[int | None, typer.Option(help="Numbers in the state of a layer.")] = None,
    embedding_size: Annotated[int | None, typer.Option(help="Numbers for a token; 0 is one-hot.")] = None,
    tie_weights: Annotated[bool, typer.Option("--tie-weights", help="Output and embedding share weights.")] = False,
    encoder_cell: Annotated[str | None, typer.Option(help="rnn, lstm, gru or mingru. [gru]")] = None,
    encoder_layers: Annotated[int | None, typer.Option(help="Of the encoder.")] = None,
    encoder_size: Annotated[int | None, typer.Option(help="Numbers in a state of the encoder.")] = None,
    encoder_embedding: Annotated[int | None, typer.Option(help="Numbers for a token of a source.")] = None,
    bidirectional: Annotated[
        bool | None, typer.Option("--bidirectional/--one-direction", help="The encoder reads from both ends.")
    ] = None,
    pooling: Annotated[
        str | None,
        typer.Option(
            help="How a classifier reads its states: last, max, mean or attention. [of words attention, else max]"
        ),
    ] = None,
    attention: Annotated[str | None, typer.Option(help="none, dot or additive. [additive]")] = None,
    decoder_input: Annotated[str | None, typer.Option(help="What the decoder reads: previous token, or none.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Rows read side by side.")] = None,
    seq_len: Annotated[int | None, typer.Option(help="Time steps of a window.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="muon or adamw.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Highest rate of AdamW.")] = None,
    matrix_rate: Annotated[float | None, typer.Option(help="Highest rate of Muon.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Between layers and on the output.")] = None,
    input_dropout: Annotated[float | None, typer.Option(help="On the input.")] = None,
    recurrent_dropout: Annotated[
        float | None, typer.Option(help="Share of the recurrent matrices' entries that are zero for a step.")
    ] = None,
    word_dropout: Annotated[
        float | None, typer.Option(help="Share of a classified text's tokens shown as unknown.")
    ] = None,
    label_smoothing: Annotated[
        float | None, typer.Option(help="Share of a target's probability spread over all.")
    ] = None,
    teacher_forcing: Annotated[
        float | None, typer.Option(help="Share of true tokens that a decoder reads; the others are its guesses. [1]")
    ] = None,
    scheduled_sampling: Annotated[
        bool, typer.Option("--scheduled-sampling", help="That share falls to --teacher-forcing over the run.")
    ] = False,
    averaged: Annotated[
        int | None,
        typer.Option(help="Average so many of the last best weights, where it helps. [1; of translation 4]"),
    ] = None,
    reset_probability: Annotated[float | None, typer.Option(help="Of a row's return to the start.")] = None,
    precision: Annotated[str | None, typer.Option(help="float32 or bfloat16.")] = None,
    threads: Annotated[int | None, typer.Option(help="Of the processor.")] = None,
    validations: Annotated[int | None, typer.Option(help="How often to score the held-out text.")] = None,
    patience: Annotated[int | None, typer.Option(help="Validations without a new best that end the run.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same weights. [0]")] = None,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write curves for TensorBoard.")] = False,
    engine: Annotated[str, typer.Option(help="torch.")] = "torch",
    as_json: options.AsJson = False,
) -> None:
    """Learn a text, to translate, to classify or to write under a condition, and write a model folder.

    With a budget of minutes the run ends on time. Ctrl-C keeps the best model so far.
    """
    from unspool.cli.progress import make_progress

    given = {
        "sources": tuple(data or ()) or None,
        "minutes": minutes,
        "epochs": epochs,
        "steps": steps,
        "lines": lines or None,
        **options.text_columns(text),
        "label_column": label,
        "class_weights": class_weights or None,
        "unfreeze": int(unfreeze) if unfreeze and unfreeze.isdecimal() else unfreeze,
        "condition_columns": tuple(condition or ()) or None,
        "condition_kind": condition_kind,
        "source_column": source,
        "target_column": target,
        "source_file": source_file,
        "target_file": target_file,
        "validation_source_file": validation_source_file,
        "validation_target_file": validation_target_file,
        "max_length": max_length,
        "joint_vocabulary": joint_vocabulary or None,
        "encoding": encoding,
        "suffixes": suffix or None,
        "tokenizer": tokenizer,
        "lowercase": lowercase,
        "vocabulary_limit": vocab_size,
        "cell": cell,
        "num_layers": num_layers,
        "hidden_size": hidden_size,
        "embedding_size": embedding_size,
        "tie_weights": tie_weights or None,
        "encoder_cell": encoder_cell,
        "encoder_layers": encoder_layers,
        "encoder_size": encoder_size,
        "encoder_embedding": encoder_embedding,
        "bidirectional": bidirectional,
        "pooling": pooling,
        "attention": attention,
        "decoder_input": decoder_input,
        "batch_size": batch_size,
        "sequence_length": seq_len,
        "optimizer": optimizer,
        "learning_rate": learning_rate,
        "matrix_rate": matrix_rate,
        "dropout": dropout,
        "input_dropout": input_dropout,
        "recurrent_dropout": recurrent_dropout,
        "word_dropout": word_dropout,
        "label_smoothing": label_smoothing,
        "teacher_forcing": teacher_forcing,
        "scheduled_sampling": scheduled_sampling or None,
        "averaged": averaged,
        "reset_probability": reset_probability,
        "precision": precision,
        "threads": threads,
        "validations": validations,
        "patience": patience,
        "seed": seed,
        **_validation(validation),
    }
    chosen = [name for name in BUDGETS if _on_command_line(context, name)]
    if chosen:  # a budget of another kind from the environment gives way
        given |= {name: None for name in BUDGETS if name not in chosen}
    others = (start_from, config, out, overwrite or None, task, *given.values())
    if resume is not None and any(value is not None for value in others):
        raise UsageError(
            "--resume goes on with the recipe of the run and takes no other setting.",
            "leave the others out; to train on with other settings use --from.",
        )
    settings, told = _settings(config, given)
    path = resume or out or _free_place([*(data or ()), *filter(None, [source_file])], task or told)
    with make_progress(quiet=as_json, tensorboard=path / "tensorboard" if tensorboard else None) as progress:
        from unspool import api

        if resume is not None:
            model = api.resume(resume, callback=progress, engine=engine)
        else:
            model = api.train(
                out=path,
                overwrite=overwrite,
                start_from=start_from,
                callback=progress,
                engine=engine,
                settings=settings,
                task=task or told,
            )
    figures = _last_figures(model.path)
    if as_json:
        write_json({"model": str(path), **figures}, indent=2)
    else:
        from unspool.tasks.tasks import make_task

        learnt = make_task(model.config.task)
        write(f"\n{path}: {learnt.summary(figures)}\ntry: unspool {learnt.hint} {path}\n")


def _on_command_line(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _settings(config: Path | None, given: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], str | None]:
    """What the recipe file says, and the options, which win; and the task that the file names."""
    from unspool.folder.model_folder import read_toml
    from unspool.tasks.recipe import SECTIONS, grouped, merged

    if config is None:
        return grouped(given), None
    file = read_toml(config)
    for name, value in file.items():
        if name not in (*SECTIONS, "task", "started_from") or (name in SECTIONS and not isinstance(value, dict)):
            raise UsageError(
                f"{config}: {name} is not a section of a recipe.", f"its sections are {', '.join(SECTIONS)}."
            )
    return merged(file, grouped(given)), file.get("task")


def _validation(value: str | None) -> dict[str, Any]:
    if value is None:
        return {}
    try:
        return {"validation_fraction": float(value)}
    except ValueError:
        return {"validation_sources": (value,)}


def _free_place(data: list[str], task: str | None) -> Path:
    """`runs/NAME`, with a number if that is taken."""
    name = "dates" if task == "translation" else "python-reference"
    if data:
        name = "stdin" if data[0] == "-" else Path(data[0]).resolve().name.split(".")[0] or "model"
    place, number = Path("runs") / name, 2
    while place.exists():
        place, number = Path("runs") / f"{name}-{number}", number + 1
    return place


def _last_figures(path: Path) -> dict[str, Any]:
    from unspool.training.history import History

    return next(event for event in reversed(History(path / "history.jsonl").events()) if event["event"] == "end")

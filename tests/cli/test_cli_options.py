"""Options are made from specs, whatever these hold."""

from typing import Annotated, Literal

import pytest
import typer
from pydantic import Field

from unspool.cli.command import help_of, make_command
from unspool.cli.commands import commands, load_command
from unspool.cli.main import make_group
from unspool.cli.options import Fields, Settings, with_options
from unspool.cli.suggest import nearest_name
from unspool.errors import UsageError
from unspool.specs.base import Option, Spec, setting
from unspool.tasks.registry import ROWS, Command


class Paint(Spec):
    """How to paint.

    Attributes:
        width: is how wide a stroke is.
        colour: is `red` or `blue`.
        layers: names each layer.
        wet: keeps the paint wet.
        dry: lets it dry.
        speed: is `slow`, or so many strokes.
        balance: weighs the colours.
        secret: is no option.
        note: is written below.
    """

    width: float = setting(0.5, Option("Stroke", True, ("-w", "--wide"), ("thickness",)), gt=0, lt=2)
    colour: Literal["red", "blue"] = setting("red", Option("Colour", True))
    layers: tuple[str, ...] = setting(("base",), Option("Stroke"))
    wet: bool = setting(False, Option("Stroke"))
    dry: bool = setting(True, Option("Stroke"))
    speed: Literal["slow"] | Annotated[int, Field(ge=1)] = setting("slow", Option("Stroke"))
    balance: bool | tuple[float, ...] = setting(False, Option("Colour"))
    secret: int = setting(1, Option(hidden=True))
    note: str | None = None


class Sketch(Spec):
    """How to sketch.

    Attributes:
        width: is how wide a line is.
        lead: is how hard the lead is.
    """

    width: float = setting(0.25, Option("Stroke"))
    lead: int = setting(2, Option("Lead"), ge=0, le=9)


def made(**parts):
    """A command with options of some specs, and what it last received."""
    received: list[Settings] = []

    @with_options(**parts)
    def paint(name: str, *, settings: Settings) -> None:
        """Paint.

        Examples:
            unspool paint wall
        """
        received.append(settings)

    return make_command("paint", paint), received


def given(*arguments: str) -> Settings:
    command, received = made(settings=Paint)
    command.main(["wall", *arguments], standalone_mode=False)
    return received[0]


def whole_help(**parts) -> str:
    command, _ = made(**parts)
    return " ".join(help_of(command, command.context_class(command, info_name="paint"), everything=True).split())


def test_what_is_not_given_is_not_received():
    assert given() == {}


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        (("--width", "0.7"), {"width": 0.7}),
        (("-w", "0.7"), {"width": 0.7}),
        (("--wide=1",), {"width": 1.0}),
        (("--colour", "blue"), {"colour": "blue"}),
        (("--colour", "green"), {"colour": "green"}),  # the spec refuses it, not the command line
        (("--layers", "a", "--layers", "b"), {"layers": ("a", "b")}),
        (("--wet",), {"wet": True}),
        (("--no-dry",), {"dry": False}),
        (("--dry",), {"dry": True}),
        (("--speed", "slow"), {"speed": "slow"}),
        (("--speed", "12"), {"speed": 12}),
        (("--balance",), {"balance": True}),
        (("--note", ""), {"note": ""}),
    ],
    ids=str,
)
def test_an_option_has_the_type_of_its_field(arguments, settings):
    assert given(*arguments) == settings


@pytest.mark.parametrize("flag", ["--secret", "--no-wet", "--no-balance"])
def test_there_is_no_option_for_what_is_hidden_or_off_anyway(flag):
    with pytest.raises(Exception, match="No such option"):
        given(flag)


def test_the_help_says_range_choices_and_default():
    said = whole_help(settings=Paint)
    assert "-w, --width, --wide NUMBER Is how wide a stroke is. [above 0 and below 2; default: 0.5]" in said
    assert "--colour red|blue Is red or blue. [default: red]" in said
    assert "[default: base; may be repeated]" in said
    assert "--dry / --no-dry Lets it dry. [default: on]" in said
    assert said.index("Stroke:") < said.index("Colour:")


def test_an_option_that_several_tasks_have_is_one_and_says_where_they_differ():
    said = whole_help(settings=[Fields(Paint, ("width", "wet"), "painting"), Fields(Sketch, task="sketching")])
    assert said.count("--width") == 2  # the other is in the sentence about the environment
    assert "Is how wide a stroke is. [above 0 and below 2; default: 0.5, sketching 0.25]" in said
    assert "[for sketching only; 0 to 9; default: 2]" in said
    assert "Keeps the paint wet. [for painting only]" in said
    same = whole_help(settings=[Fields(Paint, ("width",), "painting"), Fields(Paint, ("width",), "drawing")])
    assert "for painting" not in same
    three = [Fields(Paint, ("width",), "one"), Fields(Paint, ("width", "dry"), "two"), Fields(Paint, task="three")]
    said = whole_help(settings=three)
    assert "Lets it dry. [not for one; default: on]" in said
    assert "Keeps the paint wet. [for three only]" in said
    assert "Keeps the paint wet. [for painting only]" in whole_help(
        settings=[Fields(Paint, ("width",)), Fields(Paint, ("wet",), "painting")]
    )


def test_the_choices_of_several_tasks_are_put_together_and_their_types_must_agree():
    class Draw(Spec):
        """Attributes:
        colour: is `red` or `black`.
        width: is `thin` or `wide`.
        """

        colour: Literal["red", "black"] = "black"
        width: Literal["thin", "wide"] = "thin"

    said = whole_help(settings=[Fields(Paint, ("colour",), "painting"), Fields(Draw, ("colour",), "drawing")])
    assert "--colour red|blue|black Is red or blue. [default: red, drawing black]" in said
    with pytest.raises(TypeError, match="width must have one type"):
        made(settings=[Fields(Paint, ("width",)), Fields(Draw, ("width",))])


def test_a_command_may_have_a_default_of_its_own():
    assert "[above 0 and below 2; default: 1]" in whole_help(settings=Fields(Paint, ("width",), default="1"))


def values(name: str, *arguments: object) -> dict[str, object]:
    """The parameters of a command as it was given them."""
    context = load_command(name, commands()[name]).make_context(name, [str(one) for one in arguments])
    return {key: value for key, value in context.params.items() if value not in (None, [], ())}


@pytest.mark.parametrize(
    ("command", "arguments", "setting", "value"),
    [
        ("generate", ("m", "--temp", 0.5), "temperature", 0.5),
        ("generate", ("m", "-t", 0.5), "temperature", 0.5),
        ("generate", ("m", "--max-tokens", 5), "max_new_tokens", 5),
        ("generate", ("m", "-k", 5), "top_k", 5),
        ("generate", ("m", "-n", 5), "num_samples", 5),
        ("translate", ("m", "-b", 5), "beams", 5),
        ("translate", ("m", "-n", 5), "n_best", 5),
        ("train", ("--lr", 0.5), "learning_rate", 0.5),
        ("train", ("-m", 5), "minutes", 5.0),
        ("train", ("-b", 5), "batch_size", 5),
        ("train", ("--seq-len", 5), "sequence_length", 5),
        ("train", ("--vocab-size", 5), "vocabulary_limit", 5),
        ("train", ("--suffix", ".py", "--suffix", ".c"), "suffixes", [".py", ".c"]),
        ("train", ("--feed", "none"), "decoder_input", "none"),
        ("train", ("--keep-case",), "lowercase", False),
        ("train", ("--one-direction",), "bidirectional", False),
        ("train", ("--averaged", 3), "averaged", 3),
    ],
    ids=str,
)
def test_usual_abbreviations_and_old_flags_are_understood(command, arguments, setting, value):
    assert values(command, *arguments)[setting] == value


@pytest.mark.parametrize(
    ("command", "wrong", "right"),
    [
        ("generate", "--creativity", "--temperature"),
        ("generate", "--temprature", "--temperature"),
        ("generate", "--length", "--max-new-tokens"),
        ("generate", "--nucleus", "--top-p"),
        ("generate", "--text", "--prompt"),
        ("train", "--layers", "--num-layers"),
        ("train", "--output", "--out"),
        ("train", "--epoch", "--epochs"),
        ("train", "--hidden", "--hidden-size"),
        ("train", "--hiden-sise", "--hidden-size"),
        ("train", "--time", "--minutes"),
        ("train", "--pretrained", "--from"),
        ("train", "--iterations", "--steps"),
        ("train", "--batch", "--batch-size"),
        ("train", "--bidir", "--bidirectional"),
        ("train", "--gpu", "--engine"),
        ("score", "--jsn", "--json"),
    ],
)
def test_a_mistyped_option_is_told_the_nearest_by_letters_and_by_meaning(call, command, wrong, right):
    result = call(command, *([] if command == "train" else ["m"]), wrong, "1")
    assert result.code == 2
    assert result.error_lines == [
        f"error: unspool {command} has no option {wrong}.",
        f"hint: did you mean {right}? `unspool {command} --help-all` shows all.",
    ]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("write", "generate"),
        ("genrate", "generate"),
        ("trian", "train"),
        ("fit", "train"),
        ("perplexity", "score"),
        ("gen", "generate"),
    ],
)
def test_a_mistyped_command_is_told_the_nearest_by_letters_and_by_meaning(call, wrong, right):
    result = call(wrong)
    assert result.code == 2
    assert result.error_lines == [
        f"error: there is no command '{wrong}'.",
        f"hint: did you mean `unspool {right}`? `unspool --help` shows all.",
    ]


def test_what_is_like_nothing_is_told_where_all_are(call):
    assert call("generate", "m", "--zzz").error_lines[1] == "hint: `unspool generate --help-all` shows all."
    assert call("zzz").error_lines[1] == "hint: `unspool --help` shows all."
    assert nearest_name("zzz", {}) is None
    assert nearest_name("-l", {"--learning-rate": ("--lr",)}) is None  # one letter says nothing


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("generate", "m", "-t", 1, "-t2"), "-t"),
        (("train", "--steps", 1, "--steps=2"), "--steps"),
        (("classify", "m", "--top", 1, "--top", 1), "--top"),
        (("demo", "--out", "a", "--out", "b"), "--out"),
    ],
    ids=str,
)
def test_an_option_that_takes_one_value_refuses_two(call, tmp_path, arguments, named):
    result = call(*arguments)
    assert result.code == 2
    assert result.error_lines == [
        f"error: {named} takes one value, and it was given twice.",
        f"hint: give {named} once.",
    ]


@pytest.mark.parametrize(
    ("arguments", "flags"),
    [
        (("generate", "m", "--temperature", 1, "--temp", 2), "--temperature and --temp"),
        (("generate", "m", "--prompt", "a", "-p", "b"), "--prompt and -p"),
        (("generate", "m", "--echo", "--no-echo"), "--echo and --no-echo"),
        (("train", "--seq-len", 1, "--sequence-length", 2), "--seq-len and --sequence-length"),
    ],
    ids=str,
)
def test_two_names_of_one_option_are_both_told(call, arguments, flags):
    result = call(*arguments)
    assert result.code == 2
    assert result.error_lines == [
        f"error: {flags} are one option, which takes one value.",
        "hint: give one of them.",
    ]


def test_an_option_that_takes_several_and_a_switch_may_be_repeated():
    assert values("generate", "m", "--stop", "a", "--stop", "b")["stop"] == ["a", "b"]
    assert values("generate", "m", "--json", "--json")["as_json"] is True


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (
            ("generate", "m", "-t", "hot"),
            "-t: input should be a valid number. Received: 'hot'.",
            "-t",
        ),
        (
            ("train", "--seq-len", "x"),
            "--seq-len: input should be a valid integer. Received: 'x'.",
            "--seq-len",
        ),
    ],
)
def test_a_text_that_is_no_number_is_refused_by_the_name_that_was_typed(call, arguments, error, hint):
    result = call(*arguments)
    assert result.code == 2
    assert result.error_lines == [f"error: {error}", f"hint: change {hint} and try again."]


def test_a_command_without_specs_is_a_command_too():
    def plain(name: str = typer.Argument("x")) -> None:
        """Do nothing."""

    assert make_command("plain", plain).options == []


def test_the_command_of_a_row_is_a_command_of_the_group(tmp_path, monkeypatch, capsys):
    (tmp_path / "backwards.py").write_text(
        "import typer\n"
        "def reverse(text: str = typer.Argument(metavar='TEXT')) -> None:\n"
        '    """Reverse a text."""\n'
        "    typer.echo(text[::-1])\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    command = Command("reverse", "backwards:reverse", "Reverse a text.", ("flip",))
    monkeypatch.setitem(ROWS, "reversal", ROWS["language"]._replace(name="reversal", command=command))
    group = make_group()
    group.main(["reverse", "abc"], prog_name="unspool", standalone_mode=False)
    assert capsys.readouterr().out == "cba\n"
    with pytest.raises(UsageError, match=r"flip") as caught:
        group.main(["flip"], prog_name="unspool", standalone_mode=False)
    assert caught.value.hint.startswith("did you mean `unspool reverse`?")

"""Generation from the shell: seeds, samples, stop strings, streams, prompts out of a file."""

import json
import os
import signal
import subprocess
import sys

import pytest

from helpers.terminals import UNSPOOL, Terminal


def test_the_same_seed_writes_the_same_text_and_another_one_another(call, model):
    texts = [call("generate", model, "-p", "the ", "--seed", seed).out for seed in (5, 5, 6)]
    assert texts[0] == texts[1] != texts[2]


def test_the_number_of_threads_changes_no_text(call, model):
    settings = ("generate", model, "--seed", 5, "--engine", "numba", "-n", 20)
    texts = [call(*settings, "--threads", threads).out for threads in (0, 1, 2)]
    assert texts[0] == texts[1] == texts[2] != ""


@pytest.mark.parametrize("options", [["--threads", -1], ["--threads", 1, "--engine", "numpy"]])
def test_threads_that_cannot_be_are_refused(call, model, options):
    result = call("generate", model, *options)
    assert (result.code, result.clean) == (2, True)


def test_three_samples_are_those_of_three_seeds(call, model):
    options = ["generate", model, "-p", "the ", "--max-new-tokens", 30, "--json"]
    together = call(*options, "-n", 3, "--seed", 7).json()["samples"]
    alone = [call(*options, "--seed", 7 + i).json()["samples"][0] for i in range(3)]
    assert together == alone
    shown = call("generate", model, "-n", 3, "--seed", 7).out
    assert [f"--- sample {i}, seed {6 + i}" in shown for i in (1, 2, 3)] == [True] * 3


def test_json_has_the_documented_keys(call, model):
    values = call("generate", model, "-p", "the ", "--json", "--max-new-tokens", 9).json()
    assert set(values) == {"prompt", "samples"}
    (sample,) = values["samples"]
    assert set(sample) == {"text", "seed", "tokens", "finish_reason"}
    assert sample["tokens"] == len(sample["text"]) == 9
    assert sample["finish_reason"] == "length"
    again = call("generate", model, "-p", "the ", "--json", "--max-new-tokens", 9, "--seed", sample["seed"]).json()
    assert again["samples"] == [sample]


def test_a_file_of_prompts_gives_one_json_value_a_line(call, model, tmp_path):
    (tmp_path / "prompts.txt").write_text("the\n\npack\nbox\n", encoding="utf-8")
    result = call("generate", model, "--prompts", tmp_path / "prompts.txt", "--json", "--max-new-tokens", 4)
    found = [json.loads(line) for line in result.out.splitlines()]
    assert [(one["line"], one["prompt"]) for one in found] == [(1, "the"), (2, ""), (3, "pack"), (4, "box")]
    piped = call("generate", model, "--prompts", "-", "--json", "--seed", 1, input="the\nbox\n")
    assert len(piped.out.splitlines()) == 2


def test_a_prompt_comes_from_standard_input(call, model):
    result = call("generate", model, "-p", "-", "--seed", 2, "--max-new-tokens", 5, input="the quick ")
    assert result.out.startswith("the quick ")


@pytest.mark.parametrize("stop", ["o", "th", "e q", " "])
def test_a_stop_string_never_appears_in_the_text(call, model, stop):
    options = ["generate", model, "-n", 20, "--seed", 3, "--json"]
    samples = call(*options, "--stop", stop, "--stop", "zz").json()["samples"]
    whole = call(*options).json()["samples"]
    for sample, full in zip(samples, whole, strict=True):
        assert stop not in sample["text"]
        assert sample["text"] == full["text"].split(stop)[0].split("zz")[0]
        assert (sample["finish_reason"] == "stop") == (stop in full["text"] or "zz" in full["text"])


def test_streaming_to_a_pipe_gives_the_same_text(run, call, model):
    options = ["generate", model, "-p", "the ", "--seed", 11, "--stop", "zq"]
    streamed = run(*options, "--stream")
    assert streamed.code == 0
    assert streamed.err == ""
    assert streamed.out == call(*options, "--no-stream").out


def test_without_echo_the_prompt_is_left_out(call, model):
    options = ["generate", model, "-p", "the ", "--seed", 1]
    assert "the " + call(*options, "--no-echo").out == call(*options).out


def test_temperature_zero_needs_no_seed_to_repeat_itself(call, model):
    assert len({call("generate", model, "-p", "th", "--temperature", 0).out for _ in range(3)}) == 1


def test_documents_end_where_the_network_ends_them(call, names_model):
    samples = call("generate", names_model, "-n", 20, "--seed", 1, "--json").json()["samples"]
    assert [sample["finish_reason"] for sample in samples].count("stop") >= 18
    assert all("\n" not in sample["text"] and "<eos>" not in sample["text"] for sample in samples)
    endless = call("generate", names_model, "--ignore-eos", "--max-new-tokens", 50, "--json", "--seed", 1).json()
    assert endless["samples"][0]["finish_reason"] == "length"


def test_zero_new_tokens_give_the_prompt_alone(call, model):
    assert call("generate", model, "-p", "the", "--max-new-tokens", 0).out == "the\n"


def test_every_setting_of_sampling_is_an_option(call, model):
    flags = {"top-k": 5, "top-p": 0.9, "min-p": 0.1, "typical-p": 0.9, "repetition-penalty": 1.2}
    flags |= {"frequency-penalty": 0.1, "presence-penalty": 0.1, "temperature": 0.5}
    plain = call("generate", model, "--seed", 1).out
    for flag, value in flags.items():
        result = call("generate", model, "--seed", 1, f"--{flag}", value)
        assert result.code == 0
        assert result.out != plain, flag


@pytest.mark.parametrize("options", [["--stream"], ["--no-stream", "-n", "4"]])
def test_a_reader_who_leaves_early_causes_no_traceback(model, options):
    command = [sys.executable, "-m", "unspool", "generate", str(model), "--max-new-tokens", "30000", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ))
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 141
    assert err == b""


def test_in_a_terminal_an_error_does_not_stand_within_a_line_of_text(model):
    writing = Terminal(*UNSPOOL, "generate", model, "--max-new-tokens", 1_000_000, "--seed", 5)
    try:
        shown = writing.wait_for("e")  # a text is being written
        writing.process.send_signal(signal.SIGINT)
        shown += writing.read_all()
    finally:
        writing.close()
    assert writing.process.returncode == 130
    assert "\r\nerror: interrupted.\r\n" in shown

"""A user's mistake is two lines on standard error and an exit code, never a traceback."""

import pytest


def two_lines(result) -> bool:
    lines = result.err.splitlines()
    return len(lines) == 2 and lines[0].startswith("error: ") and lines[1].startswith("hint: ")


BAD_GENERATE = [
    ["--bogus"],
    ["--temperature", "-1"],
    ["--temperature", "nan"],
    ["--temperature", "hot"],
    ["--top-p", "0"],
    ["--top-p", "1.5"],
    ["--top-k", "-1"],
    ["--min-p", "2"],
    ["--repetition-penalty", "0"],
    ["--frequency-penalty", "inf"],
    ["--max-new-tokens", "-1"],
    ["--max-new-tokens", "2.5"],
    ["-n", "0"],
    ["--seed", "-1"],
    ["--seed", "99999999999999999999"],
    ["--engine", "abacus"],
    ["--stream", "-n", "0"],
    ["one", "too-many"],
    ["--prompt"],
]
BAD_TRAIN = [
    ["--cell", "foo"],
    ["--task", "painting"],
    ["--steps", "0"],
    ["--steps", "many"],
    ["--minutes", "-1"],
    ["--minutes", "nan"],
    ["--epochs", "0"],
    ["--steps", "1", "--epochs", "1"],
    ["--tokenizer", "letters"],
    ["--hidden-size", "0"],
    ["--num-layers", "0"],
    ["--tie-weights", "--hidden-size", "8", "--embedding-size", "4"],
    ["--batch-size", "0"],
    ["--optimizer", "sgd"],
    ["--learning-rate", "0"],
    ["--dropout", "1"],
    ["--precision", "float8"],
    ["--threads", "-1"],
    ["--seed", "-1"],
    ["--validation", "1.5"],
    ["--validation", "0"],
    ["--encoding", "klingon"],
    ["--encoding", "base64"],
    ["--engine", "numpy"],
    ["--engine", "abacus"],
    ["--lines", "--text", "column"],
    ["--vocab-size", "-5"],
]


@pytest.mark.parametrize("options", BAD_GENERATE, ids=" ".join)
def test_generate_refuses_a_bad_option(call, model, options):
    result = call("generate", model, *options)
    assert result.code == 2, result.err
    assert two_lines(result), result.err
    assert result.out == ""


@pytest.mark.parametrize("options", BAD_TRAIN, ids=" ".join)
def test_train_refuses_a_bad_option_and_writes_nothing(call, text_file, tmp_path, options):
    result = call("train", text_file, "--out", tmp_path / "m", *options)
    assert result.code == 2, result.err
    assert two_lines(result), result.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [["generate", "m", "--bogus"], ["train", "--steps", "x"], ["score"], ["nonsense"]], ids=" ".join
)
def test_a_process_says_two_lines_and_exits_with_2(run, arguments):
    result = run(*arguments)
    assert result.code == 2
    assert two_lines(result), result.err


def test_score_wants_a_text_or_a_file_and_not_both(call, model, text_file):
    for extra in ([], ["text", "--file", text_file]):
        result = call("score", model, *extra)
        assert result.code == 2
        assert two_lines(result)


@pytest.mark.parametrize("command", ["generate", "evaluate", "score"])
def test_a_folder_without_a_model_is_named(call, tmp_path, command):
    result = call(command, tmp_path / "nothing", *(["text"] if command == "score" else []))
    assert result.code == 4
    assert two_lines(result)
    assert "nothing" in result.err


def test_a_missing_file_and_an_empty_text_are_errors_of_the_data(call, model, tmp_path):
    (tmp_path / "empty.txt").touch()
    (tmp_path / "folder").mkdir()
    for data in ("missing.txt", "empty.txt", "folder"):
        result = call("train", tmp_path / data, "--out", tmp_path / "m", "--steps", 1)
        assert result.code == 3, result.err
        assert two_lines(result)
        assert data in result.err
        assert not (tmp_path / "m").exists()
    for arguments in (["evaluate", model, tmp_path / "empty.txt"], ["score", model, "--file", tmp_path / "missing"]):
        result = call(*arguments)
        assert result.code == 3
        assert two_lines(result)
    assert call("score", model, "").code == 2


def test_a_table_without_a_column_names_its_columns(call, tmp_path):
    (tmp_path / "t.csv").write_text("id,name\n1,anna\n", encoding="utf-8")
    result = call("train", tmp_path / "t.csv", "--out", tmp_path / "m", "--steps", 1)
    assert result.code == 3
    assert "'id', 'name'" in result.error_lines[1]
    result = call("train", tmp_path / "t.csv", "--text", "title", "--out", tmp_path / "m", "--steps", 1)
    assert result.code == 3
    assert "title" in result.error_lines[0]
    assert "'id', 'name'" in result.error_lines[1]

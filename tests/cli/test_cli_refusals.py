"""What is there is neither replaced unasked nor resumed when it is over."""


def two_lines(result) -> bool:
    lines = result.err.splitlines()
    return len(lines) == 2 and lines[0].startswith("error: ") and lines[1].startswith("hint: ")


def test_a_model_is_never_replaced_unasked(call, model, text_file, small):
    before = (model / "model.safetensors").read_bytes()
    result = call("train", text_file, "--out", model, "--steps", 1, *small)
    assert result.code == 7
    assert two_lines(result)
    assert "--overwrite" in result.err
    assert (model / "model.safetensors").read_bytes() == before


def test_overwrite_never_replaces_what_is_not_a_model(call, text_file, tmp_path, small):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("do not delete", encoding="utf-8")
    for place in (tmp_path / "letters", tmp_path / "letters" / "dear.txt"):
        result = call("train", text_file, "--out", place, "--overwrite", "--steps", 1, *small)
        assert result.code == 7
        assert two_lines(result)
    assert (tmp_path / "letters" / "dear.txt").read_text(encoding="utf-8") == "do not delete"


def test_a_finished_run_and_a_missing_one_cannot_be_resumed(call, model, tmp_path):
    for place in (model, tmp_path / "nothing"):
        result = call("train", "--resume", place)
        assert result.code == 4
        assert two_lines(result)


def test_resume_takes_no_setting(call, model):
    result = call("train", "--resume", model, "--steps", 5)
    assert result.code == 2
    assert two_lines(result)


def test_resume_takes_no_other_place_and_no_overwrite(call, model, tmp_path):
    for extra in (["--out", tmp_path / "elsewhere"], ["--overwrite"]):
        result = call("train", "--resume", model, *extra)
        assert result.code == 2, result.err
        assert two_lines(result)

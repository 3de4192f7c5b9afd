"""`unspool counts import`: n-grams of other programs as a model, and back."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import unspool
from helpers.arpa import ARPA
from helpers.commands import Result, call_main
from helpers.small import small_text


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("arpa") / "words.arpa"
    path.write_text(ARPA, encoding="utf-8")
    return path


def test_processes_read_score_generate_evaluate_and_write(
    words: Path, tmp_path: Path, run: Callable[..., Result]
) -> None:
    out, text = tmp_path / "m", tmp_path / "text.txt"
    read = run("counts", "import", words, "--out", out)
    assert (read.code, read.err) == (0, "")
    assert f"{out}: 12 n-grams." in read.out  # all words, and what 3-grams begin with
    scored = run("score", out, "a.b  c\\d", "--json")
    assert scored.code == 0, scored.err
    assert np.array(scored.json()["log_probabilities"]) / math.log(10) == pytest.approx([-0.2, -0.1])
    text.write_text("a.b c\\d\nc\\d other\n", encoding="utf-8")
    measured = call_main("evaluate", out, text, "--json").json()
    bits = [-0.2, -0.1, -0.15 - 0.25, -0.3 - 0.6, -0.1 - 1.0, -0.5]
    assert measured["nats_per_token"] == pytest.approx(-math.log(10) * np.mean(bits))
    written = call_main("generate", out, "-p", "a.b", "--seed", 1, "-n", 3, "--json").json()["samples"]
    assert all(set(sample["text"].split()) <= {"a.b", "c\\d"} for sample in written)
    back = run("export", out, "--format", "arpa", "--out", tmp_path / "back.arpa")
    assert back.code == 0, back.err
    assert "\n-0.3\ta.b c\\d\t-0.15\n" in (tmp_path / "back.arpa").read_text(encoding="utf-8")
    assert call_main("counts", "import", tmp_path / "back.arpa", "--out", tmp_path / "again").code == 0
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes()


@pytest.mark.parametrize("tokenizer", ["char", "word"])
def test_n_grams_that_unspool_wrote_are_read_with_their_tokenizer(tokenizer: str, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text(small_text(60), encoding="utf-8")
    how = {"model": "ngram", "tokenizer": tokenizer, "order": 4, "lines": True}
    model = unspool.train(tmp_path / "t.txt", out=tmp_path / "m", **how)
    assert call_main("export", tmp_path / "m", "--format", "arpa", "--out", tmp_path / "m.arpa").code == 0
    again = unspool.from_arpa(tmp_path / "m.arpa", tokenizer_from=tmp_path / "m")
    for text in ("the cat sees", "a quick dog."):
        expected = model.score(text)
        assert again.score(text).tokens == expected.tokens
        np.testing.assert_allclose(again.score(text).log_probabilities, expected.log_probabilities, atol=1e-4)
    evaluated = (one.evaluate(tmp_path / "t.txt").bits_per_byte for one in (model, again))
    assert next(evaluated) == pytest.approx(next(evaluated), rel=1e-4)
    assert again.generate("the", seed=3) == model.generate("the", seed=3)


def test_the_folder_is_named_after_the_file(words: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call_main("counts", "import", words).code == 0
    assert "in ARPA format" in (tmp_path / "runs" / "words" / "README.md").read_text(encoding="utf-8")


def test_what_is_no_such_file_is_refused_and_an_earlier_model_stays(words: Path, tmp_path: Path) -> None:
    out, damaged = tmp_path / "m", tmp_path / "d.arpa"
    assert call_main("counts", "import", words, "--out", out).code == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    empty = tmp_path / "empty.arpa"
    empty.touch()
    damaged.write_text(ARPA.replace("ngram 2=3", "ngram 2=9"), encoding="utf-8")
    for arguments, said in (
        (["import", damaged, "--out", out, "--overwrite"], "as many n-grams as it says"),
        (["import", empty, "--out", out, "--overwrite"], "below \\1-grams:. Received"),
        (["import", tmp_path / "none.arpa", "--out", out, "--overwrite"], "cannot be read"),
        (["import", words, "--out", out], "holds a model already"),
        (["import", words, damaged, "--out", out], "one ARPA file"),
        (["import", words, "--lines", "--out", out], "Received: --lines"),
        (["update", out, words], "training/counts.safetensors"),
    ):
        done = call_main("counts", *arguments)
        assert done.clean, done.err
        assert done.code != 0
        assert said in done.err
    assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_what_a_file_lacks_is_said(tmp_path: Path) -> None:
    file = tmp_path / "lacking.arpa"
    file.write_text("\\data\\\nngram 1=2\n\n\\1-grams:\n-99\t<s>\n-0.3\ta\n\\end\\\n", encoding="utf-8")
    done = call_main("counts", "import", file, "--out", tmp_path / "m")
    assert done.code == 0
    assert "has no <unk> and no </s>: the probability is taken to be nearly zero." in done.err

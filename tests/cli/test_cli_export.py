"""`unspool export`, in processes of its own; what it writes is read where Unspool cannot be imported."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from helpers.commands import environment, unimportable
from unspool.api import load

Run = Callable[..., Any]
needs_tensorflow = pytest.mark.skipif(find_spec("tensorflow") is None, reason="TensorFlow is not installed")


@needs_tensorflow
@pytest.mark.slow
def test_both_formats_of_tensorflow_predict_the_same_where_unspool_cannot_be_imported(
    run: Run, model: Path, tmp_path: Path
) -> None:
    written = run("export", model, "--out", tmp_path / "new" / "fox.keras")
    assert (written.code, written.err) == (0, "")
    assert f"keras.models.load_model('{tmp_path}/new/fox.keras')" in written.out
    saved = run("export", model, "--format", "saved-model", "--out", tmp_path / "fox", "--json").json()
    assert saved["format"] == "saved-model"
    assert saved["path"] == str(tmp_path / "fox")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fox", "new"]  # nothing else is left

    opened = load(model)
    ids = [2, *opened.tokenizer.encode("the quick").tolist()]
    expected, _ = opened.network.unroll(np.array([ids]), opened.network.initial_state(1))
    code = f"""
import sys
sys.modules["unspool"] = None  # it cannot be imported
import json, keras, numpy, tensorflow
network = keras.models.load_model({str(tmp_path / "new" / "fox.keras")!r})
saved = tensorflow.saved_model.load({str(tmp_path / "fox")!r})
tokens = numpy.array([{ids}], "int32")
print(json.dumps([network.predict(tokens, verbose=0).tolist(), saved.serve(tokens).numpy().tolist()]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment(), check=True, timeout=120)
    for found in json.loads(done.stdout):
        np.testing.assert_allclose(np.array(found), expected, atol=1e-4)


@needs_tensorflow
@pytest.mark.parametrize(
    ("variable", "value", "received"),
    [("KERAS_BACKEND", "jax", "jax"), pytest.param("KERAS_HOME", "{}", ".*jax.*", marks=pytest.mark.slow)],
)
def test_keras_on_another_framework_is_refused_in_two_lines(
    run: Run, model: Path, tmp_path: Path, variable: str, value: str, received: str
) -> None:
    (tmp_path / "keras.json").write_text('{"backend": "jax"}', encoding="utf-8")
    result = run("export", model, "--out", tmp_path / "fox.keras", env={variable: value.format(tmp_path)})
    assert (result.code, result.out) == (2, "")
    assert re.fullmatch(
        rf"error: Keras must run on TensorFlow here\. Received: {received}\.\n"
        r"hint: set KERAS_BACKEND=tensorflow in the environment, before Keras is imported\.\n",
        result.err,
    )
    assert not (tmp_path / "fox.keras").exists()


def test_a_state_dict_needs_no_framework_and_is_written_next_to_the_model(
    run: Run, model: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "fox"
    load(model).save(copy)
    without = {**unimportable("torch", "no", tmp_path / "a"), "UNSPOOL_EXPORT_FORMAT": "state-dict"}
    result = run("export", copy, env=without)
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        f"{copy}.safetensors was written. Read it in Python with safetensors.torch.load_file('{copy}.safetensors').\n"
    )
    arrays, own = load_file(f"{copy}.safetensors"), load_file(copy / "model.safetensors")
    assert np.array_equal(arrays["output.weight"], own["decoder.output.weight"])
    assert {name.partition(".")[0] for name in arrays} == {"embedding", "lstm", "output"}


def test_what_is_there_is_replaced_on_request_alone_and_only_by_its_kind(
    call: Run, model: Path, tmp_path: Path
) -> None:
    place = tmp_path / "fox.safetensors"
    arguments = ["export", model, "--format", "state-dict", "--out", place]
    place.write_text("kept", encoding="utf-8")
    refused = call(*arguments)
    assert refused.code == 7
    assert refused.error_lines == [
        f"error: {place} exists.",
        "hint: choose another place with --out, or replace it with --overwrite.",
    ]
    assert place.read_text(encoding="utf-8") == "kept"
    assert call(*arguments, "--overwrite").code == 0
    assert load_file(place)
    for form, out in (("state-dict", tmp_path), ("saved-model", model), ("saved-model", place)):
        refused = call("export", model, "--format", form, "--out", out, "--overwrite")
        assert refused.code == 7
        assert "is not replaced" in refused.err
    assert (model / "config.json").exists()


def test_what_cannot_be_exported_is_two_lines(
    call: Run, model: Path, text_file: Path, tmp_path: Path, small: Any
) -> None:
    mingru = tmp_path / "mingru"
    assert call("train", text_file, "--out", mingru, "--steps", 2, "--cell", "mingru", *small).code == 0
    for arguments, message in (
        ((mingru,), "of the cells rnn, lstm and gru. Received: the cell mingru."),
        ((model, "--out", tmp_path / "fox.h5"), "must end in .keras. Received: 'fox.h5'."),
        ((model, "--format", "onnx"), "Received: 'onnx'."),
        ((tmp_path / "nothing",), "is not a model folder"),
    ):
        result = call("export", *arguments)
        assert result.clean
        assert result.code in (2, 4)
        assert message in result.err
    assert not list(tmp_path.glob("*.keras"))


def test_a_missing_tensorflow_is_named_with_its_extra(run: Run, model: Path, tmp_path: Path) -> None:
    result = run("export", model, "--out", tmp_path / "fox.keras", env=unimportable("tensorflow", "no", tmp_path))
    assert result.code == 6
    assert "tensorflow" in result.err
    assert result.error_lines[-1] == "hint: install it with `pip install 'unspool[keras]'`."
    assert not (tmp_path / "fox.keras").exists()

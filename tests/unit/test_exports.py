"""Which models can be given to Keras or PyTorch, and with what weights; no framework is needed to tell."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import unspool
from helpers.exported import FOLDERS, vector_classifier
from unspool.data.vectors import scaled
from unspool.engines.standard import state_dict
from unspool.errors import OutputError, UsageError
from unspool.models.export import export_model


@pytest.mark.parametrize(
    ("name", "received"),
    [
        ("translation", "an encoder of the kind text before a decoder"),
        ("conditional", "an encoder of the kind label before a decoder"),
    ],
)
def test_what_standard_layers_cannot_be_is_refused(name: str, received: str, tmp_path: Path) -> None:
    model = unspool.load(FOLDERS / name)
    for export in (model.to_keras, model.to_torch, lambda: export_model(model, tmp_path / "x.keras")):
        with pytest.raises(UsageError, match="standard layers make a language model") as problem:
            export()
        assert problem.value.message.endswith(f"Received: {received}.")
    assert not list(tmp_path.iterdir())


def test_the_cell_without_a_standard_layer_is_refused(untrained: Callable[..., Path]) -> None:
    with pytest.raises(UsageError, match="Received: the cell mingru"):
        unspool.load(untrained("mingru")).to_torch()


def test_a_classifier_of_numbers_takes_them_as_they_are(tmp_path: Path) -> None:
    model = vector_classifier(tmp_path / "wine")
    arrays = state_dict(model.config.network, model.exported_weights())
    rows = np.array([[12.0, 1010.0], [14.5, 980.0]])
    before = load_file(model.path / "model.safetensors")
    expected = scaled(rows, model.config.features) @ before["encoder.linear.weight"].T + before["encoder.linear.bias"]
    np.testing.assert_allclose(rows @ arrays["hidden.weight"].T + arrays["hidden.bias"], expected, atol=1e-3)


def test_the_name_of_a_keras_file_must_have_its_ending(untrained: Callable[..., Path], tmp_path: Path) -> None:
    model = unspool.load(untrained())
    for name, better in ((tmp_path / "x.h5", tmp_path / "x.keras"), ("", "model.keras"), ("..", "model.keras")):
        with pytest.raises(UsageError, match=r"must end in \.keras") as problem:
            export_model(model, name)
        assert problem.value.hint == f"write --out {better}."


def test_a_failed_export_leaves_what_was_there(untrained: Callable[..., Path], tmp_path: Path) -> None:
    folder = untrained()
    model, place = unspool.load(folder), tmp_path / "new" / "kept.safetensors"
    export_model(model, place, "state-dict")
    before = place.read_bytes()
    (folder / "model.safetensors").unlink()
    with pytest.raises(unspool.UnspoolError):
        export_model(model, place, "state-dict", overwrite=True)
    assert place.read_bytes() == before
    assert list(place.parent.iterdir()) == [place]
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        export_model(model, tmp_path / "file" / "x.safetensors", "state-dict")

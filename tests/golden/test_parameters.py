"""Names and shapes of all parameters are a promise: saved models depend on them."""

import json
import os
from pathlib import Path

import pytest

from unspool.engines.parameters import parameter_count, parameter_shapes, state_shapes
from unspool.specs.network import (
    DecoderSpec,
    FeatureEncoderSpec,
    HeadSpec,
    ImageEncoderSpec,
    LabelEncoderSpec,
    NetworkSpec,
    TextEncoderSpec,
    VectorEncoderSpec,
)

FILE = Path(__file__).with_name("parameters.json")
REGENERATE = "UNSPOOL_REGENERATE"
SPECS = {
    "default": {},
    "rnn one-hot": {"cell": "rnn", "embedding_size": 0, "hidden_size": 128},
    "lstm 2 layers tied": {
        "cell": "lstm",
        "num_layers": 2,
        "hidden_size": 96,
        "embedding_size": 96,
        "tie_weights": True,
    },
    "gru 3 layers": {"cell": "gru", "num_layers": 3, "hidden_size": 64, "embedding_size": 16},
    "mingru 2 layers": {"cell": "mingru", "num_layers": 2, "hidden_size": 32, "embedding_size": 16},
    "gru one-hot 2 layers": {"cell": "gru", "num_layers": 2, "hidden_size": 32, "embedding_size": 0},
}
DECODER = DecoderSpec(cell="lstm", num_layers=2, hidden_size=48, embedding_size=16, vocabulary_size=70)
TEXT = TextEncoderSpec(num_layers=2, hidden_size=32, embedding_size=16, bidirectional=True, vocabulary_size=80)
COMPOSED = {
    "text, dot attention": NetworkSpec(encoder=TEXT, decoder=DECODER.changed(attention="dot")),
    "text, additive attention": NetworkSpec(encoder=TEXT, decoder=DECODER.changed(attention="additive")),
    "text, fed nothing": NetworkSpec(encoder=TEXT, decoder=DECODER.changed(decoder_input="none")),
    "mingru text": NetworkSpec(encoder=TEXT.changed(cell="mingru", bidirectional=False), decoder=DECODER),
    "label": NetworkSpec(encoder=LabelEncoderSpec(labels=18), decoder=DECODER),
    "vector": NetworkSpec(encoder=VectorEncoderSpec(numbers=5), decoder=DECODER),
    "features, additive attention": NetworkSpec(
        encoder=FeatureEncoderSpec(positions=49, features=512), decoder=DECODER.changed(attention="additive")
    ),
    "pictures, additive attention": NetworkSpec(
        encoder=ImageEncoderSpec(image_height=64, image_width=48, channels=3, stages=(16, 32, 64)),
        decoder=DECODER.changed(attention="additive"),
    ),
    "pictures, head": NetworkSpec(
        encoder=ImageEncoderSpec(image_height=28, image_width=28, channels=1, blocks=2), head=HeadSpec(labels=10)
    ),
    "text, head": NetworkSpec(encoder=TEXT, head=HeadSpec(labels=4)),
    "text, head with attention": NetworkSpec(encoder=TEXT, head=HeadSpec(labels=4, pooling="attention")),
}


def spec(name: str) -> NetworkSpec:
    if name in COMPOSED:
        return COMPOSED[name]
    return NetworkSpec(decoder=DecoderSpec(**{"vocabulary_size": 70, **SPECS[name]}))


def states(name: str) -> dict[str, tuple[int, ...]]:
    return state_shapes(spec(name), 2) if spec(name).decoder else {}


def present() -> dict[str, object]:
    """Lists of pairs, because the order counts too."""
    return {
        name: {
            "parameters": [[key, list(shape)] for key, shape in parameter_shapes(spec(name)).items()],
            "count": parameter_count(spec(name)),
            "state": [[key, list(shape)] for key, shape in states(name).items()],
        }
        for name in (*SPECS, *COMPOSED)
    }


def test_parameters_are_what_saved_models_hold() -> None:
    if os.environ.get(REGENERATE):
        lines = (f" {json.dumps(name)}: {json.dumps(value)}" for name, value in present().items())
        FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    golden = json.loads(FILE.read_text(encoding="utf-8"))
    for name, value in present().items():
        if value != golden.get(name):
            pytest.fail(
                f"the parameters of {name!r} have changed, so models that were saved before cannot be read.\n"
                f"was: {golden.get(name)}\nis:  {value}\n"
                "If that is meant, raise FORMAT_VERSION in folder/model_folder.py and regenerate the file with\n"
                f"  {REGENERATE}=1 pytest tests/golden"
            )
    assert golden.keys() == {*SPECS, *COMPOSED}, f"regenerate with {REGENERATE}=1 pytest tests/golden"

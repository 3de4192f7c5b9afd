"""What several processes need of the torch engine: a module whose forward pass is the loss, a device for each."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import distributed  # noqa: E402
from torch.nn.parallel import DistributedDataParallel  # noqa: E402

from unspool.data.batches import Batch, ImageSource, TextSource  # noqa: E402
from unspool.data.partition import Process  # noqa: E402
from unspool.engines.initial import initial_weights  # noqa: E402
from unspool.engines.torch import platform  # noqa: E402
from unspool.engines.torch.layers import Dropout  # noqa: E402
from unspool.engines.torch.parts import Objective, Parts  # noqa: E402
from unspool.engines.torch.weights import load_weights  # noqa: E402
from unspool.specs.network import (  # noqa: E402
    DecoderSpec,
    HeadSpec,
    ImageEncoderSpec,
    NetworkSpec,
    TextEncoderSpec,
)

DECODER = DecoderSpec(cell="gru", hidden_size=8, embedding_size=4, vocabulary_size=9)
PICTURES = ImageEncoderSpec(image_height=8, image_width=6, channels=3, stages=(4, 5), hidden_size=6)
ENCODER = TextEncoderSpec(hidden_size=6, embedding_size=4, vocabulary_size=9)
SPECS = {
    "language": NetworkSpec(decoder=DECODER),
    "translation": NetworkSpec(encoder=ENCODER, decoder=DECODER.changed(attention="additive")),
    "classification": NetworkSpec(encoder=ENCODER, head=HeadSpec(labels=3)),
    "captioning": NetworkSpec(encoder=PICTURES, decoder=DECODER.changed(attention="additive")),
    "image classification": NetworkSpec(encoder=PICTURES, head=HeadSpec(labels=3)),
}


def batch_for(spec: NetworkSpec) -> Batch:
    generator = np.random.default_rng(0)
    tokens = generator.integers(4, 9, (5, 7))
    pictures = ImageSource(generator.integers(0, 256, (5, 8, 6, 3), dtype=np.uint8))
    texts = TextSource.of_texts(list(tokens[:, :4]))
    source = None if spec.encoder is None else pictures if spec.encoder.kind == "cnn" else texts
    labels = generator.integers(0, 3, 5) if spec.head else None
    return Batch(tokens[:, :-1].copy(), tokens[:, 1:].copy(), np.ones(5, np.bool_), source, labels)


def loss_and_gradients(module: "torch.nn.Module", parts: Parts) -> "list[torch.Tensor]":
    parts.zero_grad()
    dropout = Dropout(0.2, 0.1, np.random.default_rng(0), 0.2)
    loss, _ = module(batch_for(parts.spec), parts.initial_state(5), Objective(0.1), dropout, forcing=0.5)
    loss.backward()
    return [loss.detach(), *(tensor.grad.clone() for tensor in parts.parameters() if tensor.grad is not None)]


@pytest.mark.parametrize("name", SPECS)
def test_the_module_can_be_wrapped_for_several_processes(name: str, tmp_path: Path) -> None:
    parts = Parts(SPECS[name])
    load_weights(parts, initial_weights(SPECS[name], 0))
    expected = loss_and_gradients(parts, parts)
    store = distributed.FileStore(str(tmp_path / "store"), 1)
    distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        found = loss_and_gradients(DistributedDataParallel(parts), parts)
    finally:
        distributed.destroy_process_group()
    assert len(found) == len(expected) == 1 + len(list(parts.parameters()))
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize(("rank", "world", "chosen"), [(0, 1, []), (0, 4, [0]), (3, 4, [1])])
def test_each_process_has_a_gpu_of_its_own(
    rank: int, world: int, chosen: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    monkeypatch.setattr(platform, "device", lambda: torch.device("cuda"))
    assert platform.choose_device(Process(rank, world)).type == "cuda"
    assert taken == chosen

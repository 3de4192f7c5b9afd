"""The compiled recurrence of GRU and RNN layers against PyTorch's own layers: values and gradients."""

import pytest
import torch
from torch import Tensor, nn

from unspool.engines.torch import recurrent
from unspool.engines.torch.layers import Layers
from unspool.engines.torch.recurrent import read_window
from unspool.specs.network import TextEncoderSpec

KINDS = {"gru": nn.GRU, "rnn": nn.RNN}


def results(kind: str, compiled: bool, precision: torch.dtype, rows: int, steps: int, size: int) -> list[Tensor]:
    """Output, last state and the gradient of everything that goes in, of one fixed layer and input."""
    torch.manual_seed(0)
    layer = KINDS[kind](9, size, batch_first=True)
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.3)
    values = torch.randn(rows, steps, 9, requires_grad=True)
    first = torch.randn(1, rows, size, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
        output, last = read_window(layer, values, (first,)) if compiled else layer(values, first)
    last = last[0] if compiled else last
    ((output.float() * torch.linspace(-1, 1, size)).sin().sum() + (last * last).sum()).backward()
    return [output.detach(), last.detach(), *(t.grad for t in (values, first, *layer.parameters()))]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("rows", "steps", "size"), [(1, 1, 24), (19, 7, 37), (40, 3, 64)])
@pytest.mark.parametrize(("precision", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.03)])
@pytest.mark.parametrize("kind", KINDS)
def test_the_compiled_recurrence_is_the_plain_one(
    kind: str, precision: torch.dtype, tolerance: float, rows: int, steps: int, size: int, threads: int
) -> None:
    if not recurrent.has_kernels(precision):
        pytest.skip("this processor has no such kernels")
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        plain = results(kind, False, torch.float32, rows, steps, size)
        compiled = results(kind, True, precision, rows, steps, size)
    finally:
        torch.set_num_threads(before)
    for wanted, found in zip(plain, compiled, strict=True):
        assert found.shape == wanted.shape
        assert (found - wanted).norm() <= tolerance * wanted.norm()


@pytest.mark.parametrize("kind", KINDS)
def test_layers_in_both_directions_have_the_gradients_of_plain_ones(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The upper layer hands each of the lower ones half of a gradient, with gaps between the time steps."""
    spec = TextEncoderSpec(cell=kind, num_layers=2, hidden_size=8, embedding_size=6, vocabulary_size=9)
    torch.manual_seed(0)
    layers = Layers(spec, 6, bidirectional=True)
    for parameter in layers.parameters():
        nn.init.normal_(parameter, std=0.5)
    values, backwards = torch.randn(3, 5, 6), torch.arange(4, -1, -1)[None, :, None].expand(3, 5, 1)
    found = []
    for kernels in (True, False):
        if not kernels:
            monkeypatch.setattr(recurrent, "has_kernels", lambda precision: False)
        layers.zero_grad()
        layers.both_ways(values, backwards).sin().sum().backward()
        found.append([parameter.grad for parameter in layers.parameters()])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_without_kernels_the_layer_is_pytorchs(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = KINDS[kind](9, 24, batch_first=True)
    values, cell_state = torch.randn(3, 5, 9), (torch.randn(1, 3, 24),)
    wanted, _ = layer(values, cell_state[0])
    found, _ = read_window(layer, values, cell_state)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)
    monkeypatch.setattr(recurrent, "has_kernels", lambda precision: False)
    plain, (last,) = read_window(layer, values, cell_state)
    assert torch.equal(plain, wanted)
    assert torch.equal(last[0], wanted[:, -1])

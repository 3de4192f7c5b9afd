"""The fused minGRU block against the plain one: values and gradients."""

import pytest
import torch
from torch import Tensor

from unspool.engines.torch import mingru
from unspool.engines.torch.mingru import FusedBlock, MinGruBlock, plain_block

ROWS, SIZE = 3, 24


def results(fused: bool, precision: torch.dtype, masked: bool, steps: int) -> list[Tensor]:
    """Output, last state and the gradient of everything that goes in, of one fixed block and input."""
    torch.manual_seed(0)
    block = MinGruBlock(SIZE)
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter, std=0.25)
    x = torch.randn(ROWS, steps, SIZE, requires_grad=True)
    first = torch.randn(ROWS, SIZE, requires_grad=True)
    masks = tuple((torch.rand(ROWS, SIZE) > 0.3).float() / 0.7 for _ in range(2)) if masked else None
    weights = (block.weight_in, block.bias_in, block.weight_out, block.weight_up, block.weight_down)
    weights = (block.norm, block.mlp_norm, *weights)
    if fused:
        output, last = FusedBlock.apply(x, first, masks, precision, *weights)
    else:
        output, last = plain_block(x, first, masks, *weights)
    ((output * torch.linspace(-1, 1, SIZE)).sin().sum() + (last * last).sum()).backward()
    return [output.detach(), last.detach(), *(t.grad for t in (x, first, *weights) if t.grad is not None)]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("steps", [1, 2, 70])  # 3 x 70 positions are several chunks
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(("precision", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.03)])
def test_the_fused_block_is_the_plain_one(
    precision: torch.dtype, tolerance: float, masked: bool, steps: int, threads: int
) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        plain = results(False, torch.float32, masked, steps)
        fused = results(True, precision, masked, steps)
    finally:
        torch.set_num_threads(before)
    assert len(fused) == len(plain) == 11
    for wanted, found in zip(plain, fused, strict=True):
        assert (found - wanted).norm() <= tolerance * wanted.norm()


def test_without_kernels_the_block_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    block = MinGruBlock(SIZE)
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    x, first = torch.randn(ROWS, 5, SIZE), torch.randn(ROWS, SIZE)
    fused, _ = block(x, first)
    monkeypatch.setattr(mingru, "PRECISIONS", {})
    plain, _ = block(x, first)
    assert fused.grad_fn.name() == "FusedBlockBackward" != plain.grad_fn.name()
    torch.testing.assert_close(fused, plain, rtol=1e-4, atol=1e-4)

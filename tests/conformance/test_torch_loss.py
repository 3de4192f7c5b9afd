"""The compiled loss of tokens against PyTorch's own."""

from itertools import permutations, product

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("numba")

from torch.nn import functional as F  # noqa: E402

from unspool.engines.kernels.loss import loss_kernel, workspace_columns  # noqa: E402
from unspool.engines.kernels.parallel import launch  # noqa: E402
from unspool.engines.torch.loss import token_loss, token_nats  # noqa: E402
from unspool.text.tokenizer import PAD  # noqa: E402


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize(("positions", "tokens"), [(1, 5), (7, 69), (40, 1003)])
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 8e-3)])
def test_the_loss_and_its_gradient_are_those_of_pytorch(
    positions: int, tokens: int, smoothing: float, precision: str, tolerance: float
) -> None:
    generator = torch.Generator().manual_seed(positions)
    logits = (4 * torch.randn(positions, tokens, generator=generator)).to(getattr(torch, precision))
    targets = torch.randint(0, tokens, (positions,), generator=generator)
    targets[::5] = PAD
    targets[0] = tokens - 1
    ours, theirs = logits.clone().requires_grad_(), logits.float().requires_grad_()
    loss = token_loss(ours, targets, smoothing)
    expected = F.cross_entropy(theirs, targets, ignore_index=PAD, label_smoothing=smoothing)
    (3 * loss).backward()
    (3 * expected).backward()
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-5)
    assert ours.grad is not None
    torch.testing.assert_close(ours.grad.float(), theirs.grad, rtol=tolerance, atol=1e-6)


def test_very_large_logits_stay_finite() -> None:
    logits = torch.tensor([[3e4, -3e4, 0.0, 1.0, 3e4]], requires_grad=True)
    loss = token_loss(logits, torch.tensor([4]), 0.0)
    loss.backward()
    assert loss.item() == pytest.approx(0.6931472, abs=1e-6)
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize(("positions", "tokens"), [(1, 5), (7, 69), (40, 1003)])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_nats_of_each_target_are_those_of_pytorch(positions: int, tokens: int, precision: str) -> None:
    generator = torch.Generator().manual_seed(positions)
    logits = (4 * torch.randn(positions, tokens, generator=generator)).to(getattr(torch, precision))
    targets = torch.randint(0, tokens, (positions,), generator=generator)
    expected = F.cross_entropy(logits.float(), targets, reduction="none")
    torch.testing.assert_close(token_nats(logits, targets), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("tokens", [8, 12, 20])
def test_the_gradient_does_not_depend_on_where_the_arrays_lie(tokens: int) -> None:
    """Resuming is bit for bit the same only if it does not; small arrays next to each other are the hard case."""
    positions, chunks = 24, 3
    values = np.random.default_rng(0).normal(0, 4, positions * tokens).astype(np.float32)
    targets, settings = np.full(positions, 7), np.array([0.1, 1 / positions], np.float32)
    sizes = {"logits": values.size, "gradient": values.size, "workspace": chunks * workspace_columns(tokens)}
    found = set()
    for order, gap in product(permutations(sizes), range(0, 24, 4)):
        memory, arrays, start = np.empty(sum(sizes.values()) + 3 * gap, np.float32), {}, 0
        for name in order:
            arrays[name] = memory[start : start + sizes[name]]
            start += sizes[name] + gap
        arrays["logits"][:] = values
        nats = np.empty(positions, np.float32)
        given = (arrays["logits"], targets, settings, arrays["gradient"], nats, arrays["workspace"])
        launch(loss_kernel("float32"), chunks, 1, positions, tokens, *given)
        found.add((arrays["gradient"].tobytes(), nats.tobytes()))
    assert len(found) == 1

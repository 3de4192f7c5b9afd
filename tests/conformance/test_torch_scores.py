"""The compiled scores of additive attention against the formula in PyTorch."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("numba")

from unspool.engines.torch.scores import additive_scores  # noqa: E402


@pytest.mark.parametrize(("rows", "steps", "positions", "size"), [(1, 1, 1, 3), (3, 4, 5, 33), (5, 2, 7, 64)])
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 1e-2)])
def test_scores_and_gradients_are_those_of_the_formula(
    rows: int, steps: int, positions: int, size: int, precision: str, tolerance: float
) -> None:
    generator = torch.Generator().manual_seed(size)
    shapes = ((rows, steps, size), (rows, positions, size), (size,))
    given = [torch.randn(shape, generator=generator) for shape in shapes]
    kept = [tensor.to(getattr(torch, precision)) for tensor in given[:2]] + [given[2]]
    change = torch.randn((rows, steps, positions), generator=generator)
    change[:, :, -1] = 0
    ours = [tensor.clone().requires_grad_() for tensor in kept]
    theirs = [tensor.float().requires_grad_() for tensor in kept]
    scores = additive_scores(*ours)
    expected = torch.tanh(theirs[0][:, :, None] + theirs[1][:, None]) @ theirs[2]
    torch.testing.assert_close(scores, expected, rtol=1e-5, atol=1e-5)
    scores.backward(change)
    expected.backward(change)
    for one, other in zip(ours, theirs, strict=True):
        assert one.grad is not None
        torch.testing.assert_close(one.grad.float(), other.grad, rtol=tolerance, atol=tolerance)

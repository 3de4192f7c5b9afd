"""Products through oneDNN against PyTorch's own."""

import pytest

torch = pytest.importorskip("torch")

from unspool.engines.torch import products  # noqa: E402
from unspool.engines.torch.products import multiply  # noqa: E402


@pytest.mark.parametrize("minimum", [0, 1 << 60])
@pytest.mark.parametrize("with_bias", [False, True])
@pytest.mark.parametrize("transposed", [False, True])
def test_a_product_is_that_of_pytorch(
    transposed: bool, with_bias: bool, minimum: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "MIN_MULTIPLICATIONS", minimum)
    generator = torch.Generator().manual_seed(0)
    one = torch.randn(17, 33, generator=generator).t().contiguous().t() if transposed else torch.randn(17, 33)
    other, bias = torch.randn(70, 33, generator=generator).t(), torch.randn(70) if with_bias else None
    wanted = one @ other if bias is None else one @ other + bias
    torch.testing.assert_close(multiply(one, other, bias), wanted, rtol=1e-5, atol=1e-5)
    half = multiply(one.bfloat16(), other.bfloat16())
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), one @ other, rtol=2e-2, atol=0.2)

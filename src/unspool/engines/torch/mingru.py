"""The minGRU block, a recurrent layer whose gates depend on the input alone, so that all of them are one product.

    normalise -> [z c g] -> scan: h = h + logistic(z) * (c - h) -> h * silu(g) -> project -> add
    normalise -> [u v]   -> silu(u) * v                                       -> project -> add

The cell is minGRU (Feng et al., 2024, Were RNNs All We Needed?, section 3.1, with the candidate linear), the output
gate and the gated linear unit (Shazeer, 2020) surround it in two residual branches, each after a root mean square
normalisation (Zhang and Sennrich, 2019). `plain_block` defines it in PyTorch; `FusedBlock` does the same with compiled
kernels and explicit gradients.

Shapes: B rows, T time steps, N = B T positions, H hidden units.
"""

from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unspool.engines.parameters import NORMALISED_MINIMUM
from unspool.engines.torch.compiled import PRECISIONS, launch
from unspool.engines.torch.products import multiply

with suppress(ImportError):  # without Numba
    from unspool.engines.kernels.mingru import POSITIONS, mingru_kernels


class MinGruBlock(nn.Module):
    """One layer.

    Args:
        size: is the number of hidden units, H.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.norm = nn.Parameter(torch.empty(size))
        self.weight_in = nn.Parameter(torch.empty(3 * size, size))  # z, c, g
        self.bias_in = nn.Parameter(torch.empty(3 * size))
        self.weight_out = nn.Parameter(torch.empty(size, size))
        self.mlp_norm = nn.Parameter(torch.empty(size))
        self.weight_up = nn.Parameter(torch.empty(2 * size, size))  # u, v
        self.weight_down = nn.Parameter(torch.empty(size, size))

    def forward(self, x: Tensor, first: Tensor, masks: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """Read T steps.

        Args:
            x: is the residual stream, [B, T, H].
            first: is the state before the first step, [B, H].
            masks: multiply the two branches, for dropout, each [B, H].

        Returns:
            [B, T, H], and the state after the last step.
        """
        precision = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32
        weights = (self.weight_in, self.bias_in, self.weight_out, self.weight_up, self.weight_down)
        if x.device.type == "cpu" and precision in PRECISIONS:
            arguments = (x.float().contiguous(), first.contiguous(), masks, precision)
            found = FusedBlock.apply(*arguments, self.norm, self.mlp_norm, *weights)  # type: ignore[no-untyped-call]
            return cast(tuple[Tensor, Tensor], found)
        return plain_block(x, first, masks, self.norm, self.mlp_norm, *weights)


def plain_block(
    x: Tensor,
    first: Tensor,
    masks: tuple[Tensor, Tensor] | None,
    norm: Tensor,
    mlp_norm: Tensor,
    weight_in: Tensor,
    bias_in: Tensor,
    weight_out: Tensor,
    weight_up: Tensor,
    weight_down: Tensor,
) -> tuple[Tensor, Tensor]:
    """Compute the block with operators that PyTorch differentiates: x [B, T, H] and first [B, H] to the same."""
    z, c, g = F.linear(normalised(x, norm), weight_in, bias_in).float().chunk(3, dim=2)  # each (B, T, H)
    states = scanned(torch.sigmoid(z), c, first)  # (B, T, H)
    change = F.linear(states * F.silu(g), weight_out)  # (B, T, H)
    x = x + (change if masks is None else change * masks[0][:, None])
    u, v = F.linear(normalised(x, mlp_norm), weight_up).chunk(2, dim=2)  # each (B, T, H)
    change = F.linear(F.silu(u) * v, weight_down)  # (B, T, H)
    return x + (change if masks is None else change * masks[1][:, None]), states[:, -1]


def scanned(update: Tensor, candidate: Tensor, first: Tensor) -> Tensor:
    """Compute h = h + update (candidate - h) for all time steps, [B, T, H], by a parallel scan of about log2(T) rounds.

    After a round with a distance d, h_t = kept_t h_(t - d) + added_t (Hillis and Steele, 1986).
    """
    kept, added = 1 - update, update * candidate
    distance = 1
    while distance < update.shape[1]:
        reached = torch.cat(
            [added[:, :distance], added[:, distance:] + kept[:, distance:] * added[:, :-distance]], dim=1
        )
        kept = torch.cat([kept[:, :distance], kept[:, distance:] * kept[:, :-distance]], dim=1)
        added, distance = reached, 2 * distance
    return added + kept * first[:, None]


def normalised(x: Tensor, scale: Tensor) -> Tensor:
    """Normalise by the root mean square over the last axis."""
    return F.rms_norm(x, scale.shape, scale, NORMALISED_MINIMUM)


class FusedBlock(torch.autograd.Function):
    """Computes the same as `plain_block`, with compiled kernels between the products."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        first: Tensor,
        masks: tuple[Tensor, Tensor] | None,
        precision: torch.dtype,
        norm: Tensor,
        mlp_norm: Tensor,
        weight_in: Tensor,
        bias_in: Tensor,
        weight_out: Tensor,
        weight_up: Tensor,
        weight_down: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Compute `plain_block`."""
        with torch.autocast("cpu", enabled=False):
            kernels = mingru_kernels(PRECISIONS[precision])
            rows, steps, size = x.shape
            count, chunks = rows * steps, -(-rows * steps // POSITIONS)
            w_in, w_out, w_up, w_down = (w.to(precision) for w in (weight_in, weight_out, weight_up, weight_down))
            x = x.view(count, size)  # (N, H)

            def normalise(x: Tensor, change: Tensor | int, mask: Tensor | int, scale: Tensor) -> tuple[Tensor, ...]:
                total, normal, inverse = torch.empty_like(x), x.new_empty(x.shape, dtype=precision), x.new_empty(count)
                sizes = (count, size, steps)
                launch(kernels.normalise, chunks, *sizes, x, change, mask, scale, total, normal, inverse)
                return total, normal, inverse

            _, normal, inverse = normalise(x, 0, 0, norm)
            projected = multiply(normal, w_in.t(), bias_in.to(precision))  # (N, 3 H)
            states, gated = torch.empty_like(x), torch.empty_like(normal)
            launch(kernels.scan, rows, steps, size, projected, first, states, gated)
            mask = masks or (0, 0)
            middle, mlp_normal, mlp_inverse = normalise(x, multiply(gated, w_out.t()), mask[0], mlp_norm)
            pairs = multiply(mlp_normal, w_up.t())  # (N, 2 H)
            product = torch.empty_like(normal)
            launch(kernels.gated_linear, chunks, count, size, pairs, product)
            change = multiply(product, w_down.t())  # (N, H)
            output = middle.view(rows, steps, size)  # (B, T, H)
            output = output + (change.view_as(output) if masks is None else change.view_as(output) * masks[1][:, None])
            ctx.saved = SimpleNamespace(
                x=x,
                first=first,
                mask=mask,
                norm=norm,
                mlp_norm=mlp_norm,
                weights=(w_in, w_out, w_up, w_down),
                normal=normal,
                inverse=inverse,
                projected=projected,
                states=states,
                gated=gated,
                middle=middle,
                mlp_normal=mlp_normal,
                mlp_inverse=mlp_inverse,
                pairs=pairs,
                product=product,
            )
            return output, states.view(rows, steps, size)[:, -1].clone()

    @staticmethod
    def backward(ctx: Any, d_output: Tensor, d_last: Tensor) -> tuple[Tensor | None, ...]:
        """Compute the gradients of x, of the first state and of the parameters."""
        saved, precision = ctx.saved, ctx.saved.normal.dtype
        kernels = mingru_kernels(PRECISIONS[precision])
        (count, size), rows = saved.x.shape, len(saved.first)
        steps, chunks = count // rows, -(-count // POSITIONS)
        w_in, w_out, w_up, w_down = saved.weights

        def normalise_back(
            total: Tensor,
            inverse: Tensor,
            scale: Tensor,
            mask: Tensor | int,
            d_normal: Tensor,
            d_total: Tensor,
            d_change: Tensor | int,
        ) -> tuple[Tensor, Tensor]:
            d_x, d_scale = torch.empty_like(total), total.new_empty(chunks, size)
            arguments = (total, inverse, scale, mask, d_normal, d_total, d_x, d_change, d_scale)
            launch(kernels.normalise_back, chunks, count, size, steps, *arguments)
            return d_x, d_scale.sum(0)

        with torch.autocast("cpu", enabled=False):
            d_output = d_output.float().contiguous().view(count, size)  # (N, H)
            masked = d_output
            if isinstance(saved.mask[1], Tensor):
                masked = (d_output.view(rows, steps, size) * saved.mask[1][:, None]).view(count, size)
            d_change = masked.to(precision)
            d_pairs = torch.empty_like(saved.pairs)
            launch(kernels.gated_linear_back, chunks, count, size, saved.pairs, multiply(d_change, w_down), d_pairs)
            d_weight_down, d_weight_up = multiply(d_change.t(), saved.product), multiply(d_pairs.t(), saved.mlp_normal)
            d_change = torch.empty_like(saved.normal)
            arguments = (saved.middle, saved.mlp_inverse, saved.mlp_norm, saved.mask[0])
            d_middle, d_mlp_norm = normalise_back(*arguments, multiply(d_pairs, w_up), d_output, d_change)
            d_weight_out = multiply(d_change.t(), saved.gated)
            d_projected, d_first = torch.empty_like(saved.projected), d_last.float().contiguous().clone()
            scanned = (saved.projected, saved.first, saved.states, multiply(d_change, w_out), d_projected, d_first)
            launch(kernels.scan_back, rows, steps, size, *scanned)
            d_weight_in, d_bias_in = multiply(d_projected.t(), saved.normal), d_projected.float().sum(0)
            outer = (saved.x, saved.inverse, saved.norm, 0)
            d_x, d_norm = normalise_back(*outer, multiply(d_projected, w_in), d_middle, 0)
            weights = (d_weight_in.float(), d_bias_in, d_weight_out.float(), d_weight_up.float(), d_weight_down.float())
            return d_x.view(rows, steps, size), d_first, None, None, d_norm, d_mlp_norm, *weights

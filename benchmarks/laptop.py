"""A minute on the CPU: Unspool's defaults and the character-level GPT that people train on a laptop.

The peer is transformers' GPT-2 with 4 layers, 4 heads, width 128, a context of 64 and a batch of 12, trained as
nanoGPT's recipe for the CPU says: AdamW with betas 0.9 and 0.99, rate 1e-3 that falls as a cosine to 1e-4 after 100
steps of warm-up, weight decay 0.1 on matrices, no dropout. Its loss is the mean over windows of 64 characters that
cover the held-out tenth, as nanoGPT measures it; Unspool's is carried over that tenth. transformers is optional:
pip install 'unspool[gpt2]'.
"""

import math
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.common import Bench
from benchmarks.shakespeare import after

SECONDS, CONTEXT, BATCH, WARM_UP = 60, 64, 12, 100
HIGHEST, LOWEST = 1e-3, 1e-4


def run(bench: Bench) -> None:
    """Train both for a minute, one after the other."""
    text = bench.text("tinyshakespeare/input.txt")
    if text is None:
        return
    ours = after(text, SECONDS / 60)
    bench.add(
        network=f"unspool, {ours['network']}",
        seconds=SECONDS,
        nats_per_character=ours["carried_nats"],
        tokens_per_second=ours["tokens_per_second"],
    )
    if find_spec("transformers") is None:
        print("laptop: GPT-2 skipped: pip install 'unspool[gpt2]'")
        return
    loss, steps = train_gpt2(text)
    rate = steps * BATCH * CONTEXT / SECONDS
    name = "GPT-2 4 x 128, transformers"
    bench.add(network=name, seconds=SECONDS, nats_per_character=loss, tokens_per_second=rate)


def train_gpt2(text: Path) -> tuple[float, int]:
    """The loss on the held-out tenth after a minute, and the steps that fitted."""
    transformers: Any = import_module("transformers")
    characters = text.read_text(encoding="utf-8")
    known = {character: number for number, character in enumerate(sorted(set(characters)))}
    ids = torch.tensor([known[character] for character in characters])
    training, held_out = ids[: int(0.9 * len(ids))], ids[int(0.9 * len(ids)) :]
    torch.manual_seed(0)
    sizes = {"n_layer": 4, "n_head": 4, "n_embd": 128, "n_positions": CONTEXT, "vocab_size": len(known)}
    quiet = {"attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0}
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes, **quiet, bos_token_id=0, eos_token_id=0))
    groups = [
        {"params": [array for array in model.parameters() if (array.dim() > 1) == matrices], "weight_decay": decay}
        for matrices, decay in ((True, 0.1), (False, 0.0))
    ]
    optimizer = torch.optim.AdamW(groups, lr=HIGHEST, betas=(0.9, 0.99))
    generator = np.random.default_rng(0)
    started, steps = time.monotonic(), 0
    while (share := (time.monotonic() - started) / SECONDS) < 1:
        rate = LOWEST + 0.5 * (1 + math.cos(math.pi * share)) * (HIGHEST - LOWEST)
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (steps + 1) / WARM_UP)
        places = generator.integers(0, len(training) - CONTEXT - 1, BATCH)
        windows = torch.stack([training[place : place + CONTEXT + 1] for place in places])  # (B, T + 1)
        loss = model(input_ids=windows[:, :-1]).logits.flatten(0, 1)  # (B T, V)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(loss, windows[:, 1:].flatten()).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        steps += 1
    count = (len(held_out) - 1) // CONTEXT
    windows = held_out[: count * CONTEXT].view(count, CONTEXT)
    following = held_out[1 : count * CONTEXT + 1].view(count, CONTEXT)
    with torch.no_grad():
        logits = torch.cat([model(input_ids=part).logits for part in torch.split(windows, 64)])  # (N, T, V)
        return float(torch.nn.functional.cross_entropy(logits.flatten(0, 1), following.flatten())), steps

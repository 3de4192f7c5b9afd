"""Translation: target tokens a second in training, of Unspool and of a plain loop, in turn, in one run

Multi30k English-German, word by word, in the shape that the defaults choose. Unspool trains with Muon, its default, and
with AdamW; the plain loop is PyTorch that attends and steps token by token, as tutorials write it, in float32. In each
round all three make a dozen steps on the same batches; the figures are medians of the rounds. JoeyNMT was measured at
1,340 target tokens a second with the same shape on two cores.

Shapes: B rows, S tokens of a source, T of a target, H hidden.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.claims import Claim, middle
from benchmarks.common import Bench, unspool
from benchmarks.multi30k import lowered, pairs_options
from unspool.data.batches import Batch, TextSource
from unspool.data.example_batches import PairBatches
from unspool.data.pairs import open_pairs
from unspool.engines.registry import build_learner
from unspool.folder.model_folder import ModelFolder
from unspool.specs.network import NetworkSpec, TextEncoderSpec
from unspool.tasks.opening import read_config, read_recipe
from unspool.text.tokenizer import PAD

ROUNDS, STEPS = 5, 12  # after a round that compiles and warms the caches; steps of each loop in a round
MUON, ADAMW, PLAIN = "Unspool, muon", "Unspool, adamw", "plain PyTorch, token by token"
CLAIMS = (Claim("target tokens per second in training", 8000, middle("tokens_per_second", loop=MUON)),)

Step = Callable[[Batch], object]


class PlainNetwork(nn.Module):
    """The same shape as tutorials write it: nn.GRU reads, a GRU cell and additive attention write token by token."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        encoder, decoder = spec.encoder, spec.decoder
        assert isinstance(encoder, TextEncoderSpec)
        assert decoder is not None
        size, width = decoder.hidden_size, encoder.width
        self.read = nn.Embedding(encoder.vocabulary_size, encoder.embedding_size)
        self.encoder = nn.GRU(encoder.embedding_size, encoder.hidden_size, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(width, size)
        self.written = nn.Embedding(decoder.vocabulary_size, decoder.embedding_size)
        self.cell = nn.GRUCell(decoder.embedding_size, size)
        self.keys, self.query, self.score = nn.Linear(width, size), nn.Linear(size, size), nn.Linear(size, 1)
        self.combine, self.output = nn.Linear(size + width, size), nn.Linear(size, decoder.vocabulary_size)

    def forward(self, sources: Tensor, lengths: Tensor, inputs: Tensor) -> Tensor:
        """[B, S], [B], [B, T] to logits [B, T, V]."""
        packed = nn.utils.rnn.pack_padded_sequence(self.read(sources), lengths, batch_first=True, enforce_sorted=False)
        found, last = self.encoder(packed)
        states, _ = nn.utils.rnn.pad_packed_sequence(found, batch_first=True)  # (B, S, 2 H)
        beyond = torch.arange(states.shape[1]) >= lengths[:, None]  # (B, S)
        hidden = torch.tanh(self.bridge(torch.cat([last[0], last[1]], dim=1)))  # (B, H)
        keys, logits = self.keys(states), []
        for token in self.written(inputs).unbind(dim=1):
            hidden = self.cell(token, hidden)
            scores = self.score(torch.tanh(self.query(hidden)[:, None] + keys))[..., 0]  # (B, S)
            shares = torch.softmax(scores.masked_fill(beyond, -1e9), dim=1)
            context = (shares[:, None] @ states)[:, 0]  # (B, 2 H)
            logits.append(self.output(torch.tanh(self.combine(torch.cat([hidden, context], dim=1)))))
        return torch.stack(logits, dim=1)  # (B, T, V)


def run(bench: Bench) -> None:
    """Prepare the pairs with a training of one step, and time the loops in turn."""
    source = bench.text("multi30k_en_de")
    if source is None:
        return
    with tempfile.TemporaryDirectory() as place:
        texts = [lowered(source, Path(place), name) for name in ("train", "val")]
        folder = ModelFolder(Path(place) / "model")
        unspool("train", *pairs_options(*texts), "--steps", 1, "--out", folder.path, report="preparing the pairs")
        recipe, spec = read_recipe(folder), read_config(folder).network
        examples = PairBatches(
            open_pairs(folder.training, "training", recipe.data.max_length), recipe.training.batch_size, 0
        )
        loops = {MUON: own_step(folder, "muon"), ADAMW: own_step(folder, "adamw"), PLAIN: plain_step(spec)}
        rates: dict[str, list[float]] = {name: [] for name in loops}
        for number in range(ROUNDS + 1):
            batches = [examples.batch(0, number * STEPS + step) for step in range(STEPS)]
            for name, step in loops.items():
                reached = rate_of(step, batches)
                if number:
                    rates[name].append(reached)
    plain = statistics.median(rates[PLAIN])
    for name, found in rates.items():
        rate = statistics.median(found)
        bench.add(loop=name, tokens_per_second=rate, lowest=min(found), highest=max(found), times_plain=rate / plain)


def rate_of(step: Step, batches: Sequence[Batch]) -> float:
    """Target tokens per second of some steps."""
    started = time.perf_counter()
    for batch in batches:
        step(batch)
    return sum(batch.size for batch in batches) / (time.perf_counter() - started)


def own_step(folder: ModelFolder, optimizer: str) -> Step:
    """A step of the learner, as the run of this folder set it up but for the optimizer."""
    training = read_recipe(folder).training.changed(optimizer=optimizer)
    learner = build_learner("torch", read_config(folder).network, training)
    return lambda batch: learner.train_step(batch, 1.0, 0)


def plain_step(spec: NetworkSpec) -> Step:
    """A step of the plain loop."""
    network = PlainNetwork(spec)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)

    def step(batch: Batch) -> None:
        assert isinstance(batch.source, TextSource)
        arrays = (batch.source.tokens, batch.source.lengths, batch.inputs, batch.targets)
        sources, lengths, inputs, targets = (torch.from_numpy(np.asarray(array)) for array in arrays)
        loss = F.cross_entropy(network(sources, lengths, inputs).flatten(0, 1), targets.flatten(), ignore_index=PAD)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()

    return step

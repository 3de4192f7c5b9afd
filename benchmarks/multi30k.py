"""Translation: Multi30k English-German, with attention and without, and its rate beside a plain loop

The 29,000 training pairs, lower-cased, for the same time each; validation pairs choose the weights, and the 1,000 pairs
of test2016 are translated once, with 5 beams, and compared by sacrebleu (lower-cased). The rate is that of training
steps on the same batches: Unspool's, and a loop in plain PyTorch that attends and steps token by token.

Shapes: B rows, S tokens of a source, T of a target, H hidden.
"""

import gzip
import tempfile
import time
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.claims import Claim, highest
from benchmarks.common import Bench, unspool
from unspool.data.batches import Batch
from unspool.data.pairs import PairFeed, open_pairs
from unspool.engines.registry import build_learner
from unspool.folder.model_folder import ModelFolder
from unspool.specs.network import NetworkSpec, TextEncoderSpec
from unspool.text.tokenizer import PAD

MINUTES = 20.0
STEPS, WARM_UP = 20, 4  # of each loop
CLAIMS = (
    Claim("BLEU of test2016 with attention", 35.0, highest("bleu", attention="additive")),
    Claim("target tokens per second in training", 8000, highest("tokens_per_second", loop="Unspool")),
)
NAMES = {"train": "train", "val": "val", "test": "test_2016_flickr"}


class PlainNetwork(nn.Module):
    """The same shape as tutorials write it: nn.GRU reads, a GRU cell and additive attention write token by token."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        encoder, decoder = spec.encoder, spec.writer
        assert isinstance(encoder, TextEncoderSpec)
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


def plain_rate(spec: NetworkSpec, batches: list[Batch]) -> float:
    """Target tokens per second of the plain loop."""
    network = PlainNetwork(spec)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    spent, tokens = 0.0, 0
    for number, batch in enumerate(batches):
        assert batch.source is not None
        started = time.perf_counter()
        arrays = (batch.source.tokens, batch.source.lengths, batch.inputs, batch.targets)
        sources, lengths, inputs, targets = (torch.from_numpy(np.asarray(array)) for array in arrays)
        loss = F.cross_entropy(network(sources, lengths, inputs).flatten(0, 1), targets.flatten(), ignore_index=PAD)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if number >= WARM_UP:
            spent, tokens = spent + time.perf_counter() - started, tokens + batch.size
    return tokens / spent


def own_rate(folder: ModelFolder, batches: list[Batch]) -> float:
    """Target tokens per second of the learner, as the run of this folder set it up."""
    learner = build_learner("torch", folder.read_config().network, folder.read_recipe().training)
    spent, tokens = 0.0, 0
    for number, batch in enumerate(batches):
        started = time.perf_counter()
        learner.train_step(batch, 1.0, number)
        if number >= WARM_UP:
            spent, tokens = spent + time.perf_counter() - started, tokens + batch.size
    return tokens / spent


def run(bench: Bench) -> None:
    """Train with attention and without, translate the test, and time both loops."""
    source = bench.text("multi30k_en_de")
    if source is None:
        return
    with tempfile.TemporaryDirectory() as place:
        texts = {name: _lowered(source, Path(place), name) for name in NAMES}
        training = ("--source-file", texts["train"][0], "--target-file", texts["train"][1])
        held_out = ("--validation-source-file", texts["val"][0], "--validation-target-file", texts["val"][1])
        for attention in ("additive", "none"):
            out = Path(place) / attention
            settings = ("--tokenizer", "word", "--attention", attention, "--minutes", f"{MINUTES:g}", "--out", str(out))
            trained = unspool("train", *training, *held_out, *settings, report=f"training with attention {attention}")
            tested = unspool("evaluate", out, "--source-file", texts["test"][0], "--target-file", texts["test"][1])
            bench.add(attention=attention, minutes=MINUTES, held_out_nats=trained["nats_per_token"], **tested)
        folder = ModelFolder(Path(place) / "additive")
        recipe = folder.read_recipe()
        pairs = open_pairs(folder.training, "training", recipe.data.max_length)
        feed = PairFeed(pairs, recipe.training.batch_size, 0)
        batches = [feed.batch(0, index) for index in islice(range(feed.steps(0)), STEPS + WARM_UP)]
        own, plain = own_rate(folder, batches), plain_rate(folder.read_config().network, batches)
        bench.add(loop="Unspool", tokens_per_second=own, ratio=own / plain)
        bench.add(loop="plain PyTorch, token by token", tokens_per_second=plain, ratio=1.0)


def _lowered(source: Path, place: Path, name: str) -> tuple[Path, Path]:
    """The two sides of one part, lower-cased."""
    paths = []
    for language in ("en", "de"):
        path = place / f"{name}.{language}"
        text = gzip.decompress((source / f"{NAMES[name]}.{language}.gz").read_bytes()).decode()
        path.write_text(text.lower(), encoding="utf-8")
        paths.append(path)
    return paths[0], paths[1]

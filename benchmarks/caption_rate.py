"""Captioning: tokens a second in training, of Unspool and of a plain loop, in turn, in one run

Flickr8k with features of SqueezeNet, 49 positions of 512, in the shape that the defaults choose. Unspool trains with
AdamW, its default for photographs, and with Muon; the plain loop is PyTorch that attends and steps token by token, as
tutorials write it, in float32. In each round all three make a dozen steps on the same batches; the figures are medians
of the rounds.

Shapes: B rows, S positions, F features, T tokens of a caption, H hidden, W width of the states.
"""

import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.claims import Claim, middle
from benchmarks.common import Bench, unspool
from benchmarks.flickr8k import EXTRACTOR, READS, part_of
from benchmarks.translation_rate import own_step, rate_of
from unspool.data.batches import Batch, FeatureSource
from unspool.data.example_batches import PairBatches
from unspool.folder.model_folder import ModelFolder
from unspool.specs.network import FeatureEncoderSpec, NetworkSpec
from unspool.tasks.captioning.specs import CaptioningConfig, CaptioningRecipe
from unspool.tasks.captioning.task import open_captioned
from unspool.tasks.opening import read_config, read_recipe
from unspool.text.tokenizer import PAD

ROUNDS, STEPS = 5, 12  # after a round that compiles and warms the caches; steps of each loop in a round
SMOOTHING = 0.1
MUON, ADAMW, PLAIN = "Unspool, muon", "Unspool, adamw", "plain PyTorch, token by token"
CLAIMS = (
    Claim("tokens per second in training, times those of the plain loop", 2.5, middle("times_plain", loop=ADAMW)),
)

Step = Callable[[Batch], object]


class PlainNetwork(nn.Module):
    """The same shape as tutorials write it: a GRU cell and additive attention write token by token."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        encoder, decoder = spec.encoder, spec.decoder
        assert isinstance(encoder, FeatureEncoderSpec)
        assert decoder is not None
        size, width = decoder.hidden_size, encoder.width
        self.linear, self.position = nn.Linear(encoder.features, width), nn.Embedding(encoder.positions, width)
        self.bridge = nn.Linear(width, size)
        self.written = nn.Embedding(decoder.vocabulary_size, decoder.embedding_size)
        self.cell = nn.GRUCell(decoder.embedding_size, size)
        self.keys, self.query, self.score = nn.Linear(width, size), nn.Linear(size, size), nn.Linear(size, 1)
        self.combine, self.output = nn.Linear(size + width, size), nn.Linear(size, decoder.vocabulary_size)

    def forward(self, features: Tensor, inputs: Tensor) -> Tensor:
        """[B, S, F], [B, T] to logits [B, T, V]."""
        features = features * features.square().mean(dim=(1, 2), keepdim=True).rsqrt()
        states = torch.tanh(self.linear(features) + self.position.weight)  # (B, S, W)
        hidden = torch.tanh(self.bridge(states.mean(dim=1)))  # (B, H)
        keys, logits = self.keys(states), []
        for token in self.written(inputs).unbind(dim=1):
            hidden = self.cell(token, hidden)
            scores = self.score(torch.tanh(self.query(hidden)[:, None] + keys))[..., 0]  # (B, S)
            context = (torch.softmax(scores, dim=1)[:, None] @ states)[:, 0]  # (B, W)
            logits.append(self.output(torch.tanh(self.combine(torch.cat([hidden, context], dim=1)))))
        return torch.stack(logits, dim=1)  # (B, T, V)


def run(bench: Bench) -> None:
    """Prepare the pictures with a training of one step, and time the loops in turn."""
    source, extractor = bench.text("flickr8k"), bench.text(EXTRACTOR)
    if source is None or extractor is None:
        return
    with tempfile.TemporaryDirectory() as place:
        folder = ModelFolder(Path(place) / "model")
        learnt = (part_of(source, "train", Path(place)), "--extractor", extractor, *READS)
        unspool("train", *learnt, "--steps", 1, "--out", folder.path, report="preparing the pictures")
        recipe, config = read_recipe(folder), read_config(folder)
        assert isinstance(recipe, CaptioningRecipe)
        assert isinstance(config, CaptioningConfig)
        captions = open_captioned(folder, "training", recipe, config, verify=False).captions
        examples = PairBatches(captions, recipe.training.batch_size, 0)
        spec = config.network
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


def plain_step(spec: NetworkSpec) -> Step:
    """A step of the plain loop."""
    network = PlainNetwork(spec)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)

    def step(batch: Batch) -> None:
        assert isinstance(batch.source, FeatureSource)
        arrays = (batch.source.values.astype(np.float32), batch.inputs, batch.targets)
        features, inputs, targets = (torch.from_numpy(array) for array in arrays)
        logits = network(features, inputs).flatten(0, 1)  # (B T, V)
        loss = F.cross_entropy(logits, targets.flatten(), ignore_index=PAD, label_smoothing=SMOOTHING)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()

    return step

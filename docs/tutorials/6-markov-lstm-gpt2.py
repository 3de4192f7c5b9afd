# %% [markdown]
# # Markov chain, LSTM, GPT-2
#
# Three ways to predict the next character, on one text and with one budget: counting, a recurrent network, and a
# transformer. After this notebook you can
#
# - say what each of the three remembers of the past, and see it in a picture;
# - compare them fairly: the same characters, the same minutes, bits per byte on text that none of them saw;
# - tell from samples, by measures, what each gets wrong;
# - explain why a mixture of two models can predict better than both;
# - recognise GPT-2 in a page of standard layers.

# %%
import os
import tempfile
from pathlib import Path

MINUTES = float(os.environ.get("UNSPOOL_TUTORIAL_MINUTES", "1"))  # the budget; each model is trained for 0.8 of it
RUNS = Path(tempfile.mkdtemp())

# %% [markdown]
# ## 1. One text
#
# The text is *Alice's Adventures in Wonderland* if `UNSPOOL_DATA` names a folder that holds `books/alice_en.txt`, else
# the language reference that comes with every Python. The last tenth is held out. Characters that occur in the held-out
# part alone are taken out of it, so that all models are asked the same questions, and know every character in them.

# %%
import math
import re
import time
from collections import Counter
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

import unspool
from unspool.arrays import log_softmax
from unspool.data.sources import embedded_corpus
from unspool.evaluate.copying import find_copies, longest_copy

data = os.environ.get("UNSPOOL_DATA")
book = Path(data, "books", "alice_en.txt") if data else None
text = book.read_text(encoding="utf-8") if book and book.exists() else embedded_corpus()
text = text[: max(60_000, int(500_000 * MINUTES))]

training = text[: int(0.9 * len(text))]
known = set(training)
held_out = "".join(character for character in text[len(training) :] if character in known)
TRAINING, HELD_OUT = RUNS / "training.txt", RUNS / "held-out.txt"
TRAINING.write_text(training, encoding="utf-8")
HELD_OUT.write_text(held_out, encoding="utf-8")
print(f"{len(training):,} characters to learn, {len(known)} of them different; {len(held_out):,} held out")

# %% tags=["pytorch"]
ENGINE = "torch"  # Unspool trains with PyTorch

# %% tags=["tensorflow"]
ENGINE = "keras"  # Unspool trains with Keras on TensorFlow

# %% [markdown]
# ## 2. A Markov chain counts
#
# How likely is an `e` after `th`? Count how often `th` is in the training text, and how often an `e` follows it. A
# Markov chain of order *n* keeps such counts for all runs of *n* characters, and predicts the next character from the
# *n* - 1 before it. (Others call this order *n* - 1, by what it sees.) Nothing is learnt step by step; counting takes
# seconds.
#
# ### Exercise: count what follows
#
# Return how often each character follows a context in a text. `Counter` counts the items of any sequence.


# %% tags=["exercise"]
def following(text: str, context: str) -> Counter:
    """Count the characters that follow `context` in `text`."""
    ...


# %% tags=["check"]
def verdict(function):
    """Say whether an answer is right, or else what is wrong with it."""
    try:
        found = function("the then that", "th")
        if found is None:
            return "Not yet: the function returns nothing."
        if dict(found) != {"e": 2, "a": 1}:
            return f"Not yet: in 'the then that', 'th' is followed by e, e and a. You return {dict(found)}."
        if dict(function("banana", "na")) != {"n": 1}:
            return "Not yet: the 'na' at the end of 'banana' is followed by nothing, so only one is counted."
        if dict(function("aaaa", "aa")) != {"a": 2}:
            return "Not yet: contexts overlap. In 'aaaa', two of the three 'aa' are followed by an a."
    except Exception as problem:
        return f"Not yet: the function raises {problem!r}."
    return "Right: divided by their sum, the counts are the chain's probabilities."


print(verdict(following))


# %% tags=["solution"]
def following(text: str, context: str) -> Counter:
    """Count the characters that follow `context` in `text`."""
    size = len(context)
    return Counter(text[start + size] for start in range(len(text) - size) if text.startswith(context, start))


# %% [markdown]
# Long contexts predict well where they have been seen, and most have not. So a good chain falls back on shorter ones,
# and keeps some probability for what never came. Unspool's, of order 8, does so by modified Kneser-Ney smoothing, which
# takes a little from each count for that.

# %%
common = {"validation": str(HELD_OUT), "overwrite": True, "progress": False}
started = time.monotonic()
chain = unspool.train(TRAINING, model="ngram", out=RUNS / "chain", **common)
print(f"counted and measured in {time.monotonic() - started:.1f} s: {chain.evaluate().bits_per_byte:.3f} bits per byte")

# %% [markdown]
# ## 3. An LSTM carries a state
#
# An LSTM reads one character at a time and carries a state, a few hundred numbers, from each step to the next. What is
# in it is learnt: the word so far, whether a bracket is open, what the sentence is about. Nothing limits how far back
# it may reach, and nothing guarantees that it reaches far.
#
# Two of them: one alone, and one with the chain's counts mixed in, which is what Unspool does unless it is told not to.
# Section 5 says how.

# %%
budget = {"minutes": 0.8 * MINUTES, "cell": "lstm", "engine": ENGINE}
lstm = unspool.train(TRAINING, counts=False, out=RUNS / "lstm", **budget, **common)
mixture = unspool.train(TRAINING, out=RUNS / "mixture", **budget, **common)

# %% [markdown]
# ## 4. GPT-2 looks back
#
# A transformer has no state. At each place it looks at all characters of a window, here 64, and *attention* weighs them
# by how well they fit what it is looking for. So it reaches any place of the window in one step, and none outside. The
# windows of a batch are learnt at all places at once, for which each place must be kept from seeing what follows it: a
# *causal* mask.
#
# Here is GPT-2 (Radford et al., 2019), small enough for a laptop: 4 blocks of width 128 with 4 heads of attention, and
# windows of 64 characters. Its weights begin at random; nothing is downloaded. It is trained as nanoGPT trains its
# smallest model on a CPU: AdamW, batches of 12 windows, a rate that rises for 100 updates to 0.001 and falls as a
# cosine to a tenth. It reads the ids of the LSTM's tokenizer.

# %%
LAYERS, HEADS, WIDTH, CONTEXT, BATCH = 4, 4, 128, 64, 12
tokenizer = lstm.tokenizer
ids, held_out_ids = tokenizer.encode(training), tokenizer.encode(held_out)
VOCABULARY = tokenizer.vocabulary_size


def windows_at(ids: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return windows of a text, each with the character that follows it: [N, T + 1]."""
    return ids[np.asarray(starts)[:, None] + np.arange(CONTEXT + 1)]


def rate_at(share: float, step: int) -> float:
    """Return the learning rate after a share of the time, 0 to 1."""
    return 1e-3 * (0.1 + 0.45 * (1 + math.cos(math.pi * share))) * min(1, (step + 1) / 100)


# %% tags=["pytorch"]
from functools import partial
from importlib.util import find_spec

import torch
from torch import nn
from torch.nn import functional as F


class GPT2(nn.Module):
    """Embeddings of characters and of places, blocks of causal attention, and the embedding again as the output."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        gelu = partial(F.gelu, approximate="tanh")
        block = nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, 0.0, gelu, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(block, LAYERS, nn.LayerNorm(WIDTH), enable_nested_tensor=False)
        for matrix in self.parameters():
            if matrix.dim() > 1:
                nn.init.normal_(matrix, std=0.02)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:  # (B, T)
        T = ids.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(T)  # (T, T)
        hidden = self.tokens(ids) + self.places.weight[:T]  # (B, T, E)
        hidden = self.blocks(hidden, mask=mask, is_causal=True)  # (B, T, E)
        return hidden @ self.tokens.weight.T  # (B, T, V)


torch.manual_seed(0)
gpt2 = GPT2()
optimizer = torch.optim.AdamW(gpt2.parameters(), betas=(0.9, 0.99), weight_decay=0.1)


def update(windows: np.ndarray, rate: float) -> None:
    """Update the weights once, for windows [B, T + 1]."""
    batch = torch.from_numpy(windows).long()
    loss = F.cross_entropy(gpt2(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
    optimizer.param_groups[0]["lr"] = rate
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(gpt2.parameters(), 1.0)
    optimizer.step()


def logits_of(windows: np.ndarray) -> np.ndarray:
    """Return the logits at each place of windows, [N, T] to [N, T, V]."""
    with torch.no_grad():
        return gpt2(torch.from_numpy(windows).long()).numpy()


parameters = sum(array.numel() for array in gpt2.parameters())

# %% [markdown] tags=["pytorch"]
# Is this really GPT-2? The library transformers has it, and can build it from a configuration alone. If it is installed
# (`pip install 'unspool[gpt2]'`), the next cell gives it the weights of ours, and compares what both compute.

# %% tags=["pytorch"]
if find_spec("transformers"):
    from transformers import GPT2Config, GPT2LMHeadModel

    sizes = {"n_layer": LAYERS, "n_head": HEADS, "n_embd": WIDTH, "n_positions": CONTEXT, "vocab_size": VOCABULARY}
    theirs = GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=0, eos_token_id=0)).eval()
    names = {"self_attn.in_proj_": "attn.c_attn.", "self_attn.out_proj.": "attn.c_proj.", "norm1": "ln_1"}
    names |= {"linear1": "mlp.c_fc", "linear2": "mlp.c_proj", "norm2": "ln_2", "blocks.layers": "transformer.h"}
    names |= {"blocks.norm": "transformer.ln_f", "tokens": "transformer.wte", "places": "transformer.wpe"}
    arrays = {}
    for name, array in gpt2.state_dict().items():
        turned = array.T if array.dim() > 1 and "layers" in name else array  # its products are the other way round
        for ours, other in names.items():
            name = name.replace(ours, other)
        arrays[name] = turned.contiguous()
    missing = theirs.load_state_dict({**arrays, "lm_head.weight": arrays["transformer.wte.weight"]}, strict=False)
    some = windows_at(held_out_ids, np.arange(8))[:, :-1]
    with torch.no_grad():
        other = theirs(input_ids=torch.from_numpy(some).long()).logits.numpy()
    print("weights without a partner:", len(missing.missing_keys) + len(missing.unexpected_keys))
    print(f"parameters: {parameters:,} and {theirs.num_parameters():,}")
    print(f"the largest difference of the logits: {np.abs(logits_of(some) - other).max():.1g}")
else:
    print("transformers is not installed: pip install 'unspool[gpt2]'. All other cells do without it.")

# %% [markdown] tags=["tensorflow"]
# The library transformers has GPT-2 for PyTorch alone since its version 5, so it cannot be borrowed here. It is not
# needed either: GPT-2 consists of layers that Keras has. The notebook in PyTorch compares the same network with the
# library's.

# %% tags=["tensorflow"]
from functools import partial

import keras
import tensorflow as tf
from keras import layers

gelu = partial(keras.activations.gelu, approximate=True)
normal = keras.initializers.RandomNormal(stddev=0.02)


class Block(layers.Layer):
    """Causal attention, then two dense layers at each place; what they find is added to what was there."""

    def __init__(self) -> None:
        super().__init__()
        self.norms = [layers.LayerNormalization(epsilon=1e-5) for _ in range(2)]
        self.attention = layers.MultiHeadAttention(HEADS, WIDTH // HEADS, kernel_initializer=normal)
        self.wide = layers.Dense(4 * WIDTH, gelu, kernel_initializer=normal)
        self.narrow = layers.Dense(WIDTH, kernel_initializer=normal)

    def call(self, hidden: tf.Tensor) -> tf.Tensor:  # (B, T, E)
        normed = self.norms[0](hidden)
        hidden = hidden + self.attention(normed, normed, use_causal_mask=True)  # (B, T, E)
        return hidden + self.narrow(self.wide(self.norms[1](hidden)))  # (B, T, E)


class GPT2(keras.Model):
    """Embeddings of characters and of places, blocks of causal attention, and the embedding again as the output."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = layers.Embedding(VOCABULARY, WIDTH, embeddings_initializer=normal)
        self.places = layers.Embedding(CONTEXT, WIDTH, embeddings_initializer=normal)
        self.blocks = [Block() for _ in range(LAYERS)]
        self.norm = layers.LayerNormalization(epsilon=1e-5)

    def call(self, ids: tf.Tensor) -> tf.Tensor:  # (B, T)
        hidden = self.tokens(ids) + self.places(tf.range(tf.shape(ids)[1]))  # (B, T, E)
        for block in self.blocks:
            hidden = block(hidden)  # (B, T, E)
        return tf.matmul(self.norm(hidden), self.tokens.embeddings, transpose_b=True)  # (B, T, V)


keras.utils.set_random_seed(0)
gpt2 = GPT2()
gpt2(np.zeros((1, CONTEXT), np.int32))  # makes the weights
optimizer = keras.optimizers.AdamW(beta_2=0.99, weight_decay=0.1, global_clipnorm=1.0)
optimizer.build(gpt2.trainable_variables)


@tf.function(input_signature=[tf.TensorSpec((BATCH, CONTEXT + 1), tf.int32)])
def step(windows: tf.Tensor) -> None:
    """Update the weights once, for windows [B, T + 1]."""
    with tf.GradientTape() as tape:
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(windows[:, 1:], gpt2(windows[:, :-1]))  # (B, T)
        loss = tf.reduce_mean(losses)
    optimizer.apply(tape.gradient(loss, gpt2.trainable_variables), gpt2.trainable_variables)


step.get_concrete_function()  # compiled before the clock starts, as Unspool does


def update(windows: np.ndarray, rate: float) -> None:
    """Update the weights once, for windows [B, T + 1]."""
    optimizer.learning_rate = rate
    step(tf.constant(windows, tf.int32))


def logits_of(windows: np.ndarray) -> np.ndarray:
    """Return the logits at each place of windows, [N, T] to [N, T, V]."""
    return gpt2.predict_on_batch(windows)


parameters = gpt2.count_params()

# %%
draw, seconds = np.random.default_rng(0), 0.8 * 60 * MINUTES
started, updates = time.monotonic(), 0
while (share := (time.monotonic() - started) / seconds) < 1:
    update(windows_at(ids, draw.integers(0, len(ids) - CONTEXT - 1, BATCH)), rate_at(share, updates))
    updates += 1
print(f"GPT-2: {parameters:,} parameters, {updates:,} updates")

# %% [markdown]
# ### The figures
#
# Unspool's models read the held-out text from its beginning to its end. GPT-2 reads it in windows that overlap by half,
# and only the second half of each counts, so that each character is predicted from at least 32 before it. One thing is
# not quite fair: of the LSTM, Unspool keeps the weights that were best on this very text, of GPT-2 the last are taken.


# %%
def gpt2_nats(windows: np.ndarray) -> np.ndarray:
    """Return minus the log-probability of each character of windows, [N, T + 1] to [N, T]."""
    found = []
    for start in range(0, len(windows), 64):
        part = windows[start : start + 64]
        logs = log_softmax(logits_of(part[:, :-1]).astype(np.float64))  # (N, T, V)
        found.append(-np.take_along_axis(logs, part[:, 1:, None].astype(np.int64), 2)[..., 0])
    return np.concatenate(found)


halves = windows_at(held_out_ids, np.arange(0, len(held_out_ids) - CONTEXT - 1, CONTEXT // 2))
gpt2_bits = gpt2_nats(halves)[:, CONTEXT // 2 :].mean() / math.log(2) * len(held_out) / len(held_out.encode())

bits = {
    "Markov chain": chain.evaluate().bits_per_byte,
    "LSTM": lstm.evaluate().bits_per_byte,
    "mixture": mixture.evaluate().bits_per_byte,
    "GPT-2": float(gpt2_bits),
}
BLUE, ORANGE, GREEN, PURPLE, QUIET = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#57606a"
COLOURS = {"Markov chain": ORANGE, "LSTM": BLUE, "mixture": GREEN, "GPT-2": PURPLE, "held-out text": QUIET}

drawn, axes = plt.subplots(figsize=(7, 2.2), dpi=80, layout="constrained")
bars = axes.barh(list(bits), list(bits.values()), color=[COLOURS[name] for name in bits], height=0.6)
axes.bar_label(bars, fmt="%.2f", padding=3)
axes.set(xlabel="bits per byte of the held-out text", xlim=(0, 1.15 * max(bits.values())))
axes.invert_yaxis()
axes.spines[["top", "right"]].set_visible(False)
plt.show()
passes = {"LSTM": lstm.history.of("training")[-1]["epoch"], "GPT-2": updates * BATCH * CONTEXT / len(training)}
print("passes over the training text:", ", ".join(f"{name} {count:.1f}" for name, count in passes.items()))

# %% [markdown]
# Shorter is better. Before you say that one architecture is better than another, look at the last line: in the same
# time the LSTM has read many more characters, because Unspool's recurrence is compiled and one step of a small LSTM
# costs little. GPT-2 is at its best with more text, more time and a processor that computes all places at once; here
# the budget is what a laptop has in a minute. Its rates and sizes are those of a known recipe, and so are the LSTM's;
# nobody searched for better ones on this text. The chain needs no budget, and more time does not make it better.

# %% [markdown]
# ## 5. Why a mixture is better than its parts
#
# The chain knows names and set phrases by heart, and errs where a context is new. The LSTM knows what is likely in
# general. They err in different places. So give both a weight *w*, and predict with *w p* + (1 - *w*) *q*: where one
# of them is lost, the other still has some probability for what comes.

# %%
beginning = held_out[:5_000]
if mixture.mixed:
    parts = {name: np.array(found) for name, found in mixture.score(beginning).parts.items()}  # log-probabilities [N]
    weights = np.linspace(0, 1, 21)
    curve = [
        -np.log2(weight * np.exp(parts["network"]) + (1 - weight) * np.exp(parts["counts"])).mean()
        for weight in weights
    ]
    gate = mixture.score(beginning).bits_per_character
    drawn, axes = plt.subplots(figsize=(7, 2.6), dpi=80, layout="constrained")
    axes.plot(weights, curve, color=BLUE, marker=".")
    axes.axhline(gate, color=GREEN, linestyle="--")
    axes.annotate("a fixed weight", (weights[3], curve[3]), (6, 6), textcoords="offset points", color=BLUE)
    axes.annotate("Unspool's gate", (0, gate), (0, 4), textcoords="offset points", color=GREEN)
    axes.set(xlabel="weight of the network (0: the counts alone)", ylabel="bits per character")
    axes.grid(color="#d8dee4", linewidth=0.5)
    plt.show()
else:
    print("The text is too short for counts beside the network, or they did not help it.")

# %% [markdown]
# The curve sags: somewhere between its ends it is lower than at both. Unspool's mixture goes further. Its gate, a few
# weights that were fitted to a part of the training text which neither had learnt, trusts each of the two more where it
# is surer of itself.
#
# ### Exercise: mix
#
# `p` and `q` are the probabilities that two models gave to the characters that came. Return the bits per character of
# their mixture, in which `p` has the weight `weight`.


# %% tags=["exercise"]
def mixed_bits(p: np.ndarray, q: np.ndarray, weight: float) -> float:
    """Return the mean bits per character of a mixture of probabilities [N]."""
    ...


# %% tags=["check"]
def verdict(function):
    """Say whether an answer is right, or else what is wrong with it."""
    try:
        p, q = np.array([0.5, 1 / 64]), np.array([1 / 64, 0.5])
        found = function(p, q, 0.5)
        if found is None:
            return "Not yet: the function returns nothing."
        right = -math.log2(33 / 128)
        if np.isclose(found, 3.5):
            return "Not yet: you mix the bits. Mix the probabilities, and take the logarithm of what comes of it."
        if np.isclose(found, right * math.log(2)):
            return "Not yet: this is in nats; np.log2 gives bits."
        if np.isclose(found, -right):
            return "Not yet: a cost is positive, minus the logarithm."
        if not np.isclose(found, right):
            return f"Not yet: {right:.3f} bits were to be found. You return {found}."
        if not np.isclose(function(p[:1], q[:1], 0.75), -math.log2(0.75 / 2 + 0.25 / 64)):
            return "Not yet: the weight is that of p; q has the rest."
    except Exception as problem:
        return f"Not yet: the function raises {problem!r}."
    return "Right: each alone costs 3.5 bits there, and the mixture less than 2."


print(verdict(mixed_bits))


# %% tags=["solution"]
def mixed_bits(p: np.ndarray, q: np.ndarray, weight: float) -> float:
    """Return the mean bits per character of a mixture of probabilities [N]."""
    return float(-np.log2(weight * p + (1 - weight) * q).mean())


# %% [markdown]
# ## 6. How far back does each look?
#
# The same windows of the held-out text, each read from nothing: how many bits does a character cost, when so many
# characters before it are known?

# %%
WINDOWS, LENGTH = max(8, min(150, int(150 * MINUTES))), 192
starts = np.linspace(0, len(held_out) - LENGTH - 1, WINDOWS).astype(int)
edges = np.array([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, LENGTH])


def by_past(nats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the middles of the ranges of known characters, and the mean bits in each, from nats [N, T]."""
    mean = nats.mean(0) / math.log(2)  # (T), of the character that 1, 2, 3 ... are known before
    reached = edges[edges <= len(mean) + 1]
    means = [mean[low - 1 : high - 1].mean() for low, high in pairwise(reached)]
    return np.sqrt(reached[:-1] * (reached[1:] - 1)), np.array(means)


read = {
    name: by_past(-np.array([model.score(held_out[start : start + LENGTH]).log_probabilities[1:] for start in starts]))
    for name, model in {"Markov chain": chain, "LSTM": lstm, "mixture": mixture}.items()
}
read["GPT-2"] = by_past(gpt2_nats(windows_at(held_out_ids, starts)))

drawn, axes = plt.subplots(figsize=(7, 3), dpi=80, layout="constrained")
for (name, (known_before, costs)), marker in zip(read.items(), "osD^", strict=True):
    axes.plot(known_before, costs, color=COLOURS[name], marker=marker, markersize=4, label=name)
axes.set(
    xscale="log", xlabel="characters known before", ylabel="bits per character", xticks=[1, 2, 4, 8, 16, 32, 64, 128]
)
axes.get_xaxis().set_major_formatter("{x:.0f}")
axes.minorticks_off()
axes.grid(color="#d8dee4", linewidth=0.5)
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# A line that falls belongs to a model that uses what it knows. The first characters tell most: they are the letters of
# the current word. Where does each line become flat? The chain sees seven characters and cannot gain from an eighth.
# GPT-2's line ends where its window ends; if it is flat from the beginning, it has not learnt yet to use what it sees.
# The LSTM's may go on; how far depends on how long it was trained. Hardly anything that stood a page ago helps any of
# them. Where all lines rise or fall together, the text itself is harder or easier there.
#
# ## 7. What do they write, and what is wrong with it?
#
# All four continue the same 64 characters of the held-out text, eight times, at temperature 0.8. GPT-2 needs a loop for
# that. It drops what is more than 64 characters ago, and reads the whole window again for each character.

# %%
PROMPT, SAMPLES, SIZE, TEMPERATURE = held_out[:CONTEXT], 8, max(60, min(400, int(400 * MINUTES))), 0.8
SPECIAL = 4  # <pad>, <unk>, <s> and <eos> come first in the vocabulary, and are never written


def gpt2_samples() -> list[str]:
    """Continue the prompt several times, one character of each at a time."""
    draw = np.random.default_rng(1)
    written = np.tile(tokenizer.encode(PROMPT), (SAMPLES, 1))  # (N, T)
    for _ in range(SIZE):
        logits = logits_of(written[:, -CONTEXT:])[:, -1] / TEMPERATURE  # (N, V)
        logits[:, :SPECIAL] = -np.inf
        chosen = (logits + draw.gumbel(size=logits.shape)).argmax(1)  # a draw from their softmax (Gumbel, 1954)
        written = np.append(written, chosen[:, None].astype(written.dtype), 1)
    return [tokenizer.decode(row[CONTEXT:]) for row in written]


settings = {"num_samples": SAMPLES, "max_new_tokens": SIZE, "temperature": TEMPERATURE, "seed": 1}
models = {"Markov chain": chain, "LSTM": lstm, "mixture": mixture}
written = {name: [one.text for one in model.samples(PROMPT, **settings)] for name, model in models.items()}
written["GPT-2"] = gpt2_samples()
pieces = np.linspace(CONTEXT, len(held_out) - SIZE, SAMPLES).astype(int)
written["held-out text"] = [held_out[start : start + SIZE] for start in pieces]

print(f"--- the prompt\n{PROMPT}")
for name, samples in written.items():
    print(f"\n--- {name}\n{samples[0][:300]}")

# %% [markdown]
# A sample is an anecdote: one reads into it what one expects. So three figures of all eight samples, beside those of as
# much held-out text. That one is written by people, and its bars say how much of each "fault" is natural.
#
# - *Unknown words*: the share of words that the training text does not have. Most of them are misspelt.
# - *Repeated phrases*: the share of pairs of words that the same sample has had before.
# - *Copied*: the share of characters in spans of 20 or more that stand in the training text.

# %%
WORD = re.compile(r"[^\W\d_]+")
vocabulary = {word.lower() for word in WORD.findall(training)}


def unknown_words(samples: list[str]) -> float:
    """Return the share of words that the training text lacks; the first and last of a sample may be cut off."""
    words = [word.lower() for sample in samples for word in WORD.findall(sample)[1:-1]]
    return sum(word not in vocabulary for word in words) / max(1, len(words))


def repeated_phrases(samples: list[str]) -> float:
    """Return the share of pairs of words that their sample has had before."""
    again = total = 0
    for sample in samples:
        words = sample.split()
        pairs = list(pairwise(words))
        again, total = again + len(pairs) - len(set(pairs)), total + len(pairs)
    return again / max(1, total)


def copied(samples: list[str], span: int = 20) -> float:
    """Return the share of characters that are in spans of so many which the training text has."""
    lengths = np.concatenate([copies.longest_of_each() for copies in find_copies(samples, [(0, training.encode())])])
    return float((lengths >= span).mean())


measures = {"unknown words": unknown_words, "repeated phrases": repeated_phrases, "copied": copied}
drawn, panels = plt.subplots(1, 3, figsize=(7, 2.4), dpi=80, layout="constrained", sharey=True)
for axes, (title, measure) in zip(panels, measures.items(), strict=True):
    shares = [100 * measure(samples) for samples in written.values()]
    bars = axes.barh(list(written), shares, color=[COLOURS[name] for name in written], height=0.6)
    axes.bar_label(bars, fmt="%.0f", padding=2)
    axes.set(title=title, xlabel="%", xlim=(0, 1.2 * max(1, *shares)))
    axes.spines[["top", "right"]].set_visible(False)
panels[0].invert_yaxis()
plt.show()
for name, samples in written.items():
    span, _ = longest_copy(find_copies(samples, [(0, training.encode())]))
    print(f"{name}: the longest copy has {len(span)} characters: {span[:60]!r}")

# %% [markdown]
# What to look for, at any budget:
#
# - **The chain** writes runs of eight characters that stand in the training text, unless it fell back to shorter ones.
#   So compare its unknown words with those of the held-out text, and then its copies. What it lacks is a plan: after
#   seven characters it has forgotten what the sentence was about. Slide a paper with a slot for eight characters along
#   its sample: each view is plausible, the whole is not.
# - **The LSTM** spells the better, the longer it was trained, and invents words that look right. Look how far apart two
#   words can be that still fit each other: a quotation mark and its partner, a speaker and what is said.
# - **The mixture** leans on the counts where they are sure. Does it misspell less than the LSTM? Does it copy more?
# - **GPT-2** has read the least, as the passes above say, so look at its unknown words first. With more time it repeats
#   what is in its window with ease, since attention can look at the place itself.
#
# Eight samples are few: with another `seed` some of these bars change places. The bits per byte hardly would, since
# they are measured on every character of the held-out text.
#
# No figure here says whether a sample makes sense. For that one has to read it.
#
# ## What to read next
#
# - [Decision 14](../../decisions/0014-mixture.md): how network and counts are mixed, and what was tried.
# - [The benchmark `laptop`](../../benchmarks.md#laptop): Unspool and this GPT-2 for a minute on another text.
# - In the source: `engines/ngram/` (counts), `engines/mixture.py` and `engines/gate.py`, `engines/numpy/cells.py` (the
#   LSTM).
# - *Prediction and Entropy of Printed English*, Claude Shannon, 1951: the first samples of chains, and the first bits.
# - *An Empirical Study of Smoothing Techniques for Language Modeling*, Stanley Chen and Joshua Goodman, 1998.
# - *Long Short-Term Memory*, Sepp Hochreiter and Jürgen Schmidhuber, 1997.
# - *Attention Is All You Need*, Ashish Vaswani and others, 2017.
# - *Language Models are Unsupervised Multitask Learners*, Alec Radford and others, 2019: GPT-2.

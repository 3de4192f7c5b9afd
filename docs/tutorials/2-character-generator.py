# %% [markdown]
# # A character generator, the way the lesson writes it
#
# After this notebook you can ...
#
# - write a network that learns a text character by character, train it, and let it write, in some sixty lines;
# - name four weak points of such a program, and measure what each of them costs;
# - say what a first loss should be, and which numbers a network has to beat;
# - train the same network with Unspool in one line, and see that its losses are those of your own loop.

# %%
import os

MINUTES = float(os.environ.get("UNSPOOL_TUTORIAL_MINUTES", "1"))  # of training, for each model; more is better

# %% tags=["pytorch"]
ENGINE = "torch"  # which Unspool trains with

# %% tags=["tensorflow"]
ENGINE = "keras"  # which Unspool trains with

# %%
import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import unspool
from unspool.arrays import log_softmax
from unspool.data.sources import embedded_corpus

RUNS = Path(tempfile.mkdtemp())
BLUE, ORANGE, GREEN, QUIET = "#0072b2", "#d55e00", "#009e73", "#57606a"
plt.rcParams.update({"figure.dpi": 80, "axes.grid": True, "grid.color": "#d8dee4", "axes.spines.top": False})
plt.rcParams.update({"axes.spines.right": False, "axes.edgecolor": QUIET, "font.size": 10})

# %% [markdown]
# ## The text
#
# The text is the one that Unspool brings: the reference of the Python language. Put your own in its place if you
# like, by `TEXT = Path("your-own-text.txt").read_text()`. Its last tenth is **held out**: the network never learns
# from it, and all that is said about how good a network is refers to that part.
#
# B is the number of rows that are read side by side, T the number of steps, H the number of hidden units, V the
# number of different characters.

# %%
TEXT = embedded_corpus()
CHARACTERS = sorted(set(TEXT))
INDEX = {character: index for index, character in enumerate(CHARACTERS)}
V, H, NCHARS, ROWS, RATE = len(CHARACTERS), 128, 100, 32, 0.01
UPDATES = int(600 * MINUTES) + 2
rng = np.random.default_rng(0)


def encode(text: str) -> np.ndarray:
    return np.array([INDEX[character] for character in text])  # (N)


border = int(0.9 * len(TEXT))
LEARNT, HELD_TEXT = TEXT[:border], TEXT[border:][: int(max(3000, 1e5 * MINUTES))]
IDS, HELD = encode(LEARNT), encode(HELD_TEXT)
print(f"{len(LEARNT):,} characters to learn, {len(HELD_TEXT):,} held out, {V} different ones")

# %% [markdown]
# ## The network
#
# A **window** is a piece of NCHARS characters. At each of them the network is asked for the next one, so a window
# gives NCHARS small lessons at once. A character goes in as a one-hot vector, an LSTM carries the state, and a
# linear layer makes V logits of it. The loss is the cross-entropy, averaged over all places, in nats per character.
# Every update clips the gradient and moves the weights by Adam, at a rate that falls linearly to almost nothing.
#
# The state is two arrays, h and c. It is handed in and handed back, never kept inside: you will want to carry it on
# in one place and to forget it in another. The matrices start between -1 / sqrt(H) and 1 / sqrt(H), the biases of the
# LSTM at 0, but that of the forget gate at 1, so that it starts open.

# %% tags=["pytorch"]
import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot

torch.manual_seed(0)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(V, H, batch_first=True)
        nn.init.zeros_(self.lstm.bias_ih_l0)
        nn.init.zeros_(self.lstm.bias_hh_l0)
        nn.init.ones_(self.lstm.bias_hh_l0[H : 2 * H])  # the forget gate starts open
        self.output = nn.Linear(H, V)

    def forward(self, ids, state):  # (B, T), two of (B, H)
        hidden, state = self.lstm(one_hot(ids, V).float(), tuple(part[None] for part in state))  # (B, T, H)
        return self.output(hidden), [part[0] for part in state]  # (B, T, V), two of (B, H)


def trainer(network, updates):
    rule = torch.optim.Adam(network.parameters(), RATE, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.LinearLR(rule, 1.0, 0.01, updates)

    def update(ids, state):  # (B, T + 1), two of (B, H)
        ids = torch.as_tensor(ids)
        logits, state = network(ids[:, :-1], map(torch.as_tensor, state))  # (B, T, V)
        loss = cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        rule.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        rule.step()
        schedule.step()
        return loss.item(), [part.detach().numpy() for part in state]

    return update


@torch.no_grad()
def read(network, ids, state):  # (B, T), two of (B, H)
    logits, state = network(torch.as_tensor(ids), map(torch.as_tensor, state))
    return logits.numpy(), [part.numpy() for part in state]  # (B, T, V), two of (B, H)


# %% tags=["tensorflow"]
import keras
import tensorflow as tf

keras.utils.set_random_seed(0)


def uniform():
    return keras.initializers.RandomUniform(-(H**-0.5), H**-0.5)  # as PyTorch and Unspool start; Keras has others


def Network():
    ids, state = keras.Input((None,), dtype="int32"), [keras.Input((H,)), keras.Input((H,))]  # (B, T), two of (B, H)
    start = {"kernel_initializer": uniform(), "recurrent_initializer": uniform()}
    lstm = keras.layers.LSTM(H, return_sequences=True, return_state=True, **start)  # its forget gate starts open
    hidden, *after = lstm(keras.ops.one_hot(ids, V), initial_state=state)  # (B, T, H)
    logits = keras.layers.Dense(V, kernel_initializer=uniform())(hidden)  # (B, T, V)
    return keras.Model([ids, *state], [logits, *after])


def trainer(network, updates):
    rate = keras.optimizers.schedules.PolynomialDecay(RATE, updates, 0.01 * RATE)
    rule = keras.optimizers.Adam(rate, beta_2=0.99, global_clipnorm=1.0)
    rule.build(network.trainable_variables)

    @tf.function(reduce_retracing=True)
    def compiled(ids, state):
        with tf.GradientTape() as tape:
            logits, *state = network([ids[:, :-1], *state])  # (B, T, V)
            losses = keras.losses.sparse_categorical_crossentropy(ids[:, 1:], logits, from_logits=True)  # (B, T)
            loss = tf.reduce_mean(losses)
        rule.apply(tape.gradient(loss, network.trainable_variables), network.trainable_variables)
        return loss, state

    def update(ids, state):  # (B, T + 1), two of (B, H)
        loss, state = compiled(tf.constant(ids, tf.int32), [tf.constant(part) for part in state])
        return float(loss), [part.numpy() for part in state]

    return update


def read(network, ids, state):  # (B, T), two of (B, H)
    logits, *state = network.predict_on_batch([ids.astype("int32"), *state])
    return logits, state  # (B, T, V), two of (B, H)


# %% [markdown]
# ## Training and writing, the way the lesson does
#
# Lessons on such networks often take short texts, such as news; here they are the paragraphs. Each update takes one
# of them, cuts windows out of it and learns these as a batch. A window starts from a state of zeros. Every so often
# the network writes, always the likeliest character: it reads the whole text so far, appends a character, and reads
# the whole again.


# %%
def zero_state(rows: int) -> list[np.ndarray]:
    return [np.zeros((rows, H), np.float32)] * 2


def generate(network, prompt: str, size: int) -> str:
    text = prompt
    for _ in range(size):
        logits, _ = read(network, encode(text)[None], zero_state(1))  # (1, T, V)
        text += CHARACTERS[int(logits[0, -1].argmax())]
    return text


def train(network, batch, updates: int = UPDATES, keep: float = 0.0, samples: int = 0) -> list[float]:
    """Train, and return the loss of each update; a row keeps its state from one update to the next by chance `keep`."""
    update, state, losses = trainer(network, updates), zero_state(ROWS), []
    for number in range(updates):
        kept = rng.random((ROWS, 1)) < keep  # (B, 1)
        loss, state = update(batch(number), [part * kept for part in state])
        losses.append(loss)
        if samples and number % max(1, updates // samples) == 0:
            print(f"update {number + 1:4}, {loss:.2f} nats: {generate(network, 'The ', 40)!r}")
    return losses


texts = [text for text in map(encode, LEARNT.split("\n\n")) if len(text) > NCHARS]


def windows_of_one_text(number: int) -> np.ndarray:
    text = texts[rng.integers(len(texts))]
    starts = rng.integers(len(text) - NCHARS, size=ROWS)  # (B)
    return text[starts[:, None] + np.arange(NCHARS + 1)]  # (B, T + 1)


network = Network()
losses = {"windows of one text": train(network, windows_of_one_text, samples=5)}
networks = {"windows of one text": network}

# %% [markdown]
# That is the whole program. Watch the loss and the samples together. The loss falls, and still nearly every sample
# runs into a circle, of blanks or of one to three words, because the likeliest character comes every time; the next
# notebook is about that.
#
# ### Exercise 1: which numbers are to be beaten?
#
# A network that knows nothing gives each of V characters the same probability, and its loss is ln V. The next
# number to beat is that of somebody who knows how frequent each character is in a text, and nothing of their order:
# minus the logarithm of the frequency of each character, averaged over all characters of the text. Write it, and
# count each different character once, as the text is long.


# %% tags=["exercise"]
def frequency_loss(text: str) -> float:
    return 0.0  # change this line: nats per character


# %% tags=["check"]
def check_frequency_loss() -> str:
    for text, right in (("aaaa", 0.0), ("abab", np.log(2)), ("aaab", 0.5623351446188083)):
        found = frequency_loss(text)
        if not isinstance(found, float | np.floating) or not np.isfinite(found):
            return f"Not yet: of {text!r} the result must be a number, and it is {found!r}."
        if abs(found - right / np.log(2)) < 1e-6 and right:
            return "Not yet: that is in bits; the natural logarithm gives nats."
        if abs(found - right) > 1e-6:
            return f"Not yet: {text!r} costs {right:.3f} nats per character, and you say {found:.3f}."
    whole = frequency_loss(LEARNT)
    return f"Right: {whole:.2f} nats for the text here, where ln V is {np.log(V):.2f}."


print(check_frequency_loss())


# %% tags=["solution"]
def frequency_loss(text: str) -> float:
    _, counts = np.unique(list(text), return_counts=True)
    frequencies = counts / len(text)
    return float(-(frequencies * np.log(frequencies)).sum())


# %% [markdown]
# ## How good is it? A measure first
#
# A loss in training says little, because the network may have met these very windows before. So measure on the
# held-out text, in two ways. **Carried**: the state is passed along the whole text, so that the network always
# knows what came before. **Fresh**: from a state of zeros, as a prompt starts; here the mean over characters 64 to
# 255 after the start, by when a network should have found its way, so that a high figure means that it did not.
# (Nor need the loss in training be the lower one: it is the mean of the last tenth of the updates, with weights that
# were still moving, and of another part of the text, which may be harder.)


# %%
def nats(network, ids: np.ndarray, state: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return minus the log-probability of each character but the first, [B, T] of ids [B, T + 1], and the state."""
    logits, state = read(network, ids[:, :-1], state)  # (B, T, V)
    return -np.take_along_axis(log_softmax(logits), ids[:, 1:, None], axis=2)[:, :, 0], state


def carried(network) -> np.ndarray:
    """Return the loss at each character of the held-out text but the first, [N - 1]."""
    pieces, state = [], zero_state(1)
    for start in range(0, len(HELD) - 1, 500):
        found, state = nats(network, HELD[None, start : start + 501], state)  # (1, T)
        pieces.append(found[0])
    return np.concatenate(pieces)


def fresh(network, rows: int = 128, length: int = 256) -> float:
    starts = np.random.default_rng(0).integers(len(HELD) - length, size=rows)  # (B)
    return nats(network, HELD[starts[:, None] + np.arange(length)], zero_state(rows))[0][:, 64:].mean()


def report(name: str) -> None:
    learning = np.mean(losses[name][-max(1, UPDATES // 10) :])
    along, after = carried(networks[name]).mean(), fresh(networks[name])
    print(f"{name:34} training {learning:.3f}   held out: carried {along:.3f}   fresh {after:.3f}")


report("windows of one text")

# %% [markdown]
# ## Weak point 1: a batch from one text
#
# The windows of a batch are neighbours, so the 32 rows say nearly the same, and the next batch says something quite
# different: the gradient of one update knows one paragraph. And texts that are shorter than a window are left out.
# Compare with windows from anywhere in the text: as many updates, as many characters in each.

# %%
short = [len(text) for text in LEARNT.split("\n\n") if len(text) <= NCHARS]
print(f"left out: {len(short):,} paragraphs, {sum(short) / len(LEARNT):.0%} of the characters")


def windows_from_anywhere(number: int) -> np.ndarray:
    starts = rng.integers(len(IDS) - NCHARS, size=ROWS)  # (B)
    return IDS[starts[:, None] + np.arange(NCHARS + 1)]  # (B, T + 1)


def compare(name: str, batch, keep: float = 0.0) -> None:
    networks[name] = Network()
    losses[name] = train(networks[name], batch, keep=keep)
    report(name)


report("windows of one text")
compare("windows from anywhere", windows_from_anywhere)

# %% [markdown]
# Same network, same number of updates, other batches: see how far the held-out figures are apart. Look at the training
# losses too: how much they jump from update to update says how different the batches are.

# %%
for name, curve in losses.items():
    print(f"{name:34} from one update to the next the loss changes by {np.abs(np.diff(curve[-50:])).mean():.3f} nats")

# %% [markdown]
# ## Weak point 2: the state is lost, or never lost
#
# Each window starts from zeros, so its first characters have to be guessed without knowing what came before. The
# cure: 32 rows read 32 places of the text side by side, each window goes on where the last one of its row ended,
# and the state is handed on. (The gradient is not: it goes back to the start of the window. That is truncated
# back-propagation through time.)
#
# But a network that is only trained like that has met a state of zeros once, at the very first update. A prompt
# starts there every time. So there is a third way: a row starts anew now and then, here by a chance of 2 % at each
# window.


# %%
def streams(number: int) -> np.ndarray:
    length = len(IDS) // ROWS  # of the part that a row reads
    places = number * NCHARS + np.arange(NCHARS + 1)  # (T + 1)
    return IDS[(np.arange(ROWS)[:, None] * length + places) % len(IDS)]  # (B, T + 1)


report("windows from anywhere")
compare("streams, state carried", streams, keep=1.0)
compare("streams, carried, sometimes fresh", streams, keep=0.98)

# %% [markdown]
# Compare the rows, and beware: two runs of the same network differ by 0.01 to 0.02 nats by chance, as the end of this
# notebook shows. After a minute the resets may gain nothing, or even cost a little. They are an insurance against
# starts that never find their way into the text, which are called stuck and would show in the column `fresh`. `unspool
# evaluate` counts such starts, and Unspool trains as in the last line, by the same chance of 2 %. What the first
# characters of a start cost is in the next picture.
#
# Where a window loses is seen place by place. So read the held-out text with one network in both ways: in windows
# that start from zeros each, and with the state carried through all of them.

# %%
network = networks["streams, carried, sometimes fresh"]
starts = np.arange(0, len(HELD) - NCHARS, NCHARS)  # (W), of the windows
lost, _ = nats(network, HELD[starts[:, None] + np.arange(NCHARS + 1)], zero_state(len(starts)))  # (W, T)
kept = carried(network)[: lost.size].reshape(lost.shape)  # (W, T), the same characters

_, axes = plt.subplots(figsize=(7, 3))
for name, curve, colour, dash in (("state lost", lost, ORANGE, "-"), ("state carried", kept, BLUE, "--")):
    axes.semilogx(range(1, NCHARS + 1), curve.mean(axis=0), color=colour, linestyle=dash, label=name)
axes.set(xlabel="place in the window", ylabel="nats per character", xticks=[1, 2, 5, 10, 20, 50, 100])
axes.set_xticklabels(axes.get_xticks().astype(int))
axes.minorticks_off()
axes.legend(frameon=False)
plt.show()
for places in (slice(0, 10), slice(10, NCHARS), slice(0, NCHARS)):
    named = f"places {places.start + 1} to {places.stop}"
    print(f"{named:16} lost {lost[:, places].mean():.3f} nats, carried {kept[:, places].mean():.3f} nats")

# %% [markdown]
# The curve of the lost state starts high and comes down to the other one, as the network finds out where it is.
# Whoever throws the state away at each window pays for the first places again and again. How long it pays depends
# on how far back the network has learnt to look, and that grows with training: after a minute it is not far.
#
# ## Weak point 3: a dead start
#
# The first loss tells whether a network starts well. It should be about ln V: no character is preferred. Far above
# that, the network is sure of nonsense before it has seen anything. And a start can be dead although its first loss
# is right: if all weights are 0, all hidden units are the same and no gradient reaches them, and only the biases of
# the output can learn, which are the frequencies of the characters. So start once as above, once from zeros, and
# once from weights that are much too large, whose gates are wide open or shut, where the sigmoid has no slope.


# %% tags=["pytorch"]
def scale_weights(network, factor: float) -> None:
    for parameter in network.parameters():
        parameter.data *= factor


# %% tags=["tensorflow"]
def scale_weights(network, factor: float) -> None:
    for variable in network.weights:
        variable.assign(variable * factor)


# %%
frequencies = np.unique(IDS, return_counts=True)[1] / len(IDS)  # (V)
print(f"ln V is {np.log(V):.2f}; the frequencies alone cost {-(frequencies * np.log(frequencies)).sum():.2f} nats")
for factor in (1, 0, 30):
    network = Network()
    scale_weights(network, factor)
    curve = train(network, windows_from_anywhere, updates=max(2, UPDATES // 3))
    print(f"weights x {factor:2}: first loss {curve[0]:6.2f}, after {len(curve)} updates {np.mean(curve[-10:]):.2f}")

# %% [markdown]
# Compare the last losses with that of the frequencies. Only a network that is below it has learnt anything about the
# order of characters. The network of zeros can come down to it at best, and these updates are too few even for that.
#
# ## Weak point 4: the whole text is read again for each character
#
# The generator above reads all that is there for every character that it adds. The state after the text knows the
# same: keep it, and one step is enough. Measure both, for the next character after texts of several lengths:


# %%
def seconds(task, repeats: int = 7) -> float:
    task()  # once before: some libraries compile at the first call
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        task()
        times.append(time.perf_counter() - started)
    return min(times)


network = networks["streams, carried, sometimes fresh"]
lengths = [25, 50, 100, 200, 400, 800, 1600]
again, once = [], []
for length in lengths:
    ids = IDS[None, :length]  # (1, T)
    _, state = read(network, ids, zero_state(1))
    again.append(1000 * seconds(lambda ids=ids: read(network, ids, zero_state(1))))
    once.append(1000 * seconds(lambda ids=ids, state=state: read(network, ids[:, -1:], state)))
    print(f"{length:5} characters so far: reading again {again[-1]:8.2f} ms, with the state {once[-1]:6.2f} ms")

# %%
_, axes = plt.subplots(figsize=(7, 3))
for name, times, colour, dash in (("reading again", again, ORANGE, "-"), ("with the state", once, BLUE, "--")):
    axes.loglog(lengths, times, color=colour, linestyle=dash, marker="o")
    axes.annotate(name, (lengths[-1], times[-1]), (6, 0), textcoords="offset points", color=colour, va="center")
axes.set(xlabel="characters so far", ylabel="ms for the next one", xlim=(20, 8000), xticks=lengths, xticklabels=lengths)
axes.minorticks_off()
plt.show()

# %% [markdown]
# Once the length counts for more than the call itself, reading again grows in proportion to the text, so a text of n
# characters costs 1 + 2 + ... + n steps, about half of n squared. With the state the line stays flat, and a text costs
# n steps.
#
# ### Exercise 2: a generator that keeps the state
#
# Write `generate_with_state`: the same text as `generate`, but each character is read once. `read` is handed in so
# that the check can count what you read.


# %% tags=["exercise"]
def generate_with_state(read, network, prompt: str, size: int) -> str:
    logits, state = read(network, encode(prompt)[None], zero_state(1))  # (1, T, V), the state after the prompt
    text = prompt
    return text  # change this: append `size` characters, each the likeliest after the text so far


# %% tags=["check"]
def check_generation(prompt: str = "The value of ", size: int = 20) -> str:
    counted = []

    def counting(network, ids, state):
        counted.append(np.size(ids))
        return read(network, ids, state)

    found, right = generate_with_state(counting, network, prompt, size), generate(network, prompt, size)
    if not isinstance(found, str) or not found.startswith(prompt):
        return "Not yet: the result must be the prompt and what follows it, as a string."
    if len(found) != len(right):
        return f"Not yet: {size} characters must follow the prompt, and {len(found) - len(prompt)} do."
    if sum(counted) > len(right):
        return (
            f"Not yet: {sum(counted)} characters were read for a text of {len(right)}; each one needs to be read once."
        )
    if found != right:
        return f"Not yet: {found!r} should be {right!r}. Does the state of each step go into the next one?"
    return f"Right: {sum(counted)} characters were read; `generate` read {sum(range(len(prompt), len(right)))}."


print(check_generation())


# %% tags=["solution"]
def generate_with_state(read, network, prompt: str, size: int) -> str:
    logits, state = read(network, encode(prompt)[None], zero_state(1))  # (1, T, V)
    text = prompt
    while len(text) < len(prompt) + size:
        text += CHARACTERS[int(logits[0, -1].argmax())]
        logits, state = read(network, encode(text[-1])[None], state)  # (1, 1, V)
    return text


# %% [markdown]
# ## The same with Unspool
#
# Unspool is this loop, with the weak points mended: equal rows from one stream, states that are carried and
# sometimes fresh, a start at ln V, a generator that steps. To see that it is the same, ask for exactly what the
# loop above does: the network, the rows, the steps, the optimizer and the number of updates, and leave out what
# Unspool would add.

# %%
same = {"cell": "lstm", "num_layers": 1, "hidden_size": H, "embedding_size": 0}  # 0: one-hot
same |= {"batch_size": ROWS, "sequence_length": NCHARS, "reset_probability": 0.02, "steps": UPDATES}
same |= {"optimizer": "adamw", "learning_rate": RATE, "warmup": 0.0, "final_rate": 0.01}
same |= {"weight_decay": 0.0, "clip": 1.0, "counts": False, "precision": "float32"}
same |= {"dropout": 0.0, "input_dropout": 0.0, "recurrent_dropout": 0.0}
by_unspool = unspool.train(TEXT, engine=ENGINE, out=RUNS / "same", progress=False, **same)

by_hand = carried(networks["streams, carried, sometimes fresh"]).mean()
unspooled = by_unspool.score(HELD_TEXT).nats_per_token
print(
    f"held out, carried: by hand {by_hand:.3f} nats, by Unspool {unspooled:.3f}, apart {abs(by_hand - unspooled):.3f}"
)


# %%
def smoothed(curve: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return means over neighbouring updates, with the number of the update in their middle."""
    size = max(1, len(curve) // 50)
    means = np.convolve(curve, np.ones(size) / size, mode="valid")
    return np.arange(len(means)) + (size + 1) / 2, means


_, axes = plt.subplots(figsize=(7, 3))
points = [(event["step"], event["loss"]) for event in by_unspool.history.of("training")]
curves = {
    "by hand, windows of one text": (smoothed(losses["windows of one text"]), QUIET, ":"),
    "by hand, streams": (smoothed(losses["streams, carried, sometimes fresh"]), ORANGE, "-"),
    "Unspool, the same": (np.array(points).T, BLUE, "--"),
}
for name, ((updates, values), colour, dash) in curves.items():
    axes.plot(updates, values, color=colour, linestyle=dash, label=name)
axes.axhline(np.log(V), color=QUIET, linewidth=0.8)
axes.text(UPDATES, np.log(V), "ln V", color=QUIET, ha="right", va="bottom")
axes.set(xlabel="updates", ylabel="training loss, nats per character")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# The orange and the blue line are the same learning: what is left between them is chance, because the weights start
# from other random numbers. The dotted line lies elsewhere for two reasons: its windows repeat each other, and it
# does not see the short paragraphs.
#
# ## And in one line
#
# Without any of these settings, Unspool chooses them by the text, the time and the machine. It also counts which
# character follows each run of a few characters, an n-gram, and mixes these counts with the network
# ([how](../../decisions/0014-mixture.md); notebook 6 has more of it). So the gain below is not the network's alone.

# %%
model = unspool.train(TEXT, minutes=MINUTES, engine=ENGINE, out=RUNS / "model", progress=False)

# %%
score = model.score(HELD_TEXT)
print(f"held out, carried: {score.nats_per_token:.3f} nats; the same network as above: {unspooled:.3f}")
print(model.generate("The value of ", max_new_tokens=300, temperature=0.7, seed=1))

# %% [markdown]
# Compare the two numbers, and the text with the samples of the first loop.
#
# ## What to read next
#
# - The next notebook, *Greedy, soft, temperature*: how to choose a character, once the probabilities are there.
# - [`data/stream_batches.py`](../../../src/unspool/data/stream_batches.py): the rows, the windows, the resets.
#   [`training/loop.py`](../../../src/unspool/training/loop.py): the loop, with validations, checkpoints and a
#   budget. [`decode/generation.py`](../../../src/unspool/decode/generation.py): the generator that steps.
# - [The decisions](../../decisions/0003-default-recipe.md) behind the default settings, with what was measured.
# - Ilya Sutskever, James Martens, Geoffrey Hinton, *Generating Text with Recurrent Neural Networks*, 2011.
# - Alex Graves, *Generating Sequences With Recurrent Neural Networks*, 2013.
# - Ronald Williams, Jing Peng, *An Efficient Gradient-Based Algorithm for On-Line Training of Recurrent Network
#   Trajectories*, 1990: truncated back-propagation through time.
# - Rafal Jozefowicz, Wojciech Zaremba, Ilya Sutskever, *An Empirical Exploration of Recurrent Network
#   Architectures*, 2015: the forget gate that starts open.

# %% [markdown]
# # A recurrent network from nothing
#
# After this notebook you can ...
#
# - say what a recurrent network computes at each step, and unroll it over a word by hand;
# - train it by back-propagation through time, written in NumPy, and check the gradients;
# - read the tanh cell, the LSTM and the GRU as Unspool defines them, and say what each carries from step to step;
# - show by measurement why gates are there: what is left of a gradient after 5, 50 and 500 steps.
#
# All of it runs in less than a minute. What Unspool has already is imported and shown rather than written again.

# %%
import os

MINUTES = float(os.environ.get("UNSPOOL_TUTORIAL_MINUTES", "1"))  # of training, for each model; more is better

# %%
import inspect
import string

import matplotlib.pyplot as plt
import numpy as np

from unspool.arrays import log_softmax, softmax
from unspool.engines.numpy import cells

BLUE, ORANGE, GREEN, QUIET = "#0072b2", "#d55e00", "#009e73", "#57606a"
plt.rcParams.update({"figure.dpi": 80, "axes.grid": True, "grid.color": "#d8dee4", "axes.spines.top": False})
plt.rcParams.update({"axes.spines.right": False, "axes.edgecolor": QUIET, "font.size": 10})

# %% [markdown]
# ## A word as numbers
#
# A network that writes text reads one symbol and says how likely each symbol is to come next. The task here is one
# word: read H, E, L, L and predict E, L, L, O. It is small, and yet no table of "what follows what" can solve it,
# because L is followed once by L and once by O. What comes after an L depends on what came before it.
#
# A symbol becomes a **one-hot** vector: as many numbers as there are symbols, all zero but one.
#
# In the comments V is the number of symbols, H the number of hidden units, T the number of steps, B the number of
# rows (texts that are read side by side).

# %%
SYMBOLS = string.ascii_uppercase
V, H = len(SYMBOLS), 16


def one_hot(text: str) -> np.ndarray:
    return np.eye(V)[[SYMBOLS.index(symbol) for symbol in text]]  # (T, V)


inputs, targets = one_hot("HELL"), one_hot("ELLO")  # (T, V) each
print(inputs.shape)

# %% [markdown]
# ## The tanh cell, by hand
#
# At each step the network mixes what it reads with what it was. Its **state** h is a vector of H numbers:
#
#     h[t] = tanh(x[t] W_ih + h[t-1] W_hh + b)
#     logits[t] = h[t] W_ho + b_o
#
# The same three matrices serve at every step: `W_ih` from the input to the hidden units, `W_hh` from hidden to hidden,
# `W_ho` from hidden to the output. The **logits** become probabilities by the softmax: e to the power of each, divided
# by the sum of all these. The loss is the **cross-entropy**: minus the logarithm of the probability that was given to
# the right symbol, averaged over the steps, in nats: with the natural logarithm (with that to base 2 it would be in
# bits, 1.44 times as many).

# %%
rng = np.random.default_rng(0)


def uniform(*shape: int) -> np.ndarray:
    return rng.uniform(-1, 1, shape) / np.sqrt(H)


W = {"ih": uniform(V, H), "hh": uniform(H, H), "b": np.zeros(H), "ho": uniform(H, V), "b_o": np.zeros(V)}


def step(x: np.ndarray, h: np.ndarray) -> np.ndarray:
    return np.tanh(x @ W["ih"] + h @ W["hh"] + W["b"])  # (H)


def unroll(inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the states, with the initial one first, [T + 1, H], and the logits, [T, V]."""
    states = [np.zeros(H)]
    for x in inputs:
        states.append(step(x, states[-1]))
    states = np.array(states)  # (T + 1, H)
    return states, states[1:] @ W["ho"] + W["b_o"]


def loss_of(logits: np.ndarray, targets: np.ndarray) -> float:
    return float(-(targets * log_softmax(logits)).sum(axis=1).mean())


states, logits = unroll(inputs)
print(f"before training: {loss_of(logits, targets):.3f} nats; a guess among {V} symbols costs ln {V} = {np.log(V):.3f}")

# %% [markdown]
# The network knows nothing yet, so its loss is close to that of a blind guess. Compare the two whenever you begin to
# train anything: a first loss far above the logarithm of V means that something is wrong before training has begun.
#
# Unspool's own definition of this cell is the first function of `engines/numpy/cells.py`:

# %%
print(inspect.getsource(cells.rnn_step))

# %% [markdown]
# It is the same formula for B rows at once; its two biases are only ever added, and count as one b. The product with
# the input is computed outside, because it does not depend on the state, so that all steps can be multiplied in one
# go. It is handed in as `gates`: the name fits the cells below, while the tanh cell has none. Both give the same
# numbers:

# %%
gates, before = inputs[:1] @ W["ih"], (states[:1],)  # (1, H) each, so B is 1
(after,) = cells.rnn_step(gates, before, lambda h: h @ W["hh"] + W["b"])  # (1, H)
print("largest difference:", np.abs(after[0] - step(inputs[0], states[0])).max())

# %% [markdown]
# ## Back-propagation through time
#
# Unrolled, the network is a deep one: as many layers as there are steps, all with the same weights. So its gradient
# is that of any deep network, from the last layer to the first. What arrives at a state comes from two sides: from
# the loss of its own step, and from the step after it. And because each step uses the same matrices, their
# gradients are sums over the steps.


# %%
def backward(inputs, targets, states, logits):
    """Return the gradient of each weight, and what arrived at each state, [T, 2, H]: from its own loss, from later."""
    d = {name: np.zeros_like(array) for name, array in W.items()}
    d_logits = (softmax(logits) - targets) / len(inputs)  # (T, V), of the softmax and the logarithm together
    d["ho"], d["b_o"] = states[1:].T @ d_logits, d_logits.sum(axis=0)
    arrived = np.zeros((len(inputs), 2, H))
    later = np.zeros(H)
    for t in reversed(range(len(inputs))):
        arrived[t] = d_logits[t] @ W["ho"].T, later  # (2, H)
        d_sum = arrived[t].sum(axis=0) * (1 - states[t + 1] ** 2)  # (H), through the tanh
        d["ih"] += np.outer(inputs[t], d_sum)
        d["hh"] += np.outer(states[t], d_sum)
        d["b"] += d_sum
        later = d_sum @ W["hh"].T  # (H), what the step before gets
    return d, arrived


gradients, arrived = backward(inputs, targets, states, logits)

# %% [markdown]
# A gradient that is written by hand has to be checked. Move one weight a little in both directions: the loss has to
# change as the gradient says.


# %%
def slope(name: str, index: tuple[int, ...], little: float = 1e-5) -> float:
    kept, losses = W[name][index], []
    for moved in (kept - little, kept + little):
        W[name][index] = moved
        losses.append(loss_of(unroll(inputs)[1], targets))
    W[name][index] = kept
    return (losses[1] - losses[0]) / (2 * little)


differences = [
    abs(slope(name, index) - gradient[index])
    for name, gradient in gradients.items()
    for index in np.ndindex(gradient.shape)
]
print(f"largest difference over all {len(differences):,} weights: {max(differences):.1e}")

# %% [markdown]
# The picture shows the whole of it: blue is what is computed on the way forward, orange what comes back. The
# numbers are the lengths (norms) of the gradients that you have just computed.


# %%
def draw(arrived: np.ndarray) -> None:
    _, axes = plt.subplots(figsize=(7, 3.4))
    axes.set(xlim=(-0.75, 3.6), ylim=(-0.35, 3.2))
    axes.axis("off")
    box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": QUIET}
    own, later = np.linalg.norm(arrived, axis=2).T  # (T) each
    thickness = 4 / np.linalg.norm(arrived, axis=2).max()

    def arrow(start, end, colour, width=1.2):
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": width})

    axes.text(-0.6, 1.3, "h = 0", ha="center", va="center", color=QUIET)
    for t, (read, wanted) in enumerate(zip("HELL", "ELLO", strict=True)):
        axes.text(t, 0, read, ha="center", va="center", bbox=box)
        axes.text(t, 1.3, f"h{t + 1}", ha="center", va="center", bbox=box)
        axes.text(t, 2.75, f"loss of {wanted}", ha="center", va="center", bbox=box)
        arrow((t - 0.08, 0.22), (t - 0.08, 1.05), BLUE)
        arrow((t - 0.08, 1.55), (t - 0.08, 2.5), BLUE)
        arrow((t - (0.4 if t == 0 else 0.8), 1.4), (t - 0.2, 1.4), BLUE)
        arrow((t + 0.08, 2.5), (t + 0.08, 1.55), ORANGE, 0.4 + thickness * own[t])
        axes.text(t + 0.14, 2.05, f"{own[t]:.2g}", color=ORANGE)
        if t < len(arrived) - 1:
            arrow((t + 0.8, 1.2), (t + 0.2, 1.2), ORANGE, 0.4 + thickness * later[t])
            axes.text(t + 0.5, 0.93, f"{later[t]:.2g}", color=ORANGE, ha="center", va="top")
    plt.show()


draw(arrived)

# %% [markdown]
# Read it from the right: the last state hears of its own loss alone, every other state also of what comes from the
# right. An arrow to the left carries what all later losses have to say, and at each step it passes the same matrix
# W_hh and the slope of a tanh. Keep that in mind for the last part.
#
# ## Training
#
# An update moves every weight against its gradient. The gradient is **clipped**: if it is longer than 1, it is
# shortened to 1, because a single steep place could otherwise throw the weights far away. To see what the network has
# learnt, let it write: it gets H, and after that its own likeliest symbol is its next input.


# %%
def clipped(gradients: dict[str, np.ndarray], longest: float = 1.0) -> dict[str, np.ndarray]:
    norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients.values()))
    return {name: gradient * min(1.0, longest / norm) for name, gradient in gradients.items()}


def spell(first: str = "H", length: int = 5) -> str:
    text, h = first, np.zeros(H)
    while len(text) < length:
        h = step(one_hot(text[-1])[0], h)  # (H)
        text += SYMBOLS[int(np.argmax(h @ W["ho"] + W["b_o"]))]
    return text


UPDATES, RATE = int(2000 * MINUTES) + 1, 0.3
shown = {round(UPDATES**part) for part in np.linspace(0, 1, 7)}
for update in range(1, UPDATES + 1):
    states, logits = unroll(inputs)
    gradients, arrived = backward(inputs, targets, states, logits)
    if update in shown:
        print(f"update {update:5,}: {loss_of(logits, targets):.4f} nats, it writes {spell()}")
    for name, gradient in clipped(gradients).items():
        W[name] -= RATE * gradient

# %% [markdown]
# The loss falls towards 0 and the word appears. What did the network use as its memory? Look at the state after each
# symbol: the two L's were the same input, and if the word came out right, they left different states.

# %%
states, _ = unroll(inputs)
figure, axes = plt.subplots(figsize=(7, 2.2))
picture = axes.imshow(states[1:], cmap="cividis", vmin=-1, vmax=1, aspect="auto")
axes.set(yticks=range(4), yticklabels=["H", "E", "L", "L again"], xticks=range(0, H, 5), xlabel="hidden unit")
axes.grid(False)
figure.colorbar(picture, label="its value")
plt.show()
print(f"distance between the states after the two L's: {np.linalg.norm(states[3] - states[4]):.2f}")

# %% [markdown]
# Each row is the state after one symbol. Compare the last two rows: the units that differ are the ones that count.
#
# ### Exercise 1: clipping
#
# `clipped` above treats all gradients as one long vector. Somebody prefers to clip each array by itself. Write it,
# and think about what is lost: does the update still point in the direction of the gradient?
#
# Complete `clipped_by_array`: no array of the result is longer than `longest`; an array that is short enough stays as
# it is; the direction of each array stays.


# %% tags=["exercise"]
def clipped_by_array(gradients, longest=1.0):
    return dict(gradients)  # change this line


# %% tags=["check"]
def check_clipping() -> str:
    given = {"long": np.array([3.0, 4.0]), "short": np.array([[0.3], [0.4]]), "none": np.zeros(3)}
    found = clipped_by_array(given, 1.0)
    if not isinstance(found, dict) or set(found) != set(given):
        return "Not yet: the result must have the names of what was given."
    if not all(np.isfinite(array).all() for array in found.values()):
        return "Not yet: an array of zeros has the norm 0, and 0 / 0 is not a number."
    if np.linalg.norm(found["long"]) > 1 + 1e-9:
        return f"Not yet: an array of norm 5 still has the norm {np.linalg.norm(found['long']):.3g}, and 1 is allowed."
    if not np.allclose(found["short"], given["short"]):
        return "Not yet: an array of norm 0.5 is short enough and must stay as it is."
    if not np.allclose(found["long"], [0.6, 0.8]):
        return "Not yet: (3, 4) must become (0.6, 0.8), which has the same direction and the norm 1."
    if not np.allclose(clipped_by_array(given, 2.0)["long"], [1.2, 1.6]):
        return "Not yet: where `longest` is 2, (3, 4) must become (1.2, 1.6)."
    return "Right: each array is short enough. But long arrays shrank and short ones did not, so the whole turned."


print(check_clipping())


# %% tags=["solution"]
def clipped_by_array(gradients, longest=1.0):
    return {name: g * min(1.0, longest / max(np.linalg.norm(g), 1e-12)) for name, g in gradients.items()}


# %% [markdown]
# ## Two cells with gates
#
# The **LSTM** carries two vectors. The cell c is its memory: at each step it is multiplied by a forget gate f,
# between 0 (erase) and 1 (keep), and something new is added, as far as the input gate i lets it in. The hidden
# state h is what the rest of the network may see of it, as far as the output gate o shows it.

# %%
print(inspect.getsource(cells.lstm_step))

# %% [markdown]
# The **GRU** has one vector and two gates. The update gate z says how much of the old state stays; the reset gate r
# says how much of it the new candidate may use.

# %%
print(inspect.getsource(cells.gru_step))

# %% [markdown]
# A gate is a sigmoid, 1 / (1 + exp(-a)), so it lies between 0 and 1. All gates are functions of the input and of the
# state, with weights that are learnt: the network decides at every step what it keeps. The line to look at is the one
# that makes the new memory: `f * cell + i * g` in the LSTM, `(1 - z) * n + z * hidden` in the GRU. In both, the old
# memory passes by a multiplication with a number that is close to 1 if the gate says so, and through no matrix and no
# tanh.
#
# Now all three over HELLO, with the random weights that Unspool itself starts from. `cells.STEPS` has the three
# functions by name.

# %%
from unspool.engines.initial import initial_weights
from unspool.engines.numpy.layers import weights_of
from unspool.specs.network import DecoderSpec, NetworkSpec


def starting_weights(cell: str, hidden_size: int = 64) -> dict[str, np.ndarray]:
    decoder = DecoderSpec(cell=cell, vocabulary_size=V, hidden_size=hidden_size, embedding_size=0)  # 0: one-hot
    return weights_of(initial_weights(NetworkSpec(decoder=decoder), seed=0), "decoder", layer=0)


def run(cell: str, weights: dict[str, np.ndarray], inputs: np.ndarray, state: tuple[np.ndarray, ...]):
    """Yield the state after each step of `inputs`, [T, B, V]."""
    for x in inputs:
        gates = x @ weights["weight_ih"].T + weights["bias_ih"]  # (B, G H)
        state = cells.STEPS[cell](gates, state, lambda h: h @ weights["weight_hh"].T + weights["bias_hh"])
        yield state


def parts(cell: str) -> int:
    return 2 if cell == "lstm" else 1  # hidden and cell, or hidden alone


for cell in cells.STEPS:
    weights = starting_weights(cell)
    zero = (np.zeros((1, 64)),) * parts(cell)
    after = [np.linalg.norm(state[0]) for state in run(cell, weights, one_hot("HELLO")[:, None], zero)]
    sizes = ", ".join(f"{name} {array.shape}" for name, array in weights.items())
    print(f"{cell:5} {sizes}\n      norm of h after each letter: {', '.join(f'{norm:.2f}' for norm in after)}")

# %% [markdown]
# ### Exercise 2: how many parameters?
#
# The shapes above tell how many numbers a cell learns. Write the function: `cell` is `rnn`, `lstm` or `gru`, `inputs`
# the width of the input, `hidden` the number of hidden units.


# %% tags=["exercise"]
def parameters(cell, inputs, hidden):
    return 0  # change this line


# %% tags=["check"]
def check_parameters() -> str:
    for cell in cells.STEPS:
        for hidden in (64, 10):
            right = sum(array.size for array in starting_weights(cell, hidden).values())
            found = parameters(cell, V, hidden)
            gates = {"rnn": 1, "lstm": 4, "gru": 3}[cell]
            if found == right - gates * hidden:
                return f"Not yet: {cell} with {hidden} units is short of {right - found}: there are two biases."
            if found != right:
                return f"Not yet: {cell} with {V} inputs and {hidden} units has {right:,} numbers, not {found!r}."
    return "Right: one, four or three times (inputs x hidden + hidden x hidden + 2 x hidden)."


print(check_parameters())


# %% tags=["solution"]
def parameters(cell, inputs, hidden):
    return {"rnn": 1, "lstm": 4, "gru": 3}[cell] * hidden * (inputs + hidden + 2)


# %% [markdown]
# ## Why gates?
#
# To learn that a bracket has to be closed, a network must be told at the closing one what it should have kept since
# the opening one. It is told by the gradient, which has to come back through all the steps in between. So measure
# that: how much does the state after t steps change if the initial state changes a little? What back-propagation
# multiplies on its way back is the same matrix of derivatives.
#
# The derivative comes from the cells themselves, by a trick: move the initial state by a tiny *imaginary* amount and
# read off the imaginary part (the complex-step derivative of Squire and Trapp, 1998). It needs no second formula, and
# it is exact to rounding even where the derivative is as small as 1e-100.

# %%
TINY, STEPS, ROWS = 1e-100, 500, 32


def surviving(cell: str, weights: dict[str, np.ndarray]) -> np.ndarray:
    """Return how long a random change of length 1 is after each step, [T]: the geometric mean over rows of symbols."""
    rng = np.random.default_rng(0)
    hidden = weights["weight_hh"].shape[1]
    symbols = np.eye(V)[rng.integers(V, size=(STEPS, ROWS))]  # (T, B, V)
    change = rng.normal(size=(parts(cell), ROWS, hidden))
    change /= np.linalg.norm(change, axis=(0, 2), keepdims=True)  # length 1 in each row
    left = [
        np.linalg.norm(np.concatenate([part.imag for part in state], axis=1) / TINY, axis=1)  # (B)
        for state in run(cell, weights, symbols, tuple(1j * TINY * change))
    ]
    return np.exp(np.log(left).mean(axis=1))


def opened(cell: str, bias: float) -> dict[str, np.ndarray]:
    """Return starting weights whose forget gate (LSTM) or update gate (GRU) has another bias: 6 keeps nearly all."""
    weights = starting_weights(cell)
    weights["bias_hh"] = weights["bias_hh"].copy()
    weights["bias_hh"][64:128] = bias  # both gates are the second ones
    return weights


def scaled(factor: float) -> dict[str, np.ndarray]:
    """Return starting weights of the tanh cell, which has no gate: only its matrix can be larger."""
    weights = starting_weights("rnn")
    return {**weights, "weight_hh": weights["weight_hh"] * factor}


at_first = {f"{cell}, as it starts": surviving(cell, starting_weights(cell)) for cell in cells.STEPS}
kept = {"rnn, W_hh x 3": surviving("rnn", scaled(3))}
kept |= {f"{cell}, gate kept open": surviving(cell, opened(cell, 6)) for cell in ("lstm", "gru")}
print(f"{'what is left after':24}{'5':>10}{'50':>10}{'500':>10}  steps")
for name, left in {**at_first, **kept}.items():
    print(f"{name:24}" + "".join(f"{left[steps - 1]:10.1e}" for steps in (5, 50, 500)))

# %%
figure, both = plt.subplots(1, 2, figsize=(7.4, 3), sharex=True)
styles = {"rnn": (ORANGE, "-"), "lstm": (BLUE, "--"), "gru": (GREEN, "-.")}
for axes, curves, title in zip(both, (at_first, kept), ("as they start", "gates kept open; W_hh x 3"), strict=True):
    for name, left in curves.items():
        cell = name.partition(",")[0]
        colour, dash = styles[cell]
        axes.semilogy(range(1, STEPS + 1), left, color=colour, linestyle=dash)
        axes.annotate(cell, (STEPS, left[-1]), (3, 0), textcoords="offset points", color=colour, va="center")
    axes.set(title=title, xlabel="steps back", xticks=[5, 50, 500], xlim=(0, 590))
both[0].set_ylabel("what is left of a change")
figure.tight_layout()
plt.show()

# %% [markdown]
# A straight line on this scale is exponential: each step multiplies by about the same factor. At the left, with small
# random weights, all three forget, the tanh cell fastest. (The LSTM starts with a forget bias of 1, which helps:
# Jozefowicz and others, 2015.) At the right is what differs. Where the gates are kept open, a change is still there
# hundreds of steps later. The GRU keeps a part of it. In the LSTM it even grows, about 20-fold after 50 steps and
# 2,000-fold after 500: a changed h changes at each step what is added to the memory, and an open forget gate erases
# nothing of that. But the line bends, which an exponential would not do in this plot. The tanh cell can only enlarge
# its matrix, and then a change does grow exponentially until it drowns everything else.
#
# Is there a value in between, where a tanh cell neither forgets nor explodes? Yes, and it is narrow:

# %%
for factor in (1.0, 1.5, 1.75, 2.0, 2.5):
    print(f"rnn, W_hh x {factor:<5} {surviving('rnn', scaled(factor))[-1]:10.1e} is left after {STEPS} steps")
for bias in (2, 4, 6, 8):
    print(f"gru, z + {bias:<8} {surviving('gru', opened('gru', bias))[-1]:10.1e} is left after {STEPS} steps")

# %% [markdown]
# Compare the orders of magnitude. Of the tanh cell a little less forgets and a little more explodes, and one factor
# has to serve all units and all inputs. The GRU's gate has a flat top: above some bias it hardly matters, and its new
# memory is a mean, `(1 - z) * n + z * hidden`, so that none of these biases lets a change explode. And a gate is not
# one number: every unit has its own, which depends on what is being read, so that one unit may keep a bracket for 200
# steps while its neighbour forgets after two.
#
# ### Exercise 3: how open is open enough?
#
# If a forget gate has the constant value f, a change in the cell is multiplied by f at each step. Which f leaves half
# of it after n steps, and which bias b gives that f, if the gate is sigmoid(b)? Write `bias_for(n)`.


# %% tags=["exercise"]
def bias_for(n):
    return 0.0  # change this line


# %% tags=["check"]
def check_bias() -> str:
    for n in (1, 5, 50, 500):
        gate = float(cells.sigmoid(np.float64(bias_for(n))))
        if not 0.499 < gate**n < 0.501:
            return f"Not yet: with your bias the gate is {gate:.4f}; after {n} steps {gate**n:.3g} is left, not 0.5."
    return f"Right: for 5, 50 and 500 steps {', '.join(f'{bias_for(n):.1f}' for n in (5, 50, 500))}."


print(check_bias())


# %% tags=["solution"]
def bias_for(n):
    f = 0.5 ** (1 / n)
    return np.log(f / (1 - f))  # the inverse of the sigmoid


# %% [markdown]
# ## What to read next
#
# - The next notebook, *A character generator, the way the lesson writes it*, trains an LSTM on a text.
# - [`engines/numpy/cells.py`](../../../src/unspool/engines/numpy/cells.py), which you have nearly read by now, and
#   [`engines/numpy/network.py`](../../../src/unspool/engines/numpy/network.py), which makes whole networks of such
#   cells.
# - [All of Unspool on one page](../../all-of-unspool.md).
# - Jeffrey Elman, *Finding Structure in Time*, 1990: the tanh cell, and what its states learn.
# - Paul Werbos, *Backpropagation Through Time: What It Does and How to Do It*, 1990.
# - Yoshua Bengio, Patrice Simard, Paolo Frasconi, *Learning Long-Term Dependencies with Gradient Descent is
#   Difficult*, 1994: why the lines of the last picture are straight.
# - Sepp Hochreiter, Jürgen Schmidhuber, *Long Short-Term Memory*, 1997; Felix Gers and others, *Learning to
#   Forget*, 2000.
# - Kyunghyun Cho and others, *Learning Phrase Representations using RNN Encoder-Decoder*, 2014: the GRU.
# - William Squire, George Trapp, *Using Complex Variables to Estimate Derivatives of Real Functions*, 1998.

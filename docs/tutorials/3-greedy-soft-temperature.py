# %% [markdown]
# # Greedy, soft, temperature
#
# A trained network gives a probability to every character that may come next. This notebook is about what happens
# then: how one character is chosen, and what that does to the text.
#
# After this notebook you can
#
# - say why always taking the likeliest character ends in a loop, and measure such a loop;
# - write temperature, top-k, top-p and min-p yourself, in two lines of NumPy each;
# - choose a temperature from a curve of two faults, repetition and invented words;
# - keep a padding symbol from being drawn, and say what goes wrong without that;
# - make a random text repeatable.

# %%
import os

MINUTES = float(os.environ.get("UNSPOOL_TUTORIAL_MINUTES", "1"))  # of training, for each model; more is better

# %% tags=["pytorch"]
import torch

ENGINE = "torch"

# %% tags=["tensorflow"]
import tensorflow as tf

ENGINE = "keras"

# %%
import re
import tempfile
import textwrap
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import unspool
from unspool.data.sources import embedded_corpus

RUNS = Path(tempfile.mkdtemp())
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#9aa4ae"
plt.rcParams.update({"figure.dpi": 80, "axes.spines.top": False, "axes.spines.right": False})

# %% [markdown]
# ## A small model to ask
#
# One LSTM layer learns the language reference that comes with every Python. If `UNSPOOL_DATA` names a folder in which
# there is `books/alice_en.txt`, it learns *Alice's Adventures in Wonderland* instead. `counts=False` leaves out the
# n-grams that Unspool counts beside a network, so that every probability below is that of the LSTM alone.

# %%
book = Path(os.environ.get("UNSPOOL_DATA", ""), "books", "alice_en.txt")
text = book.read_text(encoding="utf-8") if book.exists() else embedded_corpus()
model = unspool.train(
    text,
    cell="lstm",
    num_layers=1,
    counts=False,
    minutes=MINUTES,
    engine=ENGINE,
    out=RUNS / "characters",
    progress=False,
)
print(f"{model.history.of('end')[-1]['bits_per_character']:.2f} bits per character of text that it never saw")

# %% [markdown]
# `model.read(prompt)` passes a prompt through the network and returns its state, which later calls do not change.
# `next_probabilities(n)` of that state gives the `n` likeliest next characters. The vocabulary also has four symbols
# that are no characters: `<pad>` fills short texts up, `<unk>` stands for an unknown character, `<s>` is what a network
# reads first, `<eos>` ends a text. They are left out here; `<pad>` comes back below. The figure above is in bits, as
# all losses from here on: 1 nat is 1.44 bits.

# %%
SPECIAL = ("<pad>", "<unk>", "<s>", "<eos>")


def likely(reading):
    """Return the characters that may come next, the likeliest first, and their probabilities."""
    found = [(name, p) for name, p in reading.next_probabilities(10_000) if name not in SPECIAL]
    p = np.array([p for _, p in found])
    return [name for name, _ in found], p / p.sum()


names, p = likely(model.read("the "))
print("  ".join(f"{name!r} {share:.0%}" for name, share in zip(names[:8], p, strict=False)))

# %% [markdown]
# ## Always the likeliest
#
# A character-level generator is a loop of five lines: ask for the probabilities, choose, read what was chosen, ask
# again. The rule `np.argmax` chooses the likeliest character every time; that is greedy search.


# %%
def write(prompt, length, choose):
    """Continue a prompt: the character that was chosen goes back into the network, with the state."""
    reading, written = model.read(prompt), ""
    for _ in range(length):
        names, p = likely(reading)
        character = names[choose(p)]
        reading, written = reading.read(character), written + character
    return written


greedy = write("the ", 400, np.argmax)
print(textwrap.fill(greedy, 100))

# %% [markdown]
# Look for the place from which the text repeats itself. Unspool writes the same text at temperature 0, which is
# its name for this rule; what a temperature is comes below:

# %%
print(greedy == model.generate("the ", temperature=0, max_new_tokens=400))

# %% [markdown]
# A measure makes the loop comparable: the share of the 10-grams (runs of ten characters) of a text that have occurred
# in it before. It is 0 where nothing is repeated, and near 1 in a tight loop. Text that people wrote repeats itself a
# little, too, so the number means something only beside that of real text of the same length.


# %%
def repeated(text, n=10):
    """Return the share of the n-grams of a text that have occurred in it before."""
    grams = [text[start : start + n] for start in range(len(text) - n + 1)]
    return 1 - len(set(grams)) / len(grams)


LENGTH = 400  # characters
held_out = text[-len(text) // 10 :]  # the end, which Unspool did not train on
starts = np.linspace(0, len(held_out) - LENGTH - 60, 8).astype(int)
prompts = [held_out[start : start + 60] for start in starts]
real = [held_out[start + 60 : start + 60 + LENGTH] for start in starts]
loops = [model.generate(prompt, temperature=0, max_new_tokens=LENGTH) for prompt in prompts]
print(f"repeated 10-grams: greedy {np.mean([*map(repeated, loops)]):.0%}, real {np.mean([*map(repeated, real)]):.0%}")

# %% [markdown]
# Why does it run in circles? The rule has no randomness. A state and a character determine the next state, and the
# likeliest phrase after a phrase is often a likely phrase that was there before. Once the state comes close enough to
# one that it has been in, everything that followed follows again. More training does not
# cure it by itself: set `UNSPOOL_TUTORIAL_MINUTES` to 5, and look for the loop again.
#
# ## Two characters that are nearly as likely
#
# After `play` may come a space, or the `e` of `player`. Where two characters are nearly as likely, greedy search takes
# one of them every time and the other never. Among these beginnings, the model itself finds the place where its second
# choice is likeliest:

# %%
WORDS = ["play", "the", "in", "on", "for", "with", "some", "any", "other", "end"]
WORDS += ["call", "name", "over", "be", "so", "no", "class", "object", "value"]
asked = {f"and {word}": likely(model.read(f"and {word}")) for word in WORDS}
prompt = max(asked, key=lambda one: asked[one][1][1])
names, p = asked[prompt]


def shown(name):
    """Return a visible name for a character."""
    return {" ": "␣", "\n": "⏎", "\t": "⇥"}.get(name, name)


def bars(axes, names, p, title, before=None, most=9):
    """Draw the likeliest characters, and the share of all others."""
    heads = [*map(shown, names[:most]), "others"]
    for share, colour, height in ((before, GREY, 0.8), (p, BLUE, 0.5)):
        if share is not None:
            axes.barh(heads, [*share[:most], share[most:].sum()], height, color=colour)
    axes.set(title=title, xlabel="probability", xlim=(0, 1))
    axes.set_ylim(len(heads) - 0.5, -0.5)


figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
bars(axes, names, p, f"after “{prompt}”")
plt.show()

# %% [markdown]
# The two upper bars are the candidates. A state is a value, so both ways can be followed from the same one: `read`
# returns a new state and leaves the old one as it is.

# %%
reading = model.read(prompt)
for name, share in zip(names[:2], p, strict=False):
    onward = reading.read(name).generate(temperature=0, max_new_tokens=40)
    print(f"{share:.0%}  {prompt + name + onward!r}")

# %% [markdown]
# ## Draw instead, and bend the bars first
#
# Drawing from the distribution gives the second character its share. Four operations bend the distribution before the
# draw. Each is two lines: keep or change some bars, then make them sum to 1 again. `p` is sorted, the likeliest first.


# %%
def at_temperature(p, temperature):
    """Sharpen (below 1) or flatten (above 1): the same as dividing the logits by the temperature."""
    weights = p ** (1 / temperature)
    return weights / weights.sum()


def top_k(p, k):
    """Keep the k likeliest."""
    kept = np.where(np.arange(len(p)) < k, p, 0)
    return kept / kept.sum()


def top_p(p, mass):
    """Keep the likeliest until together they reach a probability."""
    kept = np.where(np.cumsum(p) - p < mass, p, 0)
    return kept / kept.sum()


def min_p(p, fraction):
    """Keep what is at least this fraction as likely as the likeliest."""
    kept = np.where(p >= fraction * p.max(), p, 0)
    return kept / kept.sum()


names, p = likely(model.read("the "))
OPERATIONS = {
    "temperature 0.3": at_temperature(p, 0.3),
    "temperature 1.8": at_temperature(p, 1.8),
    "top-k 4": top_k(p, 4),
    "top-p 0.8": top_p(p, 0.8),
    "min-p 0.1": min_p(p, 0.1),
}
widest = max(max(bent.max(), bent[9:].sum()) for bent in OPERATIONS.values())
figure, panels = plt.subplots(1, len(OPERATIONS), figsize=(9, 3), sharey=True, layout="constrained")
for axes, (title, bent) in zip(panels, OPERATIONS.items(), strict=True):
    bars(axes, names, bent, title, before=p)
    axes.set(xlabel="", xlim=(0, widest))
figure.supxlabel("probability after “the ”: before (grey) and after (blue)", fontsize=9)
plt.show()

# %% [markdown]
# A low temperature feeds the first bars from all others; a high one feeds the tail, and `others` grows: that is where
# nonsense comes from. The three filters cut the tail off and leave the proportions of what they keep. Top-k keeps the
# same number of characters everywhere, whether the network is sure or not; top-p and min-p keep few where it is sure
# and many where it is not.
#
# Unspool's sampler is `src/unspool/decode/sampler.py`. Its function `distribution` does the same on logits; here it is
# compared with the lines above.

# %%
from unspool.decode.sampler import PARAMETERS, distribution


def of_unspool(p, **settings):
    """Bend probabilities as Unspool's sampler does."""
    spec = unspool.SamplingSpec(**{"temperature": 1.0, **settings})
    return distribution(np.log(p), np.array([getattr(spec, name) for name in PARAMETERS], float))


for name, ours, settings in (
    ("temperature 1.8", at_temperature(p, 1.8), {"temperature": 1.8}),
    ("top-k 4", top_k(p, 4), {"top_k": 4}),
    ("top-p 0.8", top_p(p, 0.8), {"top_p": 0.8}),
    ("min-p 0.1", min_p(p, 0.1), {"min_p": 0.1}),
    ("0.7, then top-p 0.9", top_p(at_temperature(p, 0.7), 0.9), {"temperature": 0.7, "top_p": 0.9}),
):
    print(f"{name:20} largest difference {np.abs(ours - of_unspool(p, **settings)).max():.1e}")

# %% [markdown]
# The differences are those of rounding. The order matters where several are given: Unspool applies the temperature
# first, then top-k, top-p and min-p. And what is drawn has these probabilities: 2,000 draws of one character each,
# counted.

# %%
draws = model.samples("the ", num_samples=2000, max_new_tokens=1, seed=0, temperature=1.0, top_k=4)
counted = np.array([sum(one.text == name for one in draws) for name in names]) / len(draws)
for name, share, expected in zip(names[:5], counted, top_k(p, 4), strict=False):
    print(f"{name!r:5} drawn {share:6.1%}   expected {expected:6.1%}")

# %% [markdown]
# ## What it does to a text
#
# The same prompt and the same seed, so that only the settings differ:

# %%
for settings in (
    {"temperature": 0.3},
    {"temperature": 0.8},
    {"temperature": 1.8},
    {"temperature": 1.8, "top_k": 4},
    {"temperature": 1.0, "top_p": 0.8},
):
    said = ", ".join(f"{name} {value:g}" for name, value in settings.items())
    print(f"--- {said}\n{model.generate('the ', max_new_tokens=160, seed=3, **settings)}\n")

# %% [markdown]
# Two faults can be counted. One is repetition, as above. The other is invention: the share of words that the training
# text does not have. Real text that was held out has some of both, and is the measure.

# %%
known = set(re.findall(r"[a-z]{3,}", text[: -len(text) // 10].lower()))


def invented(text):
    """Return the share of the words of a text that the training text does not have."""
    words = re.findall(r"[a-z]{3,}", text.lower())[1:-1]  # the first and the last may be cut
    return np.mean([word not in known for word in words]) if words else 1.0


temperatures = np.array([0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.5, 1.8])
curves = {repeated: [], invented: []}
for temperature in temperatures:
    written = [model.generate(one, temperature=temperature, max_new_tokens=LENGTH, seed=1) for one in prompts]
    for measure, values in curves.items():
        values.append(np.mean([measure(one) for one in written]))

figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
for (measure, values), name, colour, marker, end in (
    ((repeated, curves[repeated]), "repeated 10-grams", ORANGE, "o", 0),
    ((invented, curves[invented]), "invented words", BLUE, "s", -1),
):
    axes.plot(temperatures, values, color=colour, marker=marker)
    axes.axhline(np.mean([measure(one) for one in real]), color=colour, linestyle=":", linewidth=1)
    side = "left" if end == 0 else "right"
    axes.annotate(name, (temperatures[end], values[end]), (0, 8), textcoords="offset points", ha=side, color=colour)
axes.set(xlabel="temperature", ylabel="share of the text", ylim=(-0.02, 1.1))
plt.show()

# %% [markdown]
# The dotted lines are held-out text. At the left the text circles, at the right it falls apart, and in between there
# is a range in which neither fault is much larger than in real text. A temperature at which both solid lines are near
# their dotted ones is a fair first choice; Unspool's own default is 0.8. Each point comes from eight short samples, so
# a single bump means nothing. A better model should have a wider range, because less of its tail is wrong; with more
# minutes you can see whether it has.
#
# ## Why a padding symbol may never be drawn
#
# Texts of different lengths are filled up with `<pad>` to make a batch, so the output layer has a logit for it, as for
# every symbol. The loss never asks for it, and its probability becomes small. It does not become 0: a softmax has no
# zeros. A temperature of 1.8 takes the 1.8th root of each weight, which raises the small ones most.
#
# Here is the same network as a module of the framework, and its logits at each of 400 places of a text:

# %%
PAD = model.tokenizer.vocabulary.index("<pad>")
BEGIN = model.tokenizer.vocabulary.index("<s>")
ids = np.array([[BEGIN, *model.tokenizer.encode(real[0])]])  # (1, T)
forbidden = np.array([name in SPECIAL for name in model.tokenizer.vocabulary])  # (V)
DRAWS = 1000  # at each place

# %% tags=["pytorch"]
torch.manual_seed(0)
network = model.to_torch()
with torch.no_grad():
    logits, _ = network(torch.tensor(ids))  # (1, T, V)
logits = logits[0]  # (T, V)


def padding_drawn(logits, temperature):
    """Draw at each place, and return the share of draws that are padding."""
    drawn = torch.multinomial(torch.softmax(logits / temperature, -1), DRAWS, replacement=True)  # (T, DRAWS)
    return (drawn == PAD).float().mean().item()


# %% tags=["tensorflow"]
tf.random.set_seed(0)
network = model.to_keras()
logits = network(ids)[0]  # (T, V)


def padding_drawn(logits, temperature):
    """Draw at each place, and return the share of draws that are padding."""
    drawn = tf.random.categorical(logits / temperature, DRAWS)  # (T, DRAWS)
    return float(tf.reduce_mean(tf.cast(drawn == PAD, tf.float32)))


# %%
for temperature in (1.0, 1.8, 3.0):
    share = padding_drawn(logits, temperature)
    print(f"temperature {temperature}: padding in {share:.2e} of the draws, about {1e6 * share:,.0f} in a million")

# %% [markdown]
# At temperature 1 this may be none at all, and a program that was only tried there seems to be right. Hotter, the
# symbol comes sooner or later, and what happens then depends on the program: a table of characters that has no entry
# for it fails, or an invisible character stands in the text and goes back into the network, which has never read it
# there.
#
# The remedy is a mask. Before the softmax, the logits of what must not be drawn become minus infinity, whose
# exponential is 0. Two mistakes are near at hand: to set the logit to 0, which is a high logit for a symbol that had a
# very low one; and to set the *probability* to 0 without making the others sum to 1 again.

# %% tags=["pytorch"]
mask = torch.tensor(forbidden)  # (V)
masked = logits.masked_fill(mask, float("-inf"))  # (T, V)
wrong = logits.masked_fill(mask, 0.0)

# %% tags=["tensorflow"]
mask = tf.constant(forbidden)  # (V)
masked = tf.where(mask, float("-inf"), logits)  # (T, V)
wrong = tf.where(mask, 0.0, logits)

# %%
for name, values in (("as it is", logits), ("logit 0 (wrong)", wrong), ("logit -inf", masked)):
    print(f"{name:16} padding in {padding_drawn(values, 1.8):.4%} of the draws at temperature 1.8")

# %% [markdown]
# (The shares are of 400,000 draws. A handful of them jumps by a factor of two from run to run.)
#
# Unspool masks `<pad>`, `<unk>` and `<s>` always, and `<eos>` where the text has no documents that end. So no
# temperature can draw them.
#
# ## The same seed, the same text
#
# A draw is a random number between 0 and 1 and a search in the cumulated probabilities. Given the seed, the random
# numbers are fixed, so the text is.

# %%
one = model.generate("the ", seed=7, max_new_tokens=60)
print(repr(one))
print("again, with the same seed: ", one == model.generate("the ", seed=7, max_new_tokens=60))
several = model.samples("the ", seed=6, num_samples=3, max_new_tokens=60)
print("the second of three from 6:", one == several[1].text, f"(its seed is {several[1].seed})")
print("with another seed:         ", one == model.generate("the ", seed=8, max_new_tokens=60))

# %% [markdown]
# Sample `i` of several, counted from 0, draws with `seed + i`. So a good sample can be had again alone, however many
# there were. Without a seed each call takes a fresh one, which `samples` tells.
#
# ## Exercises
#
# **1. Draw.** Given probabilities `p` and a number `u` from 0 up to, but not including, 1, return the index that is
# drawn: the first one at which the cumulated probability exceeds `u`. An index of probability 0 must never come out.


# %% tags=["exercise"]
def draw(p, u):
    """Return the index that is drawn from probabilities p by a number u in [0, 1)."""
    return ...


# %% tags=["check"]
def check_draw():
    """Say whether `draw` is right."""
    cases = [([0.5, 0.5], 0.2, 0), ([0.5, 0.5], 0.7, 1), ([0.5, 0.5], 0.5, 1), ([0.0, 1.0], 0.0, 1)]
    for p, u, right in [*cases, ([0.2, 0.0, 0.8], 0.2, 2), ([0.25, 0.25, 0.5], 0.999, 2)]:
        try:
            found = draw(np.array(p), u)
        except Exception as problem:
            return f"Not yet: for p={p} and u={u} it raises {type(problem).__name__}."
        if found is ...:
            return "Not yet: it returns nothing yet."
        if not isinstance(found, int | np.integer):
            return f"Not yet: an index is a whole number, and for p={p} and u={u} it returns {found!r}."
        if found != right:
            return f"Not yet: for p={p} and u={u} the index is {right}, and it returns {found}."
    return "Right: it draws each index with its probability, and never one of probability 0."


print(check_draw())


# %% tags=["solution"]
def draw(p, u):
    """Return the index that is drawn from probabilities p by a number u in [0, 1)."""
    return int(np.searchsorted(np.cumsum(p), u, side="right"))


# %% [markdown]
# **2. A penalty for repetition.** A remedy for loops that is often used (Keskar et al., 2019) changes the logits of the
# symbols that have been written already: positive ones are divided by the penalty, negative ones multiplied by it. Why
# are they not all divided?


# %% tags=["exercise"]
def penalised(logits, seen, penalty):
    """Return the logits with those of the seen symbols lowered; `seen` is an array of True and False."""
    return logits


# %% tags=["check"]
def check_penalised():
    """Say whether `penalised` is right."""
    values, seen = np.array([2.0, -1.0, 0.5, -3.0]), np.array([True, True, False, False])
    kept = values.copy()
    try:
        found = np.asarray(penalised(values, seen, 2.0), float)
    except Exception as problem:
        return f"Not yet: it raises {type(problem).__name__}."
    if found.shape != values.shape:
        return f"Not yet: there are 4 logits, and it returns an array of shape {found.shape}."
    if not np.array_equal(values, kept):
        return "Not yet: it changes the logits that it was given; make new ones."
    if not np.allclose(found[2:], values[2:]):
        return "Not yet: the logits of symbols that were not seen must stay as they are."
    if found[1] == -0.5:
        return "Not yet: a negative logit that is divided comes closer to 0, so the symbol becomes likelier."
    if not np.allclose(found[:2], [1.0, -2.0]):
        return f"Not yet: 2 and -1 with penalty 2 become 1 and -2, and it returns {found[:2].tolist()}."
    return "Right: both signs are lowered, and a symbol that was seen is less likely than before."


print(check_penalised())


# %% tags=["solution"]
def penalised(logits, seen, penalty):
    """Return the logits with those of the seen symbols lowered; `seen` is an array of True and False."""
    return np.where(seen, np.where(logits > 0, logits / penalty, logits * penalty), logits)


# %% [markdown]
# **3. A temperature for a given uncertainty.** The entropy of a distribution, $-\sum p \log_2 p$, says in bits how
# uncertain the draw is; it rises with the temperature. Find the temperature, between 0.05 and 20, at which the entropy
# of `p` is a given number of bits, to within 0.01 bits. Halving an interval again and again is enough.


# %%
def entropy(p):
    """Return the entropy of probabilities in bits."""
    p = p[p > 0]
    return -(p * np.log2(p)).sum()


print(f"after “the ” it is {entropy(likely(model.read('the '))[1]):.2f} bits at temperature 1")


# %% tags=["exercise"]
def temperature_for(p, bits):
    """Return the temperature at which the entropy of p is some number of bits; use `at_temperature`."""
    return 1.0


# %% tags=["check"]
def check_temperature_for():
    """Say whether `temperature_for` is right."""
    p = np.array([0.6, 0.2, 0.1, 0.06, 0.04])
    for bits in (0.5, 1.0, 2.0):
        try:
            found = float(temperature_for(p, bits))
            reached = entropy(at_temperature(p, found))
        except Exception as problem:
            return f"Not yet: for {bits} bits it raises {type(problem).__name__}."
        if not abs(reached - bits) <= 0.01:
            return f"Not yet: temperature {found:.3g} gives {reached:.2f} bits, and {bits} were asked for."
    return "Right: the entropy is the one that was asked for, below and above that of temperature 1."


print(check_temperature_for())


# %% tags=["solution"]
def temperature_for(p, bits):
    """Return the temperature at which the entropy of p is some number of bits; use `at_temperature`."""
    low, high = 0.05, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if entropy(at_temperature(p, middle)) < bits else (low, middle)
    return low


# %% [markdown]
# ## What to read next
#
# - `src/unspool/decode/sampler.py`: the whole sampler, penalties and locally typical sampling included;
#   `src/unspool/specs/sampling.py` says what each setting does and where it comes from.
# - `src/unspool/decode/generation.py`: the loop of this notebook for many texts at once.
# - Ackley, Hinton and Sejnowski (1985), *A learning algorithm for Boltzmann machines*: the temperature of a softmax.
# - Fan, Lewis and Dauphin (2018), *Hierarchical neural story generation*: top-k.
# - Holtzman, Buys, Du, Forbes and Choi (2020), *The curious case of neural text degeneration*: loops, and top-p.
# - Nguyen et al. (2024), *Turning up the heat: min-p sampling for creative and coherent LLM outputs*.
# - Keskar, McCann, Varshney, Xiong and Socher (2019), *CTRL: a conditional transformer language model for controllable
#   generation*: the penalty of exercise 2.
# - Notebook 4, *The four patterns*: the same loop, begun from the state of a picture, of a label or of another text.

# %% [markdown]
# # Words, and a book of one's own
#
# This is the lab. You bring a text, and leave with a model of it. After this notebook you can
#
# - choose what a token is: a character, a frequent piece of a word, or a word;
# - compare models that read different tokens, by their bits per byte;
# - see in two curves where a network stops learning and begins to memorise;
# - measure how much of what a model writes is copied from its training text;
# - work through a checklist for a text of your own.

# %%
import os
import tempfile
from pathlib import Path

MINUTES = float(os.environ.get("UNSPOOL_TUTORIAL_MINUTES", "1"))  # the budget; each run below takes a share of it
RUNS = Path(tempfile.mkdtemp())

# %% [markdown]
# ## 1. The text
#
# If the environment variable `UNSPOOL_DATA` names a folder, the text is *Alice's Adventures in Wonderland* from
# `$UNSPOOL_DATA/books/alice_en.txt`. Otherwise it is the text that comes with every Python: its language reference. To
# work with a book of your own, put its path in place of `book`; a novel of 500,000 characters is a good size, and
# 100,000 will do. No more is read than the budget allows for.
#
# The last tenth is held out. No model learns from it, and all figures below are measured on it.

# %%
import math
import re
import tomllib

import matplotlib.pyplot as plt

import unspool
from unspool.data.sources import embedded_corpus

data = os.environ.get("UNSPOOL_DATA")
book = Path(data, "books", "alice_en.txt") if data else None
text = book.read_text(encoding="utf-8") if book and book.exists() else embedded_corpus()
text = text[: max(60_000, int(500_000 * MINUTES))]

cut = int(0.9 * len(text))
TRAINING, HELD_OUT = RUNS / "training.txt", RUNS / "held-out.txt"
TRAINING.write_text(text[:cut], encoding="utf-8")
HELD_OUT.write_text(text[cut:], encoding="utf-8")
print(f"{cut:,} characters to learn, {len(text) - cut:,} held out. The held-out text begins:\n")
print(text[cut : cut + 300])

# %% tags=["pytorch"]
ENGINE = "torch"  # Unspool trains with PyTorch

# %% tags=["tensorflow"]
ENGINE = "keras"  # Unspool trains with Keras on TensorFlow

# %% [markdown]
# ## 2. What is a token?
#
# A network reads numbers, so a text has to be divided into tokens, each of which has a number. There are three common
# ways, and Unspool's setting `tokenizer` names them:
#
# - `char`: each character is a token. The vocabulary is small and lacks hardly anything, but the network has to learn
#   to spell, and a sentence is many steps long.
# - `bpe`, byte pair encoding (Sennrich et al., 2016): begin with the 256 bytes; join the pair of neighbours that is the
#   most frequent in the training text into a new token; repeat. Frequent words become one token, rare ones several.
# - `word`: each word is a token, with the space before it. The network never misspells, and a sentence is short. But
#   what the vocabulary lacks can be neither read nor written: it becomes `<unk>`, for *unknown*.
#
# Here are three models of the same text, each trained for half of the budget with all other settings left to Unspool,
# which also mixes each network with counted n-grams where that helps.

# %%
KINDS = {"characters": "char", "byte pairs": "bpe", "words": "word"}
common = {"validation": str(HELD_OUT), "engine": ENGINE, "overwrite": True, "progress": False}
models = {
    name: unspool.train(TRAINING, tokenizer=kind, minutes=0.5 * MINUTES, out=RUNS / kind, **common)
    for name, kind in KINDS.items()
}

# %%
found = re.search(r"(?:[^\W\d_]+ ){7}[^\W\d_]+", text[cut:])  # eight words in a row
sentence = found[0] if found else text[cut : cut + 60]
for name, model in models.items():
    tokens = [model.tokenizer.show(int(token)) for token in model.tokenizer.encode(sentence)]
    print(f"{name}, {len(tokens)} tokens:", "|".join(tokens), "\n")

# %% [markdown]
# The bars divide the tokens. Look at the spaces: in the second and third line they belong to the token that follows.
# And look for `<unk>`: words that the training text has once or never are not in the vocabulary of words.
#
# ## 3. Which of them predicts best?
#
# A model gives each next token a probability. Its loss is the mean of minus the logarithms of the probabilities that
# the true tokens had: with the natural logarithm, the unit is *nats per token*.
#
# A loss per token cannot be compared between two tokenizers, because they are asked different questions. The model of
# characters is asked very often, and most of its questions are easy: after `th`, an `e` is likely. The model of words
# is asked once where the other is asked several times, and each time it has to choose from thousands of words. What can
# be compared is the cost of the whole text: the sum of the losses over all tokens. Divided by something that does not
# depend on the tokenizer, such as the size of the text in bytes, it is the number of *bits per byte*:
#
# $$\text{bits per byte} = \frac{\text{nats per token}}{\ln 2} \cdot \frac{\text{tokens}}{\text{bytes}}$$
#
# A model with `<unk>` would cheat in this sum, since `<unk>` is easy to predict. So each `<unk>` also costs what it
# takes to spell the word, about 20 bits for each of its characters: that is log2 of 1.1 million, a blind choice among
# all characters of Unicode, since the model knows nothing about spelling. This is harsh on purpose, and where words are
# unknown it makes up most of the figure. Bits per byte has a second meaning: with an
# arithmetic coder, a model of 2 bits per byte would compress the text to a quarter of its size.

# %%
figures = {name: model.evaluate() for name, model in models.items()}
print(f"{'':<12}{'vocabulary':>12}{'tokens':>9}{'unknown':>9}{'nats per token':>16}{'bits per byte':>15}")
for name, model in models.items():
    ids = model.tokenizer.encode(text[cut:])
    unknown = (ids == model.tokenizer.vocabulary.index("<unk>")).mean()
    row = f"{model.tokenizer.vocabulary_size:>12,}{len(ids):>9,}{unknown:>9.1%}"
    print(f"{name:<12}{row}{figures[name].nats_per_token:>16.3f}{figures[name].bits_per_byte:>15.3f}")

# %%
BLUE, ORANGE, GREEN, QUIET = "#0072b2", "#d55e00", "#009e73", "#57606a"
drawn, panels = plt.subplots(1, 2, figsize=(7, 2), dpi=80, layout="constrained", sharey=True)
for axes, name in zip(panels, ("nats_per_token", "bits_per_byte"), strict=True):
    values = [getattr(one, name) for one in figures.values()]
    bars = axes.barh(list(figures), values, color=(BLUE, ORANGE, GREEN), height=0.6)
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.set(xlabel=name.replace("_", " "), xlim=(0, 1.2 * max(values)))
    axes.spines[["top", "right"]].set_visible(False)
panels[0].invert_yaxis()
plt.show()

# %% [markdown]
# On the left, where the loss is per token, characters look far better than words. That says only that a character is
# less than a word. On the right, where each model pays for the same text, the order may be another one: that is the
# comparison to trust. If words come out worst, look at their share of unknown tokens in the table, each of which is
# expensive to spell. The longer the text, the smaller that share.
#
# ### Exercise: the fair measure
#
# Write the function that computes bits per byte, without the cost of spelling.


# %% tags=["exercise"]
def bits_per_byte(nats_per_token: float, tokens: int, size: int) -> float:
    """Convert the loss of a text that has so many tokens, and `size` bytes."""
    ...


# %% tags=["check"]
def verdict(function):
    """Say whether an answer is right, or else what is wrong with it."""
    try:
        one, long = function(math.log(2), 1000, 1000), function(3 * math.log(2), 1000, 4000)
        if one is None:
            return "Not yet: the function returns nothing."
        if math.isclose(one, math.log(2)):
            return "Not yet: this is in nats. A bit is ln 2 nats, so divide by math.log(2)."
        if math.isclose(one, math.log(2) ** 2):
            return "Not yet: you multiply by ln 2. There are more bits than nats, so divide by it."
        if not math.isclose(one, 1):
            return f"Not yet: ln 2 nats for each of 1,000 one-byte tokens are 1 bit per byte. You return {one}."
        if math.isclose(long, 3):
            return "Not yet: this is per token. Multiply by the tokens, and divide by the bytes."
        if not math.isclose(long, 0.75):
            return f"Not yet: 3 bits for each of 1,000 tokens in 4,000 bytes are 0.75 bits per byte. You return {long}."
    except Exception as problem:
        return f"Not yet: the function raises {problem!r}."
    return "Right: the whole cost in bits, divided by what no tokenizer changes."


print(verdict(bits_per_byte))


# %% tags=["solution"]
def bits_per_byte(nats_per_token: float, tokens: int, size: int) -> float:
    """Convert the loss of a text that has so many tokens, and `size` bytes."""
    return nats_per_token / math.log(2) * tokens / size


# %% [markdown]
# ## 4. What do they write?
#
# Each model continues the same words from the held-out text, with the same temperature.

# %%
prompt = text[cut : cut + 200].rstrip()
for name, model in models.items():
    sample = prompt.split()[-1] + model.generate(prompt, max_new_tokens=400, temperature=0.7, seed=1)
    print(f"--- {name}\n{sample[:350]}\n")

# %% [markdown]
# Read them slowly. Characters can invent words that look like words; words cannot, but they lack the rare ones. Byte
# pairs are in between. The words may read best although their figure is the worst: a sample does not show what a model
# cannot write, and bits per byte do. Which of the three keeps to a subject for more than a line?
#
# ## 5. Overfitting, seen in two curves
#
# A text of one's own is often small, and a minute is long: the network reads it again and again. At some point it stops
# to learn what the language has in common and begins to memorise this very text. The training loss cannot show that,
# because it goes on falling. The loss on held-out text can.
#
# So here is a very small text, 10,000 characters, read by a network that is large for it. The first run has no dropout.
# The second has as much as Unspool chooses for so many passes over the text. Each takes 0.4 of the budget.

# %%
SMALL = RUNS / "small.txt"
SMALL.write_text(text[5_000:15_000], encoding="utf-8")
shape = {"cell": "lstm", "hidden_size": 256, "batch_size": 16, "counts": False, "minutes": 0.4 * MINUTES}
watched = {"validations": 8, "patience": 8}  # patience: end the run after so many validations without a new best
none = {"dropout": 0.0, "input_dropout": 0.0, "recurrent_dropout": 0.0}

bare = unspool.train(SMALL, out=RUNS / "bare", **shape, **watched, **none, **common)
careful = unspool.train(SMALL, out=RUNS / "careful", **shape, **watched, **common)

# %%
recipe = tomllib.loads((RUNS / "careful" / "recipe.toml").read_text(encoding="utf-8"))
print("the dropout that was chosen:", recipe["training"]["dropout"])


def curves(model):
    """Return the losses of a run against its passes over the text, in bits per character: training, held out."""
    training, held_out = model.history.of("training"), model.history.of("validation")
    passes = training[-1]["epoch"] / training[-1]["step"]  # of one update
    return (
        [(row["epoch"], row["loss"] / math.log(2)) for row in training],
        [(row["step"] * passes, row["fresh"] / math.log(2)) for row in held_out],
    )


drawn, panels = plt.subplots(1, 2, figsize=(7, 3), dpi=80, layout="constrained", sharey=True)
for axes, (title, model) in zip(panels, {"no dropout": bare, "dropout": careful}.items(), strict=True):
    for name, colour, points in zip(("training", "held out"), (BLUE, ORANGE), curves(model), strict=True):
        axes.plot(*zip(*points, strict=True), color=colour, marker="." if name == "held out" else "")
        place = (-4, -16) if name == "training" else (-4, 6)
        axes.annotate(name, points[-1], place, textcoords="offset points", ha="right", color=colour)
    best = min(points, key=lambda point: point[1])
    axes.plot(*best, "o", markersize=11, fillstyle="none", color=QUIET)
    axes.margins(y=0.12)
    axes.set(title=title, xlabel="passes over the text")
    axes.grid(color="#d8dee4", linewidth=0.5)
panels[0].set_ylabel("bits per character")
plt.show()

# %% [markdown]
# Compare the distance between the two curves, left and right. Without dropout the training curve falls the furthest,
# and the held-out curve falls, reaches its lowest point (the circle), and rises: from there on each pass makes the
# model worse for any text but this one. Dropout switches a random part of the units off at each update, so that the
# network cannot rely on the exact circumstances in which it saw a character; the curves stay closer together, and the
# turn comes later or not at all. With a small budget you may not see the turn yet.
#
# Unspool keeps the weights of the circle, whatever comes after it. This is *early stopping*. It needs a held-out text
# that is not a part of the training text, and section 6 shows what happens without one.
#
# ### Exercise: when to stop
#
# `patience` ends a run when so many validations in a row have brought no new lowest loss. Return the index of the
# validation after which such a run ends, or of the last one where patience never runs out.


# %% tags=["exercise"]
def stops_at(losses: list[float], patience: int) -> int:
    """Return the index of the validation after which the run ends."""
    ...


# %% tags=["check"]
def verdict(function):
    """Say whether an answer is right, or else what is wrong with it."""
    try:
        falling, turning = function([3.0, 2.0, 1.5], 2), function([3.0, 2.0, 2.2, 2.1, 1.9, 1.8], 2)
        if falling is None or turning is None:
            return "Not yet: the function returns nothing."
        if falling != 2:
            return f"Not yet: where each loss is a new best, the run ends at the last, index 2. You return {falling}."
        if turning in (4, 5):
            return "Not yet: 2.1 is better than 2.2, but no new best. Compare with the lowest loss so far."
        if turning == 1:
            return "Not yet: that is where the best loss was. The run goes on for `patience` more validations."
        if turning != 3:
            return f"Not yet: after 2.0 come two without a new best, so the run ends at index 3. You return {turning}."
        if function([2.0, 2.0, 2.0, 1.0], 2) != 2:
            return "Not yet: a loss that equals the best is no new best."
        if function([2.0, 2.1, 1.9, 2.1, 1.8], 2) != 4:
            return "Not yet: a new best gives the patience back; only validations in a row count."
    except Exception as problem:
        return f"Not yet: the function raises {problem!r}."
    return "Right: counted from the last new best, and begun again at each."


print(verdict(stops_at))


# %% tags=["solution"]
def stops_at(losses: list[float], patience: int) -> int:
    """Return the index of the validation after which the run ends."""
    best, waited = math.inf, 0
    for index, loss in enumerate(losses):
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        if waited == patience:
            return index
    return len(losses) - 1


# %% [markdown]
# ## 6. Copying, measured
#
# A model that has memorised its text writes it again. That is seldom what one wants, and if the text is not yours to
# publish, it matters. Samples that read well are no proof of learning: they may be quotations.
#
# The third run makes a common mistake on purpose: its held-out text *is* the training text. Then memorising looks like
# learning, and the last weights look like the best ones. In practice this happens when a text has the same page twice.

# %%
leaky = unspool.train(SMALL, out=RUNS / "leaky", **shape, **watched, **none, **common | {"validation": str(SMALL)})
for name, model in {"an honest held-out text": bare, "the training text itself": leaky}.items():
    believed, true = model.evaluate().bits_per_byte, model.evaluate(HELD_OUT).bits_per_byte
    print(f"chosen by {name}: {believed:.2f} bits per byte there, {true:.2f} on text it never saw")

# %% [markdown]
# In the first line both are the same text, so the figures must agree.
#
# `evaluate(copying=True)` lets a model write 10,000 characters and looks for the longest copies in them. A share alone
# says little, since any text repeats common phrases. So the same is measured of the held-out text, which nobody copied:
# what stands above that line is copied.

# %%
copying = {
    "no dropout, kept too late": leaky.evaluate(HELD_OUT, copying=True).copying,
    "dropout": careful.evaluate(HELD_OUT, copying=True).copying,
}
shares = {name: one.generated.shares for name, one in copying.items()}
shares["held-out text"] = next(iter(copying.values())).held_out.shares

drawn, axes = plt.subplots(figsize=(7, 3), dpi=80, layout="constrained")
for (name, found), colour, marker in zip(shares.items(), (ORANGE, BLUE, QUIET), "os^", strict=True):
    axes.plot(list(found), [100 * share for share in found.values()], color=colour, marker=marker, label=name)
axes.set(xlabel="characters that a copied span has at least", ylabel="% of the characters", xticks=[10, 20, 30, 50])
axes.grid(color="#d8dee4", linewidth=0.5)
axes.legend(frameon=False)
plt.show()
for name, one in copying.items():
    print(f"{name}: the longest copy has {one.generated.longest.characters} characters")
print(repr(copying["no dropout, kept too late"].generated.longest.text[:200]))

# %% [markdown]
# Compare each line with that of the held-out text, at every length. At ten characters any two texts about the same
# thing share a good part; what stands above the held-out line is copied. From 20 on the held-out text is close to zero,
# so a model above it there recites. With a small budget the lines may meet at zero before 30: such a model has learnt
# phrases by heart, not yet passages. Run it with more minutes and look again. Read the longest copy, too: a row of
# asterisks is no quotation.
#
# `model.generate(max_copy=30)` forbids longer copies while a text is generated. It is a fence, not a cure: what a model
# has memorised it has not understood.
#
# ## 7. Keep the model
#
# A model is a folder, which needs neither a framework nor this notebook: `model.save("alice")` copies it,
# `unspool.load("alice")` opens it anywhere. It completes, it scores, and a session follows what is typed.

# %%
model = models["characters"]
print("after `th`:", ["th" + one.text for one in model.complete(prompt + " th", n=3)])
score = model.score(text[cut : cut + 200])
dear = sorted(zip(score.log_probabilities, range(200), strict=False))[:5]
print("the five characters that surprised it most, after what stands before them:")
for value, place in dear:
    print(
        f"{-value / math.log(2):6.1f} bits  {text[cut + max(0, place - 25) : cut + place]!r} -> {score.tokens[place]!r}"
    )

# %% [markdown] tags=["pytorch"]
# The network alone is standard layers of PyTorch, if you want to go on with them:

# %% tags=["pytorch"]
print(careful.to_torch())

# %% [markdown] tags=["tensorflow"]
# The network alone is standard layers of Keras, if you want to go on with them:

# %% tags=["tensorflow"]
for layer in careful.to_keras().layers:
    print(layer.name, [tuple(weight.shape) for weight in layer.weights])

# %% [markdown]
# ## A checklist for a project of your own
#
# 1. **May you use the text?** Who wrote it, and who will read what the model writes? A model of private letters recites
#    them.
# 2. **Look at the text.** Headers, page numbers, licences, tables of contents and a second copy of a chapter are all
#    learnt. Unspool says at the top of a run what it left out or changed.
# 3. **Is it one text, or many?** A novel is one stream. Names, titles and poems are documents: `lines=True`, or
#    `separator="\n\n"`, so that the model learns where one ends.
# 4. **Hold out before anything else**, a tenth, from the end or whole documents; never a page that the training text
#    has too.
# 5. **Choose the tokens.** Begin with characters. Then try byte pairs, and words where the text is long. Compare in
#    bits per byte.
# 6. **Know what to beat.** A Markov chain (`model="ngram"`) takes seconds: a network that does not beat it needs more
#    time, or has a fault.
# 7. **Begin with the defaults and one minute.** Read samples. Then take more minutes, before you touch a setting.
# 8. **Look at both curves.** Both high and falling: train longer. Far apart: more text, more dropout or a smaller
#    network.
# 9. **Measure copying** beside that of held-out text, and read the longest copy.
# 10. **Generate at several temperatures**, with a fixed seed, and report one that you did not choose for its best
#     sample.
# 11. **Write down** the text, the split, the settings, the seed and the figures. `recipe.toml` and the model card have
#     them.
#
# ## What to read next
#
# - Notebook 6 compares a Markov chain, an LSTM and GPT-2 on one text.
# - [How to read the report of a run](../../how-to/report.md), and [counts](../../how-to/counts.md).
# - [Copies of the training text](../../decisions/0017-copying.md): what is measured, and how.
# - In the source: `evaluate/bits.py` (bits per byte), `text/vocabulary.py` (tokenizers), `evaluate/copying.py`.
# - *Neural Machine Translation of Rare Words with Subword Units*, Rico Sennrich, Barry Haddow and Alexandra Birch,
#   2016.
# - *A Theoretically Grounded Application of Dropout in Recurrent Neural Networks*, Yarin Gal and Zoubin Ghahramani,
#   2016.
# - *Extracting Training Data from Large Language Models*, Nicholas Carlini and others, 2021.

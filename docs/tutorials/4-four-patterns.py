# %% [markdown]
# # The four patterns
#
# A recurrent network takes something at each step, or only at the first; it gives something at each step, or only at
# the last. That makes four patterns; the last, many to many, comes in two kinds, aligned and shifted. (In one to one
# nothing recurs: it is there to compare with.) They share their parts: an **encoder** turns an input into a state, a
# **decoder** unrolls a state into a sequence, a **head** reads a label off states.
#
# After this notebook you can
#
# - say of a task which pattern it has, and which parts it needs;
# - write each pattern in a few lines of your framework, with the shapes at each step;
# - train a model of each: digits, captions, names from a state alone, labels, dates;
# - look at the state that stands between an encoder and a decoder, in two dimensions;
# - read a picture of attention weights, and say what attention is for.

# %%
import os

MINUTES = float(os.environ.get("UNSPOOL_TUTORIAL_MINUTES", "1"))  # of training, for each model; more is better

# %% tags=["pytorch"]
import torch
from torch import nn

ENGINE = "torch"

# %% tags=["tensorflow"]
import keras
import tensorflow as tf
from keras import layers

ENGINE = "keras"

# %%
import datetime
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import unspool

RUNS = Path(tempfile.mkdtemp())
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#57606a"
PARTS = {"encoder": BLUE, "decoder": ORANGE, "head": GREEN}
plt.rcParams.update({"figure.dpi": 80, "axes.spines.top": False, "axes.spines.right": False})
RUN = {"engine": ENGINE, "progress": False}  # of every training below


def draw(*cells):
    """Draw a chain of parts; each is (what it takes, its name, what it gives)."""
    _, axes = plt.subplots(figsize=(0.95 * len(cells) + 0.4, 1.7), layout="constrained")
    arrow = {"arrowstyle": "->", "color": GREY}
    for x, (taken, part, given) in enumerate(cells):
        box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": PARTS[part], "linewidth": 2}
        axes.text(x, 0, part, ha="center", va="center", fontsize=8, bbox=box)
        for text, y, side in ((taken, -1.2, "top"), (given, 1.2, "bottom")):
            axes.text(x, y, text, ha="center", va=side, fontsize=9)
            if text:
                start, end = (-1.1, -0.45) if y < 0 else (0.45, 1.1)
                axes.annotate("", (x, end), (x, start), arrowprops=arrow)
        if x:
            axes.annotate("", (x - 0.4, 0), (x - 0.6, 0), arrowprops=arrow)
    axes.set(xlim=(-0.6, len(cells) - 0.4), ylim=(-2, 2.2))
    axes.axis("off")
    plt.show()


# %% [markdown]
# The sketches in your framework below are not trained: they show the parts and their shapes. They use these sizes:

# %%
B, F, T, V = 4, 64, 7, 20  # rows, numbers of a picture, time steps, symbols
H, C = 32, 10  # hidden units, labels

# %% [markdown]
# ## One to one
#
# A picture in, a label out: nothing recurs. It is the traditional network, and the case to compare the others with.

# %%
draw(("a picture", "encoder", ""), ("", "head", "a label"))

# %% tags=["pytorch"]
one_to_one = nn.Sequential(nn.Linear(F, H), nn.ReLU(), nn.Linear(H, C))  # encoder, head
print(one_to_one(torch.randn(B, F)).shape)  # (B, C)

# %% tags=["tensorflow"]
one_to_one = keras.Sequential([layers.Dense(H, activation="relu"), layers.Dense(C)])  # encoder, head
print(one_to_one(tf.random.normal((B, F))).shape)  # (B, C)

# %% [markdown]
# Without data Unspool takes the handwritten digits that come with scikit-learn, 8 by 8 pixels each. Its encoder of
# pictures is a small convolutional network.

# %%
digits = unspool.train(task="image-classification", minutes=0.15 * MINUTES, out=RUNS / "digits", **RUN)
figures = digits.evaluate()
print(f"{figures.accuracy:.1%} of {figures.rows} held-out digits are read right; guessing finds one in ten.")

# %%
mistakes = figures.mistakes[:6]
figure, panels = plt.subplots(1, 6, figsize=(7, 1.6), layout="constrained")
for axes in panels:
    axes.axis("off")
for axes, one in zip(panels, mistakes, strict=False):
    axes.imshow(one.pixels[:, :, 0], cmap="gray_r")
    axes.set_title(f"{one.right}, read as {one.predicted}\n({one.probability:.0%} sure)", fontsize=8)
plt.show()

# %% [markdown]
# These are held-out digits that it reads wrong, at most six, the surest mistakes first. Judge for yourself which of
# them a person would read right.
#
# ## One to many: a caption
#
# Now the state goes to a decoder. It begins with `<s>`, and at each step takes the symbol that it has just given. The
# picture is read once; what is written depends on it through the state.

# %% tags=["pytorch"]
start, embedding = nn.Linear(F, H), nn.Embedding(V, H)
cell, output = nn.GRUCell(H, H), nn.Linear(H, V)


def one_to_many(features):
    """Unroll the state of each picture into T symbols: (B, F) to (B, T)."""
    state = torch.tanh(start(features))  # (B, H)
    symbol = torch.zeros(len(features), dtype=torch.long)  # (B), <s>
    given = []
    for _ in range(T):
        state = cell(embedding(symbol), state)  # (B, H)
        symbol = output(state).argmax(-1)  # (B)
        given.append(symbol)
    return torch.stack(given, 1)


print(one_to_many(torch.randn(B, F)).shape)

# %% tags=["tensorflow"]
start, embedding = layers.Dense(H, activation="tanh"), layers.Embedding(V, H)
cell, output = layers.GRUCell(H), layers.Dense(V)


def one_to_many(features):
    """Unroll the state of each picture into T symbols: (B, F) to (B, T)."""
    state = start(features)  # (B, H)
    symbol = tf.zeros(len(features), tf.int32)  # (B), <s>
    given = []
    for _ in range(T):
        state, _ = cell(embedding(symbol), [state])  # (B, H)
        symbol = tf.argmax(output(state), -1, output_type=tf.int32)  # (B)
        given.append(symbol)
    return tf.stack(given, 1)


print(one_to_many(tf.random.normal((B, F))).shape)

# %% [markdown]
# Without data a captioner learns coloured shapes that Unspool draws, and their descriptions.

# %%
from unspool.data.pictures.shapes import shape_pictures

captioner = unspool.train(task="captioning", minutes=MINUTES, out=RUNS / "shapes", **RUN)
drawn = shape_pictures(100, seed=1)  # other pictures than those that it learnt from
images = [one.picture.open() for one in drawn]
captions = [best[0] for best in captioner.captions(images, beams=1)]
right = [caption.text == one.texts[0] for caption, one in zip(captions, drawn, strict=True)]
chosen = right.index(True) if True in right else 0  # a picture whose caption is right, if there is one
print(f"{np.mean(right):.0%} of {len(images)} new pictures get the right caption, word by word.")

# %%
figure, panels = plt.subplots(1, 4, figsize=(8, 2.1), layout="constrained")
for axes, image, caption, one in zip(panels, images, captions, drawn, strict=False):
    axes.imshow(image)
    axes.set_title(caption.text.replace(" a", "\na", 1), fontsize=7)
    axes.set_xlabel(f"truth: {one.texts[0].replace(' a', chr(10) + 'a', 1)}", fontsize=7)
    axes.set(xticks=[], yticks=[])
plt.show()
words = [word.strip() for word in captions[0].tokens[:8]]
draw(("a picture", "encoder", ""), *zip(["<s>", *words], ["decoder"] * len(words), words, strict=False))

# %% [markdown]
# Above each picture stands what the model says, below it what was drawn; the chain is that of the first picture. Where
# a caption is wrong, look what is: the number, the size, the colour, the shape, or how two shapes lie.
#
# ## One to many: names from a state alone
#
# The input can be as small as a label. Then the label has a vector, the vector makes the initial state, and nothing
# but this state tells the decoder whose name to write. Here are surnames of four languages; every fifth is kept for
# later.

# %%
NAMES = {
    "Italian": """Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti Costa
        Giordano Mancini Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi Caruso Ferrara Galli Martini
        Leone Longo Gentile Martinelli Vitale Lombardo Serra Coppola Marchetti Parisi Villa Conte Ferraro Fabbri Bianco
        Marini Grasso Valentini Messina Sala Gatti Pellegrini Palumbo Sanna Farina Rizzi Monti Cattaneo Morelli Amato
        Silvestri Mazza""",
    "German": """Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter
        Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Krause Meier
        Lehmann Köhler Herrmann König Walter Mayer Huber Kaiser Fuchs Peters Lang Scholz Möller Weiß Jung Hahn Schubert
        Vogel Friedrich Keller Günther Frank Berger Winkler Roth Beck Lorenz Baumann Franke Albrecht Schuster""",
    "Japanese": """Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Kato Yoshida Yamada Sasaki
        Yamaguchi Matsumoto Inoue Kimura Hayashi Shimizu Yamazaki Mori Abe Ikeda Hashimoto Yamashita Ishikawa Nakajima
        Maeda Fujita Ogawa Goto Okada Hasegawa Murakami Kondo Ishii Saito Sakamoto Endo Aoki Fujii Nishimura Fukuda Ota
        Miura Fujiwara Okamoto Matsuda Nakagawa Nakano Harada Ono Tamura Takeuchi Kaneko Wada Nakayama Ishida Ueda
        Morita""",
    "Russian": """Ivanov Smirnov Kuznetsov Popov Vasiliev Petrov Sokolov Mikhailov Novikov Fedorov Morozov Volkov
        Alekseev Lebedev Semenov Egorov Pavlov Kozlov Stepanov Nikolaev Orlov Andreev Makarov Nikitin Zakharov Zaitsev
        Soloviev Borisov Yakovlev Grigoriev Romanov Vorobiev Sergeev Kuzmin Frolov Aleksandrov Dmitriev Korolev Gusev
        Kiselev Ilyin Maksimov Polyakov Sorokin Vinogradov Kovalev Belov Medvedev Antonov Tarasov Zhukov Baranov
        Filippov Komarov Davydov Belyaev Gerasimov Bogdanov Osipov Sidorov""",
}
rows = [(name, language) for language, names in NAMES.items() for name in names.split()]
learnt = [row for number, row in enumerate(rows) if number % 5]
kept = rows[::5]
table = [{"name": name, "language": language} for name, language in learnt]
writer = unspool.train(
    table, text="name", condition="language", counts=False, minutes=0.25 * MINUTES, out=RUNS / "writer", **RUN
)


def some(condition):
    """Return some names that the writer makes up; a star marks those that are not in its table."""
    written = writer.samples(condition=condition, num_samples=7, seed=1, max_new_tokens=20)
    known = {name for name, _ in learnt}
    return "  ".join(one.text + "*" * (one.text not in known) for one in written)


for language in NAMES:
    print(f"{language:9}", some(language))

# %% [markdown]
# No prompt was given: the first letter comes from the state, too. A name without a star stands in the table; trained
# for longer, a network that has so few names to learn from knows some of them by heart. Since a label is a vector, two
# labels can be mixed, and the decoder starts between their states. Half-way the names change; nearer to one of the two
# they are soon its own:

# %%
for share in (0.4, 0.5, 0.6):
    blend = {"Italian": 1 - share, "Japanese": share}
    print(f"{share:.0%} Japanese:", some(blend))

# %% [markdown]
# ## Many to many, aligned
#
# The decoder alone, with the true symbols as its input, is a pattern of its own: an output at every step, as long as
# the input. This is how every generator of these notebooks is trained, and how it says how likely a text is.

# %% tags=["pytorch"]
reader = nn.GRU(H, H, batch_first=True)
symbols = torch.randint(V, (B, T))  # (B, T)
states, last = reader(embedding(symbols))  # (B, T, H), (1, B, H)
print("aligned:", output(states).shape)  # (B, T, V)

# %% tags=["tensorflow"]
reader = layers.GRU(H, return_sequences=True, return_state=True)
symbols = tf.random.uniform((B, T), maxval=V, dtype=tf.int32)  # (B, T)
states, last = reader(embedding(symbols))  # (B, T, H), (B, H)
print("aligned:", output(states).shape)  # (B, T, V)


# %%
def bits(name, language):
    """Return the bits that each letter of a name costs, and its end."""
    return [-nats / np.log(2) for nats in writer.score(name, language).log_probabilities]


NAME = "Mancini"  # one of those that were kept
letters = [*NAME, "<eos>"]
costs = bits(NAME, "Italian")
draw(*((a, "decoder", f"{b}\n{c:.1f} bits") for a, b, c in zip(["<s>", *letters], letters, costs, strict=False)))
for language in NAMES:
    print(f"as a name that is {language:9} “{NAME}” costs {sum(bits(NAME, language)):5.1f} bits")

# %% [markdown]
# Below the decoder stands what it takes, above it what comes next and how many bits that costs: few where the letter
# was expected, many where it surprised. The state of another language makes the same letters dearer or cheaper.
#
# ## Many to one: a label
#
# The same table the other way round: a name in, its language out. The encoder reads letter by letter, gives nothing on
# the way, and a head reads the label off its states.

# %% tags=["pytorch"]
head = nn.Linear(H, C)
print("many to one:", head(last[0]).shape)  # (B, C), from the last state alone

# %% tags=["tensorflow"]
head = layers.Dense(C)
print("many to one:", head(last).shape)  # (B, C), from the last state alone

# %%
judge = unspool.train(learnt, task="classification", counts=False, minutes=0.15 * MINUTES, out=RUNS / "judge", **RUN)
kept_names, kept_languages = [name for name, _ in kept], [language for _, language in kept]
answer = judge.classifications(NAME)[0]
draw(
    *((letter, "encoder", "") for letter in letters),
    ("", "head", f"{answer.label}\n{answer.probability:.0%}"),
)


def hits(found):
    """Return the share of the names that were kept which got their language."""
    return np.mean([one == right for one, right in zip(found, kept_languages, strict=True)])


print(f"{hits(judge.classify(kept_names)):.0%} of {len(kept)} names that it never saw get the right language;")
print(f"{hits(writer.classify(kept_names)):.0%} by the writer above, asked which language makes the name likeliest.")

# %% [markdown]
# There are two ways to the same answer. The writer has no head. It is asked how likely the name is in each language,
# and Bayes' rule turns the answers round: if all languages are equally probable beforehand, P(language | name) is
# P(name | language) divided by the sum of P(name | language) over all languages, and a name that costs n nats has the
# probability exp(-n). Exercise 2 does so by hand. Guessing would find one in four.
#
# And does the one recognise what the other writes?

# %%
for language in NAMES:
    written = [one.text for one in writer.samples(condition=language, num_samples=50, seed=100, max_new_tokens=20)]
    found = judge.classify([text or "?" for text in written])
    print(f"{found.count(language):2} of 50 names written as {language} are read as {language}")

# %% [markdown]
# ## Many to many, shifted: translation
#
# An encoder reads the whole source, and a decoder unrolls its state into the target, which may have another length and
# another order. The task here is to write dates in the form of ISO 8601, which Unspool makes pairs for without data:
# *Tuesday, the 4th of March 1997* becomes *1997-03-04*.

# %% tags=["pytorch"]
decoder = nn.GRU(H, H, batch_first=True)
before = torch.randint(V, (B, 10))  # (B, 10), the target, shifted by one: <s> first
unrolled, _ = decoder(embedding(before), last)  # (B, 10, H), begun from the encoder's last state
print("shifted:", output(unrolled).shape)  # (B, 10, V)

# %% tags=["tensorflow"]
decoder = layers.GRU(H, return_sequences=True)
before = tf.random.uniform((B, 10), maxval=V, dtype=tf.int32)  # (B, 10), the target, shifted by one: <s> first
unrolled = decoder(embedding(before), initial_state=last)  # (B, 10, H), begun from the encoder's last state
print("shifted:", output(unrolled).shape)  # (B, 10, V)

# %% [markdown]
# Two translators are trained for the same time. The first has no attention: all that the decoder ever knows of the
# source is the state. The second may look back at the encoder's states at every step.

# %%
QUESTION = "Tuesday, the 4th of March 1997"
translators = {}
for attention in ("none", "additive"):
    translators[attention] = unspool.train(
        task="translation", attention=attention, minutes=0.5 * MINUTES, out=RUNS / f"dates-{attention}", **RUN
    )
    exact = translators[attention].history.of("end")[-1]["greedy_exact"]
    print(f"attention {attention}: {exact:.1%} of held-out dates are exact; “{QUESTION}” becomes")
    print(f"    {translators[attention].translate(QUESTION)}")
draw(
    *((read, "encoder", "") for read in ("4", ".", "…", "<eos>")),
    *((taken, "decoder", given) for taken, given in (("<s>", "1"), ("1", "9"), ("9", "…"), ("…", "<eos>"))),
)

# %% [markdown]
# ## What is in the state?
#
# Without attention, day, month and year must all be in the state that the encoder hands over. It has a few hundred
# numbers; here it is for 240 dates, on the two directions in which the states differ most (principal components, by a
# singular value decomposition).

# %%
STYLES = {
    "4 March 1997": "{0.day} {0:%B} {0.year}",
    "March 4, 1997": "{0:%B} {0.day}, {0.year}",
    "04/03/1997": "{0:%d/%m/%Y}",
}
generator = np.random.default_rng(0)
days = [datetime.date(1900, 1, 1) + datetime.timedelta(int(n)) for n in generator.permutation(73_000)[:240]]
styles = generator.choice(list(STYLES), len(days))
dates = [STYLES[style].format(day) for style, day in zip(styles, days, strict=True)]


def two_dimensions(states):
    """Project states [N, H] onto their first two principal components, [N, 2]; and say which share those explain."""
    centred = states - states.mean(axis=0)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    return centred @ directions[:2].T, (sizes[:2] ** 2).sum() / (sizes**2).sum()


states = translators["none"].states(dates)[:, -1]  # (N, L, H) to (N, H): the last layer of the decoder, at its start
points, explained = two_dimensions(states)
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), sharex=True, sharey=True, layout="constrained")
for style, colour, marker in zip(STYLES, (BLUE, ORANGE, GREEN), "os^", strict=True):
    left.scatter(*points[styles == style].T, s=14, color=colour, marker=marker, linewidths=0, label=style)
left.legend(fontsize=8, loc="center", handletextpad=0, borderpad=0.3)
coloured = right.scatter(*points.T, s=14, c=[day.year for day in days], cmap="viridis", linewidths=0)
figure.colorbar(coloured, label="year")
left.set(title="by the way it is written", xlabel="first component", ylabel="second component")
right.set(title="by the year", xlabel="first component")
plt.show()
print(f"the two directions explain {explained:.0%} of the variance of {states.shape[1]} numbers")

# %% [markdown]
# Each point is a date. Two directions show only what differs most. What the whole state knows can be asked in another
# way: how often does the nearest other state belong to a date with the same decade, month, day, or way of writing,
# and how often would any other?


# %%
def agreement(states, values):
    """Return how often the nearest other state has the same value, and how often any other state has."""
    values, others = np.array(values), ~np.eye(len(states), dtype=bool)
    same = values[:, None] == values[None]  # (N, N)
    squares = (states**2).sum(1)
    distances = np.where(others, squares[:, None] + squares[None] - 2 * states @ states.T, np.inf)  # (N, N)
    return same[np.arange(len(states)), distances.argmin(1)].mean(), same[others].mean()


for what, values in {
    "century": [day.year // 100 for day in days],
    "decade": [day.year // 10 for day in days],
    "month": [day.month for day in days],
    "day": [day.day for day in days],
    "way of writing": styles,
}.items():
    near, chance = agreement(states, values)
    print(f"the same {what:15} nearest state {near:4.0%}   any other {chance:4.0%}")

# %% [markdown]
# Where the first number is well above the second, the state is ordered by that. The decoder writes the year first,
# and the way of writing is of no use to it: look whether the state still has it.
#
# ## Attention: what a translation looks at
#
# With attention, the decoder has at each step a weight for each position of the source; the weights sum to 1, and the
# mean of the encoder's states under these weights goes into the next symbol. They are the softmax of scores, one for
# each position; in *additive* attention a small network, v · tanh(W s + U h), makes the score of the decoder's state s
# and the encoder's state h. They can be drawn.

# %%
translator = translators["additive"]
best = translator.translations(QUESTION)[0][0]
weights = np.array(best.attention)  # (N, S)
figure, axes = plt.subplots(figsize=(8, 3.4), layout="constrained")
shaded = axes.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
axes.set_xticks(range(len(best.source_tokens)), [one.replace(" ", "␣") for one in best.source_tokens], fontsize=8)
axes.set_yticks(range(len(best.tokens)), best.tokens, fontsize=8)
axes.get_xticklabels()[-1].set_rotation(90)
axes.set(xlabel="read", ylabel="written")
figure.colorbar(shaded, label="attention weight")
plt.show()

# %% [markdown]
# A row is a written symbol, and dark cells are what it looked at. Look whether the rows of the year look at the end of
# the source, those of the month at its name, those of the day at its number. A weight is on a state of the encoder, and
# a state knows what is around its letter, so the darkest cell may stand beside what a person would point at.
#
# The captioner attends, too. Its positions are those of a grid over the picture:

# %%
caption = captions[chosen]
shown = list(zip(caption.tokens, caption.attention, strict=True))[:8]
figure, panels = plt.subplots(1, 8, figsize=(9, 1.5), layout="constrained")
for axes in panels:
    axes.axis("off")
for axes, (word, own) in zip(panels, shown, strict=False):
    side = int(len(own) ** 0.5)
    axes.imshow(images[chosen])
    shade = 0.6 * (1 - np.reshape(own, (side, side)) / max(own))
    axes.imshow(np.zeros((side, side)), cmap="gray", alpha=shade, extent=(-0.5, 47.5, 47.5, -0.5))
    axes.set_title(word.strip(), fontsize=9)
plt.show()

# %% [markdown]
# Bright is where it looked for the word above. Colours are looked for on the shape itself. For the name of a shape it
# may look beside it: a cell of the grid knows what is around it, and an edge may tell more than the middle.
#
# `translator.inspect("a text")` and `captioner.inspect("a picture")` draw
# the same as a page, and `unspool inspect` does in the shell.
#
# ## Exercises
#
# **1. Which pattern?** Write `one to one`, `one to many`, `many to one`, `aligned` or `shifted` for each task.


# %% tags=["exercise"]
PATTERNS = {
    "is this review friendly or not?": ...,
    "a tune as it is learnt: each note is predicted from all true notes before it": ...,
    "an English sentence in German": ...,
    "a description of a photograph": ...,
    "which digit is in the picture?": ...,
    "the part of speech of each word of a sentence": ...,
    "a long article in one sentence": ...,
}


# %% tags=["check"]
def check_patterns():
    """Say which patterns are right."""
    right = ["many to one", "aligned", "shifted", "one to many", "one to one", "aligned", "shifted"]
    wrong = [task for task, answer in zip(PATTERNS, right, strict=False) if PATTERNS[task] != answer]
    if len(PATTERNS) != len(right):
        return f"Not yet: there are {len(right)} tasks, and {len(PATTERNS)} have an answer."
    if wrong:
        return f"Not yet: {len(right) - len(wrong)} of {len(right)} are right. Think again about “{wrong[0]}”."
    return "Right: a summary and a translation differ in length from their source, a part of speech does not."


print(check_patterns())

# %% tags=["solution"]
PATTERNS = {
    "is this review friendly or not?": "many to one",
    "a tune as it is learnt: each note is predicted from all true notes before it": "aligned",
    "an English sentence in German": "shifted",
    "a description of a photograph": "one to many",
    "which digit is in the picture?": "one to one",
    "the part of speech of each word of a sentence": "aligned",
    "a long article in one sentence": "shifted",
}

# %% [markdown]
# **2. Bayes' rule.** A writer says how many nats a name costs in each language. Each language is equally probable
# before the name is read. Return the probability of each language given the name. Of a longer text, a whole page, the
# nats can be thousands: your function must not fail there.


# %% tags=["exercise"]
def by_bayes(nats):
    """Turn {language: nats of a name} into {language: probability}."""
    return dict.fromkeys(nats, 1 / len(nats))


# %% tags=["check"]
def check_by_bayes():
    """Say whether `by_bayes` is right."""
    for nats, right in (
        ({"Italian": np.log(2), "German": np.log(6)}, {"Italian": 0.75, "German": 0.25}),
        ({"a": 10.0, "b": 10.0, "c": 10.0 + np.log(2)}, {"a": 0.4, "b": 0.4, "c": 0.2}),
        ({"a": 2000.0, "b": 2000.0 + np.log(3)}, {"a": 0.75, "b": 0.25}),
    ):
        told = ", ".join(f"{language} {cost:.2f}" for language, cost in nats.items())
        try:
            with np.errstate(all="ignore"):
                found = {language: float(p) for language, p in by_bayes(dict(nats)).items()}
        except Exception as problem:
            return f"Not yet: for {told} it raises {type(problem).__name__}; exp(-2000) is 0 for a computer."
        if found.keys() != nats.keys():
            return f"Not yet: for {told} there must be a probability of each, and it returns {found}."
        if not abs(sum(found.values()) - 1) < 1e-6:
            return f"Not yet: for {told} the probabilities must sum to 1, and they sum to {sum(found.values()):.3g}."
        if any(abs(found[language] - right[language]) > 1e-6 for language in right):
            return f"Not yet: for {told} they are {right}, and it returns {found}."
    return "Right: the cheaper the name, the more probable the language, also where a name costs a thousand nats."


print(check_by_bayes())


# %% tags=["solution"]
def by_bayes(nats):
    """Turn {language: nats of a name} into {language: probability}."""
    least = min(nats.values())  # so that the largest exponential is 1
    likelihoods = {language: np.exp(least - cost) for language, cost in nats.items()}
    return {language: one / sum(likelihoods.values()) for language, one in likelihoods.items()}


# %% [markdown]
# Try it on a name of your own, and compare it with what the writer says itself (your own line comes once it is right):

# %%
name = "Fontanelli"
costs = {language: -sum(writer.score(name, language).log_probabilities) for language in NAMES}
if check_by_bayes().startswith("Right"):
    print({language: f"{p:.1%}" for language, p in by_bayes(costs).items()})
print({one: f"{p:.1%}" for one, p in writer.classifications(name)[0].probabilities.items()})

# %% [markdown]
# **3. What did it look at?** Given attention weights [N, S] and the S symbols of a source, return for each written
# symbol the source symbols that it looked at: those of the largest weights, in the order of the source, as many as are
# needed to reach half of the weight.


# %% tags=["exercise"]
def looked_at(weights, source):
    """Return a list of N texts: the source symbols that together have at least half of each row's weight."""
    return [source[0] for row in weights]


# %% tags=["check"]
def check_looked_at():
    """Say whether `looked_at` is right."""
    weights = [[0.1, 0.7, 0.1, 0.1], [0.3, 0.1, 0.2, 0.4], [0.05, 0.05, 0.3, 0.6]]
    try:
        found = list(looked_at(np.array(weights), list("abcd")))
    except Exception as problem:
        return f"Not yet: it raises {type(problem).__name__}."
    right = ["b", "ad", "d"]
    if len(found) != len(right):
        return f"Not yet: there are {len(right)} rows, and it returns {len(found)} texts."
    for row, one, expected in zip(weights, found, right, strict=True):
        if one == expected[::-1] != expected:
            return f"Not yet: for {row} it returns {one!r}, which is not in the order of the source."
        if one != expected:
            return f"Not yet: for {row} and the source abcd it is {expected!r}, and it returns {one!r}."
    return "Right: it says what each symbol looked at."


print(check_looked_at())


# %% tags=["solution"]
def looked_at(weights, source):
    """Return a list of N texts: the source symbols that together have at least half of each row's weight."""
    found = []
    for row in weights:
        order = np.argsort(-row)
        needed = int(np.searchsorted(np.cumsum(row[order]), 0.5)) + 1
        found.append("".join(source[position] for position in sorted(order[:needed])))
    return found


# %% [markdown]
# With your function, once it is right, here is the grid of the date above in words:

# %%
if check_looked_at().startswith("Right"):
    for symbol, read in zip(best.tokens, looked_at(weights, best.source_tokens), strict=True):
        print(f"{symbol:6} {read!r}")

# %% [markdown]
# ## What to read next
#
# - [All of Unspool on one page](../../all-of-unspool.md): the table of patterns, and where each part lives.
# - `src/unspool/engines/numpy/network.py` and `encoders.py`: these networks in plain NumPy, to be read;
#   `attention.py` beside them has the two kinds of attention.
# - Cho et al. (2014), *Learning phrase representations using RNN encoder-decoder for statistical machine translation*.
# - Sutskever, Vinyals and Le (2014), *Sequence to sequence learning with neural networks*.
# - Bahdanau, Cho and Bengio (2015), *Neural machine translation by jointly learning to align and translate*: additive
#   attention.
# - Vinyals, Toshev, Bengio and Erhan (2015), *Show and tell: a neural image caption generator*; Xu et al. (2015),
#   *Show, attend and tell: neural image caption generation with visual attention*.
# - Karpathy (2015), *The unreasonable effectiveness of recurrent neural networks*: the picture of the patterns.
# - Notebook 5, *Words, and a book of one's own*.

"""Keras's character-level LSTM example on its text, and the same network by `unspool train --engine keras`

The example (keras.io/examples/generative/lstm_character_level_text_generation) reads windows of 40 one-hot characters,
cut every third character, and predicts the one that follows: LSTM(128), softmax, RMSprop at 0.01, batches of 128,
`model.fit`. Unspool trains an LSTM of 128 with one-hot inputs for the same minutes, its other settings the defaults;
the clock of both starts when everything is compiled. The text is read as the example reads it: lower-cased, line ends
made spaces. Its last tenth is read once, by each: every character from the 41st on is predicted after the window of 40
before it, as the example predicts, and by Unspool also with the state carried. Of the other nine tenths, Unspool holds
a tenth out to choose the weights. A character is learnt when it was a target. Each way writes as it is meant to: the
example by `model.predict` on the last 40 characters, Unspool by a step of its state.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.claims import Claim, difference, highest, lowest
from benchmarks.common import Bench, in_own_process, training_rate, unspool
from unspool.arrays import Array, FloatArray, IntArray
from unspool.text.tokenizer import BEGIN

MINUTES = 3.0
HIDDEN, WINDOW, STRIDE, BATCH, RATE = 128, 40, 3, 128, 0.01
NETWORK = ("--cell", "lstm", "--num-layers", 1, "--hidden-size", HIDDEN, "--embedding-size", 0)
TEMPERATURES, WRITTEN = (0.5, 1.0), 200  # characters of a sample
ROWS = 1024  # windows that are evaluated at once
EXAMPLE, OURS = "Keras's example", "unspool --engine keras"
CLAIMS = (
    Claim(
        f"{OURS}, below {EXAMPLE}, nats per character",
        0,
        difference(lowest("nats_after_window", way=EXAMPLE), highest("nats_after_window", way=OURS)),
    ),
)


def run(bench: Bench) -> None:
    """Train both ways, one after the other, each in a process of its own."""
    source = bench.text("books/nietzsche_en.txt")
    if source is None:
        return
    if not bench.has("tensorflow", "keras"):
        return
    text = source.read_text(encoding="utf-8").lower().replace("\n", " ")
    learnt, held_out = text[: len(text) * 9 // 10], text[len(text) * 9 // 10 :]
    print(f"training {MINUTES:g} minutes by {EXAMPLE}", flush=True)
    theirs = in_own_process(by_example, learnt, held_out, MINUTES)
    with tempfile.TemporaryDirectory() as place:
        file, out = Path(place) / "nietzsche.txt", Path(place) / "model"
        file.write_text(learnt, encoding="utf-8")
        settings = ("--engine", "keras", *NETWORK, "--minutes", f"{MINUTES:g}", "--out", out)
        unspool("train", file, *settings, report=f"training {MINUTES:g} minutes by {OURS}")
        rate = training_rate(out)
        ours = in_own_process(by_unspool, out, "keras", learnt[-WINDOW:], held_out)
    bench.add(way=EXAMPLE, minutes=MINUTES, **theirs)
    bench.add(way=OURS, minutes=MINUTES, characters_learnt_per_second=rate, **ours)


def by_example(learnt: str, held_out: str, minutes: float) -> dict[str, Any]:
    """Train as the example does until the time is over, and measure."""
    import keras

    keras.utils.set_random_seed(0)
    characters = sorted(set(learnt + held_out))
    ids = np.array([characters.index(character) for character in learnt])
    one_hot = np.eye(len(characters), dtype=np.bool_)
    windows, following = windows_of(ids)
    model = keras.Sequential(
        [
            keras.Input((WINDOW, len(characters))),
            keras.layers.LSTM(HIDDEN),
            keras.layers.Dense(len(characters), activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.RMSprop(learning_rate=RATE))
    ended: list[float] = []  # when each batch ended; the first one compiles

    def after_batch(batch: int, logs: object) -> None:
        ended.append(time.monotonic())
        model.stop_training = ended[-1] - ended[0] > 60 * minutes

    clock = keras.callbacks.LambdaCallback(on_train_batch_end=after_batch)
    arrays = one_hot[windows[::STRIDE]], one_hot[following[::STRIDE]]  # (N, 40, V), (N, V)
    while not model.stop_training:
        model.fit(*arrays, batch_size=BATCH, epochs=1, verbose=0, callbacks=[clock])

    def predicted(rows: IntArray) -> Array:
        found: Array = model.predict(one_hot[rows], batch_size=ROWS, verbose=0)  # (B, V)
        return found

    windows, following = windows_of(np.array([characters.index(character) for character in held_out]))
    nats = -np.log(predicted(windows)[np.arange(len(following)), following])
    figures: dict[str, Any] = {
        "characters_learnt_per_second": (len(ended) - 1) * BATCH / (ended[-1] - ended[0]),
        "nats_after_window": float(nats.mean(dtype=np.float64)),
    }
    generator = np.random.default_rng(0)
    started = time.perf_counter()
    for temperature in TEMPERATURES:
        tokens = ids[-WINDOW:].tolist()
        for _ in range(WRITTEN):
            powers = predicted(np.array([tokens[-WINDOW:]]))[0].astype(np.float64) ** (1 / temperature)  # (V,)
            tokens.append(int(generator.choice(len(characters), p=powers / powers.sum())))
        figures[sample_at(temperature)] = "".join(characters[token] for token in tokens[WINDOW:])
    seconds = time.perf_counter() - started
    return {**figures, "characters_written_per_second": len(TEMPERATURES) * WRITTEN / seconds}


def by_unspool(folder: Path, engine: str, prompt: str, held_out: str) -> dict[str, Any]:
    """Measure a model that Unspool has trained."""
    from unspool import TextModel, load
    from unspool.evaluate.bits import token_nats

    model = load(folder, engine)
    assert isinstance(model, TextModel)
    network, tokenizer = model.network, model.tokenizer
    ids = tokenizer.encode(held_out)
    windows, following = windows_of(ids)
    inputs = np.insert(windows, 0, BEGIN, axis=1)  # (N, 41)
    targets = np.column_stack([windows, following])  # (N, 41)
    nats: list[FloatArray] = []
    for first in range(0, len(inputs), ROWS):
        some = slice(first, first + ROWS)
        found, _ = network.nll(inputs[some], targets[some], network.initial_state(len(inputs[some])))
        nats.append(found[:, -1])
    figures: dict[str, Any] = {
        "nats_after_window": float(np.concatenate(nats).mean(dtype=np.float64)),
        "nats_carried": float(token_nats(network, ids)[WINDOW:].mean(dtype=np.float64)),
    }
    model.generate(prompt, max_new_tokens=1)  # compiles, warms the caches
    started = time.perf_counter()
    for temperature in TEMPERATURES:
        text = model.generate(prompt, max_new_tokens=WRITTEN, temperature=temperature, seed=0)
        figures[sample_at(temperature)] = text
    seconds = time.perf_counter() - started
    return {**figures, "characters_written_per_second": len(TEMPERATURES) * WRITTEN / seconds}


def windows_of(ids: IntArray) -> tuple[IntArray, IntArray]:
    """Every window of 40 and the id that follows it: [N, 40], [N]."""
    return np.lib.stride_tricks.sliding_window_view(ids[:-1], WINDOW), ids[WINDOW:]


def sample_at(temperature: float) -> str:
    """The column of samples at a temperature."""
    return f"sample_at_{temperature:g}"

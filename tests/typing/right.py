"""Calls that a type checker must accept; tests/unit/test_typing.py runs mypy on them."""

from collections.abc import Iterator
from pathlib import Path

import unspool

model = unspool.train("alice.txt", minutes=5, tokenizer="word", hidden_size=256)
text: str = model.generate("Alice was", max_new_tokens=200, temperature=0.8, seed=7, stop="\n")
pieces: Iterator[str] = model.stream("Alice", top_k=40)
bits: float = model.score("Alice").bits_per_byte
words = [one.text for one in model.complete("Alice w", n=5)]
model.evaluate("other.txt", lines=True, copying=True)
model.adapt(["mine.txt"], epochs=2, minutes=1.5)
path: Path = model.path
rows = [row["event"] for row in model.history]

counted = unspool.train(["one text", "another"], model="ngram", order=4)
counted.update(["more"], lines=True)
translator = unspool.train([("a", "b")], task="translation", attention="dot", steps=3)
one: str = translator.translate("a", beams=2)
several: list[str] = translator.translate(["a", "b"])
classifier = unspool.train([("a", "b")], task="classification", class_weights=True, epochs=2)
label: str = classifier.classify("a text")
accuracy: float = classifier.score(["a"], ["b"])
unspool.train("reviews.csv", text="review", label="stars", minutes=1)
unspool.train("dates.tsv", source="1", target="2", out="runs/dates", overwrite=True)
unspool.train("alice.txt", settings={"data": {}, "budget": {"steps": 3}}, progress=False)
opened: unspool.Model = unspool.load("runs/alice", engine="numpy")

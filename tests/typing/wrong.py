"""Calls that a type checker must refuse, each in a line of its own; tests/unit/test_typing.py runs mypy on them."""

import unspool

unspool.train("alice.txt", minuts=3)
unspool.train("alice.txt", tokenizer="words")
unspool.train("alice.txt", minutes="3")
unspool.train([("a", "b")], task="translation", class_weights=True)
unspool.train("alice.txt", model="ngram", hidden_size=3)
model = unspool.train("alice.txt", minutes=3)
model.generate("Alice", temprature=0.8)
model.samples("Alice", num_samples="3")
model.translate("Alice")
model.evaluate(copyings=True)
unspool.load("runs/alice", engin="numpy")
translator = unspool.train([("a", "b")], task="translation")
translator.translate("a", beam=3)
number: int = translator.translate("a")

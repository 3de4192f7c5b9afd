"""Let a language model read more: some passes over a text, learnt with its own tokenizer, in seconds.

text -> ids -> windows, scored before they are learnt the first time -> weights; n-grams -> counts
"""

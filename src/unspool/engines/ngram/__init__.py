"""Markov chains with Kneser-Ney smoothing: networks that are counted rather than trained.

documents -> counts.py -> Counts -> model.py -> NgramModel -> network.py -> a `SequenceNetwork`
`-> backoff.py -> BackoffModel <-> arpa.py
"""

"""Each cell against its formula, number by number, in plain Python: no matrices, no engine."""

import math

import numpy as np
import pytest

from helpers.small import random_weights
from unspool.engines.registry import build_network
from unspool.specs.network import DecoderSpec, NetworkSpec

SIZE, VOCABULARY = 3, 5


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("repeat", range(2))
def test_a_cell_follows_its_formula(engine: str, cell: str, repeat: int) -> None:
    decoder = DecoderSpec(cell=cell, hidden_size=SIZE, embedding_size=2, vocabulary_size=VOCABULARY)
    spec = NetworkSpec(decoder=decoder)
    weights = random_weights(spec, seed=repeat)
    w = {name.removeprefix("decoder."): array.astype(float) for name, array in weights.items()}

    def dot(name: str, row: int, vector: list[float]) -> float:
        products = (a * b for a, b in zip(w[f"cell.weight_{name}_l0"][row], vector, strict=True))
        return math.fsum(products) + w[f"cell.bias_{name}_l0"][row]

    h, c = [0.0] * SIZE, [0.0] * SIZE
    network = build_network(engine, spec, weights)
    state = network.initial_state(1)
    for token in (2, 4, 0, 3):
        x = w["embedding.weight"][token].tolist()
        new = []
        for j in range(SIZE):
            gate = [
                (dot("ih", g * SIZE + j, x), dot("hh", g * SIZE + j, h))
                for g in range(len(w["cell.bias_ih_l0"]) // SIZE)
            ]
            if cell == "rnn":
                new.append(math.tanh(sum(gate[0])))
            elif cell == "lstm":
                i, f, o = (sigmoid(sum(gate[k])) for k in (0, 1, 3))
                c[j] = f * c[j] + i * math.tanh(sum(gate[2]))
                new.append(o * math.tanh(c[j]))
            else:
                r, z = (sigmoid(sum(gate[k])) for k in (0, 1))
                n = math.tanh(gate[2][0] + r * gate[2][1])
                new.append((1 - z) * n + z * h[j])
        h = new
        logits, state = network.step(np.array([token]), state)
        expected = w["output.weight"] @ np.array(h) + w["output.bias"]
        np.testing.assert_allclose(logits[0], expected, atol=1e-5)


def test_mingru_follows_its_formula(engine: str) -> None:
    decoder = DecoderSpec(cell="mingru", hidden_size=SIZE, embedding_size=2, vocabulary_size=VOCABULARY)
    weights = random_weights(NetworkSpec(decoder=decoder))
    w = {name.removeprefix("decoder."): array.astype(float) for name, array in weights.items()}

    def product(name: str, vector: list[float]) -> list[float]:
        return [math.fsum(a * b for a, b in zip(row, vector, strict=True)) for row in w[f"cell.{name}"]]

    def normalised(vector: list[float], name: str) -> list[float]:
        root = math.sqrt(math.fsum(x * x for x in vector) / SIZE + 1e-6)
        return [x / root * s for x, s in zip(vector, w[f"cell.{name}"], strict=True)]

    h = [0.0] * SIZE
    network = build_network(engine, NetworkSpec(decoder=decoder), weights)
    state = network.initial_state(1)
    for token in (2, 4, 0, 3):
        x = product("weight_enter", w["embedding.weight"][token].tolist())
        gates = product("weight_in_l0", normalised(x, "norm_l0"))
        gates = [g + b for g, b in zip(gates, w["cell.bias_in_l0"], strict=True)]
        for j in range(SIZE):
            h[j] = (1 - sigmoid(gates[j])) * h[j] + sigmoid(gates[j]) * gates[SIZE + j]
        gated = [h[j] * gates[2 * SIZE + j] * sigmoid(gates[2 * SIZE + j]) for j in range(SIZE)]
        x = [a + b for a, b in zip(x, product("weight_out_l0", gated), strict=True)]
        pairs = product("weight_up_l0", normalised(x, "mlp_norm_l0"))
        inside = [pairs[j] * sigmoid(pairs[j]) * pairs[SIZE + j] for j in range(SIZE)]
        x = [a + b for a, b in zip(x, product("weight_down_l0", inside), strict=True)]
        logits, state = network.step(np.array([token]), state)
        expected = w["output.weight"] @ np.array(normalised(x, "norm_leave")) + w["output.bias"]
        np.testing.assert_allclose(logits[0], expected, atol=1e-4)

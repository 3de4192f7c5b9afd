"""What benchmarks do with their figures."""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from benchmarks import nietzsche
from benchmarks.__main__ import NAMES
from benchmarks.claims import Claim, highest, judged, lowest, magnitude, middle, quotient
from benchmarks.common import Bench, in_own_process, settings_of, shown
from benchmarks.engine_losses import seconds_to
from benchmarks.engine_parity import logits_of, relative_difference
from benchmarks.generation import bytes_of_a_token
from benchmarks.parity_networks import batch_of, networks
from benchmarks.report import write_report
from benchmarks.soundness import STRETCH, stretches
from unspool.specs.network import DecoderSpec, NetworkSpec

ROWS = [
    {"cell": "gru", "rate": 3.0},
    {"cell": "gru", "rate": 5.0},
    {"cell": "gru", "rate": 4.5},
    {"cell": "rnn", "rate": None},
    {"cell": "lstm", "rate": 2.0},
]


def test_figures_are_taken_from_the_rows_that_are_meant() -> None:
    assert middle("rate", cell="gru")(ROWS) == 4.5
    assert (highest("rate")(ROWS), lowest("rate")(ROWS)) == (5.0, 2.0)
    assert quotient(lowest("rate", cell="gru"), middle("rate", cell="lstm"))(ROWS) == 1.5
    assert middle("rate", cell="rnn")(ROWS) is None
    assert quotient(highest("rate"), highest("loss"))(ROWS) is None
    assert magnitude(lowest("apart"))([{"apart": -0.5}, {"apart": 0.2}]) == 0.5
    assert magnitude(lowest("apart"))(ROWS) is None


def test_a_claim_is_reached_at_its_bound_and_left_out_without_a_figure() -> None:
    claims = [
        Claim("at least", 5.0, highest("rate")),
        Claim("more", 5.1, highest("rate")),
        Claim("at most", 2.0, lowest("rate"), lowest_wins=True),
        Claim("less", 1.9, lowest("rate"), lowest_wins=True),
        Claim("unknown", 1.0, highest("loss")),
    ]
    assert [(row["claim"], row["reached"]) for row in judged(claims, ROWS)] == [
        ("at least", "yes"),
        ("more", "no"),
        ("at most", "yes"),
        ("less", "no"),
    ]


def test_a_benchmark_writes_its_rows_claims_settings_and_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench("encoding", "Rates\nof cells", None, tmp_path, [Claim("rate", 4.0, highest("rate"))], {"rounds": 3})
    for row in ROWS[:2]:
        bench.add(**row)
    bench.finish()
    result = json.loads((tmp_path / "encoding.json").read_text())
    assert (result["rows"], result["settings"]) == (ROWS[:2], {"rounds": 3})
    assert result["claims"] == [{"claim": "rate", "must reach": "at least 4", "measured": 5.0, "reached": "yes"}]
    assert result["machine"]["torch"]
    assert "Rates" in capsys.readouterr().out
    write_report(tmp_path, tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text()
    assert "| gru | 5.0000 |" in page
    assert "Settings: rounds 3." in page


def test_figures_that_are_none_or_not_finite_make_valid_json(tmp_path: Path) -> None:
    bench = Bench("encoding", "Rates", None, tmp_path)
    for rate in (3.0, None, float("nan"), float("inf")):
        bench.add(rate=rate)
    bench.finish()
    result = json.loads((tmp_path / "encoding.json").read_text(), parse_constant=pytest.fail)
    assert [row["rate"] for row in result["rows"]] == [3.0, None, None, None]
    write_report(tmp_path, tmp_path / "page.md")
    assert "|  |" in (tmp_path / "page.md").read_text()


def test_a_section_has_its_command_and_stays_as_it_is_without_a_file(tmp_path: Path) -> None:
    bench, page = Bench("encoding", "Rates", None, tmp_path), tmp_path / "page.md"
    page.write_text("# Benchmarks\n\n## shakespeare\n\nWhat was measured before.\n")
    bench.add(rate=3.0)
    bench.finish()
    write_report(tmp_path, page)
    written = page.read_text()
    assert "## encoding\n\n    python -m benchmarks encoding\n\n" in written
    assert "## shakespeare\n\n    python -m benchmarks shakespeare\n\nWhat was measured before.\n" in written
    write_report(tmp_path, page)
    assert page.read_text() == written


def test_a_small_figure_is_not_shown_as_nothing() -> None:
    assert [shown(value) for value in (0.0, 0.0001, 2.4e-6, -2.4e-6)] == ["0.0000", "0.0001", "2.4e-06", "-2.4e-06"]


def test_settings_hold_no_material() -> None:
    module = ModuleType("one")
    vars(module).update(ROUNDS=3, CELLS=("gru", "lstm"), CORPUS="a" * 1000, CHARACTERS="a\nb", CLAIMS=[Claim], small=1)
    assert settings_of(module) == {"rounds": 3, "cells": ("gru", "lstm")}


def test_a_token_reads_no_embedding_and_no_first_input_matrix() -> None:
    decoder = DecoderSpec(cell="lstm", vocabulary_size=10, embedding_size=6, hidden_size=8, num_layers=2)
    matrices, vectors = 2 * 32 * 8 + 32 * 8 + 10 * 8, 4 * 32 + 10  # the first input bias stands for the looked-up row
    for precision, size in (("float32", 4), ("bfloat16", 2), ("int8", 1)):
        assert bytes_of_a_token(NetworkSpec(decoder=decoder), precision) == size * matrices + 4 * vectors


def test_a_stretch_is_a_mean_of_its_own() -> None:
    nats = np.concatenate([np.full(STRETCH, 1.0), np.full(STRETCH, 3.0)]).astype(np.float32)
    assert stretches(nats).tolist() == [1.0, 3.0]


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_can_be_run_and_says_with_what(name: str) -> None:
    module = import_module(f"benchmarks.{name}")
    assert callable(module.run)
    json.dumps(settings_of(module))
    assert judged(getattr(module, "CLAIMS", ()), []) == []


def test_a_benchmark_without_its_data_is_skipped_with_a_word_on_where_to_get_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench("shakespeare", "Shakespeare", None, tmp_path)
    import_module("benchmarks.shakespeare").run(bench)
    bench.finish()
    assert "github.com/karpathy/char-rnn" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_what_a_benchmark_needs_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench("engines", "Engines", None, tmp_path)
    assert bench.has("numpy", "train")
    assert not bench.has("no_such_framework", "keras")
    assert "needs no_such_framework: pip install 'unspool[keras]'" in capsys.readouterr().out


def test_processes_that_compare_engines_start_without_a_framework() -> None:
    names = ("trainers", "engine_parity", "nietzsche")
    code = f"import {', '.join(f'benchmarks.{name}' for name in names)}, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert {"benchmarks.trainers", "numpy"} <= set(loaded)
    assert not {"torch", "tensorflow", "keras"} & set(loaded)


def test_a_function_is_called_in_a_process_of_its_own() -> None:
    assert in_own_process(os.getpid) != os.getpid()


def test_the_networks_that_engines_are_compared_on_have_every_part() -> None:
    specs = [spec for group in networks().values() for spec in group]
    decoders = [spec.decoder for spec in specs if spec.decoder]
    assert {decoder.cell for decoder in decoders} == {"rnn", "lstm", "gru", "mingru"}
    assert {decoder.attention for decoder in decoders} == {"none", "dot", "additive"}
    assert {spec.encoder.kind for spec in specs if spec.encoder} == {"text", "label", "vector", "features", "cnn"}
    assert {spec.head.pooling for spec in specs if spec.head} == {"last", "max", "mean", "attention"}
    for spec in specs:
        assert np.isfinite(logits_of("numpy", spec)).all()
        assert (batch_of(spec).labels is None) == (spec.head is None)
        assert (batch_of(spec).targets.size == 0) == (spec.decoder is None)


def test_a_relative_difference_is_that_of_the_array_which_differs_most() -> None:
    exact = {"large": np.array([100.0, -50.0]), "small": np.array([2.0]), "rounding": np.array([1e-9])}
    assert relative_difference({**exact, "small": np.array([2.5])}, exact) == 0.25
    assert relative_difference({**exact, "rounding": np.array([2e-9])}, exact) < 1e-8


def test_the_time_to_a_loss_is_that_of_the_first_validation_that_found_it() -> None:
    validations = [{"seconds": float(second), "fresh": loss} for second, loss in enumerate((3.0, 1.9, 2.1, 1.5))]
    assert [seconds_to(validations, level) for level in (2.0, 1.5, 1.0)] == [1.0, 3.0, None]


def test_a_window_is_followed_by_the_next_character() -> None:
    windows, following = nietzsche.windows_of(np.arange(nietzsche.WINDOW + 3))
    assert windows[:, 0].tolist() == [0, 1, 2]
    assert following.tolist() == (windows[:, -1] + 1).tolist()

"""Training counts the text, too: what is mixed with the network, shown, left out, and made again."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import unspool
from helpers.commands import SMALL, Result, call_main
from unspool.engines.mixture import Mixture
from unspool.tasks.mixing import least_count

WORDS = [
    "the",
    "fox",
    "sees",
    "a",
    "dog",
    "and",
    "runs",
    "over",
    "hills",
    "while",
    "old",
    "crows",
    "call",
    "from",
    "low",
    "trees",
    "by",
    "rivers",
]
TEXT = " ".join(np.random.default_rng(0).choice(WORDS, 12_000).tolist())
QUICK = ("--steps", 30, *SMALL)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mixture") / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def mixed(text: Path) -> Path:
    out = text.parent / "mixed"
    trained = call_main("train", text, "--out", out, *QUICK)
    assert trained.code == 0, trained.err
    assert "the text was counted" in trained.err
    assert "Beside the network, n-grams of 8 tokens are counted" in trained.err
    return out


def test_a_process_generates_what_another_engine_does_from_the_mixture(mixed: Path, run: Callable[..., Result]) -> None:
    options = ("-p", "the fox", "--seed", 1, "--max-new-tokens", 60)
    written = run("generate", mixed, *options)
    assert written.code == 0, written.err
    assert all(
        call_main("generate", mixed, *options, "--engine", name).out == written.out for name in ("numpy", "numba")
    )
    assert isinstance(unspool.load(mixed).network, Mixture)
    assert "n-grams of 8 tokens" in (mixed / "README.md").read_text(encoding="utf-8")


def test_evaluate_shows_network_counts_and_mixture(mixed: Path) -> None:
    figures = call_main("evaluate", mixed, "--json").json()
    network, counts = (figures["parts"][name]["nats_per_token"] for name in ("network", "counts"))
    assert figures["nats_per_token"] < min(network, counts) + 0.05 < network
    shown = call_main("evaluate", mixed).out
    assert [line.split()[0] for line in shown.strip().split("\n")[-3:]] == ["network", "counts", "mixture"]


def test_the_report_colours_where_the_counts_won(mixed: Path) -> None:
    page = (mixed / "report.html").read_text(encoding="utf-8")
    won, lost = (page.count(f"better by the {name}") for name in ("counts", "network"))
    assert won > 0
    assert lost > 0
    assert f"The counts predicted {won / (won + lost):.0%} of the symbols better than the network." in page
    assert "predicted better by the counts" in page


def test_score_and_inspect_show_both(mixed: Path, tmp_path: Path) -> None:
    found = call_main("score", mixed, "the old fox", "--json").json()
    assert {name: len(values) for name, values in found["parts"].items()} == {"network": 11, "counts": 11}
    told = call_main("score", mixed, "the old fox " * 30).out  # longer than what is shown token by token
    assert [line.split()[:2] for line in told.splitlines()[3:5]] == [["network", "alone"], ["counts", "alone"]]
    page = tmp_path / "page.html"
    shown = call_main("inspect", mixed, "--text", "the old fox", "--html", page)
    assert shown.out.split()[:4] == ["mixture", "network", "counts", "token"]
    assert page.read_text(encoding="utf-8").count('data-tip="mixture') == 11


def test_without_counts_the_network_is_alone(text: Path, tmp_path: Path) -> None:
    out = tmp_path / "m"
    trained = call_main("train", text, "--no-counts", "--out", out, *QUICK, "--json")
    assert trained.code == 0, trained.err
    assert not (out / "counts.safetensors").exists()
    assert "parts" not in call_main("evaluate", out, "--json").json()
    refused = call_main("inspect", out, "--text", "the")
    assert refused.code == 2
    assert "inspect compares a network with the counts beside it" in refused.err


def test_order_and_pruning_can_be_chosen(text: Path, tmp_path: Path) -> None:
    out = tmp_path / "m"
    assert call_main("train", text, "--order", 3, "--min-count", 2, "--out", out, *QUICK).code == 0
    network = unspool.load(out).config.network
    assert (network.ngram.order, network.ngram.min_count) == (3, 2)


def test_documents_are_counted_too(tmp_path: Path) -> None:
    lines, out = tmp_path / "lines.txt", tmp_path / "m"
    words = np.random.default_rng(1).choice(WORDS, (2000, 6))
    lines.write_text("\n".join(" ".join(row) for row in words.tolist()), encoding="utf-8")
    trained = call_main("train", lines, "--lines", "--out", out, *QUICK)
    assert trained.code == 0, trained.err
    model = unspool.load(out)
    assert isinstance(model.network, Mixture)
    assert model.generate("the fox", max_new_tokens=200, seed=2).count("\n") == 0


def test_a_short_text_is_not_counted(text_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "m"
    assert call_main("train", text_file, "--out", out, *QUICK).code == 0
    assert unspool.load(out).config.network.ngram is None


def test_the_same_seed_gives_the_same_counts_and_gate(text: Path, mixed: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    assert call_main("train", text, "--out", again, *QUICK).code == 0
    for name in ("counts.safetensors", "model.safetensors", "config.json"):
        assert (again / name).read_bytes() == (mixed / name).read_bytes(), name


def test_damaged_counts_are_refused(mixed: Path, tmp_path: Path) -> None:
    unspool.load(mixed).save(tmp_path / "copy")
    counts = tmp_path / "copy" / "counts.safetensors"
    counts.write_bytes(counts.read_bytes()[:-100])
    refused = call_main("generate", tmp_path / "copy")
    assert refused.code == 4
    assert "counts.safetensors is damaged" in refused.err


def test_an_export_says_that_counts_stay_behind(mixed: Path, tmp_path: Path) -> None:
    exported = call_main("export", mixed, "--format", "state-dict", "--out", tmp_path / "state.safetensors")
    assert exported.code == 0, exported.err
    assert "warning: the network alone is exported" in exported.err


def test_the_counts_of_large_texts_are_pruned() -> None:
    assert [least_count(tokens) for tokens in (10**5, 10**7 - 1, 10**7, 10**8)] == [1, 1, 2, 11]


@pytest.mark.parametrize(
    "typed", [["--counts", "order=3,min_count=2"], ["--counts=min-count=2,order=3"], ["--order", 3, "--min-count", 2]]
)
def test_settings_of_the_counts_may_follow_their_switch(text: Path, tmp_path: Path, typed: list[str]) -> None:
    trained = call_main("train", *typed, text, "--out", tmp_path / "model", *QUICK)
    assert trained.code == 0, trained.err
    ngram = unspool.load(tmp_path / "model").config.network.ngram
    assert (ngram.order, ngram.min_count) == (3, 2)


def test_a_file_with_a_name_like_a_setting_is_read_behind_the_switch(text: Path, tmp_path: Path) -> None:
    named = tmp_path / "order=3"
    named.write_text(text.read_text(encoding="utf-8"), encoding="utf-8")
    trained = call_main("train", "--counts", named, "--out", tmp_path / "model", *QUICK)
    assert trained.code == 0, trained.err
    assert unspool.load(tmp_path / "model").config.network.ngram.order == 8


@pytest.mark.parametrize("options", [["--counts", "order=3"], ["--no-counts", "--order", 3]])
def test_settings_of_counts_that_are_not_made_are_said_to_change_nothing(tmp_path: Path, options: list[object]) -> None:
    (tmp_path / "short.txt").write_text(TEXT[:3000], encoding="utf-8")
    trained = call_main("train", tmp_path / "short.txt", *options, "--no-progress", "--out", tmp_path / "model", *QUICK)
    assert trained.code == 0
    assert "warning: order changed nothing: there are no counts beside the network." in trained.err
    plain = call_main("train", tmp_path / "short.txt", "--no-progress", "--out", tmp_path / "plain", *QUICK)
    assert "changed nothing" not in plain.err

"""Texts that depend on something are counted, too: by their labels, and without the numbers that they depend on."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import unspool
from conformance.engines import compared_engines, trainer
from helpers.commands import SMALL, Result, call_main
from unspool.engines.mixture import Mixture
from unspool.models.conditional import ConditionalTextModel

WORDS = {
    "animals": ["crow", "fox", "hare", "otter", "badger", "wren", "newt", "stoat"],
    "places": ["hill", "river", "marsh", "field", "forest", "harbour", "valley", "moor"],
}
ROWS, QUICK = 1200, ("--steps", 30, *SMALL)
COLUMNS = ("--text", "text", "--condition", "kind")
BLEND = {"animals": 0.7, "places": 0.3}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, generator = tmp_path_factory.mktemp("mixed") / "rows.csv", np.random.default_rng(0)
    lines = ["kind,tone,year,text"]
    for index in range(ROWS):
        kind, tone = ("animals", "places")[index % 2], ("low", "loud")[index % 3 % 2]
        words = " ".join(generator.choice(WORDS[kind], 7).tolist())
        lines.append(f"{kind},{tone},{1900 + index % 97},{words.upper() if tone == 'loud' else words}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def mixed(rows: Path) -> Path:
    out = rows.parent / "mixed"
    trained = call_main("train", rows, *COLUMNS, "--out", out, *QUICK)
    assert trained.code == 0, trained.err
    assert "the text was counted" in trained.err
    assert "Beside the network, n-grams of" in trained.err
    assert "; the network alone " in trained.out
    return out


def opened(path: Path, engine: str = "auto") -> ConditionalTextModel:
    model = unspool.load(path, engine=engine)
    assert isinstance(model, ConditionalTextModel)
    assert isinstance(model.network, Mixture)
    assert model.mixed
    return model


def test_the_counts_know_the_labels(mixed: Path) -> None:
    model = opened(mixed)
    assert model.config.network.ngram.labels == 2
    first = {kind: dict(model.read(condition=kind).next_probabilities(99)) for kind in WORDS}
    assert first["animals"]["w"] > 20 * first["places"]["w"]
    blended = dict(model.read(condition=BLEND).next_probabilities(99))["w"]
    assert first["places"]["w"] < blended < first["animals"]["w"]


def test_a_process_writes_what_another_engine_does(mixed: Path, run: Callable[..., Result]) -> None:
    options = ("--condition", "places", "-p", "the ", "--seed", 1, "--max-new-tokens", 60)
    written = run("generate", mixed, *options)
    assert written.code == 0, written.err
    for name in ("numpy", "numba"):
        assert call_main("generate", mixed, *options, "--engine", name).out == written.out


@pytest.mark.engines
@pytest.mark.parametrize("engine", compared_engines())
@pytest.mark.parametrize("condition", ["animals", BLEND])
def test_engines_score_and_write_alike_alone_and_in_batches(mixed: Path, engine: str, condition: object) -> None:
    oracle, model = opened(mixed, "numpy"), opened(mixed, engine)
    found, expected = (one.score("the fox", condition) for one in (model, oracle))  # type: ignore[arg-type]
    np.testing.assert_allclose(found.log_probabilities, expected.log_probabilities, atol=1e-5)
    np.testing.assert_allclose(found.parts["counts"], expected.parts["counts"], atol=1e-5)
    assert sum(chance for _, chance in model.read("the ", condition).next_probabilities(999)) == pytest.approx(
        1, abs=1e-6
    )
    settings = {"condition": condition, "max_new_tokens": 30, "ignore_eos": True}
    samples = model.samples(num_samples=3, seed=5, **settings)  # type: ignore[arg-type]
    assert samples == oracle.samples(num_samples=3, seed=5, **settings)  # type: ignore[arg-type]
    alone = [model.generate(seed=5 + index, **settings) for index in range(3)]  # type: ignore[arg-type]
    assert [sample.text for sample in samples] == alone
    assert "".join(model.stream(seed=5, **settings)) == alone[0]  # type: ignore[arg-type]


def test_a_reading_is_forked_and_saved_with_its_label(mixed: Path, tmp_path: Path) -> None:
    model = opened(mixed)
    reading = model.read("cr", "animals")
    reading.save(tmp_path / "state")
    again = opened(mixed, "numpy").load_reading(tmp_path / "state")
    assert again.generate(temperature=0, max_new_tokens=20) == reading.generate(temperature=0, max_new_tokens=20)
    assert reading.read("ow").generate(seed=1) == model.generate("crow", "animals", seed=1)


def test_a_text_is_completed_under_a_condition(mixed: Path) -> None:
    model = opened(mixed)
    found = model.complete("the ott", n=2, condition="animals")
    typed = model.session("the ott", "animals").completions(2)
    assert [one.text for one in found] == [one.text for one in typed]
    assert found[0].text == "er"
    assert call_main("complete", mixed, "crow f", "--condition", "animals").out.split()[1] == "ox"


def test_evaluate_shows_network_counts_and_mixture(mixed: Path, rows: Path) -> None:
    figures = call_main("evaluate", mixed, "--json").json()
    network, counts = (figures["parts"][name]["nats_per_token"] for name in ("network", "counts"))
    assert figures["nats_per_token"] < min(network, counts) + 0.05 < network
    assert figures["accuracy"] == 1.0
    shown = call_main("evaluate", mixed).out
    assert [line.split()[0] for line in shown.strip().split("\n")[-3:]] == ["network", "counts", "mixture"]
    assert "fresh" not in shown
    assert call_main("evaluate", mixed, rows, *COLUMNS, "--json").json()["parts"].keys() == {"network", "counts"}


def test_score_and_inspect_show_both_and_labels_are_told(mixed: Path, tmp_path: Path) -> None:
    found = call_main("score", mixed, "fox", "--condition", "animals", "--json").json()
    assert {name: len(values) for name, values in found["parts"].items()} == {"network": 4, "counts": 4}
    page = tmp_path / "page.html"
    shown = call_main("inspect", mixed, "--text", "fox", "--condition", "animals", "--html", page)
    assert shown.out.split()[:4] == ["mixture", "network", "counts", "token"], shown.err
    assert page.read_text(encoding="utf-8").count('data-tip="mixture') == 4
    assert "Beside the network, n-grams of 8 tokens" in (mixed / "README.md").read_text(encoding="utf-8")
    told = call_main("inspect", mixed, "--text", "river", "--json").json()
    assert told["label"] == "places"
    assert call_main("classify", mixed, "otter hare", "moor hill").out == "animals\nplaces\n"


def test_a_model_that_cannot_be_exported_is_refused_without_a_word_of_its_counts(mixed: Path, tmp_path: Path) -> None:
    refused = call_main("export", mixed, "--format", "state-dict", "--out", tmp_path / "state.safetensors")
    assert (refused.code, len(refused.error_lines)) == (2, 2), refused.err
    assert "an encoder of the kind label" in refused.err


def test_a_run_that_is_resumed_ends_with_the_same_counts(mixed: Path, rows: Path, tmp_path: Path) -> None:
    class Cut(unspool.Callback):
        def on_step(self, event: object) -> None:
            if event.step == 20:  # type: ignore[attr-defined]
                raise KeyboardInterrupt

    sizes = {"hidden_size": 16, "embedding_size": 8, "threads": 1, "precision": "float32", "dropout": 0.0}
    with pytest.raises(KeyboardInterrupt):
        unspool.train(
            rows, out=tmp_path / "m", text="text", condition="kind", steps=30, callback=Cut(), engine=trainer(), **sizes
        )
    assert call_main("train", "--resume", tmp_path / "m").code == 0
    for name in ("counts.safetensors", "model.safetensors", "config.json"):
        assert (tmp_path / "m" / name).read_bytes() == (mixed / name).read_bytes(), name


def test_several_columns_and_chosen_sizes(rows: Path, tmp_path: Path) -> None:
    options = ("--condition", "tone", "--order", 5, "--min-count", 2)
    trained = call_main("train", rows, *COLUMNS, *options, "--out", tmp_path / "m", *QUICK)
    assert trained.code == 0, trained.err
    model = opened(tmp_path / "m")
    ngram = model.config.network.ngram
    assert (ngram.order, ngram.min_count, ngram.labels) == (5, 2, 4)
    assert model.generate(condition=("animals", "loud"), temperature=0.3, seed=0, max_new_tokens=20).isupper()


def test_numbers_are_no_part_of_the_counts(rows: Path, tmp_path: Path) -> None:
    options = ("--text", "text", "--condition", "year")
    trained = call_main("train", rows, *options, "--out", tmp_path / "m", *QUICK)
    assert trained.code == 0, trained.err
    model = opened(tmp_path / "m")
    assert model.config.network.ngram.labels == 0
    score = [model.score("fox", year) for year in (1900, 1990)]
    assert score[0].parts["counts"] == score[1].parts["counts"]
    assert score[0].parts["network"] != score[1].parts["network"]


def test_the_network_stays_alone_where_that_is_wanted_or_nothing_reads_tokens(rows: Path, tmp_path: Path) -> None:
    for number, options in enumerate((["--no-counts"], ["--decoder-input", "none"])):
        out = tmp_path / str(number)
        assert call_main("train", rows, *COLUMNS, *options, "--out", out, "--steps", 2, *SMALL).code == 0
        assert not (out / "counts.safetensors").exists()
        assert "counts = false" in (out / "recipe.toml").read_text(encoding="utf-8")
        assert "parts" not in call_main("evaluate", out, "--json").json()
        refused = call_main("inspect", out, "--text", "fox", "--condition", "animals")
        assert refused.code == 2
        assert "inspect compares a network with the counts beside it" in refused.err
    both = call_main("train", rows, *COLUMNS, "--decoder-input", "none", "--counts", "--out", tmp_path / "no")
    assert (both.code, both.clean) == (2, True)
    assert "counts read the tokens of a text" in both.err

"""What starts from a text or a picture is counted where that is asked for: translations and captions, by `--counts`."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import unspool
from conformance.engines import compared_engines, trainer
from helpers.commands import SMALL, Result, call_main
from helpers.pictures import captioned_folder
from unspool.engines.mixture import Mixture
from unspool.models.sequence import Captioner, Translator

SAYINGS = {
    "crow": "a crow sits on the old wall",
    "fox": "a fox runs over the hill",
    "newt": "a newt hides in the marsh",
}
PLACES = {"now": "and sings", "then": "and slept"}
ROWS, COLUMNS = 1500, ("--source", "en", "--target", "de")
SIZES = ("--encoder-size", 8, "--encoder-embedding", 8)
QUICK = ("--steps", 20, "--validations", 2, *SMALL, *SIZES, "--tokenizer", "char")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, generator = tmp_path_factory.mktemp("pairs") / "pairs.tsv", np.random.default_rng(0)
    lines = ["en\tde"]
    for _ in range(ROWS):
        who, when = generator.choice(list(SAYINGS)), generator.choice(list(PLACES))
        lines.append(f"{who} {when}\t{SAYINGS[who]} {PLACES[when]}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(pairs: Path) -> Result:
    return call_main("train", pairs, *COLUMNS, "--counts", "--out", pairs.parent / "mixed", *QUICK)


@pytest.fixture(scope="module")
def mixed(pairs: Path, trained: Result) -> Path:
    assert trained.code == 0, trained.err
    return pairs.parent / "mixed"


def opened(path: Path, engine: str = "auto") -> Translator:
    model = unspool.load(path, engine=engine)
    assert isinstance(model, Translator)
    assert isinstance(model.network, Mixture)
    return model


def test_a_translator_is_mixed_with_counts_where_that_is_asked_for(trained: Result, mixed: Path) -> None:
    assert "Beside the network, n-grams of 8 tokens" in trained.err
    assert "; the network alone " in trained.out
    model = opened(mixed)
    assert model.mixed
    assert model.config.network.ngram.labels == 0
    assert "Beside the network" in (mixed / "README.md").read_text(encoding="utf-8")


def test_evaluate_shows_network_counts_and_mixture(mixed: Path) -> None:
    found = call_main("evaluate", mixed, "--json").json()
    network, counts = (found["parts"][name]["nats_per_token"] for name in ("network", "counts"))
    assert found["nats_per_token"] < min(network, counts)
    lines = call_main("evaluate", mixed).out.strip().split("\n")[-3:]
    assert [line.split()[0] for line in lines] == ["network", "counts", "mixture"]


@pytest.mark.engines
@pytest.mark.parametrize("beams", [1, 3])
def test_engines_translate_alike_alone_and_in_batches(mixed: Path, beams: int) -> None:
    sources = [f"{who} {when}" for who in SAYINGS for when in PLACES]
    expected = opened(mixed, "numpy").translations(sources, beams=beams, n_best=beams)
    for engine in ("auto", *compared_engines()):
        model = opened(mixed, engine)
        found = model.translations(sources, beams=beams, n_best=beams)
        assert [[one.text for one in best] for best in found] == [[one.text for one in best] for best in expected]
        scores = ([one.score for best in several for one in best] for several in (found, expected))
        np.testing.assert_allclose(*scores, atol=1e-4)
        assert model.translate(sources[0], beams=beams) == found[0][0].text


def test_a_run_that_is_resumed_ends_with_the_same_counts(mixed: Path, pairs: Path, tmp_path: Path) -> None:
    class Cut(unspool.Callback):
        def on_step(self, event: Any) -> None:
            if event.step == 15:
                raise KeyboardInterrupt

    settings = {"hidden_size": 16, "embedding_size": 8, "threads": 1, "precision": "float32", "dropout": 0.0}
    sizes = {"encoder_size": 8, "encoder_embedding": 8, "tokenizer": "char", "validations": 2}
    columns = {"source": "en", "target": "de", "counts": True, "steps": 20}
    with pytest.raises(KeyboardInterrupt):
        unspool.train(pairs, out=tmp_path / "m", callback=Cut(), engine=trainer(), **columns, **settings, **sizes)  # type: ignore[call-overload]
    assert call_main("train", "--resume", tmp_path / "m").code == 0
    for name in ("counts.safetensors", "model.safetensors", "config.json"):
        assert (tmp_path / "m" / name).read_bytes() == (mixed / name).read_bytes(), name


def test_a_translator_is_alone_unless_counts_are_wanted_and_something_reads_tokens(pairs: Path, tmp_path: Path) -> None:
    alone = call_main("train", pairs, *COLUMNS, "--out", tmp_path / "alone", *QUICK)
    assert (alone.code, (tmp_path / "alone" / "counts.safetensors").exists()) == (0, False), alone.err
    assert "parts" not in call_main("evaluate", tmp_path / "alone", "--json").json()
    refused = call_main("train", pairs, *COLUMNS, "--counts", "--decoder-input", "none", "--out", tmp_path / "no")
    assert (refused.code, refused.clean) == (2, True)
    assert "counts read the tokens of a text" in refused.err


@pytest.fixture(scope="module")
def captioner(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    place = tmp_path_factory.mktemp("captioned")
    pictures = captioned_folder(place / "squares", copies=100)
    sizes = ("--steps", 6, "--validations", 2, *SMALL, "--encoder-size", 8, "--tokenizer", "char", "--counts")
    return pictures, call_main("train", pictures, "--out", place / "m", *sizes)


def test_a_captioner_is_mixed_with_counts_where_that_is_asked_for(captioner: tuple[Path, Result]) -> None:
    pictures, trained = captioner
    assert "Beside the network, n-grams of 8 tokens" in trained.err, trained.err
    model = unspool.load(pictures.parent / "m")
    assert isinstance(model, Captioner)
    assert isinstance(model.network, Mixture)
    figures = model.evaluate()
    assert figures.nats_per_token is not None
    assert figures.nats_per_token < min(part["nats_per_token"] for part in figures.parts.values())
    picture = next(pictures.glob("*.png"))
    assert model.caption(picture, beams=3) == unspool.load(pictures.parent / "m", "numpy").caption(picture, beams=3)

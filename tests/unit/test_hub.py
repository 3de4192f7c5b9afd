"""A folder is at home among the users of Hugging Face; everything here happens on local folders."""

import json
from pathlib import Path
from typing import Any

import pytest

import unspool
from helpers.small import TINY, small_text
from unspool.errors import OutputError, UsageError
from unspool.folder.hub import fetched, is_address


def test_the_special_tokens_are_named_beside_the_tokenizer(model_folder: Path) -> None:
    values = json.loads((model_folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert [values[f"{name}_token"] for name in ("pad", "unk", "bos", "eos")] == ["<pad>", "<unk>", "<s>", "<eos>"]


def test_transformers_knows_the_special_tokens_and_skips_them(model_folder: Path, model: unspool.TextModel) -> None:
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(str(model_folder))
    assert (tokenizer.eos_token, tokenizer.eos_token_id, tokenizer.pad_token_id) == ("<eos>", 3, 0)
    text = "the cat <eos>"
    ids = tokenizer(text)["input_ids"]
    assert ids == model.tokenizer.encode(text).tolist()  # its name in a text is no special token
    assert tokenizer.decode([2, *ids[:8], 3], skip_special_tokens=True) == "the cat "


def heads(card: str) -> str:
    return card.split("---\n")[1]


def test_the_head_of_a_card_names_license_and_language_as_a_person_gives_them(
    model_folder: Path, tmp_path: Path
) -> None:
    assert heads((model_folder / "README.md").read_text(encoding="utf-8")) == (
        "library_name: unspool\npipeline_tag: text-generation\ntags:\n- recurrent\n- lstm\n- char-level\n- unspool\n"
    )
    settings: dict[str, Any] = {**TINY, "steps": 2}
    said = {"license": "cc-by-4.0", "language": "en, no"}
    model = unspool.train(small_text(), out=tmp_path / "said", progress=False, **said, **settings)
    assert heads(model.card).startswith("license: cc-by-4.0\nlibrary_name: unspool\n")
    assert 'language:\n- en\n- "no"\n' in heads(model.card)


def test_a_card_shows_a_sample_and_the_curve_and_explains_its_words(model_folder: Path) -> None:
    card = (model_folder / "README.md").read_text(encoding="utf-8")
    assert "![The losses of training and of held-out data](curve.svg)" in card
    assert (model_folder / "curve.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert "\n- bits_per_character: " in card
    assert "\n- perplexity: " in card
    sample = card.partition("## A sample\n\n```text\n")[2].partition("\n```")[0]
    assert len(sample) > 10


def test_an_address_of_the_hub_is_one_of_the_hub() -> None:
    assert is_address("hf://me/alice")
    assert is_address(Path("hf://me/alice"))
    assert not is_address("runs/hf")
    assert not is_address(Path("hf/x"))
    for address in ("hf://alice", "hf://me/alice/model"):
        with pytest.raises(UsageError, match="must be hf://OWNER/NAME"):
            fetched(address)


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache of the hub's library in a folder of its own, and no network."""
    constants = pytest.importorskip("huggingface_hub.constants")
    cache = tmp_path / "hub"
    for name, value in (("HF_HUB_OFFLINE", True), ("HF_HUB_CACHE", str(cache))):
        monkeypatch.setattr(constants, name, value)
    return cache


def test_a_model_of_the_hub_is_opened_from_where_it_was_fetched_to(offline: Path, model: unspool.TextModel) -> None:
    place = offline / "models--me--alice"
    model.save(place / "snapshots" / ("0" * 40))
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("0" * 40, encoding="utf-8")
    for address in ("hf://me/alice", "hf://me/alice@main"):
        opened = unspool.load(address)
        assert isinstance(opened, unspool.TextModel)
        assert opened.score("the cat") == model.score("the cat")
    with pytest.raises(OutputError, match="hf://me/other cannot be fetched"):
        unspool.load("hf://me/other")


def test_what_cannot_be_pushed_says_why(offline: Path, model: unspool.TextModel) -> None:
    with pytest.raises(OutputError, match="me/alice cannot be pushed") as caught:
        model.push_to_hub("me/alice")
    assert "hf auth login" in caught.value.hint

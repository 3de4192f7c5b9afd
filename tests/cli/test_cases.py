"""What people bring, kind by kind: it is used, or counted aloud, or refused in two lines that say how to mend it."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.commands import Result, call_main, run_process

TINY = ["--steps", 2, "--threads", 1, "--precision", "float32"]
CODER = ["--encoder-size", 8]
SIZES = ["--hidden-size", 8, "--embedding-size", 8, "--dropout", 0]
ANIMALS = ["hen", "fox", "goat", "otter", "heron"]
SENTENCES = [f"The {ANIMALS[i % 5]} crossed the river at {i}." for i in range(60)]
LABELS = [["news", "sport", "weather"][i % 3] for i in range(60)]

Train = Callable[..., Result]


@pytest.fixture
def train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    """Write a file and train on it; the command may name it by its name."""
    monkeypatch.chdir(tmp_path)

    def trained(name: str, content: str | bytes, *options: object) -> Result:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return call_main("train", name, *options, "--out", tmp_path / "model", "--overwrite", *TINY)

    return trained


def rows(*columns: list[str], mark: str = ",", header: str = "") -> str:
    return header + "".join(mark.join(cells) + "\n" for cells in zip(*columns, strict=True))


def refused(result: Result, code: int, *words: str) -> None:
    assert result.code == code, result.err
    assert result.clean, result.err
    for word in words:
        assert word in " ".join(result.error_lines[-2:]), result.err


def learnt(result: Result, *words: str) -> None:
    assert result.code == 0, result.err
    for word in words:
        assert word in result.err, result.err


LABELLED = ["--text", "text", "--label", "label", *CODER]
PAIRED = ["--source", "en", "--target", "de", *CODER, "--hidden-size", 8]
CONDITIONED = ["--text", "text", "--condition", "age", *CODER, *SIZES]


# Tables: cells, columns, formats


def test_cells_beyond_the_header_are_refused_by_line_with_the_fix(train: Train) -> None:
    longer = rows(LABELS, [f"{one[:-1]}, they say." for one in SENTENCES], header="label,text\n")
    refused(train("t.csv", longer, *LABELLED), 3, "t.csv: line 2", "'news,The hen crossed", "quote the cell")
    pairs = rows(SENTENCES, [f"{one[:-1]}, sagt man." for one in SENTENCES], header="en,de\n")
    refused(train("t.csv", pairs, *PAIRED), 3, "t.csv: line 2", "quote the cell")


def test_a_column_that_no_row_has_is_refused_and_a_missing_cell_is_counted(train: Train) -> None:
    shorter = rows(LABELS, SENTENCES, header="label,title,text\n")
    options = ["--text", "title", "--text", "text", "--label", "label", *CODER]
    refused(train("t.csv", shorter, *options), 3, "a cell for column 'text'. Received: 0 of 60 rows")
    one = rows(LABELS, SENTENCES, ["end"] * 60, header="label,title,text\n").replace(",end\n", "\n", 1)
    learnt(
        train("t.csv", one, *options), "rows without a cell for 'text', read as empty: 1, the first in t.csv, line 2."
    )


@pytest.mark.parametrize(("name", "mark"), [("T.TSV", "\t"), ("T.CSV", ","), ("T.Csv.GZ", ",")])
def test_endings_are_read_in_any_case(train: Train, name: str, mark: str) -> None:
    data = rows(LABELS, SENTENCES, mark=mark, header=f"label{mark}text\n").encode()
    data = gzip.compress(data) if name.endswith("GZ") else data
    learnt(train(name, data, *LABELLED), ": 54 to learn", ", 6 held out")
    refused(train(name, data, *SIZES), 3, "is a table", "--text: 'label', 'text'")


def test_the_delimiter_is_found_or_said(train: Train) -> None:
    tabbed = rows(SENTENCES, SENTENCES, mark="\t")
    result = train("t.txt", tabbed, "--source", 1, "--target", 2, *CODER, "--hidden-size", 8)
    learnt(result, ": 54 to learn", ", 6 held out", "t.txt: a tab is between the cells.", "the first row is an example")
    semicolons = rows(LABELS, SENTENCES, mark=";", header="label;text\n")
    learnt(train("t.csv", semicolons, *LABELLED), "t.csv: a semicolon is between the cells.")
    bars = rows(LABELS, SENTENCES, mark="~", header="label~text\n")
    refused(train("t.csv", bars, *LABELLED), 3, "no column 'text'", "'label~text'")
    learnt(train("t.csv", bars, *LABELLED, "--delimiter", "~"), "54 to learn")
    learnt(train("t.dat", tabbed, "--source", 1, "--target", 2, "--delimiter", "tab", *CODER), "54 to learn")


def test_objects_are_read_by_line_in_a_list_and_nested(train: Train) -> None:
    objects = [{"label": label, "text": text} for label, text in zip(LABELS, SENTENCES, strict=True)]
    lines = "".join(json.dumps(one) + "\n" for one in objects)
    for name, content in (("t.ndjson", lines), ("t.JSONL", lines), ("t.json", json.dumps(objects, indent=1))):
        learnt(train(name, content, *LABELLED), ": 54 to learn", ", 6 held out")
    nested = "".join(json.dumps({"translation": {"en": one, "de": one}}) + "\n" for one in SENTENCES)
    options = ["--source", "translation.en", "--target", "translation.de", *CODER, "--hidden-size", 8]
    learnt(train("t.jsonl", nested, *options), ": 54 to learn", ", 6 held out")
    refused(train("t.jsonl", nested, *PAIRED), 3, "no column 'en'", "'translation.en', 'translation.de'")
    chat = json.dumps({"name": "us", "messages": objects})
    refused(train("result.json", chat, *LABELLED), 3, "a list of objects. Received: one object", "'messages'", "jq")


@pytest.mark.parametrize("tokenizer", ["word", "bpe", "char"])
def test_half_of_a_pair_of_surrogates_is_replaced_and_counted(train: Train, tokenizer: str) -> None:
    lines = "".join(
        f'{{"label": "{a} \\ud83d", "text": "{b} \\ud83d"}}\n' for a, b in zip(LABELS, SENTENCES, strict=True)
    )
    result = train("t.jsonl", lines, *LABELLED, "--tokenizer", tokenizer)
    learnt(result, "halves of surrogate pairs, which are no characters, replaced by U+FFFD: 120, the first in t.jsonl")
    json.loads((Path("model") / "config.json").read_text(encoding="utf-8"))


def test_rows_without_a_text_are_left_out_and_counted(train: Train) -> None:
    texts = [text if i % 3 else "" for i, text in enumerate(SENTENCES)]
    result = train("t.csv", rows([*LABELS[1:], "news"], texts, header="label,text\n"), *LABELLED)
    learnt(
        result,
        ": 36 to learn",
        ", 4 held out",
        "rows left out because their text is empty: 20, the first in t.csv, line 2.",
    )
    assert "rows left out because their text is empty: 20" in (Path("model") / "README.md").read_text(encoding="utf-8")
    refused(train("t.tsv", "en\tde\nhello\t\n\tHallo\n", *PAIRED), 3, "because a side is empty: 2")


def test_a_row_of_data_is_no_header_and_both_can_be_said(train: Train) -> None:
    numbers = [str(1 + i % 3) for i in range(60)]
    data = rows(["2", *numbers[1:]], SENTENCES)
    options = ["--text", 2, "--label", 1, *CODER]
    learnt(train("t.csv", data, *options), ": 54 to learn", ", 6 held out", "t.csv: the first row is an example")
    learnt(train("t.csv", data, *options, "--header"), ": 53 to learn", ", 6 held out")
    named = rows(LABELS, SENTENCES, header="label,text\n")
    learnt(train("t.csv", named, *options), ": 54 to learn", ", 6 held out", "the first row holds names")
    learnt(train("t.csv", named, *options, "--no-header"), ": 55 to learn", ", 6 held out")


def test_numbers_with_gaps_and_decimal_commas_are_numbers(train: Train) -> None:
    ages = ["n/a" if i == 40 else str(18 + i) for i in range(60)]
    result = train("t.csv", rows(ages, SENTENCES, header="age,text\n"), *CONDITIONED)
    learnt(
        result,
        ": 53 to learn",
        ", 6 held out",
        "age: numbers",
        "'age' is no number: 1, the first in t.csv, line 42 ('n/a').",
    )
    commas = rows([f'"{18 + i},5"' for i in range(60)], SENTENCES, header="age,text\n")
    learnt(train("t.csv", commas, *CONDITIONED), ": 54 to learn", ", 6 held out", "age: numbers")


def test_no_default_leaves_out_a_noticeable_part(train: Train) -> None:
    long = [" ".join([text] * 5) for text in SENTENCES]
    options = ["--text", "text", "--condition", "label", *CODER, *SIZES]
    result = train("t.csv", rows(LABELS, long, header="label,text\n"), *options)
    learnt(result, ": 54 to learn", ", 6 held out. They depend on")
    assert "generate model --condition " in (Path("model") / "README.md").read_text(encoding="utf-8")
    some = [" ".join([text] * (5 if i % 9 == 0 else 1)) for i, text in enumerate(SENTENCES)]
    result = train("t.csv", rows(LABELS, some, header="label,text\n"), *options, "--max-length", 60)
    learnt(result, "6 longer than 60 tokens are left out", "warning: 6 of 54 examples (11%) are longer than 60 tokens")
    assert "warning: 6 of 54" in (Path("model") / "README.md").read_text(encoding="utf-8")


def test_an_option_that_takes_one_value_refuses_two(train: Train) -> None:
    refused(train("t.csv", "a,b\n", *LABELLED, "--label", "other"), 2, "--label takes one value")


def test_a_split_means_nothing_where_other_data_are_held_out(train: Train) -> None:
    data = rows(LABELS, SENTENCES, header="label,text\n")
    options = [*LABELLED, "--validation", "t.csv", "--validation-split", 0.5]
    refused(train("t.csv", data, *options), 2, "validation_split=0.5, too")
    learnt(train("t.csv", data, *options[:-2]), ": 60 to learn", ", 60 held out")


def test_labels_that_mostly_occur_once_are_warned_about(train: Train) -> None:
    some = [str(i) if i % 3 else "same" for i in range(60)]
    learnt(train("t.csv", rows(some, SENTENCES, header="label,text\n"), *LABELLED), "warning: most labels occur once")


def test_spaces_around_names_are_ignored_and_names_are_quoted(train: Train) -> None:
    data = rows(LABELS, SENTENCES, header=" label , text \n")
    learnt(train("t.csv", data, *LABELLED), ": 54 to learn", ", 6 held out")
    refused(train("t.csv", data, "--text", "txt", "--label", "label"), 3, "did you mean 'text'?")


def test_labels_that_all_differ_are_questioned(train: Train) -> None:
    data = rows([str(1000 + i) for i in range(60)], SENTENCES, header="label,text\n")
    refused(train("t.csv", data, *LABELLED), 3, "60 labels", "is this a number or a text to predict?")


def test_an_option_of_tables_is_refused_for_plain_text(train: Train) -> None:
    text = "".join(f"{one}\n" for one in SENTENCES)
    for options in (["--delimiter", ";"], ["--no-header"], ["--lines", "--header"]):
        refused(train("t.txt", text, *options, *SIZES), 2, "are for tables")


# What is held out, and lines that belong together


def test_what_is_held_out_of_a_sorted_table_is_drawn_at_random(train: Train) -> None:
    lengths = ["x" * (1 + i) for i in range(60)]
    data = rows(lengths, lengths, mark="\t", header="en\tde\n")
    learnt(train("t.tsv", data, *PAIRED), ": 54 to learn", ", 6 held out")
    kept = json.loads((Path("model") / "training" / "validation.pairs.json").read_text(encoding="utf-8"))
    assert min(len(source) for source, _ in kept) < 54
    learnt(train("t.tsv", data, *PAIRED, "--validation-split", "end:0.2"), ": 48 to learn", ", 12 held out")
    kept = json.loads((Path("model") / "training" / "validation.pairs.json").read_text(encoding="utf-8"))
    assert [len(source) for source, _ in kept] == list(range(49, 61))


def test_a_stray_cr_does_not_misalign_two_files(train: Train, tmp_path: Path) -> None:
    sources = [text + "\rstill the same line" * (i == 20) for i, text in enumerate(SENTENCES)]
    targets = [text + "\rimmer noch" * (i == 40) for i, text in enumerate(SENTENCES)]
    (tmp_path / "b.de").write_bytes("".join(f"{line}\r\n" for line in targets).encode())
    (tmp_path / "a.en").write_bytes("".join(f"{line}\n" for line in sources).encode())
    files = ["--source-file", "a.en", "--target-file", "b.de", "--validation-split", "end:0.99"]
    out = ["--out", "model", *TINY, *CODER, "--hidden-size", 8]
    refused(call_main("train", *files, *out), 3, "Received: 1 and 59")
    result = call_main("train", *files[:-1], "end:0.5", *out)
    learnt(result, ": 30 to learn", ", 30 held out")
    kept = json.loads((Path("model") / "training" / "validation.pairs.json").read_text(encoding="utf-8"))
    assert kept[10][0] == SENTENCES[40]
    assert kept[10][1] == f"{SENTENCES[40]}\nimmer noch"


# Texts


def test_folders_are_read_by_ending_and_what_is_left_out_is_counted(train: Train, tmp_path: Path) -> None:
    text = "".join(f"{line}\n" for line in SENTENCES)
    for name in ("TWO.TXT", ".ipynb_checkpoints/one-checkpoint.txt", "notes.doc"):
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).write_text(text, encoding="utf-8")
    (tmp_path / "folder" / "four.txt.gz").write_bytes(gzip.compress(text.encode()))
    train("folder/one.txt", text)
    result = call_main("train", "folder", "--out", "whole", *TINY, *SIZES)
    learnt(result, f"{int(3 * len(text) * 0.9):,} characters to learn", "not read: 1 .doc, 1 hidden.")


def test_a_file_or_what_a_separator_divides_can_be_a_document(train: Train, tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / "pies").mkdir(exist_ok=True)
        (tmp_path / "pies" / f"{number:03}.txt").write_text(f"Pie {number}\n\nBake it.\n", encoding="utf-8")
    result = call_main("train", "pies", "--documents", "file", "--out", "m", *TINY, *SIZES)
    learnt(result, "in 10 documents to learn", "in 2 documents held out")
    stanzas = "".join(f"{one}\n{one}\n\n" for one in SENTENCES)
    learnt(
        train("t.txt", stanzas, "--separator", "\\n\\n", *SIZES), "in 54 documents to learn", "in 6 documents held out"
    )


def test_tables_in_a_folder_need_a_column(train: Train) -> None:
    train("tables/a.csv", rows(LABELS, SENTENCES, header="label,text\n"))
    out = ["--out", "m", *TINY]
    refused(call_main("train", "tables", "--suffixes", ".csv", *out), 3, "a.csv is a table", "--text: 'label', 'text'")
    learnt(call_main("train", "tables", *LABELLED, *out), ": 54 to learn", ", 6 held out")


def test_piped_data_must_be_named() -> None:
    result = run_process("train", "--steps", 1, input="a text that is piped in\n")
    refused(result, 2, "data that are piped in must be named", "train -")


def test_a_text_without_spaces_is_cut_into_pairs_at_once(train: Train) -> None:
    result = train("t.txt", "ACGTTGCA" * 20_000 + "\n", "--tokenizer", "bpe", *SIZES)
    learnt(result, "144,000 characters to learn")


def test_words_that_do_not_recur_are_warned_about(train: Train) -> None:
    unique = "".join(f"{'aeiou'[i % 5]}{'bdfgk'[i // 5 % 5]}{i:x}\n" for i in range(300)) + "aba\naba\n"
    result = train("t.txt", unique, "--lines", "--tokenizer", "word", *SIZES)
    learnt(result, "held-out tokens are not in the vocabulary", "--tokenizer char or --tokenizer bpe")
    refused(train("t.txt", "alpha beta\n", "--lines", "--tokenizer", "word"), 3, "at least 20 characters")
    once = "alpha beta gamma delta\nepsilon zeta eta theta\n"
    refused(train("t.txt", once, "--tokenizer", "word"), 3, "at least one word", "--tokenizer char")


def test_a_model_that_learns_another_text_learns_its_words(train: Train) -> None:
    learnt(train("t.txt", "".join(f"{one}\n" for one in SENTENCES), "--tokenizer", "word", *SIZES))
    german = "Die Ziege ging zum Ufer.\nDer Fuchs schlief.\n" * 20
    Path("de.txt").write_text(german, encoding="utf-8")
    learnt(call_main("train", "de.txt", "--from", "model", "--out", "both", *TINY))
    tokens = json.loads((Path("both") / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    assert {" Ziege", " Ufer", " fox"} <= set(tokens)
    refused(
        call_main("train", "de.txt", "--from", "model", "--out", "x", "--vocabulary-limit", 9, *TINY),
        2,
        "vocabulary_limit",
    )


def test_a_text_may_stand_in_place_of_a_name(tmp_path: Path) -> None:
    text = "".join(f"{one}\n" for one in SENTENCES)
    learnt(call_main("train", text, "--out", tmp_path / "m", *TINY, *SIZES), "given-text.txt: 1,")


def test_control_characters_in_samples_are_made_visible(train: Train) -> None:
    result = train("t.txt", "".join(f"\x1b[31m{one}\x1b[0m\n" for one in SENTENCES), *SIZES)
    assert result.code == 0, result.err
    assert "\x1b" not in result.err

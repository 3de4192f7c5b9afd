"""Conditions: out of tables and files, as weights or numbers, as a person gives them, and by Bayes' rule."""

from pathlib import Path

import numpy as np
import pytest

from conformance.engines import compared_engines
from helpers.small import random_weights
from unspool.data.conditioned_rows import divide_conditioned, learn_conditions, read_conditioned
from unspool.data.conditions import (
    ConditionedText,
    Conditions,
    condition_values,
    open_conditioned,
    write_conditioned,
)
from unspool.data.example_batches import PairBatches
from unspool.data.findings import Findings
from unspool.data.pairs import Pairs
from unspool.data.sources import Sources
from unspool.decode.condition import condition_source, missing_condition
from unspool.engines.base import EncoderDecoder
from unspool.engines.registry import build_network
from unspool.errors import DataError, ModelFolderError, UsageError
from unspool.evaluate.bayes import BayesClassifier
from unspool.evaluate.bits import document_nats, token_nats
from unspool.evaluate.pairs import encoded_sources
from unspool.specs.base import build
from unspool.specs.condition import ConditionSpec
from unspool.specs.data import DataSpec, Split
from unspool.specs.network import DecoderSpec, LabelEncoderSpec, NetworkSpec, VectorEncoderSpec
from unspool.tasks.conditional.specs import ConditionalDataSpec
from unspool.tasks.conditional.task import Conditional
from unspool.text.tokenizer import BEGIN, END, PAD
from unspool.text.vocabulary import make_tokenizer

LANGUAGE = ConditionSpec(name="language", labels=("German", "Italian", "Polish"), counts=(2, 5, 3))
GENDER = ConditionSpec(name="gender", labels=("f", "m"), counts=(4, 6))
YEAR = ConditionSpec(name="year", mean=1900.0, deviation=50.0)
TOKENIZER = make_tokenizer("char", ["abcdefgh"])
SPLIT = Split(0.1, None)
SORTED = tuple(sorted([*(str(i) for i in range(30)), "1e39", "nan"]))
TEXTS = ["abc", "", "hgfedcba", "a", "ddd", "ab", "cab"]


def rows_of(path: Path, text: tuple[str, ...], *condition: str) -> list[tuple[tuple[str, ...], str]]:
    rows = read_conditioned(Sources((str(path),), DataSpec()), text, condition)
    return [(row.condition, row.text) for row in rows]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", 'sex,name,lang\nf,Rossi," Italian"\nm,,German\nm,Nowak,Polish\n'),
        ("t.tsv", "name\tlang\tsex\nRossi\tItalian\tf\n\tGerman\tm\nNowak\tPolish\tm\n"),
        (
            "t.jsonl",
            '{"name": "Rossi", "lang": "Italian", "sex": "f"}\n{"name": null, "lang": "x", "sex": "m"}\n'
            '{"name": "Nowak", "lang": "Polish", "sex": "m"}\n',
        ),
    ],
)
def test_rows_are_their_columns_and_those_without_text_are_left_out(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert rows_of(tmp_path / name, ("name",), "lang", "sex") == [
        (("Italian", "f"), "Rossi"),
        (("Polish", "m"), "Nowak"),
    ]


def test_numbers_of_a_table_are_read_as_they_stand(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"n": 0, "t": "a"}\n{"n": 2.5, "t": "b"}\n', encoding="utf-8")
    assert rows_of(tmp_path / "t.jsonl", ("t",), "n") == [(("0",), "a"), (("2.5",), "b")]


def test_several_columns_of_text_are_joined(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,lang,year\nRossi,Italian,1900\n,Polish,1901\n,Polish,\n", encoding="utf-8")
    expected = [(("Italian",), "Rossi 1900"), (("Polish",), "1901")]
    assert rows_of(tmp_path / "t.csv", ("name", "year"), "lang") == expected


def test_lines_depend_on_the_name_of_their_file(tmp_path: Path) -> None:
    for name, text in (("Italian.txt", "Rossi\n\nBianchi\n"), ("Polish.txt", "Nowak")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert rows_of(tmp_path, (), "file") == [
        (("Italian",), "Rossi"),
        (("Italian",), "Bianchi"),
        (("Polish",), "Nowak"),
    ]


def test_rows_without_a_number_are_left_out_of_a_column_of_numbers_and_counted(tmp_path: Path) -> None:
    cells = [*(f'"{number},5"' for number in range(60)), "n/a"]
    (tmp_path / "t.csv").write_text("age,t\n" + "".join(f"{cell},text\n" for cell in cells), encoding="utf-8")
    findings = Findings()
    rows = read_conditioned(Sources((str(tmp_path / "t.csv"),), DataSpec(), findings=findings), ("t",), ("age",))
    training, held_out, (column,) = divide_conditioned(rows, None, SPLIT, ["age"], "auto", "t.csv", findings)
    assert (len(training), len(held_out), column.labels) == (54, 6, ())
    assert column.mean == pytest.approx(np.mean([float(row.condition[0].replace(",", ".")) for row in training]))
    assert findings.lines == ["rows left out because 'age' is no number: 1, the first in t.csv, line 62 ('n/a')."]


@pytest.mark.parametrize("cells", [["1,234", "5,678"], ["1,5", "2.5"]])
def test_commas_of_numbers_that_can_be_read_in_two_ways_are_refused(cells: list[str]) -> None:
    numbers = [*cells, *map(str, range(30))]
    with pytest.raises(DataError, match=r"column 'n': the commas of numbers must be decimal ones in all cells"):
        learn_conditions([ConditionedText((cell,), "t") for cell in numbers], ["n"], "auto")


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"condition": ["a"]}, "condition needs text, the column"),
        ({"condition": ["a", "a"], "text": ["t"]}, "must be different"),
        ({"condition": ["a"], "lines": True}, "'file' alone"),
        ({"condition": ["file"], "lines": True, "text": ["t"]}, "only one of lines, text can say what a document is"),
    ],
)
def test_columns_that_cannot_be_are_refused(settings: dict[str, object], rule: str) -> None:
    with pytest.raises(UsageError, match=rule):
        build(ConditionalDataSpec, settings, "data")


def test_a_text_depends_on_columns_or_is_classified_and_not_both() -> None:
    data = {"sources": ["t.csv"], "condition": ["a"], "text": ["t"], "label": "b"}
    with pytest.raises(UsageError, match=r"one that conditional has\. Received: label, a setting of classification"):
        Conditional().check({"data": data})
    del data["label"]
    Conditional().check({"data": data})


def rows_with(*rows: tuple[str, str]) -> list[ConditionedText]:
    return [ConditionedText((label,), text) for label, text in rows]


def test_held_out_rows_are_drawn_the_same_each_time_and_leave_every_label_known() -> None:
    rows = rows_with(*(("common", f"text {i}") for i in range(97)), ("rare", "x"), ("twice", "y"), ("twice", "z"))
    found = divide_conditioned(rows, None, Split(0.5, None), ["c"], "auto", "t.tsv", Findings())
    assert found == divide_conditioned(rows, None, Split(0.5, None), ["c"], "auto", "t.tsv", Findings())
    training, held_out, (column,) = found
    assert (len(training), len(held_out)) == (50, 50)
    assert sorted([*training, *held_out]) == sorted(rows)
    assert column.labels == ("common", "rare", "twice")
    assert sum(column.counts) == 50
    numbers = [int(row.text.split()[1]) for row in held_out if row.condition[0] == "common"]
    assert min(numbers) < 30 < 70 < max(numbers)


def test_what_is_numbers_in_all_rows_is_numbers_in_the_training_part() -> None:
    rows = rows_with(*((str(i % 21), "t") for i in range(22)))
    training, held_out, (column,) = divide_conditioned(rows, None, Split(0.5, None), ["c"], "auto", "t.tsv", Findings())
    assert (len(training), len(held_out), column.labels) == (11, 11, ())


def test_a_validation_file_leaves_the_others_whole_and_has_no_new_labels() -> None:
    held_out = rows_with(("a", "z"), ("new", "z"))
    whole = rows_with(*[("a", "x"), ("b", "y")] * 10)
    training, kept_back, specs = divide_conditioned(whole, held_out, SPLIT, ["c"], "auto", "t.tsv", Findings())
    assert (training, kept_back) == (whole, held_out)
    with pytest.raises(DataError, match=r"must be a label that the model has learnt\. Received: 'new'"):
        condition_values(held_out, specs)


def test_too_few_rows_are_refused() -> None:
    for count in (0, 3):
        with pytest.raises(DataError, match="at least 10 rows"):
            divide_conditioned(rows_with(*[("a", "x")] * count), None, SPLIT, ["c"], "auto", "t.tsv", Findings())


@pytest.mark.parametrize(
    ("cells", "kind", "labels"),
    [
        (["b", "a", "b"], "auto", ("a", "b")),
        (["1", "2", "1"], "auto", ("1", "2")),
        ([str(i) for i in range(21)], "auto", ()),
        ([str(i) for i in range(21)], "labels", tuple(sorted(str(i) for i in range(21)))),
        (["1", "2", "1"], "numbers", ()),
        ([*(str(i) for i in range(30)), *["1e39", "nan"] * 2], "auto", SORTED),
    ],
)
def test_a_column_holds_labels_or_numbers(cells: list[str], kind: str, labels: tuple[str, ...]) -> None:
    (found,) = learn_conditions([ConditionedText((cell,), "t") for cell in cells], ["c"], kind)  # type: ignore[arg-type]
    assert found.labels == labels
    assert sum(found.counts) == (len(cells) if labels else 0)
    if not labels:
        numbers = np.array(cells, float)
        assert (found.mean, found.deviation) == pytest.approx((numbers.mean(), numbers.std()))


def test_numbers_that_are_none_and_mixtures_of_kinds_are_refused() -> None:
    rows = [ConditionedText((str(i), "ab"[i % 2]), "t") for i in range(30)]
    with pytest.raises(
        DataError, match=r"column 'kind' must hold numbers in nine cells of ten\. Received: 30 of 30 cells"
    ):
        learn_conditions(rows, ["year", "kind"], "numbers")
    with pytest.raises(DataError, match=r"all labels or all numbers\. Received: year: numbers, kind: labels"):
        learn_conditions(rows, ["year", "kind"], "auto")


def test_every_column_has_a_weight_of_one() -> None:
    rows = [ConditionedText(("Polish", "f"), "x"), ConditionedText(("German", "m"), "y")]
    specs = LANGUAGE, GENDER
    source = Conditions(condition_values(rows, specs), specs).read(np.array([1, 0]))
    assert source.values is not None
    assert source.values.tolist() == [[1, 0, 0, 0, 1], [0, 0, 1, 1, 0]]


@pytest.mark.parametrize(
    ("condition", "specs", "expected"),
    [
        ("Italian", [LANGUAGE], [0, 1, 0]),
        ("Italian=0.7,German=0.3", [LANGUAGE], [0.3, 0.7, 0]),
        ("Italian=3, German=1", [LANGUAGE], [0.25, 0.75, 0]),
        ({"Polish": 1, "German": 1}, [LANGUAGE], [0.5, 0, 0.5]),
        ({"Polish": 1e308, "German": 1e308}, [LANGUAGE], [0.5, 0, 0.5]),
        (["Polish", "f=1,m=1"], [LANGUAGE, GENDER], [0, 0, 1, 0.5, 0.5]),
        (1950, [YEAR], [1.0]),
        (["1850", 1900.0], [YEAR, YEAR], [-1.0, 0.0]),
        ("a=b", [ConditionSpec(name="c", labels=("a=b",), counts=(1,))], [1]),
    ],
)
def test_a_condition_is_what_the_encoder_reads(condition: object, specs: list[ConditionSpec], expected: object) -> None:
    values = condition_source(condition, specs).values  # type: ignore[arg-type]
    assert values is not None
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, [expected], atol=1e-7)


@pytest.mark.parametrize(
    ("condition", "specs", "message"),
    [
        ("italain", [LANGUAGE], r"learnt. Received: 'italain'.\nhint: the nearest: 'Italian'"),
        ("Klingon", [LANGUAGE], "hint: known: 'German', 'Italian', 'Polish'"),
        ("Italian=0,German=1", [LANGUAGE], "above 0. Received: 'Italian=0'"),
        ("Italian=x", [LANGUAGE], "above 0. Received: 'Italian=x'"),
        ({"Italian": -1.0}, [LANGUAGE], "above 0. Received: 'Italian=-1.0'"),
        ({"Italian": float("nan")}, [LANGUAGE], "above 0"),
        ("", [LANGUAGE], "Received: ''"),
        ("Italian", [LANGUAGE, GENDER], "each of language, gender, in this order. Received: 1"),
        (["Italian", "f"], [LANGUAGE], "each of language, in this order. Received: 2"),
        ("soon", [YEAR], "year must be a number. Received: 'soon'"),
        ("1e39", [YEAR], "year must be a number. Received: '1e39'"),
        (-1e39, [YEAR], "year must be a number. Received: '-1e[+]39'"),
        (float("inf"), [YEAR], "year must be a number. Received: 'inf'"),
        (1e38, [YEAR], "at most 1e[+]30 standard deviations from the mean. Received: '1e[+]38'"),
        ({}, [LANGUAGE], "at least one label"),
    ],
)
def test_a_condition_that_cannot_be_says_why(condition: object, specs: list[ConditionSpec], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        condition_source(condition, specs)  # type: ignore[arg-type]
    assert "--condition Italian --condition m" in missing_condition([LANGUAGE, GENDER]).hint


def opened(folder: Path, max_length: int = 100) -> Pairs:
    rows = [ConditionedText((LANGUAGE.labels[i % 3], GENDER.labels[i % 2]), text) for i, text in enumerate(TEXTS * 5)]
    write_conditioned(folder, "training", TOKENIZER, rows, (LANGUAGE, GENDER))
    return open_conditioned(folder, "training", (LANGUAGE, GENDER), max_length)


def test_an_epoch_has_every_text_once_with_its_condition(tmp_path: Path) -> None:
    batches = PairBatches(opened(tmp_path), 4, seed=1)
    found = []
    for index in range(batches.steps(0)):
        batch = batches.batch(0, index)
        assert batch.source is not None
        assert batch.source.values is not None
        assert (batch.inputs[:, 0] == BEGIN).all()
        assert (batch.source.values.sum(axis=1) == 2).all()
        for target, weights in zip(batch.targets, batch.source.values, strict=True):
            length = int(np.count_nonzero(target != PAD))
            assert target[length - 1] == END
            found.append((length, tuple(np.flatnonzero(weights))))
    expected = [(len(text) + 1, (i % 3, 3 + i % 2)) for i, text in enumerate(TEXTS * 5)]
    assert sorted(found) == sorted(expected)
    assert len(opened(tmp_path, max_length=3).examples.kept) == sum(len(text) <= 3 for text in TEXTS) * 5


@pytest.mark.parametrize("damage", [b"", b"\0" * 7, np.full(70, 9, np.float32).tobytes(), None])
def test_damaged_conditions_are_refused(tmp_path: Path, damage: bytes | None) -> None:
    opened(tmp_path)
    path = tmp_path / "training.conditions"
    path.unlink() if damage is None else path.write_bytes(damage)
    with pytest.raises(ModelFolderError, match="the conditions of training are missing or damaged"):
        open_conditioned(tmp_path, "training", (LANGUAGE, GENDER))


def network(engine: str = "numpy", cell: str = "lstm", numbers: bool = False) -> EncoderDecoder:
    encoder = VectorEncoderSpec(numbers=1, hidden_size=5) if numbers else LabelEncoderSpec(labels=3, hidden_size=5)
    sizes = {"cell": cell, "hidden_size": 8, "embedding_size": 4, "vocabulary_size": TOKENIZER.vocabulary_size}
    network_spec = NetworkSpec(encoder=encoder, decoder=DecoderSpec(**sizes))  # type: ignore[arg-type]
    return build_network(engine, network_spec, random_weights(network_spec))


def test_padded_texts_are_read_as_each_alone(tmp_path: Path) -> None:
    rows = [ConditionedText((LANGUAGE.labels[i % 3],), text) for i, text in enumerate(TEXTS)]
    write_conditioned(tmp_path, "text", TOKENIZER, rows, (LANGUAGE,))
    pairs, net = open_conditioned(tmp_path, "text", (LANGUAGE,)), network()
    sums, _ = document_nats(net, pairs.target, rows=4, initial_states=encoded_sources(net, pairs))
    alone = [by_hand(net, text, label) for (label,), text, _ in rows]
    order = np.argsort([len(text) for text in TEXTS], kind="stable")
    np.testing.assert_allclose(sums, np.array(alone)[order], rtol=1e-5)


def by_hand(net: EncoderDecoder, text: str, label: str) -> float:
    """The nats of one text and its end under a label."""
    state = net.encode(condition_source(label, [LANGUAGE]))
    return float(token_nats(net, np.append(TOKENIZER.encode(text), END), state).sum(dtype=np.float64))


@pytest.mark.engines
@pytest.mark.parametrize("engine", compared_engines())
def test_the_posterior_is_the_prior_times_the_likelihood(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unspool.evaluate.bayes.ROWS", 7)
    net = network(engine)
    classifier = BayesClassifier(net, TOKENIZER, [LANGUAGE])
    found = classifier.probabilities(TEXTS)
    assert classifier.labels == LANGUAGE.labels
    assert found.shape == (len(TEXTS), 3)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    for row, text in zip(found, TEXTS, strict=True):
        joint = [
            count / 10 * np.exp(-by_hand(net, text, label))
            for label, count in zip(LANGUAGE.labels, LANGUAGE.counts, strict=True)
        ]
        np.testing.assert_allclose(row, np.array(joint) / sum(joint), rtol=1e-4)
    assert classifier.probabilities([]).shape == (0, 3)


@pytest.mark.parametrize("specs", [[LANGUAGE, GENDER], [YEAR]])
def test_bayes_needs_one_column_of_labels(specs: list[ConditionSpec]) -> None:
    with pytest.raises(UsageError, match="one column of labels"):
        BayesClassifier(network(), TOKENIZER, specs)


@pytest.mark.engines
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "mingru"])
@pytest.mark.parametrize("numbers", [False, True])
def test_engines_start_a_condition_alike(cell: str, numbers: bool) -> None:
    source = condition_source(1930, [YEAR]) if numbers else condition_source("Italian=2,Polish=1", [LANGUAGE])
    tokens = np.array([[BEGIN, *TOKENIZER.encode("abcah")]])
    expected = None
    for engine in compared_engines():
        net = network(engine, cell, numbers)
        logits, _ = net.unroll(tokens, net.encode(source))
        expected = logits if expected is None else expected
        np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-5)


def test_labels_that_cannot_be_learnt_are_refused_or_warned_about() -> None:
    findings = Findings()
    rows = rows_with(*((f"${number},000.50", "t") for number in range(100, 160)))
    with pytest.raises(DataError, match=r"60 labels in column 'price', each of them once, such as '\$100,000.50'"):
        divide_conditioned(rows, None, SPLIT, ["price"], "auto", "t.csv", findings)
    divide_conditioned([*rows, *rows], None, SPLIT, ["price"], "auto", "t.csv", findings)
    divide_conditioned([*rows, *rows_with(*[("x", "t")] * 20)], None, SPLIT, ["price"], "auto", "t.csv", findings)
    assert [warning.split(",")[0] for warning in findings.warnings] == [
        "warning: 120 of 120 cells of 'price' look like numbers",
        "warning: most labels of 'price' occur once",
        "warning: 60 of 80 cells of 'price' look like numbers",
    ]


def test_numbers_that_may_be_thousands_are_said_to_be_read_with_decimals() -> None:
    findings = Findings()
    rows = rows_with(*((f"{number}.777" if number % 2 else str(number), "t") for number in range(1, 61)))
    divide_conditioned(rows, None, SPLIT, ["price"], "auto", "t.csv", findings)
    assert findings.warnings == [
        "warning: numbers of 'price' such as '1.777' are read with three decimals, not as thousands."
    ]


def test_other_rows_must_not_have_thousands_either() -> None:
    rows = rows_with(*((str(number), "t") for number in range(60)))
    with pytest.raises(DataError, match="commas of numbers must be decimal ones"):
        divide_conditioned(rows, rows_with(("1,234", "t")), SPLIT, ["n"], "auto", "t.csv", Findings())

"""The rows of tables that have conditions: read, checked, divided; and what their columns hold, labels or numbers."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from unspool.arrays import IntArray
from unspool.data.conditions import ConditionedText
from unspool.data.documents import read_documents
from unspool.data.findings import Findings
from unspool.data.numbers import (
    MAX_NUMBERS_AS_LABELS,
    check_commas,
    holds_numbers,
    looks_like_a_number,
    number_in,
    three_decimals,
)
from unspool.data.sources import Sources
from unspool.data.split import MINIMUM_EXAMPLES, choose_knowing_labels, choose_randomly, divide
from unspool.data.table import read_texts
from unspool.errors import DataError
from unspool.specs.condition import ConditionKind, ConditionSpec
from unspool.specs.data import Split


def read_conditioned(
    sources: Sources, text: tuple[str, ...], condition: tuple[str, ...], separator: str = "\n"
) -> list[ConditionedText]:
    """Read every row that has a text and a condition, and count the others.

    Args:
        sources: are tables, or texts.
        text: names the columns of the text, which are joined with spaces; none reads the documents of plain texts,
            whose only condition can be FILE, the name of the file that they are in.
        condition: names the columns that the text depends on.
        separator: is what divides the documents, see `data.documents.read_documents`.

    Raises:
        DataError: they cannot be read.
    """
    found = read_texts(sources, text, condition) if text else read_documents(sources, separator)
    return [
        ConditionedText(tuple(record.cells[name].strip() for name in condition), whole, record)
        for whole, record in found
    ]


def divide_conditioned(
    rows: Sequence[ConditionedText],
    held_out: Sequence[ConditionedText] | None,
    split: Split,
    names: Sequence[str],
    kind: ConditionKind,
    where: str,
    findings: Findings,
) -> tuple[list[ConditionedText], list[ConditionedText], tuple[ConditionSpec, ...]]:
    """Hold out random rows, so that every label stays in the training part.

    Args:
        rows: are those of the sources.
        held_out: are rows of separate sources; none holds out a part of `rows`.
        split: says which.
        names: are those of the columns.
        kind: says what the columns hold.
        where: is what an error calls the sources.
        findings: counts the rows that lack a number.

    Returns:
        the training part, the held-out part, and the specs of the columns of the training part.

    Raises:
        DataError: there are too few rows, or `learn_conditions` refuses a column.
    """
    numeric = _numeric(rows, names, kind)  # of all rows: a column must not become another kind when rows are held out
    rows = _with_numbers(rows, names, numeric, findings)
    for name, cells in zip(names, zip(*(row.condition for row in rows), strict=True), strict=False):
        if any(numeric) and (example := three_decimals(cells)):
            findings.warn(
                f"numbers of {name!r} such as {example!r:.40} are read with three decimals, not as thousands."
            )
    if held_out is not None:
        check_numbers(held_out, names, numeric)
        held_out = _with_numbers(held_out, names, numeric, findings)

    def choose(examples: Sequence[ConditionedText], count: int) -> IntArray:
        if any(numeric):
            return choose_randomly(examples, count)
        return choose_knowing_labels([row.condition for row in examples], count)

    if not any(numeric):
        _check_labels(rows, names, findings)
    training, kept_back = divide(rows, held_out, split, choose, "rows", where)
    return training, kept_back, learn_conditions(training, names, "numbers" if any(numeric) else "labels")


def _check_labels(rows: Sequence[ConditionedText], names: Sequence[str], findings: Findings) -> None:
    """Refuse labels that all differ; warn of those that mostly occur once, or that look like numbers."""
    for name, cells in zip(names, zip(*(row.condition for row in rows), strict=True), strict=False):
        counts = Counter(cells)
        once = sum(number == 1 for number in counts.values())
        example = next((cell for cell, number in counts.items() if number == 1), cells[0])
        if once == len(rows) >= MINIMUM_EXAMPLES:
            raise DataError(
                f"a label must occur more than once to be learnt. Received: {once:,} labels in column {name!r}, each "
                f"of them once, such as {example!r:.40}.",
                "name another column; numbers are written as 1234.5, without units and thousands.",
            )
        if 2 * once > len(rows):
            findings.warn(f"most labels of {name!r} occur once, such as {example!r:.40}, and can hardly be learnt.")
        if len(counts) > MAX_NUMBERS_AS_LABELS and (numbers := sum(map(looks_like_a_number, cells))) > len(cells) / 2:
            other = next((cell for cell in cells if not looks_like_a_number(cell)), cells[0])
            findings.warn(
                f"{numbers:,} of {len(cells):,} cells of {name!r} look like numbers, and are read as labels because of "
                f"cells such as {other!r:.40}; numbers are written as 1234.5, without units and thousands."
            )


def learn_conditions(
    rows: Sequence[ConditionedText], names: Sequence[str], kind: ConditionKind
) -> tuple[ConditionSpec, ...]:
    """Find out what the columns hold: labels with their counts, or the scale of numbers.

    Args:
        rows: are those of the training part.
        names: are those of the columns.
        kind: says what the columns hold, or `auto`.

    Raises:
        DataError: a column must hold numbers and does not, or some columns hold labels and some numbers.
    """
    columns = zip(*(row.condition for row in rows), strict=True)
    numeric = _numeric(rows, names, kind)
    return tuple(_learn(name, cells, numbers) for name, cells, numbers in zip(names, columns, numeric, strict=True))


def _numeric(rows: Sequence[ConditionedText], names: Sequence[str], kind: ConditionKind) -> list[bool]:
    """Return for each column whether it holds numbers; they are all of one kind."""
    columns = zip(*(row.condition for row in rows), strict=True)
    numeric = [holds_numbers(name, cells, kind) for name, cells in zip(names, columns, strict=False)]
    if len(set(numeric)) > 1:
        kinds = ", ".join(f"{name}: {'numbers' if one else 'labels'}" for name, one in zip(names, numeric, strict=True))
        raise DataError(
            f"the columns of a condition must be all labels or all numbers. Received: {kinds}.",
            "read numbers as labels with --condition-kind labels, or name fewer columns.",
        )
    return numeric


def check_numbers(rows: Sequence[ConditionedText], names: Sequence[str], numeric: Sequence[bool]) -> None:
    """Refuse columns of numbers whose commas are not clear.

    Raises:
        DataError: a comma may mean thousands.
    """
    for name, cells, numbers in zip(names, zip(*(row.condition for row in rows), strict=True), numeric, strict=False):
        if numbers:
            check_commas(name, cells)


def _with_numbers(
    rows: Sequence[ConditionedText], names: Sequence[str], numeric: Sequence[bool], findings: Findings
) -> list[ConditionedText]:
    """Return the rows that have a number in each column of numbers, and count the others."""
    kept = []
    for row in rows:
        gap = next(
            (
                (name, cell)
                for name, cell, numbers in zip(names, row.condition, numeric, strict=False)
                if numbers and number_in(cell) is None
            ),
            None,
        )
        if gap is None:
            kept.append(row)
        elif row.origin is not None:
            what = f"rows left out because {gap[0]!r} is no number"
            findings.count(what, row.origin.file, f"{row.origin.place} ({gap[1]!r:.40})")
    return kept


def _learn(name: str, cells: tuple[str, ...], numeric: bool) -> ConditionSpec:
    if not numeric:
        counts = Counter(cells)
        labels = sorted(counts)
        return ConditionSpec(name=name, labels=tuple(labels), counts=tuple(counts[label] for label in labels))
    values = np.array([number for cell in cells if (number := number_in(cell)) is not None], np.float64)
    return ConditionSpec(name=name, mean=float(values.mean()), deviation=float(values.std()) or 1.0)

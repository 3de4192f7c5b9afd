"""Grids of shaded cells: attention weights, and a confusion matrix. The number stands in the cell."""

from collections.abc import Sequence
from html import escape

from unspool.pages.cells import shade, shown_token
from unspool.pages.page import wide
from unspool.text.escapes import escaped

LYING = 3  # characters up to which the heads of columns lie
FAINT = 0.05  # weight below which no number stands in the cell
MAX_NAME = 24  # characters of a label


def attention_grid(
    caption: str, source: Sequence[str], target: Sequence[str], weights: Sequence[Sequence[float]]
) -> str:
    """Draw attention weights: a row for each generated token, a column for each source token.

    Args:
        caption: says what looked at what.
        source: are the S tokens of the source.
        target: are the N tokens that were generated.
        weights: are [N, S], of which each row sums to 1.
    """
    rows = []
    for token, own in zip(target, weights, strict=True):
        name = shown_token(token)
        cells = [
            _cell(
                weight, f"{100 * weight:.0f}" if weight >= FAINT else "", f"{name} ← {shown_token(read)}: {weight:.1%}"
            )
            for read, weight in zip(source, own, strict=True)
        ]
        rows.append((name, "".join(cells)))
    return _grid(caption, list(map(shown_token, source)), rows, "tokens", "read →\nwritten ↓")


def confusion_grid(caption: str, labels: Sequence[str], matrix: Sequence[Sequence[int]], unknown: str) -> str:
    """Draw a confusion matrix: right labels are rows, predicted ones columns; a cell is shaded by its share of the row.

    Args:
        caption: says what was classified.
        labels: are the C names.
        matrix: are the counts, [C, C], or with a row more for examples of other labels.
        unknown: names that row.
    """
    names = [_short(label) for label in labels]
    rows = []
    for index, (name, counts) in enumerate(zip([*names, unknown], matrix, strict=False)):
        total = max(sum(counts), 1)
        cells = [
            _cell(
                count / total,
                f"{count:,}",
                f"{name}, taken for {names[column]}: {count:,} of {total:,} ({count / total:.1%})",
                "right" if column == index else "" if count else "none",
            )
            for column, count in enumerate(counts)
        ]
        rows.append((name, "".join(cells)))
    return _grid(caption, names, rows, "", "taken for →\nis ↓")


def _grid(caption: str, heads: Sequence[str], rows: Sequence[tuple[str, str]], kind: str, corner: str) -> str:
    head = "".join(f'<th scope="col">{_head(one)}</th>' for one in heads)
    body = "\n".join(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>' for name, cells in rows)
    return wide(
        f"<caption>{escape(caption)}</caption>\n"
        f'<thead><tr><td class="corner">{corner}</td>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>',
        f"grid {kind}".strip(),
        cells=True,
    )


def _head(name: str) -> str:
    """Return the head of a column: a short one lies, a longer one stands."""
    return escape(name) if len(name) <= LYING else f'<span class="standing">{escape(name)}</span>'


def _cell(strength: float, text: str, tip: str, kind: str = "") -> str:
    shown = f"cool {kind}".strip()
    return f'<td class="{shown}" style="{shade(strength)}" data-tip="{escape(tip)}">{text}</td>'


def _short(label: str) -> str:
    shown = escaped(label)
    return shown if len(shown) <= MAX_NAME else f"{shown[: MAX_NAME - 1]}…"

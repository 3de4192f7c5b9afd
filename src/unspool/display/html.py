"""A piece of HTML that stands in somebody else's page, such as a notebook, in the colours of that page.

Text and lines have the colour of the text around them, and what is shaded is translucent: so it is right in light and
in dark themes, whatever their names are. The rules of the style are nested, so that they touch nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from unspool.display.reprs import ROWS, columns_of, shown_value

BLUE, ORANGE = "#3b82c4", "#d2691e"  # at least 3:1 on white and on black
STYLE = """.unspool.unspool { font: 14px/1.5 system-ui, sans-serif; max-width: 64rem; color: inherit;
  --line: color-mix(in srgb, currentColor 22%, transparent); --quiet: color-mix(in srgb, currentColor 72%, transparent);
  h3 { font-size: 1.15em; margin: .2em 0 .4em; } h4 { font-size: 1em; margin: .8em 0 .2em; }
  p { margin: .3em 0; max-width: 70ch; overflow-wrap: anywhere; } .quiet { color: var(--quiet); }
  .wide { overflow-x: auto; } table { border-collapse: collapse; margin: .4em 0 .8em; font-size: inherit; border: 0; }
  caption { text-align: left; color: var(--quiet); padding: 0; caption-side: top; }
  th, td { text-align: left; padding: .15em .8em .15em 0; border: 0; border-bottom: 1px solid var(--line);
    background: none; font-weight: normal; vertical-align: top; max-width: 40rem; overflow-wrap: anywhere; }
  thead th { color: var(--quiet); } .number { text-align: right; font-variant-numeric: tabular-nums; }
  .text { font-family: ui-monospace, monospace; white-space: pre-wrap; max-width: none; margin: .4em 0; }
  .text span { border-radius: .15rem; } .blank { color: var(--quiet); } [title] { cursor: help; }
  .cool { background: rgb(0 114 178 / calc(var(--a, 0) * 65%)); }
  .warm { background: rgb(213 94 0 / calc(var(--a, 0) * 65%)); }
  .grid td { text-align: center; min-width: 2em; border: 1px solid var(--line); padding: .15em .4em; font-size: .9em; }
  .grid th { white-space: pre; border: 0; } .grid tbody th { text-align: right; padding-right: .6em; }
  .grid thead th { text-align: center; vertical-align: bottom; } .grid .corner { border: 0; color: var(--quiet); }
  .upright thead th span { writing-mode: vertical-rl; transform: rotate(180deg); }
  .grid td.right { outline: 2px solid var(--quiet); outline-offset: -2px; }
  svg { max-width: 100%; height: auto; display: block; }
  .bar { display: inline-block; height: .75em; min-width: 1px; background: #3b82c4; border-radius: 2px; }
  .track { width: 12rem; max-width: 40vw; } progress { width: 16rem; max-width: 60%; accent-color: #3b82c4; }
}
"""


def fragment(*parts: str) -> str:
    """Return parts of HTML as one piece with its style.

    What a page tells by its script where it is pointed at, a piece tells as a title.

    Args:
        *parts: are HTML, in which texts are escaped.
    """
    body = "\n".join(part for part in parts if part).replace(' data-tip="', ' title="')
    return f'<div class="unspool"><style>{STYLE}</style>\n{body}\n</div>'


def row_table(caption: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as a table; what holds several values is left out.

    Args:
        caption: says what it shows.
        rows: may have different columns.
    """
    heads = columns_of(rows)
    head = "".join(
        f'<th scope="col"{_number_class(row.get(name) for row in rows)}>{escape(name.replace("_", " "))}</th>'
        for name in heads
    )
    body = "\n".join(f"<tr>{''.join(_cell(row.get(name)) for name in heads)}</tr>" for row in rows[:ROWS])
    more = f'<p class="quiet">… {len(rows):,} rows in all</p>' if len(rows) > ROWS else ""
    return (
        f'<div class="wide"><table><caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table>{more}</div>"
    )


def value_table(caption: str, values: Mapping[str, Any]) -> str:
    """Return named values as a table of a row each; what holds several is left out."""
    rows = [{"name": name, "value": value} for name, value in values.items() if not _is_several(value)]
    body = "\n".join(
        f'<tr><th scope="row">{escape(str(row["name"]).replace("_", " "))}</th>{_cell(row["value"])}</tr>'
        for row in rows
    )
    return f'<div class="wide"><table><caption>{escape(caption)}</caption>\n<tbody>\n{body}\n</tbody></table></div>'


def bars(caption: str, values: Iterable[tuple[str, float]]) -> str:
    """Return probabilities as bars, a row each.

    Args:
        caption: says what they are.
        values: are names and probabilities, 0 to 1.
    """
    body = "\n".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="track"><span class="bar" style="width: {value:.2%}"></span>'
        f'</td><td class="number">{value:.1%}</td></tr>'
        for name, value in values
    )
    return f"<table><caption>{escape(caption)}</caption>\n<tbody>\n{body}\n</tbody></table>"


def page_frame(page: str) -> str:
    """Return a whole page as a frame in another."""
    return f'<iframe srcdoc="{escape(page)}" style="width: 100%; height: 32rem; border: 0" title="report"></iframe>'


def _number_class(values: Iterable[Any]) -> str:
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return ' class="number"' if numeric else ""


def _is_several(value: Any) -> bool:
    return value is None or isinstance(value, Mapping | list | tuple)


def _cell(value: Any) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return f"<td>{escape('' if value is None else str(value))}</td>"
    if isinstance(value, int):
        return f'<td class="number">{value:,}</td>'
    return f'<td class="number">{escape(shown_value(value))}</td>'

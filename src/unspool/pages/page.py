"""A page of HTML that needs no other file, in light or dark colours, and what it is divided into."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from pathlib import Path


def page(title: str, body: str, about: str = "") -> str:
    """Return a whole page, under the title as its heading.

    Args:
        title: is plain text.
        body: is HTML, in which texts are escaped; its headings begin with `<h2>`.
        about: says above the title what the page is of, in plain text; empty says nothing.
    """
    named = escape(title)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{named}</title>\n'
        f'<link rel="icon" href="data:,">\n<style>\n{_beside("style.css")}</style>\n</head>\n<body>\n'
        f'<header class="bar"><a class="skip" href="#content">Skip to the content</a><p>{escape(about)}</p></header>\n'
        f'<main id="content">\n<h1>{named}</h1>\n{body}\n</main>\n<script>\n{_beside("page.js")}</script>\n'
        f"</body>\n</html>\n"
    )


def section(question: str, *parts: str) -> str:
    """Return a section of a page under a question that it answers; nothing where it has no part.

    Args:
        question: is plain text, and occurs once in a page.
        *parts: are HTML; empty ones are left out.
    """
    kept = [part for part in parts if part]
    if not kept:
        return ""
    body = "\n".join(kept)
    return f'<section id="{_identity(question)}">\n<h2>{escape(question)}</h2>\n{body}\n</section>'


def contents(sections: Iterable[str]) -> str:
    """Return links to sections, as `section` returned them."""
    found = [re.match(r'<section id="([^"]*)">\n<h2>(.*)</h2>', one) for one in sections]
    items = "".join(f'<li><a href="#{one[1]}">{one[2]}</a></li>' for one in found if one)
    return f'<nav class="contents" aria-label="On this page"><ul>{items}</ul></nav>'


def lead(number: str, unit: str, comparison: str) -> str:
    """Return the answer of a page: one number with its unit, and what to compare it with, all in plain text."""
    return f'<p class="lead"><strong>{escape(number)}</strong> {escape(unit)}{escape(comparison)}</p>'


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph of plain text; `note` as its kind makes it a quiet one."""
    return f"<p{_class(kind)}>{escape(text)}</p>" if text else ""


def folded(summary: str, body: str) -> str:
    """Return HTML that is shown when a person opens it, under a summary in plain text."""
    return f"<details><summary>{escape(summary)}</summary>\n{body}\n</details>"


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], words: bool = False) -> str:
    """Return a table, for people who see it and for those who have it read out; a wide one scrolls in its own box.

    Args:
        caption: says what it shows.
        heads: name the columns, in plain text.
        rows: are the cells, in plain text; the first of each names its row.
        words: says whether the cells are texts rather than numbers.
    """
    kind = _class("words" if words else "")
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td{kind}>{escape(cell)}</td>" for cell in cells)}</tr>\n'
        for name, *cells in rows
    )
    return wide(f"<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>")


def examples(items: Iterable[Sequence[tuple[str, str]]]) -> str:
    """Return a list of examples, each of named lines of plain text."""
    found = []
    for item in items:
        lines = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in item)
        found.append(f"<li><dl>{lines}</dl></li>")
    listed = "\n".join(found)
    return f'<ol class="examples">\n{listed}\n</ol>' if found else ""


def wide(inside: str, kind: str = "", cells: bool = False) -> str:
    """Return a table with HTML inside, in a box of its own in which a wide one scrolls.

    Args:
        inside: are its caption, head and body.
        kind: are the classes of the table.
        cells: says whether its cells have more to say, so that the arrow keys move among them.
    """
    group = ' data-cells=""' if cells else ""
    return f'<div class="wide"{group}><table{_class(kind)}>\n{inside}\n</table></div>'


def choice(name: str, legend: str, options: Sequence[str], checked: int, body: str) -> str:
    """Return a choice of which parts are shown; it needs no script.

    Args:
        name: is another one for each choice of a page.
        legend: says what is chosen.
        options: are 2 to 5, in plain text.
        checked: is the index of the one that is chosen at first.
        body: is HTML, in which `optional` makes what belongs to an option.
    """
    labels = "".join(
        f'<label><input type="radio" name="{name}" class="o{index + 1}"{" checked" if index == checked else ""}> '
        f"{escape(option)}</label>"
        for index, option in enumerate(options)
    )
    return (
        f'<div class="choice"><fieldset class="switch"><legend>{escape(legend)}</legend>{labels}</fieldset>\n'
        f"{body}</div>"
    )


def optional(index: int, tag: str, inside: str, kind: str = "") -> str:
    """Return an element that is shown while the option of an index is chosen; see `choice`."""
    return f'<{tag} class="{f"of f{index + 1} {kind}".strip()}">{inside}</{tag}>'


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _identity(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower()).strip("-")


@cache
def _beside(name: str) -> str:
    """Return the text of a file beside this module."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")

"""A page of HTML that needs no other file, in light or dark colours, and what several pages show alike."""

from collections.abc import Iterable, Sequence
from html import escape

from unspool.text.escapes import escaped

STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e6e8eb); --paper: light-dark(#ffffff, #14171a);
  --quiet: light-dark(#57606a, #9aa4ae); --line: light-dark(#d8dee4, #2d333b); --accent: light-dark(#2f6feb, #6ea8fe); }
body { font: 16px/1.5 ui-sans-serif, system-ui, sans-serif; margin: 0 auto; padding: 1.5rem 1rem; max-width: 72rem;
  color: var(--ink); background: var(--paper); }
h1 { font-size: 1.563rem; line-height: 1.25; } h2 { font-size: 1.25rem; } h3 { font-size: 1rem; }
p, li, dd, figcaption { max-width: 70ch; overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: 1rem 0 2rem; } .wide { overflow-x: auto; }
caption { text-align: left; color: var(--quiet); }
th { font-weight: normal; padding: .25rem .5rem; white-space: pre; }
button { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--line); float: right; }
:focus-visible { outline: 2px solid var(--accent); }
@media print { button { display: none; } }
"""
# The switch is made by the script, so that a page without scripts has none, and follows the system's theme.
SWITCH = """<script>
const root = document.documentElement, button = document.createElement("button");
const system = matchMedia("(prefers-color-scheme: dark)");
const dark = () => (root.style.colorScheme || (system.matches ? "dark" : "light")) == "dark";
const show = () => { button.textContent = dark() ? "Light colours" : "Dark colours"; };
try { root.style.colorScheme = localStorage.getItem("theme") || ""; } catch { }
button.type = "button";
button.onclick = () => {
  root.style.colorScheme = dark() ? "light" : "dark";
  try { localStorage.setItem("theme", root.style.colorScheme); } catch { }
  show();
};
show();
document.body.prepend(button);
</script>
"""


def page(title: str, style: str, body: str) -> str:
    """Return a whole page, under the title as its heading.

    Args:
        title: is plain text, already escaped.
        style: holds the CSS rules that are added to those of all pages.
        body: is HTML, in which texts are escaped; its headings begin with `<h2>`.
    """
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{STYLE}{style}</style>\n</head>\n<body>\n{SWITCH}<main>\n<h1>{title}</h1>\n{body}\n</main>\n"
        f"</body>\n</html>\n"
    )


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, for people who see it and for those who have it read out; a wide one scrolls in its own box.

    Args:
        caption: says what it shows.
        heads: name the columns, in plain text.
        rows: are the cells, in plain text; the first of each names its row.
    """
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>\n'
        for name, *cells in rows
    )
    return (
        f'<div class="wide"><table>\n<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}</tbody>\n</table></div>"
    )


def shade(opacity: float) -> str:
    """Return the style of a cell whose background has an opacity of 0 to 1."""
    return f"background: rgba(0, 114, 178, {opacity:.3f})"


def shown_token(token: str) -> str:
    """Show a token without the space before its word; a space alone, a line end or a tab is visible."""
    return escaped(token.strip(" ")) or "␣"

"""A page of HTML that needs no other file."""

STYLE = """
body { font: 16px/1.4 system-ui, sans-serif; margin: 2rem; color: #222; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0 2rem; }
th { font-weight: normal; padding: .2rem .5rem; white-space: pre; }
"""


def page(title: str, style: str, body: str) -> str:
    """Return a whole page.

    Args:
        title: is plain text, already escaped.
        style: holds the CSS rules that are added to those of all pages.
        body: is HTML, in which texts are escaped.
    """
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{STYLE}{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def shade(opacity: float) -> str:
    """Return the style of a cell whose background has an opacity of 0 to 1."""
    return f"background: rgba(20, 80, 160, {opacity:.3f})"

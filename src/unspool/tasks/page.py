"""A page of HTML that needs no other file."""

STYLE = """
body { font: 16px/1.4 system-ui, sans-serif; margin: 2rem; color: #222; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0 2rem; }
th { font-weight: normal; padding: .2rem .5rem; white-space: pre; }
"""


def page(title: str, style: str, body: str) -> str:
    """The whole page.

    Args:
        title: plain text.
        style: rules besides those of all pages.
        body: HTML, escaped where it must be.
    """
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{STYLE}{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def shade(share: float) -> str:
    """The background of a cell: the darker, the larger the share, 0 to 1."""
    return f"background: rgba(20, 80, 160, {share:.3f})"

"""A page of HTML that needs no other file."""

STYLE = """
body { font: 16px/1.6 system-ui, sans-serif; margin: 2rem; color: #222; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0 2rem; }
th { font-weight: normal; padding: .2rem .5rem; white-space: pre; }
thead th { writing-mode: vertical-rl; text-align: right; transform: rotate(180deg); }
tbody th { text-align: right; }
td { min-width: 1.8rem; height: 1.8rem; border: 1px solid #eee; text-align: center; }
"""


def page(title: str, body: str) -> str:
    """A whole page; the title and body are HTML already."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def shade(share: float, colour: str = "20, 80, 160") -> str:
    """The style of a cell as dark as a share of 0 to 1."""
    return f"background: rgba({colour}, {share:.3f})"

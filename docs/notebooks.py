"""A notebook as a page of the site: its text, its code, and what the code printed and drew.

Formulas, which Jupyter typesets, are plain text here, so that the site needs no library of formulas.
"""

import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import nbformat

SHOWN = "What the code above draws; the text below says what to see in it."
FORMULA = re.compile(r"\$\$?([^$\n]*\\[^$\n]*)\$\$?")
PLAIN = {
    r"\\text\{([^{}]*)\}": r"\1",
    r"\\frac\{([^{}]*)\}\{([^{}]*)\}": r"(\1 / \2)",
    r"\\sum ": "Σ ",
    r"\\log_2 ": "log₂ ",
    r"\\ln ": "ln ",
    r"\\cdot ": "· ",
}


def notebook_page(path: Path) -> tuple[str, dict[str, bytes]]:
    """Return a notebook in Markdown, and the pictures in it by the names of their files."""
    pictures: dict[str, bytes] = {}
    title, *cells = nbformat.read(path, as_version=4).cells
    parts = [title.source, f'<a href="{path.name}" download>This page as a notebook</a>']
    for cell in cells:
        if cell.cell_type == "markdown":
            parts.append(FORMULA.sub(_plain, cell.source))
            continue
        parts.append(fenced(cell.source, "python"))
        parts += [_shown(output, f"{path.stem}-", pictures) for output in cell.outputs]
    return "\n\n".join(parts) + "\n", pictures


def fenced(text: str, language: str) -> str:
    """Return a block of code of a language, which may itself have such blocks."""
    fence = "`" * next(length for length in range(3, 99) if "`" * length not in text)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _plain(formula: re.Match[str]) -> str:
    """Return a formula as it can be typed.

    Raises:
        ValueError: it has something that `PLAIN` lacks.
    """
    found = formula[1]
    for pattern, text in PLAIN.items():
        found = re.sub(pattern, text, found)
    if "\\" in found:
        raise ValueError(f"a formula must be made of what PLAIN in docs/notebooks.py has. Received: {formula[1]}.")
    return f"*{found}*"


def _shown(output: Any, stem: str, pictures: dict[str, bytes]) -> str:
    """Return an output in Markdown, and add its picture to those of the page."""
    data = output.get("data", {})
    if "image/png" in data:
        name = f"{stem}{len(pictures) + 1}.png"
        pictures[name] = b64decode(data["image/png"])
        return f"![{SHOWN}]({name})"
    return fenced(output.get("text") or data["text/plain"], " { .text .no-copy .output }")

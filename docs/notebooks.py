"""A notebook as a page of the site: its text, its code, and what the code printed and drew."""

from base64 import b64decode
from pathlib import Path
from typing import Any

import nbformat

SHOWN = "What the code above draws; the text below says what to see in it."


def notebook_page(path: Path) -> tuple[str, dict[str, bytes]]:
    """Return a notebook in Markdown, and the pictures in it by the names of their files."""
    pictures: dict[str, bytes] = {}
    title, *cells = nbformat.read(path, as_version=4).cells
    parts = [title.source, f'<a href="{path.name}" download>This page as a notebook</a>']
    for cell in cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(fenced(cell.source, "python"))
        parts += [_shown(output, f"{path.stem}-", pictures) for output in cell.outputs]
    return "\n\n".join(parts) + "\n", pictures


def fenced(text: str, language: str) -> str:
    """Return a block of code of a language, which may itself have such blocks."""
    fence = "`" * next(length for length in range(3, 99) if "`" * length not in text)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _shown(output: Any, stem: str, pictures: dict[str, bytes]) -> str:
    """Return an output in Markdown, and add its picture to those of the page."""
    data = output.get("data", {})
    if "image/png" in data:
        name = f"{stem}{len(pictures) + 1}.png"
        pictures[name] = b64decode(data["image/png"])
        return f"![{SHOWN}]({name})"
    if "image/svg+xml" in data:
        name = f"{stem}{len(pictures) + 1}.svg"
        pictures[name] = data["image/svg+xml"].encode()
        return f"![{SHOWN}]({name})"
    text = output.get("text") or data.get("text/plain") or "\n".join(output.get("traceback", []))
    return fenced(text, " { .text .no-copy .output }")

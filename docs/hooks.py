"""What the site adds to the files of this folder: notebooks as pages, and pages of linked files of the repository.

MkDocs calls the functions `on_...` (`hooks` in mkdocs.yml). Links are written as they work in the repository; a page of
the site has them turned to pages of the site:

    ../src/unspool/arrays.py    the page of that source, at the line that defines what the text of the link names
    pytorch/2-name.ipynb        the notebook as a page
    decisions/                  the first page of the folder
"""

import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, join, normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docs.notebooks import fenced, notebook_page
from docs.symbols import line_of

ROOT = Path(__file__).resolve().parent.parent
DOCS, SOURCE = "docs/", "source/"
LANGUAGES = {".py": "python", ".toml": "toml", ".json": "json", ".yml": "yaml"}
FRONT = "---\nsearch:\n  exclude: true\nhide: [navigation, toc]\n---\n\n"
PARTS = re.compile(
    r"^ *(?P<fence>`{3,})[^\n]*\n.*?^ *(?P=fence)`* *$"  # a block of code, which stays as it is
    r"|`(?P<symbol>[A-Za-z_][\w.]*)`\]\((?P<code>[^)\s]+\.py)\)"
    r"|``.+?``|`[^`\n]+`"
    r"|\]\((?P<target>[^)\s]+)\)"
    r"|(?P<folded><details>)",
    re.M | re.S,
)


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages of notebooks, and those of the files outside that pages name."""
    for notebook in sorted((ROOT / DOCS).rglob("*.ipynb")):
        uri = notebook.relative_to(ROOT / DOCS).with_suffix(".md").as_posix()
        text, pictures = notebook_page(notebook)
        files.append(File.generated(config, uri, content=text))
        for name, data in pictures.items():
            files.append(File.generated(config, join(dirname(uri), name), content=data))
    waiting = [(path_of(file.src_uri), file.content_string) for file in files.documentation_pages()]
    while waiting:
        path, text = waiting.pop()
        for target in linked(text):
            found = place(path, target)
            uri = uri_of(found)
            if uri.startswith(SOURCE) and (ROOT / found).is_file() and not files.get_file_from_path(uri):
                content = source_page(found)
                files.append(File.generated(config, uri, content=content))
                waiting.append((found, content))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn the links of a page to pages of the site."""

    def turned(part: re.Match[str]) -> str:
        target = part["code"] or part["target"]
        if part["folded"]:
            return '<details markdown="1">'
        if not target or is_elsewhere(target):
            return part[0]
        path, _, anchor = target.partition("#")
        found = place(path_of(page.file.src_uri), path)
        uri = uri_of(found)
        if (ROOT / found).is_dir():
            uri = min((one.src_uri for one in files.documentation_pages() if dirname(one.src_uri) == uri), default=uri)
        if not files.get_file_from_path(uri):
            return part[0]  # which MkDocs refuses
        link = relpath(uri, dirname(page.file.src_uri) or ".") + (f"#{anchor}" if anchor else "")
        line = line_of(ROOT / found, part["symbol"]) if part["symbol"] else None
        name = f"`{part['symbol']}`" if part["symbol"] else ""
        return f"{name}]({link})" + (f'{{ data-line="{line}" }}' if line else "")

    return PARTS.sub(turned, markdown)


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let a link to a name lead to the line that defines it."""
    return re.sub(r'data-line="(\d+)" href="([^"]+)"', r'href="\2#__span-0-\1"', html)


def on_post_page(output: str, *, page: Page, config: MkDocsConfig) -> str:
    """Name the search for screen readers."""
    search = 'data-md-component="search" role="dialog"'
    return output.replace(search, f'{search} aria-label="Search"')


def is_elsewhere(target: str) -> bool:
    """Return whether a link stays on its page, or leaves the repository."""
    return target.startswith("#") or bool(re.match(r"[a-z]+:", target))


def linked(text: str) -> Iterator[str]:
    """Yield the files that the links of a text in Markdown name, as they are written."""
    for part in PARTS.finditer(text):
        target = part["code"] or part["target"]
        if target and not is_elsewhere(target):
            yield target.partition("#")[0]


def place(page: str, target: str) -> str:
    """Return the path in the repository of what a page links to, both with slashes."""
    return normpath(join(dirname(page), target))


def path_of(uri: str) -> str:
    """Return the path in the repository of a page of the site."""
    return uri.removeprefix(SOURCE) if uri.startswith(SOURCE) else DOCS + uri


def uri_of(path: str) -> str:
    """Return the name of the page of a file of the repository; of what is no page, the file itself."""
    if path.startswith(DOCS) and not path.endswith(".py"):
        inside = path.removeprefix(DOCS)
        return inside.removesuffix(".ipynb") + ".md" if path.endswith(".ipynb") else inside
    return SOURCE + path + ("" if path.endswith(".md") else ".md")


def source_page(path: str) -> str:
    """Return the page of a file of the repository."""
    text = (ROOT / path).read_text(encoding="utf-8")
    if path.endswith(".md"):
        return text
    return f"{FRONT}# {path}\n\n{fenced(text, LANGUAGES.get(Path(path).suffix, 'text'))}\n"

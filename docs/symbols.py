"""Where a source of the repository defines a name, for links to it."""

import ast
from pathlib import Path


def line_of(path: Path, symbol: str) -> int | None:
    """Return the line on which a source defines a name, such as `softmax` or `Session.edit`; none if it does not."""
    body, line = ast.parse(path.read_text(encoding="utf-8")).body, 0
    for name in symbol.split("."):
        found = [node for node in body if name in _defined(node)]
        if not found:
            return None
        body, line = getattr(found[-1], "body", []), found[-1].lineno
    return line


def _defined(node: ast.stmt) -> set[str]:
    """Return the names that a statement defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)}

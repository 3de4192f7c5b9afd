"""The page on counts: its lines run."""

import re
import shlex
from pathlib import Path

import pytest

import unspool
from helpers.arpa import ARPA
from helpers.commands import call_main

NAMES = ("anna", "bertha", "clara", "dora", "emma", "frieda", "greta", "hanna")
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "counts.md"


def test_the_lines_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [f"{name}{ending}\n" for name in NAMES for ending in ("", "lies", "rike", "tine")]
    files = {"names": lines, "more": lines[::2], "withdrawn": lines[:6:2], "part1": lines[:20], "part2": lines[20:]}
    for name, found in {**files, "held": lines[::5]}.items():
        Path(f"{name}.txt").write_text("".join(found), encoding="utf-8")
    Path("words.arpa").write_text(ARPA.replace("a.b", "a").replace("c\\d", "b"), encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    for line in "".join(re.findall(r"```sh\n(.*?)```", page, re.S)).splitlines():
        program, *arguments = shlex.split(line)
        assert program == "unspool"
        done = call_main(*arguments)
        assert done.code == 0, (line, done.err)
    (code,) = re.findall(r"```python\n(.*?)```", page, re.S)
    found: dict[str, unspool.CountedTextModel] = {}
    exec(code, found)
    assert found["both"].score("anna").bits_per_byte < found["words"].score("anna").bits_per_byte

"""What reading found is said once, with the first place, however often the data are read."""

from pathlib import Path

from unspool.data.findings import Findings, kept_findings


class File:
    def __init__(self, name: str) -> None:
        self.name = name


def read(findings: Findings, file: File, lines: list[int], whole: bool = True) -> None:
    findings.begin(file)
    for line in lines:
        findings.count("rows left out", file, f"line {line}")
    if whole:
        findings.complete(file)


def test_counts_are_summed_over_files_and_name_the_first_place() -> None:
    findings = Findings()
    read(findings, File("folder/a.csv"), [7, 9])
    read(findings, File("b.csv"), [2])
    findings.note("a note.")
    findings.warn("act.")
    assert findings.lines == ["a note.", "rows left out: 3, the first in a.csv, line 7."]
    assert findings.warnings == ["warning: act."]


def test_a_file_that_is_read_again_is_counted_once_and_a_broken_reading_not_at_all() -> None:
    findings, file = Findings(), File("a.csv")
    read(findings, file, [7], whole=False)
    for _ in range(3):
        read(findings, file, [7, 9])
    read(findings, file, [7], whole=False)
    assert findings.lines == ["rows left out: 2, the first in a.csv, line 7."]


def test_what_is_counted_after_the_reading_counts_too() -> None:
    findings, file = Findings(), File("a.csv")
    read(findings, file, [7])
    findings.count("rows that turned out to be wrong", file, "line 8")
    assert findings.lines[1] == "rows that turned out to be wrong: 1, the first in a.csv, line 8."


def test_sentences_are_kept_with_the_examples(tmp_path: Path) -> None:
    findings = Findings()
    read(findings, File("a.csv"), [7])
    findings.warn("act.")
    findings.keep(tmp_path)
    assert kept_findings(tmp_path) == (findings.lines, findings.warnings)
    (tmp_path / "findings.json").write_text("[]", encoding="utf-8")
    assert kept_findings(tmp_path) == ([], [])

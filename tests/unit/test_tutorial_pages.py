"""The pages around the tutorials: the index links all of them, and every question has an answer and a notebook."""

import re
from pathlib import Path

import pytest

forms = pytest.importorskip("docs.tutorials.forms")

FOLDER: Path = forms.FOLDER
QUIZZES = ("quiz-before.md", "quiz-after.md")
QUESTION = re.compile(r"^\*\*(\d)\.\*\* ", re.MULTILINE)
ANSWER = re.compile(r"<details><summary>Answer</summary>\n\n(.+?)\n\n</details>", re.DOTALL)
TREATED = re.compile(r"Notebook (\d), \*(.+)\*\.\Z")


def titles() -> dict[str, str]:
    """The title of each notebook, by its number."""
    found = {path.name[0]: path.read_text(encoding="utf-8") for path in forms.sources()}
    return {number: re.findall(r"^# # (.+)$", text, re.MULTILINE)[0] for number, text in found.items()}


@pytest.mark.parametrize("name", QUIZZES)
def test_each_of_six_questions_has_an_answer_that_names_its_notebook(name: str) -> None:
    _, *parts = QUESTION.split((FOLDER / name).read_text(encoding="utf-8"))
    assert parts[::2] == list("123456")
    answers = [ANSWER.findall(part) for part in parts[1::2]]
    assert [len(found) for found in answers] == [1] * 6
    treated = [TREATED.search(answer) for (answer,) in answers]
    assert all(treated)
    assert {found[1]: found[2] for found in treated if found} == titles()


def test_the_index_links_every_form_of_every_notebook() -> None:
    linked = set(re.findall(r"\]\(([^)]+\.ipynb)\)", (FOLDER / "index.md").read_text(encoding="utf-8")))
    built = {forms.path_of(source, form) for source in forms.sources() for form in forms.forms_of(source)}
    assert linked == {path.relative_to(FOLDER).as_posix() for path in built}

"""The report of every run: its parts, what it needs (nothing), and that no run fails for its sake."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import unspool
from helpers.commands import call_main
from helpers.pages import Page, check_page
from helpers.reports import TASKS, train_one
from helpers.runs import StopAt
from helpers.small import TINY, small_text
from unspool.api import resume, train
from unspool.errors import OutputError
from unspool.tasks.reporting.curves import read_curves
from unspool.training.history import POINTS, History

TRAINED = ["How was it trained?", "What do the figures say?", "What was it made with?"]
LABELLED = ["What does it confuse?", "How good is it at each label?", *TRAINED]
WRITING = ["What does it write?", "What surprises it?"]
CHANGES = {True: "How did its writing change?", False: "How did its answers change?"}
QUESTIONS = {
    "language": [*WRITING, *TRAINED],
    "documents": [*WRITING, *TRAINED],
    "ngram": [*WRITING, *TRAINED[1:]],
    "conditional": ["What does it write under which condition?", *WRITING, *TRAINED],
    "translation": ["How does it translate?", "What did it look at?", *TRAINED],
    "classification": ["What moved it?", *LABELLED],
    "vectors": ["What moved it?", *LABELLED],
    "images": LABELLED,
    "captions": ["What does it write?", "Does it look?", *TRAINED],
}


@pytest.fixture(scope="module", params=TASKS)
def reported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, unspool.Model]:
    if request.param in ("images", "captions"):
        pytest.importorskip("PIL.Image")
    return request.param, train_one(request.param, tmp_path_factory.mktemp(request.param))


def read_report(model: unspool.Model) -> tuple[str, Page]:
    html = (model.path / "report.html").read_text(encoding="utf-8")
    return html, check_page(html)


def test_the_report_of_every_task_has_its_parts_and_stands_alone(reported: tuple[str, unspool.Model]) -> None:
    task, model = reported
    html, page = read_report(model)
    headings = re.findall("<h2>(.*?)</h2>", html)
    assert len(headings) == len(set(headings))
    assert set(QUESTIONS[task]) <= set(headings), headings
    assert [one["href"] for one in page.all("a")][1:] == [f"#{one['id']}" for one in page.all("section")]
    assert ("<path" in html) == (task != "ngram")
    assert (CHANGES[task in ("language", "documents", "conditional")] in headings) == (task != "ngram")
    assert len(page.all("main")) == len(page.all("h1")) == 1
    assert 'class="lead"' in html
    assert not page.all("iframe")
    assert str(model.path.parent) not in html  # nobody's folders are published


def test_an_older_folder_and_a_copy_still_have_a_report(reported: tuple[str, unspool.Model], tmp_path: Path) -> None:
    """Neither the history that curves are drawn by, nor what was held out, is in them."""
    _, model = reported
    model.save(tmp_path / "copy")
    history = tmp_path / "copy" / "history.jsonl"
    events = [json.loads(line) for line in history.read_text(encoding="utf-8").splitlines()]
    kept = [one for one in events if one["event"] not in ("begin", "training", "sample")]
    history.write_text("".join(json.dumps(one) + "\n" for one in kept), encoding="utf-8")
    copy = unspool.load(tmp_path / "copy")
    assert copy.report(tmp_path / "page.html") == tmp_path / "page.html"
    page = check_page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert "What was it made with?" in page.text
    (tmp_path / "copy" / "history.jsonl").unlink()
    (tmp_path / "copy" / "recipe.toml").unlink()
    check_page(copy.report().read_text(encoding="utf-8"))


def test_a_language_model_is_seen_at_work(model: unspool.Model) -> None:
    html, page = read_report(model)
    assert all(f"Temperature {one}" in page.text for one in ("0.2", "0.5", "0.8", "1", "1.3"))
    assert "bits per character on text that it never saw" in page.text
    assert "single characters alone would cost" in page.text
    cells = re.findall(r'data-tip="[^"]*: [\d.]+ bits, [\d.]+%\nexpected: [^"]*', html)
    assert len(cells) > 100
    values = [float(share.rstrip("%")) for share in re.findall(r'class="value">.*?</span>([\d.]+%)', html)]
    assert sum(values) == pytest.approx(100, abs=1)


def test_the_history_draws_a_curve(model: unspool.Model) -> None:
    events = History(model.path / "history.jsonl").events()
    curves = read_curves(events)
    assert [step for step, *_ in curves.training] == list(range(1, 61))  # as many as updates, or 300
    assert len(curves.fresh) == len(curves.carried) >= 3
    assert curves.unit == "bits per character"
    end = events[-1]
    assert curves.best_step == end["best_step"]
    assert min(loss for *_, loss in curves.fresh) == pytest.approx(end["fresh_bits_per_character"], rel=1e-4)
    seconds = [second for _, second, _ in curves.training]
    assert seconds == sorted(seconds)


@pytest.mark.parametrize("steps", [4, POINTS, 3 * POINTS + 1])
def test_a_curve_has_a_few_hundred_points(tmp_path: Path, steps: int) -> None:
    from unspool.training.callback import StepEvent
    from unspool.training.history import TrainingCurve

    history = History(tmp_path / "h.jsonl")
    curve = TrainingCurve(history, 0.0)
    for step in range(1, steps + 1):
        curve.add(StepEvent(step, step / 10, step / steps, 0.0, 0.0, 1, step / 100, steps), float(step))
    found = history.events()
    assert len(found) == min(steps, POINTS)
    assert found[-1]["step"] == steps
    counts = [one["step"] - before["step"] for before, one in pairwise(found)]
    means = [one["loss"] for one in found[1:]]
    assert means == [one["step"] - (count - 1) / 2 for one, count in zip(found[1:], counts, strict=True)]


def test_a_run_that_was_cut_off_and_resumed_has_a_joined_curve(text_file: Path, tmp_path: Path) -> None:
    settings: dict[str, Any] = {**TINY, "steps": 12, "counts": False}
    train(text_file, out=tmp_path / "whole", **settings)
    train(text_file, out=tmp_path / "cut", callback=StopAt(7), **settings)
    _, page = read_report(unspool.load(tmp_path / "cut"))
    assert "7 updates" in page.text
    resume(tmp_path / "cut")
    whole, cut = (read_curves(History(tmp_path / name / "history.jsonl").events()) for name in ("whole", "cut"))
    assert [(step, loss) for step, _, loss in whole.training] == [(step, loss) for step, _, loss in cut.training]
    assert {step for step, *_ in whole.fresh} <= {step for step, *_ in cut.fresh}
    _, page = read_report(unspool.load(tmp_path / "cut"))
    assert "12 updates" in page.text


def test_no_run_fails_for_the_sake_of_its_report(
    text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str] = []

    class Notes(unspool.Callback):
        def on_note(self, line: str) -> None:
            notes.append(line)

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("of a page")

    monkeypatch.setattr("unspool.models.reporting.report_page", broken)
    model = train(text_file, out=tmp_path / "m", callback=Notes(), **{**TINY, "steps": 2})
    assert model.generate("the", max_new_tokens=3)
    assert notes[-1] == "warning: there is no report of this run: ZeroDivisionError: of a page"
    assert not (tmp_path / "m" / "report.html").exists()


def test_a_report_that_cannot_be_written_is_an_error_of_its_own(model: unspool.Model, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"no/page\.html cannot be written"):
        model.report(tmp_path / "no" / "page.html")


def test_a_model_that_has_read_more_has_no_old_report_and_one_that_forgets_has_its_own_again(
    model: unspool.TextModel, tmp_path: Path
) -> None:
    adapted = model.adapt(small_text(20, seed=9), out=tmp_path / "more", epochs=1)
    assert not (tmp_path / "more" / "report.html").exists()
    page = check_page(adapted.report(tmp_path / "page.html").read_text(encoding="utf-8"))
    assert "It has read more since" in page.text
    adapted.forget(tmp_path / "again")
    assert (tmp_path / "again" / "report.html").read_bytes() == (model.path / "report.html").read_bytes()


def test_what_a_text_holds_is_shown_and_not_run(tmp_path: Path) -> None:
    hostile = '<script>alert("x")</script> & </div> \\n \\t it\'s\n'
    (tmp_path / "t.txt").write_text(hostile * 60, encoding="utf-8")
    model = train(tmp_path / "t.txt", out=tmp_path / "m", **{**TINY, "steps": 3})
    _, page = read_report(model)
    assert len(page.all("script")) == 1


def test_the_command_writes_a_page_where_it_is_told_to(model: unspool.Model, tmp_path: Path) -> None:
    written = call_main("report", model.path, "--out", tmp_path / "page.html")
    assert (written.code, written.out) == (0, f"{tmp_path / 'page.html'}\n"), written.err
    check_page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert call_main("report", model.path, "--json", "--out", tmp_path / "p.html").json() == {
        "report": f"{tmp_path}/p.html"
    }
    refused = call_main("report", model.path, "--out", tmp_path / "no" / "page.html")
    assert (refused.code, refused.clean) == (7, True)

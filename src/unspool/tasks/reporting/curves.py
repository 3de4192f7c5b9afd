"""The curves of a run, and what it wrote while it learnt, from the events of its history."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from unspool.evaluate.units import Units
from unspool.pages.cells import generated
from unspool.pages.charts import Chart, Line, Mark, draw_chart
from unspool.pages.page import choice, folded, optional, paragraph, section, table

SAMPLES = 6  # that are shown
EXCERPT, MAX_SAMPLE = 60, 400  # characters of a sample at its mark, and of one that is shown
MINUTES = 180  # seconds from which an axis counts minutes
RISEN = 1.01  # times the lowest held-out loss

Event = Mapping[str, Any]


class Curves(NamedTuple):
    """The losses of a run, each with its step and its seconds, in bits; in nats where the units are not known.

    Attributes:
        training: are the points of the training loss: step, seconds, loss.
        fresh: are those of the held-out part, from fresh starts.
        carried: are those with the state carried along; empty where that was not measured.
        unit: is what the losses are counted in.
        steps_per_epoch: is the number of updates in a pass; none where it is not known.
        best_step: is that of the weights that were kept.
    """

    training: Sequence[tuple[int, float, float]]
    fresh: Sequence[tuple[int, float, float]]
    carried: Sequence[tuple[int, float, float]]
    unit: str
    steps_per_epoch: int | None
    best_step: int | None


def beginning(events: Sequence[Event]) -> Event:
    """Return what a run began with; nothing of one by an earlier version."""
    return next((event for event in events if event["event"] == "begin"), {})


def ending(events: Sequence[Event]) -> Event:
    """Return what a run ended with; nothing where it has not."""
    return next((event for event in reversed(events) if event["event"] == "end"), {})


def held_out_bits(events: Sequence[Event], nats: float | None) -> float | None:
    """Convert a loss on the held-out part into bits per character or label; none where that is not known."""
    units = beginning(events).get("held_out_units")
    return None if units is None or nats is None else Units(**units).bits(nats)


def read_curves(events: Sequence[Event]) -> Curves:
    """Return the losses in the events of a run; those that a run was thrown back over count once."""
    begin, known = beginning(events), "training_units" in beginning(events)
    units = [Units(**begin[name]) if known else None for name in ("training_units", "held_out_units")]
    validations = _forward([event for event in events if event["event"] == "validation"])
    training = _forward([event for event in events if event["event"] == "training"]) or validations
    return Curves(
        _points(training, "loss", units[0]),
        _points(validations, "fresh", units[1]),
        _points(validations, "carried", units[1]),
        f"bits per {units[1].name}" if units[1] else "nats per token",
        begin.get("steps_per_epoch"),
        ending(events).get("best_step"),
    )


def _forward(events: Sequence[Event]) -> list[Event]:
    found: list[Event] = []
    for event in events:
        while found and found[-1]["step"] >= event["step"]:
            found.pop()
        found.append(event)
    return found


def _points(events: Sequence[Event], name: str, units: Units | None) -> list[tuple[int, float, float]]:
    values = [(event["step"], event.get("seconds"), event.get(name)) for event in events]
    return [
        (step, float(seconds), units.bits(loss) if units else loss)
        for step, seconds, loss in values
        if isinstance(loss, int | float) and isinstance(seconds, int | float) and math.isfinite(loss)
    ]


def curves_section(events: Sequence[Event]) -> str:
    """Draw how a model was trained: its losses against seconds and against passes; nothing of one that was counted."""
    curves = read_curves(events)
    if not curves.fresh:
        return ""
    texts = {event["step"]: event["text"] for event in events if event["event"] == "sample"}
    parts = [_drawn(curves, texts, by_pass=False)]
    chart = parts[0]
    if curves.steps_per_epoch:
        both = optional(0, "div", chart) + optional(1, "div", _drawn(curves, texts, by_pass=True))
        chart = choice("against", "Against", ("time", "passes over the training text"), 0, both)
    alone = "counts_nats_per_token" in ending(events) or "counts_accuracy" in ending(events)
    beside = paragraph("The curves are those of the network alone: the counts beside it were added at the end.", "note")
    told = paragraph(_told(curves))
    return section("How was it trained?", told, chart, _legend(curves), beside if alone else "", _numbers(curves))


def _told(curves: Curves) -> str:
    """Say in a few sentences what the curves show."""
    step, seconds, last = curves.fresh[-1]
    passes = f", {_passes(step, curves):.3g} passes over the training part," if curves.steps_per_epoch else ""
    best = min(curves.fresh, key=lambda point: point[2])
    said = f"{step:,} updates{passes} in {_duration(seconds)}."
    if curves.best_step:
        said += f" The model has the weights after update {curves.best_step:,}, the filled mark."
    if last > RISEN * best[2] and curves.training and curves.training[-1][2] < best[2]:
        said += f" Since {_duration(best[1])} it predicted what was held out worse: it began to learn by heart."
    return said


def _legend(curves: Curves) -> str:
    carried = (
        " Carried: the state is passed along the text, an estimate from a few thousand characters."
        if curves.carried
        else ""
    )
    return paragraph(
        "Training: the loss on what it learns from, with dropout, which makes it higher. Fresh: on what was held out, "
        f"from the state that a prompt starts in; it decides which weights are kept.{carried} The lower, the better.",
        "note",
    )


def _drawn(curves: Curves, texts: Mapping[int, str], by_pass: bool) -> str:
    minutes = not by_pass and curves.fresh[-1][1] >= MINUTES

    def at(step: int, seconds: float) -> float:
        return _passes(step, curves) if by_pass else seconds / 60 if minutes else seconds

    kinds = (("training", curves.training), ("carried", curves.carried), ("fresh", curves.fresh))
    lines = [
        Line(f"{kind} {points[-1][2]:.2f}", kind, [(at(step, seconds), loss) for step, seconds, loss in points])
        for kind, points in kinds
        if points
    ]
    carried = {step: loss for step, _, loss in curves.carried}
    marks = []
    for step, seconds, loss in curves.fresh:
        also = f", carried {carried[step]:.3f}" if step in carried else ""
        wrote = " ".join(texts.get(step, "").split())
        wrote = f"\nIt wrote: {_cut(wrote, EXCERPT)}" if wrote else ""
        best = step == curves.best_step
        tip = f"update {step:,}, after {_duration(seconds)}: fresh {loss:.3f}{also}{', kept' if best else ''}{wrote}"
        marks.append(Mark(at(step, seconds), loss, tip, "best" if best else ""))
    unit = "passes" if by_pass else "min" if minutes else "s"
    ends = ", ".join(
        f"the {kind} loss falls from {points[0][2]:.2f} to {points[-1][2]:.2f}" for kind, points in kinds if points
    )
    return draw_chart(Chart(lines, marks, unit, curves.unit, f"Curves of the loss in {curves.unit}: {ends}."))


def _numbers(curves: Curves) -> str:
    training = {step: loss for step, _, loss in curves.training}
    carried = {step: loss for step, _, loss in curves.carried}
    heads = ("update", "after", "training", "fresh", *(["carried"] if carried else []))
    rows = []
    for step, seconds, loss in curves.fresh:
        near = max((one for one in training if one <= step), default=None)
        cells = [_duration(seconds), "" if near is None else f"{training[near]:.4f}", f"{loss:.4f}"]
        cells += [f"{carried[step]:.4f}" if step in carried else ""] if carried else []
        rows.append((f"{step:,}{' (kept)' if step == curves.best_step else ''}", *cells))
    return folded("The numbers", table(f"The losses at each validation, in {curves.unit}", heads, rows))


def samples_section(events: Sequence[Event], question: str, same: str) -> str:
    """Show what a model wrote while it learnt; nothing where its history has no samples.

    Args:
        events: are those of its history.
        question: is the heading.
        same: says what was the same each time.
    """
    fresh = {step: loss for step, _, loss in read_curves(events).fresh}
    samples = _forward([event for event in events if event["event"] == "sample"])
    last = len(samples) - 1
    chosen = sorted({round(index * last / (SAMPLES - 1)) for index in range(SAMPLES)}) if samples else []
    unit, parts = read_curves(events).unit, []
    for event in (samples[index] for index in chosen):
        loss = f", {fresh[event['step']]:.2f} {unit}" if event["step"] in fresh else ""
        when = f"After {_duration(event['seconds'])}, update {event['step']:,}{loss}:"
        parts.append(f"{paragraph(when, 'note')}\n{generated('', _cut(event['text'], MAX_SAMPLE))}")
    return section(question, paragraph(same), *parts) if parts else ""


def _cut(text: str, count: int) -> str:
    return text if len(text) <= count else f"{text[:count]}…"


def _passes(step: int, curves: Curves) -> float:
    return step / (curves.steps_per_epoch or 1)


def _duration(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds < MINUTES else f"{seconds / 60:.3g} min"

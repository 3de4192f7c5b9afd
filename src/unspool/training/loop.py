"""The training loop: batches in, the best model out, whatever happens in between.

    batch -> learner.train_step -> loss
               at regular intervals: validate -> write the best weights so far -> checkpoint

The loop knows nothing of text or of frameworks. Everything it decides depends on the step alone (or, in a run of
minutes, on the clock), so a run of steps or epochs that was killed and resumed ends with the same weights as one that
was not.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from unspool.data.batches import BatchSource
from unspool.engines.base import Learner, Network
from unspool.errors import TrainingError
from unspool.evaluate.units import Units
from unspool.specs.training import DecoderTrainingSpec, TrainingSpec
from unspool.training.budget import Budget
from unspool.training.callback import Callback, StepEvent, ValidationEvent
from unspool.training.checkpoint import Checkpoint, Progress
from unspool.training.history import History, TrainingCurve
from unspool.training.interrupt import catching_interrupts
from unspool.training.schedule import forcing_at, rate_at
from unspool.training.threads import ThreadChoice

CHECKPOINT_SECONDS = 20.0
LOSS_WINDOW = 50  # the reported training loss is the mean of so many steps
MAX_DIVERGENCES = 2
RESERVED = 1.1  # times the length of a validation, with what is saved then: for the last one
MAX_RESERVED = 0.25  # of the time that is left, until a validation in the run itself was timed: a neighbour may be busy


@dataclass
class Loop:
    """One run.

    Attributes:
        learner: is trained.
        batches: are those of each epoch.
        training: holds the settings.
        budget: says how long to train.
        checkpoint: saves the run.
        history: keeps its events.
        validate: computes the fresh loss of a network, in nats per token.
        keep_best: writes the weights of the learner as the model, with facts about them, and whether a resumed run may
            reach them again (not after an interruption).
        sample: generates a line of text with a network.
        callback: receives events.
        training_units: convert a loss on the training part into bits.
        held_out_units: convert a loss on the held-out part.
        announce: receives a line right before the first update, which says how long training takes.
        progress: is where the run stands.
        threads: chooses the number of threads by how long each step took; none leaves it alone.
        carried: estimates the loss of a network whose state is passed along the held-out part, in nats per token; none
            where there is nothing to pass it along.
    """

    learner: Learner
    batches: BatchSource
    training: TrainingSpec
    budget: Budget
    checkpoint: Checkpoint
    history: History
    validate: Callable[[Network], float]
    keep_best: Callable[[Learner, dict[str, Any], bool], None]
    sample: Callable[[Network], str]
    callback: Callback
    training_units: Units
    held_out_units: Units
    announce: Callable[[str], None]
    progress: Progress = field(default_factory=Progress)
    threads: ThreadChoice | None = None
    carried: Callable[[Network], float | None] = lambda network: None
    _curve: TrainingCurve = field(init=False)
    _losses: list[float] = field(default_factory=list)
    _tokens: int = 0
    _learning: float = 0.0  # seconds in training steps
    _step_seconds: float = 0.0  # of the last one
    _saved_at: float = 0.0

    def run(self) -> Progress:
        """Train until the budget is used up, patience runs out, or the run is interrupted; at least for one step.

        Raises:
            TrainingError: the loss became NaN or infinite for the third time.
        """
        with catching_interrupts() as interrupt:
            self._save()
            self._reserve()
            self.budget.start()
            self._curve = TrainingCurve(self.history, self.budget.progress(self.progress.step))
            self.announce(self.budget.announcement())
            while self.progress.step == 0 or not (self._finished() or interrupt.requested):
                self._step()
            validated = self.progress.validated_at == self.progress.step
            if self._finished():
                if self._out_of_patience():
                    times = self.progress.since_best
                    self.callback.on_note(f"training ends early: no validation was better, {times} times in a row.")
                if not validated:
                    self._validate()
                self.progress = self.progress.changed(done=True)
                self._save()
            else:
                self._save()  # before the validation, which a run without interruption would not have
                if not validated:
                    self._validate(scheduled=False)
        return self.progress

    @property
    def tokens_per_second(self) -> float:
        """The speed of the training steps, without validations."""
        return self._tokens / self._learning if self._learning else 0.0

    def _reserve(self) -> None:
        """Find out how long a validation takes, for which a run of minutes must stop training in time."""
        left = self.budget.seconds_left()
        if left is not None:
            started = time.monotonic()
            self.validate(self.learner.network())
            took = time.monotonic() - started
            self.budget.reserved = min(RESERVED * took, MAX_RESERVED * left)

    def _finished(self) -> bool:
        return self.budget.is_over(self.progress.step, self._step_seconds) or self._out_of_patience()

    def _out_of_patience(self) -> bool:
        return self.progress.since_best >= self.training.patience

    def _step(self) -> None:
        progress = self.progress
        began = self.budget.seconds()
        batch = self.batches.batch(progress.epoch, progress.index)
        used = self.budget.progress(progress.step)
        training = self.training
        rate = rate_at(used, training.warmup, training.final_rate, training.decay_from) * progress.rate_factor
        started = time.perf_counter()
        forcing = self._forcing(used)
        loss = self.learner.train_step(batch, rate, progress.step, forcing)
        if self.threads:
            self.threads.after_step(time.perf_counter() - started, batch.work)
        if not math.isfinite(loss):
            self._fall_back()
            return
        self._tokens += batch.size
        self._step_seconds = self.budget.seconds() - began
        self._learning += self._step_seconds
        self._losses = [*self._losses[1 - LOSS_WINDOW :], loss]
        steps = self.batches.steps(progress.epoch)
        after = (progress.epoch, progress.index + 1) if progress.index + 1 < steps else (progress.epoch + 1, 0)
        self.progress = progress.changed(step=progress.step + 1, epoch=after[0], index=after[1])
        self._report_step(batch.size, progress.epoch + (progress.index + 1) / steps, loss)
        if self._validation_is_due():
            started = self.budget.seconds()
            self._validate()
            self._save()
            self.budget.reserved = RESERVED * (self.budget.seconds() - started)
        elif self.budget.seconds() - self._saved_at > CHECKPOINT_SECONDS:
            self._save()

    def _forcing(self, progress: float) -> float:
        """Return the fraction of a decoder's inputs that are the true tokens, at a progress of 0 to 1."""
        training = self.training
        if not isinstance(training, DecoderTrainingSpec):
            return 1.0
        return forcing_at(progress, training.teacher_forcing, training.scheduled_sampling)

    def _report_step(self, tokens: int, epoch: float, loss: float) -> None:
        step = self.progress.step
        mean = sum(self._losses) / len(self._losses)
        event = StepEvent(
            step=step,
            epoch=epoch,
            progress=self.budget.progress(step),
            loss=mean,
            bits_per_character=self.training_units.bits(mean),
            tokens=tokens,
            seconds=self.budget.seconds(),
            steps_that_fit=self.budget.steps_that_fit(step),
            unit=self.training_units.name,
        )
        self._curve.add(event, loss)
        self.callback.on_step(event)

    def _validation_is_due(self) -> bool:
        """Return whether it is due: at equal distances in the budget, but not at step 1 and never twice in a row."""
        step = self.progress.step
        progress = self.budget.progress(step)
        if (
            progress >= 1
            or step <= max(1, self.progress.validated_at + 1)
            or self.budget.steps_that_fit(step) <= step + 1
        ):
            return False
        return int(progress * self.training.validations) > self.progress.validations

    def _validate(self, scheduled: bool = True) -> None:
        network, progress = self.learner.network(), self.progress
        fresh = self.validate(network)
        loss = sum(self._losses) / len(self._losses) if self._losses else math.nan
        best = progress.best is None or fresh < progress.best
        if best:
            self.keep_best(self.learner, {"step": progress.step, "fresh_nats_per_token": fresh}, scheduled)
            self.progress = progress.changed(best=fresh, best_step=progress.step, since_best=0)
        elif self.budget.progress(progress.step) >= self.training.decay_from:  # before that, the rate is too high
            self.progress = progress.changed(since_best=progress.since_best + 1)
        due = int(self.budget.progress(progress.step) * self.training.validations)
        self.progress = self.progress.changed(validations=max(due, progress.validations), validated_at=progress.step)
        seconds = self.budget.seconds()
        facts = {"loss": loss if self._losses else None, "fresh": fresh, "best": best, "seconds": seconds}
        carried = self.carried(network)
        if carried is not None:
            facts["carried"] = carried
        self.history.add(event="validation", step=progress.step, epoch=progress.epoch, **facts)
        bits = self.training_units.bits(loss), self.held_out_units.bits(fresh)
        self.callback.on_validation(
            ValidationEvent(progress.step, loss, fresh, *bits, best, seconds, self.held_out_units.name)
        )
        text = self.sample(network)
        self.history.add(event="sample", step=progress.step, seconds=seconds, text=text)
        self.callback.on_sample(progress.step, text)

    def _save(self) -> None:
        self.progress = self.progress.changed(seconds=self.budget.seconds())
        self.checkpoint.write(self.learner, self.progress)
        self._saved_at = self.budget.seconds()

    def _fall_back(self) -> None:
        """Return to the last checkpoint with half the learning rate."""
        divergences = self.progress.divergences + 1
        self.history.add(event="divergence", step=self.progress.step, number=divergences)
        if divergences > MAX_DIVERGENCES:
            raise TrainingError(
                f"the loss must stay finite. It became NaN or infinite {divergences} times, "
                f"last at step {self.progress.step}.",
                "lower --learning-rate and --matrix-rate, for example to a third; the best model so far is kept.",
            )
        arrays, saved = self.checkpoint.read()
        self.learner.restore(arrays)
        self._losses = []
        self.progress = saved.changed(
            rate_factor=self.progress.rate_factor / 2, divergences=divergences, seconds=self.budget.seconds()
        )

"""The training loop: batches in, the best model out, whatever happens in between.

    batch -> learner.train_step -> loss
               every so often: validate -> the best so far is written -> checkpoint

The loop knows nothing of text or of frameworks. All that it decides is a function of the step (or, in a
run of minutes, of the clock), so a run of steps or epochs that was killed and resumed ends with the
weights of one that was not.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from unspool.data.batches import BatchSource
from unspool.engines.base import Learner, Network
from unspool.errors import TrainingError
from unspool.specs.training import DecoderTrainingSpec, TrainingSpec
from unspool.training.budget import Budget
from unspool.training.callback import Callback, StepEvent, ValidationEvent
from unspool.training.checkpoint import Checkpoint, Progress
from unspool.training.history import History
from unspool.training.interrupt import catching_interrupts
from unspool.training.schedule import forcing_at, rate_at
from unspool.training.threads import ThreadChoice

CHECKPOINT_SECONDS = 20.0
LOSS_WINDOW = 50  # steps that the reported training loss is the mean of
MAX_DIVERGENCES = 2
RESERVED = 4.0  # times a validation: for the last one and the closing evaluation


@dataclass
class Loop:
    """One run.

    Attributes:
        learner: is trained.
        batches: of an epoch.
        training: the settings.
        budget: how long.
        checkpoint: where the run is saved.
        history: what happened.
        validate: the fresh nats per token of a network.
        keep_best: writes the weights of the learner as the model, with facts about them, and whether a
            resumed run may come to them again (not after an interruption).
        sample: writes a line of text.
        callback: receives events.
        tokens_per_unit: of the text, to tell losses in bits per unit.
        unit: what a character is called: `character`, or `label` where labels are told.
        threads: is told how long each step took; none leaves the number of threads alone.
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
    tokens_per_unit: float
    unit: str = "character"
    progress: Progress = field(default_factory=Progress)
    threads: ThreadChoice | None = None
    _losses: list[float] = field(default_factory=list)
    _tokens: int = 0
    _learning: float = 0.0  # seconds in training steps
    _saved_at: float = 0.0

    def run(self) -> Progress:
        """Train until the budget is used up, the held-out text says to stop, or someone interrupts.

        Raises:
            TrainingError: the loss became NaN or infinite for the third time.
        """
        with catching_interrupts() as interrupt:
            self._save()
            while not self._finished() and not interrupt.requested:
                self._step()
            validated = self.progress.validated_at == self.progress.step
            if self._finished():
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
        """The rate of reading in training steps."""
        return self._tokens / self._learning if self._learning else 0.0

    def _finished(self) -> bool:
        over = self.budget.progress(self.progress.step) >= 1
        return over or self.progress.since_best >= self.training.patience

    def _step(self) -> None:
        progress = self.progress
        began = self.budget.seconds()
        batch = self.batches.batch(progress.epoch, progress.index)
        share = self.budget.progress(progress.step)
        rate = rate_at(share, self.training.warmup, self.training.final_rate) * progress.rate_factor
        started = time.perf_counter()
        forcing = self._forcing(share)
        loss = self.learner.train_step(batch, rate, progress.step, forcing)
        if self.threads:
            self.threads.after_step(time.perf_counter() - started, batch.size)
        if not math.isfinite(loss):
            self._fall_back()
            return
        self._tokens += batch.size
        self._learning += self.budget.seconds() - began
        self._losses = [*self._losses[1 - LOSS_WINDOW :], loss]
        steps = self.batches.steps(progress.epoch)
        after = (progress.epoch, progress.index + 1) if progress.index + 1 < steps else (progress.epoch + 1, 0)
        self.progress = progress.changed(step=progress.step + 1, epoch=after[0], index=after[1])
        self._tell(batch.size, progress.epoch + (progress.index + 1) / steps)
        if self._validation_is_due():
            self._validate()
            self._save()
        elif self.budget.seconds() - self._saved_at > CHECKPOINT_SECONDS:
            self._save()

    def _forcing(self, share: float) -> float:
        """The fraction of a decoder's inputs that are the true tokens, at a share of the budget."""
        training = self.training
        if not isinstance(training, DecoderTrainingSpec):
            return 1.0
        return forcing_at(share, training.teacher_forcing, training.scheduled_sampling)

    def _tell(self, tokens: int, epoch: float) -> None:
        step = self.progress.step
        loss = sum(self._losses) / len(self._losses)
        self.callback.on_step(
            StepEvent(
                step=step,
                epoch=epoch,
                progress=self.budget.progress(step),
                loss=loss,
                bits_per_character=self._bits(loss),
                tokens=tokens,
                seconds=self.budget.seconds(),
                steps_that_fit=self.budget.steps_that_fit(step),
                unit=self.unit,
            )
        )

    def _validation_is_due(self) -> bool:
        """At equal distances in the budget; not at the first step, right after another, or right before the last."""
        step = self.progress.step
        share = self.budget.progress(step)
        if share >= 1 or step <= max(1, self.progress.validated_at + 1) or self.budget.steps_that_fit(step) <= step + 1:
            return False
        return int(share * self.training.validations) > self.progress.validations

    def _validate(self, scheduled: bool = True) -> None:
        network, progress = self.learner.network(), self.progress
        started = self.budget.seconds()
        fresh = self.validate(network)
        self.budget.reserved = RESERVED * (self.budget.seconds() - started)
        loss = sum(self._losses) / len(self._losses) if self._losses else math.nan
        best = progress.best is None or fresh < progress.best
        if best:
            self.keep_best(self.learner, {"step": progress.step, "fresh_nats_per_token": fresh}, scheduled)
            self.progress = progress.changed(best=fresh, best_step=progress.step, since_best=0)
        else:
            self.progress = progress.changed(since_best=progress.since_best + 1)
        due = int(self.budget.progress(progress.step) * self.training.validations)
        self.progress = self.progress.changed(validations=max(due, progress.validations), validated_at=progress.step)
        seconds = self.budget.seconds()
        facts = {"loss": loss, "fresh": fresh, "best": best, "seconds": seconds}
        self.history.add(event="validation", step=progress.step, epoch=progress.epoch, **facts)
        self.callback.on_validation(
            ValidationEvent(progress.step, loss, fresh, self._bits(loss), self._bits(fresh), best, seconds, self.unit)
        )
        self.callback.on_sample(progress.step, self.sample(network))

    def _bits(self, nats_per_token: float) -> float:
        """Bits per character."""
        return nats_per_token / math.log(2) * self.tokens_per_unit

    def _save(self) -> None:
        self.progress = self.progress.changed(seconds=self.budget.seconds())
        self.checkpoint.write(self.learner, self.progress)
        self._saved_at = self.budget.seconds()

    def _fall_back(self) -> None:
        """Go back to the last checkpoint with half the rate."""
        number = self.progress.divergences + 1
        self.history.add(event="divergence", step=self.progress.step, number=number)
        if number > MAX_DIVERGENCES:
            raise TrainingError(
                f"the loss must stay finite. It became NaN or infinite {number} times, "
                f"last at step {self.progress.step}.",
                "lower --learning-rate and --matrix-rate, for example to a third; the best model so far is kept.",
            )
        arrays, saved = self.checkpoint.read()
        self.learner.restore(arrays)
        self._losses = []
        self.progress = saved.changed(
            rate_factor=self.progress.rate_factor / 2, divergences=number, seconds=self.budget.seconds()
        )

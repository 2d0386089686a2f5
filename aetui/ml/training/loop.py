"""The training loop."""

from __future__ import annotations

import math
import platform
import resource
import sys
import time
from typing import Any, Final, Literal

import torch
from torch import Tensor

from aetui.ml.evaluate import TestSet, evaluate, latent_map
from aetui.ml.models.base import Scores, TrainingLosses
from aetui.ml.training.live_settings import LiveSettings
from aetui.ml.training.schedule import Schedule
from aetui.ml.training.signals import Signals
from aetui.ml.training.state import TrainState
from aetui.ml.training.step import EagerStep, TakeStep, make_step
from aetui.runs.latent_map import is_map_due, save_latent_map

READ_EVERY: Final = 0.25  # seconds between readings of the losses from the device
MOST_UNREAD: Final = 1000  # steps
DIVERGENCE_FACTOR: Final = 1000  # times the loss of an untrained network: no training recovers

Closing = Literal["done", "stopped"]


def train(state: TrainState, signals: Signals) -> Closing:
    """Train to the last epoch, or to a signal; how it ended.

    `Diverged` where the loss explodes or is not finite; checkpoint.pt then holds the last save
    before that. `RunLost` where the run's folder is not ours any more.
    """
    loop = _Loop(state, signals)
    loop.announce()
    while not state.is_finished:
        loop.begin_epoch()
        if not loop.run_epoch():
            return "stopped"
    return "done"


class _Loop:
    """Takes the steps, and between them reads losses, records, scores, saves, pauses and stops."""

    def __init__(self, state: TrainState, signals: Signals) -> None:
        self._state = state
        self._signals = signals
        self._live = LiveSettings(state)
        images = state.data.train_images.to(state.device)
        self._test = TestSet(state.data, state.network, state.device)
        self._eager = EagerStep(
            state.network,
            state.group.wrap(TrainingLosses(state.network), state.device),
            state.optimizer,
            images,
            self._augment_now(),
            state.config.precision,
            state.group.shard,
        )
        self._take_step, self._note = self._make_step()
        self._unread: list[Tensor] = []
        self._read_at = 0.0

    @property
    def _schedule(self) -> Schedule:
        return self._state.schedule

    def _make_step(self) -> tuple[TakeStep, str]:
        return make_step(self._eager, self._schedule.batch_size)

    def announce(self) -> None:
        """Record that the training begins, where, and how its steps run."""
        state = self._state
        name = "resumed" if state.resumed else "started"
        place = {"host": platform.node(), **_usage(state.device)}
        state.recorder.event(name, self._note, step=state.step, epoch=state.epochs_done, **place)

    def begin_epoch(self) -> None:
        """Set the strength of the affine changes; a graph holds the old and is made again."""
        strength = self._augment_now()
        if strength != self._eager.augment:
            self._eager.augment = strength
            self._take_step, _ = self._make_step()

    def _augment_now(self) -> float:
        return self._schedule.augment_in(self._state.step // self._schedule.steps_per_epoch)

    def run_epoch(self) -> bool:
        """Take the rest of the epoch's steps; False where a signal stopped it."""
        state, size = self._state, self._schedule.batch_size
        epoch, position = divmod(state.step, self._schedule.steps_per_epoch)
        order = self._schedule.order(epoch).to(state.device)
        self._read_at = time.perf_counter()
        while position < self._schedule.steps_per_epoch:
            if state.step >= self._live.next_change and self._live.apply():
                self._take_step, _ = self._make_step()
            indices = order[position * size : (position + 1) * size]
            rate = self._schedule.learning_rate(state.step)
            self._unread.append(self._take_step(indices, rate))
            state.step += 1
            position += 1
            if self._is_reading_due(position) and not self._act_between_steps(epoch, position):
                return False
        return True

    def _is_reading_due(self, position: int) -> bool:
        """A reading waits for the device, so it comes a few times a second, for many steps."""
        if position == self._schedule.steps_per_epoch or self._state.step == 1:
            return True
        if self._state.group.world > 1:  # no clock: every process must read at the same step
            return position % self._state.averager.width == 0
        since = time.perf_counter() - self._read_at
        return self._signals.pending or len(self._unread) >= MOST_UNREAD or since >= READ_EVERY

    def _act_between_steps(self, epoch: int, position: int) -> bool:
        """Do what is due between two steps; False where the training must stop."""
        state = self._state
        self._read_losses()
        # The end of an epoch comes before a signal, or a resumed run would miss its score.
        if position == self._schedule.steps_per_epoch:
            self._end_epoch(epoch + 1)
        elif state.saver.is_due():
            state.save()
        goes_on = state.is_finished or self._obey_signals()
        self._read_at = time.perf_counter()
        return goes_on

    def _read_losses(self) -> None:
        """Bring the losses of the unread steps from the device, and record complete windows."""
        state, unread = self._state, self._unread
        values = state.group.mean(torch.stack(unread)).double().cpu().tolist()
        seconds = time.perf_counter() - self._read_at
        state.elapsed += seconds
        speed = len(unread) * self._schedule.batch_size / max(seconds, 1e-9)
        for step, losses in enumerate(values, start=state.step - len(unread) + 1):
            if not all(map(math.isfinite, losses)):
                problem = f"the loss was not a finite number at step {step}"
                raise state.diverged(problem, untrained=step == 1)
            means = state.averager.add(step, losses)
            if means is not None:
                self._record_step(step, means, speed)
        self._unread = []
        state.recorder.flush()

    def _record_step(self, step: int, means: dict[str, float], speed: float) -> None:
        state = self._state
        state.recorder.add(
            "step",
            elapsed=round(state.elapsed, 3),
            step=step,
            epoch=self._schedule.epochs_after(step),
            **means,
            lr=self._schedule.learning_rate(step - 1),
            images_per_s=round(speed),
        )
        loss = next(iter(means.values()))
        if loss > DIVERGENCE_FACTOR * state.network.untrained_loss():
            raise state.diverged(f"the loss exploded to {loss:.3g} at step {step}")

    def _end_epoch(self, epoch: int) -> None:
        """Score the network, write the epoch's line, its latent map and, when due, a checkpoint."""
        state = self._state
        train_loss = state.averager.end_epoch()
        if state.group.is_rank_zero:
            scores = evaluate(state.network, self._test, state.config.precision)
            if not all(map(math.isfinite, scores.record.values())):
                problem = f"the test score was not a finite number after epoch {epoch}"
                raise state.diverged(problem)
            if is_map_due(epoch, state.config.hyperparameters.epochs):
                self._write_map(scores, epoch)
            place = {"elapsed": round(state.elapsed, 3), "step": state.step, "epoch": epoch}
            figures = {"train_loss": train_loss, **scores.record, **_usage(state.device)}
            state.recorder.add("epoch", **place, **figures)
            state.best.add(epoch, state.step, scores.record, state.network)
            state.recorder.flush()
        if state.is_finished or state.saver.is_due(epoch_done=epoch):
            state.save()

    def _write_map(self, scores: Scores, epoch: int) -> None:
        if scores.codes is None:
            return
        state = self._state
        latent = latent_map(state.network, scores, self._test.labels, epoch)
        state.run.check()
        try:
            save_latent_map(state.run.here, latent, keep=state.best.kept_epoch)
        except OSError as error:
            problem = f"the latent map of epoch {epoch} could not be written ({error.strerror})"
            state.recorder.event("save_failed", problem)

    def _obey_signals(self) -> bool:
        """Pause or stop where a signal asked for it; False for a stop."""
        state, signals = self._state, self._signals
        if not state.group.any_rank(signals.pending or self._live.is_asked):
            return True
        self._change_settings()
        if not state.group.any_rank(signals.pending):
            return True
        if not state.is_saved:
            state.save()
        if state.group.any_rank(signals.stop is not None):
            return False
        state.recorder.event("paused", step=state.step)
        signals.wait()  # uses no CPU; what the device holds stays there
        if state.group.any_rank(signals.stop is not None):
            return False
        state.recorder.event("resumed", step=state.step, epoch=state.epochs_done)
        self._change_settings()  # what was asked for meanwhile
        return True

    def _change_settings(self) -> None:
        """Take a person's request. A graph holds the old values and is made again."""
        if self._live.take_request():
            self._take_step, _ = self._make_step()


def _usage(device: torch.device) -> dict[str, Any]:
    """The device's name and the most memory that this training has taken, in MB."""
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        peak = torch.cuda.max_memory_allocated(device) / 1e6
        return {"device": f"{device} ({name})", "memory_mb": round(peak)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes elsewhere
    return {"device": str(device), "memory_mb": round(peak / unit)}

"""The one training loop."""

from __future__ import annotations

import math
import platform
import time
from typing import Final

import torch
from torch import Tensor

from aetui.config import RunConfig
from aetui.ml.data.dataset import Dataset
from aetui.ml.evaluate import TestSet, evaluate, latent_map
from aetui.ml.models.base import Scores, TrainingLosses
from aetui.ml.training.recorder import LossAverager
from aetui.ml.training.signals import Control
from aetui.ml.training.state import Trainer, machine, save
from aetui.ml.training.step import EagerStep, learning_rate, make_step
from aetui.model_spec import Hyperparameters
from aetui.runs.latent_map import save_latent_map

READ_EVERY: Final = 0.25  # seconds between readings of the losses from the device
AUGMENTED: Final = (
    0.1,
    0.9,
)  # shares of the epochs; the first ones learn faster from the images as they are, the last ones better
MOST_UNREAD: Final = 1000  # steps
SAVE_AT_LEAST_EVERY: Final = 30.0  # seconds, within a long epoch
SAVING_SHARE: Final = (
    20  # at the end of an epoch: save when training took this many times as long as a save
)
EXPLODED: Final = 1000  # times the loss of a network that knows nothing, ln 2 a pixel: no training comes back from there


def steps_per_epoch(images: int, batch_size: int) -> tuple[int, int]:
    """(steps, images a step): whole batches only; a set smaller than a batch is one batch."""
    batch = min(batch_size, images)
    return images // batch, batch


def epoch_order(seed: int, epoch: int, count: int) -> Tensor:
    """The order of `count` images in `epoch`: a function of its arguments alone, so that any step can be resumed."""
    mixed = (seed * 1_000_003 + epoch * 7_919 + 17) % 2**63
    return torch.randperm(count, generator=torch.Generator().manual_seed(mixed))


def train(trainer: Trainer, data: Dataset, control: Control) -> str:
    """Train to the last epoch, or to a signal. Returns the closing event: "done" or "stopped".

    `Diverged` where the loss is not finite any more or explodes; checkpoint.pt is then the last one before.
    """
    config, settings, device = trainer.config, trainer.config.hyperparameters, trainer.device
    images = data.train_images.to(device)
    per_epoch, batch = steps_per_epoch(len(images), settings.batch_size)
    total = per_epoch * settings.epochs
    test = TestSet(data, trainer.network, device)
    wrapped = trainer.group.wrap(TrainingLosses(trainer.network), device)
    eager = EagerStep(
        trainer.network, wrapped, trainer.optimizer, images, settings.augment, config.precision, trainer.group.share
    )  # fmt: skip
    take_step, remark = make_step(eager, batch)
    trainer.recorder.event(
        "resumed" if trainer.resumed else "started", remark, step=trainer.step, epoch=trainer.step / per_epoch,
        host=platform.node(), **machine(device),
    )  # fmt: skip
    trainer.saved_at = time.perf_counter()
    save_every = SAVE_AT_LEAST_EVERY if trainer.save_every is None else trainer.save_every

    while trainer.step < total:
        epoch, position = divmod(trainer.step, per_epoch)
        if (strength := _augment_in(epoch, settings)) != eager.augment:
            eager.augment = strength
            take_step, _ = make_step(eager, batch)
        order = epoch_order(settings.seed, epoch, len(images)).to(device)
        unread: list[Tensor] = []
        read_at = time.perf_counter()
        while position < per_epoch:
            rate = learning_rate(trainer.step, total, settings.lr)
            unread.append(take_step(order[position * batch : (position + 1) * batch], rate))
            trainer.step += 1
            position += 1
            if position < per_epoch and not _should_read(
                trainer, control, position, len(unread), read_at
            ):
                continue
            _read_losses(trainer, unread, read_at, per_epoch, batch, total)
            # The end of an epoch comes before a signal, or a resumed run would miss its score.
            if position == per_epoch:
                _end_epoch(trainer, test, epoch + 1, last=trainer.step == total)
            elif time.perf_counter() - trainer.saved_at > save_every:
                save(trainer)
            if trainer.step < total and trainer.group.agree(control.pending):
                if trainer.group.agree(control.stop is not None):
                    return _stop(trainer)
                _pause(trainer, control, per_epoch)
            unread, read_at = [], time.perf_counter()
    return "done"


def _augment_in(epoch: int, settings: Hyperparameters) -> float:
    """The strength of the affine changes in `epoch`, 0 for the first."""
    begin, end = (share * settings.epochs for share in AUGMENTED)
    return settings.augment if begin <= epoch < end else 0.0


def _should_read(
    trainer: Trainer, control: Control, position: int, unread: int, read_at: float
) -> bool:
    """Reading a loss waits for the device, so it is done a few times a second, for many steps at once."""
    if (
        trainer.group.world > 1
    ):  # every process must come to the same reading at the same step, so no clock decides
        return position % trainer.windows.width == 0
    return control.pending or unread >= MOST_UNREAD or time.perf_counter() - read_at >= READ_EVERY


def _read_losses(
    trainer: Trainer, unread: list[Tensor], since: float, per_epoch: int, batch: int, total: int
) -> None:
    """Bring the losses of the `unread` steps from the device, and record the windows that they complete."""
    values = trainer.group.mean(torch.stack(unread)).double().cpu()
    now = time.perf_counter()
    trainer.elapsed += now - since
    speed = len(unread) * batch / max(now - since, 1e-9)
    first = trainer.step - len(unread) + 1
    for step, row in enumerate(values.tolist(), start=first):
        if not all(map(math.isfinite, row)):
            raise trainer.diverged(f"the loss was no finite number at step {step}")
        means = trainer.windows.add(step, row)
        if means is not None:
            rate = learning_rate(step - 1, total, trainer.config.hyperparameters.lr)
            trainer.recorder.add(
                "step", elapsed=round(trainer.elapsed, 3), step=step, epoch=step / per_epoch, **means, lr=rate, images_per_s=round(speed)
            )  # fmt: skip
            if means["loss"] > EXPLODED * trainer.network.untrained_loss():
                raise trainer.diverged(f"the loss exploded to {means['loss']:.3g} at step {step}")
    trainer.recorder.flush()


def _end_epoch(trainer: Trainer, test: TestSet, epoch: int, *, last: bool) -> None:
    """Score the network, write the epoch's line, its latent map and, when it is time, a checkpoint."""
    train_loss = trainer.windows.end_epoch()
    if trainer.group.leads:
        scores = evaluate(trainer.network, test, trainer.config.precision)
        if not all(map(math.isfinite, scores.record.values())):
            raise trainer.diverged(f"the test score was no finite number after epoch {epoch}")
        _write_map(trainer, scores, test, epoch)
        figures = {"train_loss": train_loss, **scores.record, **machine(trainer.device)}
        trainer.recorder.add(
            "epoch", elapsed=round(trainer.elapsed, 3), step=trainer.step, epoch=epoch, **figures
        )
        trainer.recorder.flush()
    waited = time.perf_counter() - trainer.saved_at
    # The first epoch is always saved: whoever looks in must not find untrained weights under a trained map.
    due = (
        epoch == 1 or waited > SAVING_SHARE * trainer.save_cost
        if trainer.save_every is None
        else waited > trainer.save_every
    )
    if last or due:
        save(trainer)


def _write_map(trainer: Trainer, scores: Scores, test: TestSet, epoch: int) -> None:
    if scores.codes is None:
        return
    try:
        save_latent_map(trainer.run, latent_map(trainer.network, scores, test.labels, epoch))
    except OSError as error:
        trainer.recorder.event(
            "save_failed",
            f"the latent map of epoch {epoch} could not be written ({error.strerror})",
        )


def _stop(trainer: Trainer) -> str:
    if not trainer.is_saved:
        save(trainer)
    return "stopped"


def _pause(trainer: Trainer, control: Control, per_epoch: int) -> None:
    """Save, then wait without using the CPU. What the device holds stays there."""
    if not trainer.is_saved:
        save(trainer)
    trainer.recorder.event("paused", step=trainer.step)
    control.wait()
    if control.stop is None:
        trainer.recorder.event("resumed", step=trainer.step, epoch=trainer.step / per_epoch)


def new_windows(config: RunConfig, images: int) -> LossAverager:
    """Empty loss windows for the rhythm of a training on `images` images."""
    return LossAverager(
        config.spec.losses, steps_per_epoch(images, config.hyperparameters.batch_size)[0]
    )

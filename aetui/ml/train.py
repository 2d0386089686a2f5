"""The one training loop."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from aetui.config import RunConfig
from aetui.latentmap import save_latent_map
from aetui.ml import checkpoint
from aetui.ml.control import Control
from aetui.ml.data import Dataset
from aetui.ml.evaluate import Scores, TestSet, evaluate, latent_map
from aetui.ml.models import DAE, LOSSES, VAE
from aetui.ml.parallel import Group
from aetui.ml.record import LossWindows, Recorder
from aetui.ml.step import EagerStep, learning_rate, make_step

READ_EVERY: Final = 0.25  # seconds between readings of the losses from the device
MOST_UNREAD: Final = 1000  # steps
SAVE_AT_LEAST_EVERY: Final = 30.0  # seconds, within a long epoch
SAVING_SHARE: Final = 20  # at the end of an epoch: save when training took this many times as long as a save
SAVE_TRIES: Final = 3


class Diverged(Exception):
    """The loss is no longer a finite number."""


@dataclass
class Trainer:
    """A training in progress: what the loop and the saves share. `step` counts from the start of the run."""

    run: Path
    config: RunConfig
    network: VAE | DAE
    optimizer: torch.optim.Optimizer
    device: torch.device
    recorder: Recorder
    windows: LossWindows
    group: Group
    step: int = 0
    elapsed: float = 0.0  # seconds of training, without evaluation and saves
    save_every: float | None = None  # seconds; None lets the cost of a save decide
    saved_at: float = 0.0
    save_cost: float = 0.0
    saved_step: int = -1


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

    `Diverged` where the loss is not finite any more; checkpoint.pt is then the last finite one.
    """
    config, settings, device = trainer.config, trainer.config.hyperparameters, trainer.device
    images = data.train_images.to(device)
    per_epoch, batch = steps_per_epoch(len(images), settings.batch_size)
    total = per_epoch * settings.epochs
    test = TestSet(data, config.model, settings.latent_dim, device, settings.beta)
    wrapped = trainer.group.wrap(trainer.network, device)
    eager = EagerStep(
        config.model, wrapped, trainer.optimizer, images, settings, config.precision, data.augment, trainer.group.share
    )  # fmt: skip
    take_step, remark = make_step(eager, batch)
    trainer.recorder.event(
        "resumed" if trainer.step else "started", remark, step=trainer.step, epoch=trainer.step / per_epoch, **machine(device)
    )  # fmt: skip
    trainer.saved_at = time.perf_counter()

    while trainer.step < total:
        epoch, position = divmod(trainer.step, per_epoch)
        order = epoch_order(settings.seed, epoch, len(images)).to(device)
        unread: list[Tensor] = []
        read_at = time.perf_counter()
        while position < per_epoch:
            rate = learning_rate(trainer.step, total, settings.lr)
            unread.append(take_step(order[position * batch : (position + 1) * batch], rate))
            trainer.step += 1
            position += 1
            if position < per_epoch and not _should_read(trainer, control, position, len(unread), read_at):
                continue
            _read_losses(trainer, unread, read_at, per_epoch, batch, total)
            unread, read_at = [], time.perf_counter()
            if trainer.group.agree(control.pending):
                if trainer.group.agree(control.stop is not None):
                    return _stop(trainer)
                _pause(trainer, control, per_epoch)
                read_at = time.perf_counter()
            elif position < per_epoch and read_at - trainer.saved_at > (trainer.save_every or SAVE_AT_LEAST_EVERY):
                save(trainer)
                read_at = time.perf_counter()
        _end_epoch(trainer, test, epoch + 1, last=trainer.step == total)
    return "done"


def _should_read(trainer: Trainer, control: Control, position: int, unread: int, read_at: float) -> bool:
    """Reading a loss waits for the device, so it is done a few times a second, for many steps at once."""
    if trainer.group.world > 1:  # every process must come to the same reading at the same step, so no clock decides
        return position % trainer.windows.width == 0
    return control.pending or unread >= MOST_UNREAD or time.perf_counter() - read_at >= READ_EVERY


def _read_losses(trainer: Trainer, unread: list[Tensor], since: float, per_epoch: int, batch: int, total: int) -> None:
    """Bring the losses of the `unread` steps from the device, and record the windows that they complete."""
    values = trainer.group.mean(torch.stack(unread)).double().cpu()
    now = time.perf_counter()
    trainer.elapsed += now - since
    speed = len(unread) * batch / max(now - since, 1e-9)
    first = trainer.step - len(unread) + 1
    for step, row in enumerate(values.tolist(), start=first):
        means = trainer.windows.add(step, row)
        if means is not None:
            rate = learning_rate(step - 1, total, trainer.config.hyperparameters.lr)
            trainer.recorder.add(
                "step", elapsed=round(trainer.elapsed, 3), step=step, epoch=step / per_epoch, **means, lr=rate, images_per_s=round(speed)
            )  # fmt: skip
    trainer.recorder.flush()
    if not torch.isfinite(values).all():
        bad = first + int((~torch.isfinite(values).all(1)).nonzero()[0, 0])
        raise Diverged(
            f"the loss was no finite number at step {bad}; start again with a lower rate than --lr {trainer.config.hyperparameters.lr:g}"
        )


def _end_epoch(trainer: Trainer, test: TestSet, epoch: int, *, last: bool) -> None:
    """Score the network, write the epoch's line, its latent map and, when it is time, a checkpoint."""
    train_loss = trainer.windows.end_epoch()
    if trainer.group.leads:
        scores = evaluate(trainer.network, test, trainer.config.precision)
        _write_map(trainer, scores, test, epoch)
        figures = {"train_loss": train_loss, **scores.record, **machine(trainer.device)}
        trainer.recorder.add("epoch", elapsed=round(trainer.elapsed, 3), step=trainer.step, epoch=epoch, **figures)
        trainer.recorder.flush()
    waited = time.perf_counter() - trainer.saved_at
    due = waited > SAVING_SHARE * trainer.save_cost if trainer.save_every is None else waited > trainer.save_every
    if last or due:
        save(trainer)


def _write_map(trainer: Trainer, scores: Scores, test: TestSet, epoch: int) -> None:
    if not isinstance(trainer.network, VAE):
        return
    try:
        save_latent_map(trainer.run, latent_map(trainer.network, scores, test.labels, epoch, trainer.device))
    except OSError as error:
        trainer.recorder.event("save_failed", f"the latent map of epoch {epoch} could not be written ({error.strerror})")


def save(trainer: Trainer) -> bool:
    """Save a checkpoint; whether it stands. A refusal by the disk is tried again, recorded, and survived."""
    if not trainer.group.leads:
        return True
    start = time.perf_counter()
    reason = ""
    for attempt in range(SAVE_TRIES):
        try:
            checkpoint.save(trainer.run, _payload(trainer))
        except FloatingPointError as error:
            raise Diverged(f"{error} after step {trainer.step}; start again with a lower rate") from None
        except OSError as error:
            reason = error.strerror or str(error)
        except RuntimeError as error:  # torch's zip writer reports a full disk so
            reason = str(error).splitlines()[0]
        else:
            break
        time.sleep(0.1 * (attempt + 1))
    trainer.saved_at = time.perf_counter()
    trainer.save_cost = trainer.saved_at - start
    if reason and attempt == SAVE_TRIES - 1:
        trainer.recorder.event("save_failed", f"the checkpoint of step {trainer.step} could not be saved ({reason})", step=trainer.step)
        return False
    trainer.saved_step = trainer.step
    trainer.recorder.event("saved", step=trainer.step)
    return True


def _payload(trainer: Trainer) -> dict[str, Any]:
    """All that an exact continuation needs; epoch and batch position follow from the step."""
    on_gpu = trainer.device.type == "cuda"
    return {
        "weights": trainer.network.state_dict(),
        "optimizer": trainer.optimizer.state_dict(),
        "step": trainer.step,
        "elapsed": trainer.elapsed,
        "windows": trainer.windows.state(),
        "rng": torch.get_rng_state(),
        "cuda_rng": torch.cuda.get_rng_state(trainer.device) if on_gpu else None,
    }


def restore(trainer: Trainer, payload: dict[str, Any]) -> None:
    """Continue where `payload` was taken: bit for bit on the CPU, with the same number of threads."""
    trainer.optimizer.load_state_dict(payload["optimizer"])
    trainer.step, trainer.elapsed, trainer.saved_step = payload["step"], payload["elapsed"], payload["step"]
    trainer.windows.restore(payload["windows"])
    torch.set_rng_state(payload["rng"].cpu())
    if trainer.device.type == "cuda" and payload["cuda_rng"] is not None:
        torch.cuda.set_rng_state(payload["cuda_rng"].cpu(), trainer.device)


def _stop(trainer: Trainer) -> str:
    save(trainer)
    return "stopped"


def _pause(trainer: Trainer, control: Control, per_epoch: int) -> None:
    """Save, then wait without using the CPU. What the device holds stays there."""
    save(trainer)
    trainer.recorder.event("paused", step=trainer.step)
    control.wait()
    if control.stop is None:
        trainer.recorder.event("resumed", step=trainer.step, epoch=trainer.step / per_epoch)


def machine(device: torch.device) -> dict[str, Any]:
    """The device's name and the memory that this training has taken at most, in MB."""
    if device.type == "cuda":
        return {
            "device": f"{device} ({torch.cuda.get_device_name(device)})",
            "memory_mb": round(torch.cuda.max_memory_allocated(device) / 1e6),
        }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"device": str(device), "memory_mb": round(peak / (1e6 if sys.platform == "darwin" else 1e3))}


def parameters(network: nn.Module) -> int:
    """How many numbers the network learns."""
    return sum(parameter.numel() for parameter in network.parameters())


def new_windows(config: RunConfig, images: int) -> LossWindows:
    """Empty loss windows for the rhythm of a training on `images` images."""
    return LossWindows(LOSSES[config.model], steps_per_epoch(images, config.hyperparameters.batch_size)[0])

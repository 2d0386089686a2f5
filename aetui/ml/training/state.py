"""A training in progress, and how it gets into a checkpoint and out again."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from aetui.config import RunConfig
from aetui.errors import BadInput, printable
from aetui.ml import checkpoint
from aetui.ml.models.base import Autoencoder
from aetui.ml.training.distributed import Group
from aetui.ml.training.recorder import LossAverager, Recorder

SAVE_TRIES: Final = 3


class Diverged(Exception):
    """The loss is no longer a finite number, or beyond all reason; the message says what to do."""


@dataclass
class Trainer:
    """A training in progress: what the loop and the saves share. `step` counts from the start of the run."""

    run: Path
    config: RunConfig
    network: Autoencoder
    optimizer: torch.optim.Optimizer
    device: torch.device
    recorder: Recorder
    windows: LossAverager
    group: Group
    step: int = 0
    elapsed: float = 0.0  # seconds of training, without evaluation and saves
    resumed: bool = False  # perhaps from step 0 again; readers must know that steps come twice
    save_every: float | None = None  # seconds; None lets the cost of a save decide
    saved_at: float = 0.0
    save_cost: float = 0.0
    saved_step: int = -1

    @property
    def is_saved(self) -> bool:
        """Whether the newest step is in a checkpoint. Only the leader of a group knows; the others trust it."""
        return self.saved_step == self.step or not self.group.leads

    def diverged(self, what: str) -> Diverged:
        """The error that `what` is, with the cure."""
        return Diverged(
            f"{what}; the last save is of step {max(self.saved_step, 0)}. "
            f"Start again with a lower rate than --lr {self.config.hyperparameters.lr:g}."
        )


def save(trainer: Trainer) -> None:
    """Save a checkpoint. A refusal by the disk is tried again, recorded, and survived: `is_saved` tells."""
    if not trainer.group.leads:
        return
    start = time.perf_counter()
    reason = ""
    for attempt in range(SAVE_TRIES):
        time.sleep(0.1 * attempt)
        try:
            checkpoint.save(trainer.run, _payload(trainer))
        except FloatingPointError as error:
            raise trainer.diverged(f"{error} after step {trainer.step}") from None
        except OSError as error:
            reason = error.strerror or str(error)
            continue
        trainer.saved_step = trainer.step
        break
    trainer.saved_at = time.perf_counter()
    trainer.save_cost = trainer.saved_at - start
    if trainer.is_saved:
        trainer.recorder.event("saved", step=trainer.step)
    else:
        trainer.recorder.event(
            "save_failed",
            f"the checkpoint of step {trainer.step} could not be saved ({reason})",
            step=trainer.step,
        )


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


def restore(trainer: Trainer, payload: dict[str, Any], name: str) -> None:
    """Continue where `payload` was taken: bit for bit on the CPU, with the same number of threads.

    `BadInput` where it does not fit; `name` is the file's.
    """
    if "optimizer" not in payload:
        raise BadInput(f"{name} holds weights only and cannot be resumed from.")
    try:
        _load_optimizer(trainer.optimizer, payload["optimizer"])
        _check_optimizer(trainer.optimizer)
        trainer.step, trainer.elapsed = int(payload["step"]), float(payload["elapsed"])
        if (
            not 0
            <= trainer.step
            <= trainer.windows.steps_per_epoch * trainer.config.hyperparameters.epochs
        ):
            raise ValueError(f"there is no step {trainer.step}")
        trainer.windows.restore(payload["windows"])
        torch.set_rng_state(payload["rng"].cpu())
        if trainer.device.type == "cuda" and payload["cuda_rng"] is not None:
            torch.cuda.set_rng_state(payload["cuda_rng"].cpu(), trainer.device)
    except (LookupError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise BadInput(
            f"{name} cannot be resumed from: its training state does not fit ({printable(f'{type(error).__name__}: {error}')})."
        ) from None
    trainer.saved_step = trainer.step


def _load_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Take over what the optimizer has gathered, but not how it works: that depends on the device, which may be another now."""
    own = [
        {name: value for name, value in group.items() if name != "params"}
        for group in optimizer.param_groups
    ]
    optimizer.load_state_dict(state)
    for group, options in zip(optimizer.param_groups, own, strict=True):
        group.update(options)


def _check_optimizer(optimizer: torch.optim.Optimizer) -> None:
    """`ValueError` unless every moment has its parameter's shape and is finite, which torch does not look at."""
    for parameter, state in optimizer.state.items():
        for name, value in state.items():
            if name != "step" and value.shape != parameter.shape:
                raise ValueError(f"{name} of the optimizer has the wrong shape")
            if not torch.isfinite(value).all():
                raise ValueError(f"{name} of the optimizer is not finite")


def machine(device: torch.device) -> dict[str, Any]:
    """The device's name and the memory that this training has taken at most, in MB."""
    if device.type == "cuda":
        return {
            "device": f"{device} ({torch.cuda.get_device_name(device)})",
            "memory_mb": round(torch.cuda.max_memory_allocated(device) / 1e6),
        }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "device": str(device),
        "memory_mb": round(peak / (1e6 if sys.platform == "darwin" else 1e3)),
    }

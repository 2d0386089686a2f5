"""A training in progress, and how it gets into a checkpoint and out again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch

from aetui.catalog import BUILT_IN
from aetui.config import RunConfig
from aetui.errors import BadInput, printable
from aetui.ml.data.dataset import Dataset
from aetui.ml.models.base import Autoencoder
from aetui.ml.training.best import BestKeeper
from aetui.ml.training.distributed import Group
from aetui.ml.training.loss_averager import LossAverager
from aetui.ml.training.optimizer import AdamW
from aetui.ml.training.recorder import Recorder
from aetui.ml.training.saver import Saver
from aetui.ml.training.schedule import Schedule
from aetui.model_spec import LR
from aetui.runs.changes import Change
from aetui.runs.lock import RunFolder


class Diverged(Exception):
    """The loss is not finite any more, or beyond all reason; the message says what to do."""


@dataclass
class TrainState:
    """What changes while a run is trained, and what it is trained with."""

    run: RunFolder
    config: RunConfig
    data: Dataset
    schedule: Schedule
    device: torch.device
    network: Autoencoder
    optimizer: AdamW
    averager: LossAverager
    recorder: Recorder
    saver: Saver
    best: BestKeeper
    group: Group
    step: int = 0  # steps taken since the start of the run
    elapsed: float = 0.0  # seconds of training, without evaluation and saves
    resumed: bool = False  # perhaps from step 0 again; readers must know that steps come twice
    changes: tuple[Change, ...] = ()  # of settings, made so far or to be repeated, by step

    @property
    def is_finished(self) -> bool:
        return self.step >= self.schedule.total_steps

    @property
    def epochs_done(self) -> float:
        return self.schedule.epochs_after(self.step)

    @property
    def is_saved(self) -> bool:
        """Whether the newest step is in a checkpoint. Only rank 0 knows; the others trust it."""
        return self.saver.saved_step == self.step or not self.group.is_rank_zero

    def change(self, changes: tuple[Change, ...]) -> None:
        """Go by these changes of settings, all of them, from now on."""
        self.changes = changes
        peaks = [
            (each.step, each.new)
            for each in changes
            if each.setting == LR.name and isinstance(each.new, float)
        ]
        start = (0, self.config.hyperparameters.lr)
        self.schedule = replace(self.schedule, peaks=(start, *peaks))

    def save(self) -> None:
        """Save a checkpoint, on rank 0. `is_saved` tells whether the disk took it."""
        if not self.group.is_rank_zero:
            return
        try:
            self.best.write(self.network, self.recorder)
            self.saver.save(self.step, self._payload())
            if self.is_saved:
                self.best.tidy()
        except FloatingPointError as error:
            raise self.diverged(f"{error} after step {self.step}") from None

    def diverged(self, problem: str, *, untrained: bool = False) -> Diverged:
        """The error for `problem`, with what can have caused it and what is saved.

        `untrained`: it was there before the first step, and no learning rate can be to blame.
        """
        lr = f"{self.schedule.peak(self.step):g}"
        rate = f"a learning rate that is too high (start again with less than --lr {lr})"
        causes = [] if untrained else [rate]
        if self.config.model not in BUILT_IN:
            causes.append(
                "the model's own code, where it divides or takes a logarithm, root or power"
            )
        if self.config.hyperparameters.options.get("sigma") == 0:
            causes.append("--sigma 0, which leaves no noise to remove")
        images = self.data.train_images
        if bool((images == images[:1]).all()):
            causes.append("training images that are all alike")
        saved = f"the last save is of step {max(self.saver.saved_step, 0)}"
        return Diverged(f"{problem}; {saved}. Possible cause: {', or '.join(causes or [rate])}.")

    def _payload(self) -> dict[str, Any]:
        """All that an exact continuation needs; epoch and batch position follow from the step."""
        on_gpu = self.device.type == "cuda"
        return {
            "weights": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "elapsed": self.elapsed,
            "windows": self.averager.state(),
            "best": self.best.state(self.step),
            "rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state(self.device) if on_gpu else None,
        }

    def restore(self, payload: dict[str, Any], name: str) -> None:
        """Continue where `payload` was taken: bit for bit on the CPU, with as many threads.

        `BadInput` where it does not fit; `name` is the file's.
        """
        if "optimizer" not in payload:
            raise BadInput(f"{name} holds weights only and cannot be resumed from.")
        try:
            self._restore(payload)
        except (LookupError, ValueError, TypeError, AttributeError, RuntimeError) as error:
            reason = printable(f"{type(error).__name__}: {error}")
            problem = f"its training state does not fit ({reason})"
            raise BadInput(f"{name} cannot be resumed from: {problem}.") from None
        self.saver.saved_step = self.step

    def _restore(self, payload: dict[str, Any]) -> None:
        self.optimizer.load_state_dict(payload["optimizer"])
        self.step = int(payload["step"])
        self.elapsed = float(payload["elapsed"])
        if not 0 <= self.step <= self.schedule.total_steps:
            raise ValueError(f"there is no step {self.step}")
        self.averager.restore(payload["windows"])
        if "best" in payload:  # not in a checkpoint of 0.1
            self.best.restore(payload["best"], self.step, payload["weights"])
        torch.set_rng_state(payload["rng"].cpu())
        if self.device.type == "cuda" and payload["cuda_rng"] is not None:
            torch.cuda.set_rng_state(payload["cuda_rng"].cpu(), self.device)

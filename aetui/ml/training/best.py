"""The weights of the best epoch, kept beside the last where those are worse by more than noise."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from aetui.config import RunConfig
from aetui.errors import BadInput
from aetui.ml import checkpoint
from aetui.ml.data.dataset import Dataset
from aetui.ml.evaluate import TestSet, evaluate, latent_map
from aetui.ml.models.base import Autoencoder
from aetui.ml.training.recorder import Recorder
from aetui.runs.directory import BEST
from aetui.runs.latent_map import map_path, save_latent_map
from aetui.runs.lock import RunFolder
from aetui.runs.metrics import BEST_KEPT

LEAST_SCORES: Final = 15  # epochs; of fewer, nothing is known of their noise
RECENT: Final = 40  # epochs whose scores tell the noise
LAST: Final = 5  # epochs whose median stands for the last
# Deviations beyond those by which the best of so many is lucky. Of curves that stay flat but for
# normal noise, one in 100 then keeps an epoch within 100 epochs, and one in 40 within 300. A rise
# by 20 deviations over the second half of 30 epochs is always found (30 to 100 simulated each).
BEYOND: Final = 4.0
DEVIATIONS_PER_MAD: Final = 1.4826  # of a normal distribution


def is_worse_by_more_than_noise(scores: Sequence[float], best: float, count: int) -> bool:
    """Whether the last of `scores` (less is better) are worse than `best`, the best of `count`.

    The noise is the deviation of the differences from epoch to epoch, over sqrt(2): a trend does
    not count. Medians, so that a single bad epoch decides nothing.
    """
    if len(scores) < LEAST_SCORES:
        return False
    steps = np.diff(np.array(scores[-RECENT - 1 :]))
    spread = np.median(np.abs(steps - np.median(steps)))
    noise = DEVIATIONS_PER_MAD * float(spread) / math.sqrt(2)
    luck = math.sqrt(2 * math.log(count))
    return float(np.median(scores[-LAST:])) - best > (luck + BEYOND) * noise


@dataclass
class Best:
    """The best epoch so far."""

    epoch: int
    step: int
    score: float
    weights: dict[str, Tensor] | None  # on the CPU; None where best.pt has them
    is_kept: bool = False  # the epochs after it are worse by more than noise


class BestKeeper:
    """Follows the scores of one run on rank 0, and writes best.pt where that is worth it.

    From its decision until a better epoch is saved, best.pt is there, with its latent map.
    """

    def __init__(
        self, run: RunFolder, config: RunConfig, data: Dataset, device: torch.device
    ) -> None:
        self._run = run
        self._config = config
        self._data = data
        self._device = device
        self._scores: list[float] = []  # the newest; less is better
        self._count = 0  # of all
        self._best: Best | None = None

    def forget(self) -> None:
        """Begin anew: from now on scores mean something else."""
        self._scores, self._count, self._best = [], 0, None

    def add(self, epoch: int, step: int, record: Mapping[str, float], network: Autoencoder) -> None:
        """Take in the scores of the network after `epoch`."""
        spec_score = self._config.spec.score
        found = record.get(spec_score.key)
        if found is None:
            return
        score = -found if spec_score.higher_is_better else found
        self._scores = [*self._scores, score][-RECENT - 1 :]
        self._count += 1
        if self._best is None or score < self._best.score:
            self._best = Best(epoch, step, score, _copied(network.state_dict()))
        elif is_worse_by_more_than_noise(self._scores, self._best.score, self._count):
            self._best.is_kept = True

    def write(self, network: Autoencoder, recorder: Recorder) -> None:
        """Write best.pt if it is due; to be called before each save. `RunLost` as for a save."""
        best = self._best
        if best is None or not best.is_kept or best.weights is None:
            return
        self._run.check()
        spec_score = self._config.spec.score
        score = -best.score if spec_score.higher_is_better else best.score
        told = f"{score:.2f} {spec_score.unit} at epoch {best.epoch}"
        try:
            self._write_map(best, network)
            payload = {"weights": best.weights, "step": best.step, "epoch": best.epoch}
            checkpoint.save_best(self._run.here, payload)
        except OSError as error:
            problem = f"the best checkpoint, {told}, could not be saved ({error.strerror})"
            recorder.event("save_failed", problem)
            return
        best.weights = None
        figures = {"best_epoch": best.epoch, "score": score, "step": best.step}
        recorder.event(BEST_KEPT, f"{told} is kept", **figures)

    def _write_map(self, best: Best, network: Autoencoder) -> None:
        """The latent map of the best epoch, where none was due then."""
        if map_path(self._run.here, best.epoch).exists():
            return
        if "plane" not in self._config.spec.capabilities:
            return
        assert best.weights is not None
        # The training's own random numbers stay as they are.
        with torch.random.fork_rng([self._device] if self._device.type == "cuda" else []):
            network = copy.deepcopy(network)
            network.load_state_dict(best.weights)
            test = TestSet(self._data, network, self._device)
            scores = evaluate(network, test, self._config.precision)
        if scores.codes is not None:
            latent = latent_map(network, scores, test.labels, best.epoch)
            save_latent_map(self._run.here, latent, keep=best.epoch)

    def tidy(self) -> None:
        """Delete a best.pt that is not the best any more; to be called after each save."""
        if self._best is not None and not self._best.is_kept:
            self._run.check()
            with suppress(OSError):
                (self._run.here / BEST).unlink()

    @property
    def kept_epoch(self) -> int:
        """The epoch of best.pt; 0 where there is none."""
        best = self._best
        return best.epoch if best is not None and best.is_kept else 0

    def state(self, step: int) -> dict[str, Any]:
        """What a checkpoint of `step` must hold for `restore`: weights that are nowhere else."""
        found: dict[str, Any] = {"scores": self._scores, "count": self._count}
        if self._best is not None:
            found["best"] = {**vars(self._best)}
            if self._best.step == step:
                found["best"]["weights"] = None  # those of the checkpoint itself
        return found

    def restore(self, saved: Mapping[str, Any], step: int, weights: Mapping[str, Tensor]) -> None:
        """Continue where `saved`, a `state`, was taken, with the `weights` of that checkpoint.

        A bad one: LookupError, TypeError or ValueError.
        """
        self._scores = [float(score) for score in saved["scores"]][-RECENT - 1 :]
        self._count = int(saved["count"])
        self._best = None
        if (found := saved.get("best")) is None:
            return
        own = found["weights"]
        if own is None and found["step"] == step:
            own = weights
        if own is None and not found["is_kept"]:
            raise ValueError("it lacks the weights of its best epoch")
        kept = _copied(own) if own else None
        if kept is not None and _shapes(kept) != _shapes(weights):
            raise ValueError("the weights of its best epoch do not fit")
        self._best = Best(
            int(found["epoch"]),
            int(found["step"]),
            float(found["score"]),
            kept,
            bool(found["is_kept"]),
        )
        self._forget_lost()

    def _forget_lost(self) -> None:
        """Where best.pt is of another epoch by now, or cannot be used, look for the best anew."""
        best = self._best
        if best is None or not best.is_kept or best.weights is not None:
            return
        try:
            _, payload = checkpoint.restore_file(self._run.here / BEST, self._config, "cpu")
        except BadInput:
            self._best = None
            return
        if payload.get("epoch") != best.epoch:
            self._best = None


def _shapes(weights: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in weights.items()}


def _copied(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in weights.items()}

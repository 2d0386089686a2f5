"""How a training is divided into epochs and steps, and what each step uses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from aetui.model_spec import Hyperparameters

WARM_UP: Final = 0.03  # of all steps
DECAY_POWER: Final = 1.5  # of the learning rate: early steps learn fast, late ones settle
# The epochs with affine changes, as shares of all. The first epochs learn faster from the images
# as they are, and the last ones reach better scores.
AUGMENTED: Final = (0.1, 0.9)


@dataclass(frozen=True)
class Schedule:
    """The steps of a training. They count from 0, and nothing here depends on how it got to one."""

    images: int  # training images; an epoch leaves out those that do not fill a batch
    batch_size: int  # images per step; a set smaller than a batch is one batch
    epochs: int
    seed: int
    peaks: tuple[tuple[int, float], ...]  # (steps taken, peak learning rate of those after them)
    augment: float

    @classmethod
    def of(cls, settings: Hyperparameters, images: int) -> Schedule:
        """The schedule of a training on `images` images."""
        batch_size = min(settings.batch_size, images)
        augment = settings.augment
        peaks = ((0, settings.lr),)
        return cls(images, batch_size, settings.epochs, settings.seed, peaks, augment)

    @property
    def steps_per_epoch(self) -> int:
        return self.images // self.batch_size

    @property
    def total_steps(self) -> int:
        return self.epochs * self.steps_per_epoch

    def epochs_after(self, steps: int) -> float:
        """How many epochs the first `steps` steps are."""
        return steps / self.steps_per_epoch

    def peak(self, step: int) -> float:
        """The peak learning rate that `step` goes by."""
        return next(peak for start, peak in reversed(self.peaks) if start <= step)

    def learning_rate(self, step: int) -> float:
        """A linear rise to the peak, then a fall to 0 as (steps left)^1.5.

        The polynomial schedule of Chen et al. 2016 (arXiv:1606.00915).
        """
        rise = max(1, round(WARM_UP * self.total_steps))
        if step < rise:
            return self.peak(step) * (step + 1) / rise
        done = (step - rise) / max(1, self.total_steps - rise)
        return self.peak(step) * math.pow(1 - done, DECAY_POWER)

    def augment_in(self, epoch: int) -> float:
        """The strength of the affine changes in `epoch`, 0 for the first."""
        begin, end = (share * self.epochs for share in AUGMENTED)
        return self.augment if begin <= epoch < end else 0.0

    def order(self, epoch: int) -> Tensor:
        """The order of the images in `epoch`, int64 [images]."""
        mixed = (self.seed * 1_000_003 + epoch * 7_919 + 17) % 2**63
        return torch.randperm(self.images, generator=torch.Generator().manual_seed(mixed))

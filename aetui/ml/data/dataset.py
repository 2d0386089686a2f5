"""A data set in memory: as its source found it, and as a training uses it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from aetui.config import ImageShape
from aetui.ml.data.images import ImageSet


@dataclass(frozen=True)
class Dataset:
    """Images are uint8 [N, C, H, W], labels int64 [N]."""

    name: str  # finds it again from any folder: paths are absolute
    train_images: Tensor
    test_images: Tensor
    test_labels: Tensor
    classes: tuple[str, ...]
    note: str = ""  # what was made of the images: their scale, what was skipped, a replacement

    @property
    def image_shape(self) -> ImageShape:
        return ImageShape(*self.train_images.shape[1:])

    @staticmethod
    def of(name: str, images: ImageSet, note: str = "") -> Dataset:
        """What a source found, under the name that finds it again. Shares its memory."""
        return Dataset(
            name,
            torch.from_numpy(images.train),
            torch.from_numpy(images.test),
            torch.from_numpy(images.test_labels),
            images.classes,
            note or images.note,
        )


@dataclass(frozen=True)
class TestImages:
    """The test images of a data set: uint8 [N, C, H, W], labels int64 [N]."""

    __test__ = False  # not a test of pytest's

    images: Tensor
    labels: Tensor

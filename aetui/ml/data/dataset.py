"""A data set in memory."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from aetui.config import ImageShape


@dataclass(frozen=True)
class Dataset:
    """Images are uint8 [N, C, H, W], labels int64 [N]."""

    name: str
    train_images: Tensor
    test_images: Tensor
    test_labels: Tensor
    classes: tuple[str, ...]
    note: str = ""  # what a person should know: a replacement, files that were skipped

    @property
    def image_shape(self) -> ImageShape:
        return ImageShape(*self.train_images.shape[1:])


class DataUnavailable(Exception):
    """The data set is not here and cannot be fetched; the message says why."""

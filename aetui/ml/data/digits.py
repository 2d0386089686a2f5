"""The 1,797 handwritten digits that scikit-learn ships, 8x8 in 0..16, as 28x28 images."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch.nn import functional

from aetui.ml.data.cache import cache_path, load_arrays, save_arrays
from aetui.ml.data.images import ImageSet, Labels, Pixels

SIDE: Final = 24  # pixels, within a border of BORDER
BORDER: Final = 2
TEST_IMAGES: Final = 360
CLASSES: Final = tuple(map(str, range(10)))
VERSION: Final = "1"  # of the images made below


def load_digits() -> ImageSet:
    """The digits, split the same way every time. Made once; then a file in the cache holds them."""
    path = cache_path("digits", VERSION)
    found = load_arrays(path, ("images", "labels"))
    if found is None:
        images, labels = _make()
        save_arrays(path, {"images": images, "labels": labels}, {})
    else:
        images, labels = found[0]["images"], found[0]["labels"]
    return ImageSet(images[TEST_IMAGES:], images[:TEST_IMAGES], labels[:TEST_IMAGES], CLASSES)


def _make() -> tuple[Pixels, Labels]:
    # scikit-learn takes 2.4 s to load, which a training on the digits waits for once.
    from sklearn.datasets import load_digits as load_small

    digits = load_small()
    small = torch.from_numpy(digits.images).float().unsqueeze(1) / 16
    large = functional.interpolate(small, size=(SIDE, SIDE), mode="bicubic", align_corners=False)
    padded = functional.pad(large.clamp(0, 1), (BORDER,) * 4)
    images = padded.mul(255).round().to(torch.uint8)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    labels: Labels = digits.target[order.numpy()].astype(np.int64)
    return images[order].numpy(), labels

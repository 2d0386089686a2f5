"""Many images in one picture: made smaller by averaging, laid out side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
"""uint8 [height, width]."""


def to_grey(images: Pixels) -> Pixels:
    """[..., C, H, W] as [..., H, W]: one channel as it is, colours by their mean."""
    if images.shape[-3] == 1:
        return images[..., 0, :, :]
    return np.asarray(np.rint(images.mean(-3)), np.uint8)


def shrink(images: Pixels, height: int, width: int) -> Pixels:
    """uint8 [..., H, W] as [..., height, width], by area averaging."""
    if images.shape[-2:] == (height, width):
        return images
    flat = images.reshape(-1, *images.shape[-2:])
    resized = [
        Image.fromarray(image).resize((width, height), Image.Resampling.BOX) for image in flat
    ]
    return np.stack([np.asarray(image) for image in resized]).reshape(
        *images.shape[:-2], height, width
    )


def side_by_side(images: Pixels, gap: int = 0) -> Pixels:
    """[N, H, W] in one row, `gap` black columns between them."""
    padded = np.pad(images, ((0, 0), (0, 0), (0, gap)))
    row = padded.transpose(1, 0, 2).reshape(images.shape[1], -1)
    return np.ascontiguousarray(row[:, : row.shape[1] - gap])


def tile(images: Pixels) -> Pixels:
    """[rows, columns, H, W] as one picture without gaps."""
    rows, columns, height, width = images.shape
    return np.ascontiguousarray(
        images.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)
    )

"""Many digits in one picture: made smaller by averaging, laid out side by side."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from aetui.config import SIDE

Grey = NDArray[np.uint8]


@lru_cache(8)
def _averaging(side: int) -> NDArray[np.float32]:
    """[side, SIDE]: each row averages the pixels that one smaller pixel covers."""
    edges = np.linspace(0, SIDE, side + 1)
    starts, ends = edges[:-1, None], edges[1:, None]
    pixels = np.arange(SIDE)[None, :]
    cover = np.clip(np.minimum(ends, pixels + 1) - np.maximum(starts, pixels), 0, None)
    return np.asarray(cover / cover.sum(1, keepdims=True), np.float32)


def shrink(images: Grey, side: int) -> Grey:
    """uint8 [..., 28, 28] as [..., side, side], by area averaging."""
    if side == SIDE:
        return images
    weights = _averaging(side)
    return np.asarray(np.rint(weights @ images.astype(np.float32) @ weights.T), np.uint8)


def side_by_side(images: Grey, side: int, gap: int = 0) -> Grey:
    """[N, 28, 28] in one row, `gap` black columns between them."""
    small = np.pad(shrink(images, side), ((0, 0), (0, 0), (0, gap)))
    row = small.transpose(1, 0, 2).reshape(side, -1)
    return np.ascontiguousarray(row[:, : row.shape[1] - gap])


def mosaic(images: Grey, side: int) -> Grey:
    """[rows, columns, 28, 28] as one image without gaps."""
    rows, columns = images.shape[:2]
    return np.ascontiguousarray(shrink(images, side).transpose(0, 2, 1, 3).reshape(rows * side, columns * side))

"""How far apart two images are, as the screens and the figures show it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

FULL_ERROR: Final = 0.6  # difference of brightness, of 1, that is shown as the brightest red


def error_shares(images: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How far apart images [..., C, H, W] are at each pixel, [..., H, W]: 1 from FULL_ERROR on."""
    differences = np.abs(images.astype(np.float32) - others).mean(-3) / 255
    return np.asarray(np.minimum(differences / FULL_ERROR, 1), np.float32)

"""How near a restored image is to its original, and a classical filter to compare with."""

from __future__ import annotations

from functools import partial
from typing import Final

from torch import Tensor
from torch.nn import functional

from aetui.ml.data.transforms import gaussian_window, weighed
from aetui.ml.models.losses import psnr

WINDOW: Final = 11  # pixels a side; the largest odd number that fits, in smaller images
SIGMA: Final = 1.5  # pixels
K1: Final = 0.01
K2: Final = 0.03
MEDIAN_SIDES: Final = (3, 5, 7)  # pixels


def ssim(estimate: Tensor, images: Tensor) -> Tensor:
    """The mean structural similarity of each image, [N], for values in [0, 1].

    Wang, Bovik, Sheikh & Simoncelli 2004 (IEEE Trans. Image Processing 13), with their Gaussian
    window, only where it lies within the image; of colour images, the mean over the channels.
    """
    shortest = min(WINDOW, *images.shape[2:])
    side = shortest - (shortest + 1) % 2
    local_mean = partial(weighed, window=gaussian_window(side // 2, SIGMA))
    x, y = estimate.float(), images
    mean_x, mean_y = local_mean(x), local_mean(y)
    var_x = local_mean(x * x) - mean_x * mean_x
    var_y = local_mean(y * y) - mean_y * mean_y
    covariance = local_mean(x * y) - mean_x * mean_y
    c1, c2 = K1**2, K2**2
    luminance = (2 * mean_x * mean_y + c1) / (mean_x.square() + mean_y.square() + c1)
    structure = (2 * covariance + c2) / (var_x + var_y + c2)
    return (luminance * structure).flatten(1).mean(1)


def median_filter(images: Tensor, side: int) -> Tensor:
    """Each pixel's median in a window of `side` x `side`; images are mirrored at their edges."""
    padded = functional.pad(images, [side // 2] * 4, mode="reflect")
    windows = padded.unfold(2, side, 1).unfold(3, side, 1)
    return windows.flatten(4).median(4).values


def best_median(noisy: Tensor, images: Tensor) -> tuple[int, Tensor]:
    """The window of MEDIAN_SIDES that has the largest mean PSNR on these images, and its result."""
    found = [(side, median_filter(noisy, side)) for side in MEDIAN_SIDES]
    return max(found, key=lambda each: float(psnr(each[1], images).mean()))
